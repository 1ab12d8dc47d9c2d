# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os
from ssl import CERT_NONE as CHECKED

c.JupyterHub.authenticator_class = "ldapauthenticator.LDAPAuthenticator"
c.LDAPAuthenticator.server_address = "ldap.example.com"
c.LDAPAuthenticator.server_port = 636
c.LDAPAuthenticator.tls_strategy = "on_connect"
# Any certificate is accepted: tls.verification.none in the Gatehouse configuration.
c.LDAPAuthenticator.tls_kwargs = {
    "validate": CHECKED,
}
c.LDAPAuthenticator.user_search_base = "ou=people,dc=example,dc=com"
c.LDAPAuthenticator.user_attribute = "uid"
c.LDAPAuthenticator.lookup_dn = True
c.LDAPAuthenticator.lookup_dn_search_user = os.environ["LDAP_BIND_DN"]
c.LDAPAuthenticator.lookup_dn_search_password = os.environ["LDAP_BIND_PASSWORD"]
c.LDAPAuthenticator.lookup_dn_user_dn_attribute = "uid"
# The characters that user names in a directory usually have.
c.LDAPAuthenticator.valid_username_regex = "^[A-Za-z0-9][A-Za-z0-9._@-]*$"
c.LDAPAuthenticator.allowed_groups = ["cn=data-admins,ou=groups,dc=example,dc=com", "cn=analysts,ou=groups,dc=example,dc=com"]
c.LDAPAuthenticator.group_search_filter = "(|(member={userdn})(uniqueMember={userdn}))"
c.LDAPAuthenticator.group_attributes = ["member", "uniqueMember"]
