# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os

c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.login_service = "keycloak"
c.GenericOAuthenticator.client_id = "jupyterhub"
c.GenericOAuthenticator.client_secret = os.environ["JUPYTERHUB_CLIENT_SECRET"]
c.GenericOAuthenticator.basic_auth = True
c.GenericOAuthenticator.oauth_callback_url = "https://jupyter.example.com/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = "https://sso.example.com/realms/data/protocol/openid-connect/auth"
c.GenericOAuthenticator.token_url = "https://sso.example.com/realms/data/protocol/openid-connect/token"
# The ID token comes directly from the provider, over TLS.
c.GenericOAuthenticator.userdata_from_id_token = True
c.GenericOAuthenticator.scope = ["openid", "email", "profile"]
c.GenericOAuthenticator.username_claim = "preferred_username"

c.Authenticator.allowed_users = {"alice", "bob", "ada"}
c.Authenticator.admin_users = {"ada"}
# Encrypted with JUPYTERHUB_CRYPT_KEY; without the key nobody can sign in.
c.Authenticator.enable_auth_state = True
