# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os

c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.login_service = "entra"
c.GenericOAuthenticator.client_id = "jupyterhub"
c.GenericOAuthenticator.client_secret = os.environ["JUPYTERHUB_CLIENT_SECRET"]
c.GenericOAuthenticator.basic_auth = True
c.GenericOAuthenticator.oauth_callback_url = "https://jupyter.example.com/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = "https://login.microsoftonline.com/5f3b1c7e-0000-4000-8000-2f1d3a4b5c6d/oauth2/v2.0/authorize"
c.GenericOAuthenticator.token_url = "https://login.microsoftonline.com/5f3b1c7e-0000-4000-8000-2f1d3a4b5c6d/oauth2/v2.0/token"
# The userinfo endpoint of this provider has no groups; the ID token comes directly from the provider, over TLS.
c.GenericOAuthenticator.userdata_from_id_token = True
c.GenericOAuthenticator.scope = ["openid", "email", "profile"]
c.GenericOAuthenticator.username_claim = "preferred_username"

# Groups, as the provider writes them: who may sign in, and who administers the hub.
c.GenericOAuthenticator.manage_groups = True
# Not just the name: JupyterHub would read dots as a path, and a single group as a list of letters.
GATEHOUSE_GROUPS_CLAIM = ["groups"]

def gatehouse_groups(auth_state):
    groups = auth_state["oauth_user"]
    for name in GATEHOUSE_GROUPS_CLAIM:
        groups = groups.get(name) if isinstance(groups, dict) else None
    return [groups] if isinstance(groups, str) else groups or []

c.GenericOAuthenticator.auth_state_groups_key = gatehouse_groups
c.GenericOAuthenticator.allowed_groups = {"7d8e9f00-0000-4000-8000-1a2b3c4d5e6f"}
c.GenericOAuthenticator.admin_groups = {"0f9b2c1d-0000-4000-8000-6a5b4c3d2e1f"}
