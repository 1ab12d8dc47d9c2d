# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os

c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.login_service = "keycloak"
c.GenericOAuthenticator.client_id = "jupyterhub"
c.GenericOAuthenticator.client_secret = os.environ["JUPYTERHUB_CLIENT_SECRET"]
c.GenericOAuthenticator.basic_auth = True
c.GenericOAuthenticator.oauth_callback_url = "https://jupyter.example.com/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = "https://sso.example.com/realms/data/protocol/openid-connect/auth"
c.GenericOAuthenticator.token_url = "http://keycloak.auth.svc:8080/realms/data/protocol/openid-connect/token"
c.GenericOAuthenticator.userdata_url = "http://keycloak.auth.svc:8080/realms/data/protocol/openid-connect/userinfo"
c.GenericOAuthenticator.scope = ["openid", "email", "profile"]
c.GenericOAuthenticator.username_claim = "preferred_username"

# No roles in the Gatehouse configuration: everybody who can sign in gets in.
c.Authenticator.allow_all = True
