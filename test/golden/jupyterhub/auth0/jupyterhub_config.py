# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os

c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.login_service = "auth0"
c.GenericOAuthenticator.client_id = "jupyterhub"
c.GenericOAuthenticator.client_secret = os.environ["JUPYTERHUB_CLIENT_SECRET"]
c.GenericOAuthenticator.basic_auth = True
c.GenericOAuthenticator.oauth_callback_url = "https://jupyter.example.com/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = "https://example.eu.auth0.com/authorize"
c.GenericOAuthenticator.token_url = "https://example.eu.auth0.com/oauth/token"
c.GenericOAuthenticator.userdata_url = "https://example.eu.auth0.com/userinfo"
c.GenericOAuthenticator.scope = ["openid", "email", "profile"]
c.GenericOAuthenticator.username_claim = "email"

# No roles in the Gatehouse configuration: everybody who can sign in gets in.
c.Authenticator.allow_all = True
