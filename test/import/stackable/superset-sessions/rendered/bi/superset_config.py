# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os

from flask_appbuilder.const import AUTH_OAUTH

# No default on purpose: a known key lets anybody sign a session (CVE-2023-27524).
SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]

AUTH_TYPE = AUTH_OAUTH
AUTH_USER_REGISTRATION = True
# Everybody has this role, in addition to those of AUTH_ROLES_MAPPING.
AUTH_USER_REGISTRATION_ROLE = "Public"
# No roles in the Gatehouse configuration: True would remove, at each sign-in, roles that were given by hand.
AUTH_ROLES_SYNC_AT_LOGIN = False

OAUTH_PROVIDERS = [
    {
        "name": "keycloak",
        "icon": "fa-key",
        "token_key": "access_token",
        "remote_app": {
            "client_id": os.environ["OIDC_93F52990C82F83BB_CLIENT_ID"],
            "client_secret": os.environ["OIDC_93F52990C82F83BB_CLIENT_SECRET"],
            "server_metadata_url": "https://sso.example.com/realms/data/.well-known/openid-configuration",
            "api_base_url": "https://sso.example.com/realms/data/protocol/",
            "client_kwargs": {
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_basic",
            },
        },
    },
]

# TLS ends at a proxy: without this the redirect URI begins with http.
ENABLE_PROXY_FIX = True
SESSION_COOKIE_SECURE = True

# Seconds after which people sign in again.
PERMANENT_SESSION_LIFETIME = 28800
LOGOUT_REDIRECT_URL = "https://sso.example.com/logout"
