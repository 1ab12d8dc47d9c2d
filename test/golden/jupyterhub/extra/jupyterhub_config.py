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
c.GenericOAuthenticator.userdata_url = "https://sso.example.com/realms/data/protocol/openid-connect/userinfo"
c.GenericOAuthenticator.scope = ["openid", "email", "profile", "groups"]
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
c.GenericOAuthenticator.allowed_groups = {"analysts"}
c.GenericOAuthenticator.admin_groups = {"data-admins"}

# Yours: `extra` in the Gatehouse configuration.
c.JupyterHub.services = [
    {
        "name": "cull",
        "admin": True,
    },
]
c.Spawner.default_url = "/lab"
c.GenericOAuthenticator.auto_login = True
c.CryptKeeper.keys = os.environ["JUPYTERHUB_CRYPT_KEY"]
