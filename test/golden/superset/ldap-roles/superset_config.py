# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os

from flask_appbuilder.const import AUTH_LDAP

# No default on purpose: a known key lets anybody sign a session (CVE-2023-27524).
SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]

AUTH_TYPE = AUTH_LDAP
AUTH_USER_REGISTRATION = True
# Everybody has this role, in addition to those of AUTH_ROLES_MAPPING.
AUTH_USER_REGISTRATION_ROLE = "Public"
AUTH_ROLES_SYNC_AT_LOGIN = True
# Group, as the provider writes it -> roles of Superset, always a list.
AUTH_ROLES_MAPPING = {
    "cn=data-admins,ou=groups,dc=example,dc=com": ["Admin"],
    "cn=analysts,ou=groups,dc=example,dc=com": ["Alpha", "sql_lab"],
}

AUTH_LDAP_SERVER = "ldaps://ldap.example.com:636"
AUTH_LDAP_ALLOW_SELF_SIGNED = False
AUTH_LDAP_TLS_DEMAND = True
AUTH_LDAP_TLS_CACERTFILE = os.environ["GATEHOUSE_DIRECTORY_CA_FILE"]
AUTH_LDAP_SEARCH = "ou=people,dc=example,dc=com"
AUTH_LDAP_SEARCH_FILTER = "(memberOf=cn=data,ou=groups,dc=example,dc=com)"
AUTH_LDAP_BIND_USER = os.environ["LDAP_BIND_DN"]
AUTH_LDAP_BIND_PASSWORD = os.environ["LDAP_BIND_PASSWORD"]
AUTH_LDAP_UID_FIELD = "sAMAccountName"
AUTH_LDAP_FIRSTNAME_FIELD = "givenName"
AUTH_LDAP_LASTNAME_FIELD = "sn"
AUTH_LDAP_EMAIL_FIELD = "userPrincipalName"
AUTH_LDAP_GROUP_FIELD = "memberOf"

# Nobody is asked for it, but the sign-in page fails without it (KeyError).
RECAPTCHA_PUBLIC_KEY = ""

# TLS ends at a proxy: without this the redirect URI begins with http.
ENABLE_PROXY_FIX = True
SESSION_COOKIE_SECURE = True
