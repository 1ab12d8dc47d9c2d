# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os

c.JupyterHub.authenticator_class = "ldapauthenticator.LDAPAuthenticator"
c.LDAPAuthenticator.server_address = "ldap.example.com"
c.LDAPAuthenticator.server_port = 389
c.LDAPAuthenticator.tls_strategy = "insecure"
c.LDAPAuthenticator.user_search_base = "ou={people},dc=example,dc=com"
c.LDAPAuthenticator.user_attribute = "uid"
c.LDAPAuthenticator.bind_dn_template = ["uid={username},ou={{people}},dc=example,dc=com"]
c.LDAPAuthenticator.search_filter = "(&({userattr}={username})(objectClass=person))"
# The characters that user names in a directory usually have.
c.LDAPAuthenticator.valid_username_regex = "^[A-Za-z0-9][A-Za-z0-9._@-]*$"
c.LDAPAuthenticator.allowed_groups = ["data-admins", "analysts"]
c.LDAPAuthenticator.group_search_filter = "(|(member={userdn})(uniqueMember={userdn}))"
c.LDAPAuthenticator.group_attributes = ["member", "uniqueMember"]
