# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os

from flask_appbuilder.const import AUTH_OAUTH

WTF_CSRF_ENABLED = True

AUTH_TYPE = AUTH_OAUTH
AUTH_USER_REGISTRATION = True
# Everybody has this role, in addition to those of AUTH_ROLES_MAPPING.
AUTH_USER_REGISTRATION_ROLE = "Public"
# No roles in the Gatehouse configuration: True would remove, at each sign-in, roles that were given by hand.
AUTH_ROLES_SYNC_AT_LOGIN = False

OAUTH_PROVIDERS = [
    {
        "name": "github",
        "icon": "fa-github",
        "token_key": "access_token",
        "remote_app": {
            "client_id": "airflow",
            "client_secret": os.environ["AIRFLOW_CLIENT_SECRET"],
            "api_base_url": "https://api.github.com/",
            "access_token_url": "https://github.com/login/oauth/access_token",
            "authorize_url": "https://github.com/login/oauth/authorize",
            "client_kwargs": {
                "scope": "read:user",
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_post",
            },
        },
    },
]
