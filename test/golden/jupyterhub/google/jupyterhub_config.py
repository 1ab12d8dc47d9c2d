# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os

c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.login_service = "google"
c.GenericOAuthenticator.client_id = "jupyterhub"
c.GenericOAuthenticator.client_secret = os.environ["JUPYTERHUB_CLIENT_SECRET"]
c.GenericOAuthenticator.basic_auth = True
c.GenericOAuthenticator.oauth_callback_url = "https://jupyter.example.com/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = "https://accounts.google.com/o/oauth2/v2/auth"
c.GenericOAuthenticator.token_url = "https://oauth2.googleapis.com/token"
c.GenericOAuthenticator.userdata_url = "https://openidconnect.googleapis.com/v1/userinfo"
c.GenericOAuthenticator.scope = ["openid", "email", "profile"]
c.GenericOAuthenticator.username_claim = "email"

# This file lets nobody in, because everybody in the world can sign in there: name people in jupyterhub.allowedUsers.
