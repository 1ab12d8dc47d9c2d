# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os

from flask_appbuilder.const import AUTH_LDAP

# No default on purpose: a known key lets anybody sign a session (CVE-2023-27524).
SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]

AUTH_TYPE = AUTH_LDAP
AUTH_USER_REGISTRATION = True
# Everybody has this role, in addition to those of AUTH_ROLES_MAPPING.
AUTH_USER_REGISTRATION_ROLE = "Gamma"
# No roles in the Gatehouse configuration: True would remove, at each sign-in, roles that were given by hand.
AUTH_ROLES_SYNC_AT_LOGIN = False

AUTH_LDAP_SERVER = "ldaps://openldap.data.svc.cluster.local:1636"
AUTH_LDAP_ALLOW_SELF_SIGNED = False
AUTH_LDAP_TLS_DEMAND = True
AUTH_LDAP_TLS_CACERTFILE = os.environ["GATEHOUSE_OPENLDAP_CA_FILE"]
AUTH_LDAP_SEARCH = "ou=people,dc=example,dc=com"
AUTH_LDAP_SEARCH_FILTER = "(memberOf=cn=data,ou=teams,dc=example,dc=com)"
AUTH_LDAP_BIND_USER = os.environ["LDAP_USER_OPENLDAP"]
AUTH_LDAP_BIND_PASSWORD = os.environ["LDAP_PASSWORD_OPENLDAP"]
AUTH_LDAP_UID_FIELD = "uid"
AUTH_LDAP_FIRSTNAME_FIELD = "givenName"
AUTH_LDAP_LASTNAME_FIELD = "sn"
AUTH_LDAP_EMAIL_FIELD = "mail"
AUTH_LDAP_GROUP_FIELD = "memberOf"

# Nobody is asked for it, but the sign-in page fails without it (KeyError).
RECAPTCHA_PUBLIC_KEY = ""

# TLS ends at a proxy: without this the redirect URI begins with http.
ENABLE_PROXY_FIX = True
SESSION_COOKIE_SECURE = True
