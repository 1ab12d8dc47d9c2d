# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import logging
import os

from flask import session
from superset.security import SupersetSecurityManager as ProductSecurityManager
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
        "name": "sso",
        "icon": "fa-key",
        "token_key": "access_token",
        "remote_app": {
            "client_id": "superset",
            "client_secret": os.environ["SUPERSET_CLIENT_SECRET"],
            "server_metadata_url": "https://login.example.com/.well-known/openid-configuration",
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

# What GatehouseSecurityManager below reads from each provider.
GATEHOUSE_PROVIDERS = {
    "sso": {
        "username": "preferred_username",
        "prefix": "",
        "groups": None,
    },
}


# From here on the code is always the same: it contains nothing of your configuration.
class GatehouseSecurityManager(ProductSecurityManager):
    def get_oauth_user_info(self, provider, resp):
        settings = GATEHOUSE_PROVIDERS.get(provider)
        if settings is None:
            return super().get_oauth_user_info(provider, resp)
        claims = self._gatehouse_claims(provider, resp, settings)
        name = claims.get(settings["username"])
        if not isinstance(name, str) or not name:
            raise ValueError(f"{provider} sends no claim {settings['username']} for the user name")
        if settings["username"] == "email" and claims.get("email_verified") in (False, "false"):
            raise ValueError(f"{provider} has not verified the e-mail address that is the user name")
        username = settings["prefix"] + name
        return {
            "username": username,
            "email": self._gatehouse_email(username, claims),
            "first_name": str(claims.get("given_name") or claims.get("name") or "")[:64],
            "last_name": str(claims.get("family_name") or "")[:64],
            "role_keys": self._gatehouse_groups(provider, claims, settings),
        }

    def _gatehouse_claims(self, provider, resp, settings):
        # Authlib puts them there after it has checked signature, issuer, audience, nonce and expiry of the ID token.
        claims = dict(resp.get("userinfo") or {})
        if not claims.get("sub"):
            raise ValueError(f"{provider} sent no ID token")
        missing = settings["username"] not in claims or (
            settings["groups"] is not None and self._gatehouse_claim(claims, settings["groups"]) is None
        )
        remote = self.oauth_remotes[provider]
        if (not missing and "email" in claims) or not remote.load_server_metadata().get("userinfo_endpoint"):
            return claims
        try:
            more = dict(remote.userinfo())
        except Exception:
            # The endpoint refuses an access token for something else (Entra ID); a missing e-mail address is no reason to fail.
            if missing:
                raise
            return claims
        # OpenID Connect Core 5.3.2: otherwise the answer may be about somebody else.
        if more.get("sub") != claims["sub"]:
            raise ValueError(f"the userinfo endpoint of {provider} answered about another person")
        return {**more, **claims}

    def _gatehouse_claim(self, claims, path):
        # Names of the objects around the claim, from the outside in, and its own.
        for name in path:
            claims = claims.get(name) if isinstance(claims, dict) else None
        return claims

    def _gatehouse_email(self, username, claims):
        email = str(claims.get("email") or "")
        # Two accounts cannot have one address: without this the second person could not sign in.
        other = self.find_user(email=email) if email else None
        if other is not None and other.username.lower() != username.lower():
            logging.getLogger(__name__).warning("%s gets no e-mail address: another account has it", username)
            return ""
        return email

    def _gatehouse_groups(self, provider, claims, settings):
        groups = self._gatehouse_claim(claims, settings["groups"]) if settings["groups"] else None
        if isinstance(groups, str):
            return [groups]
        if isinstance(groups, list):
            return [group for group in groups if isinstance(group, str)]
        if settings["groups"]:
            logging.getLogger(__name__).warning("%s sends no claim %s: no roles by group", provider, ".".join(settings["groups"]))
        return []

    def set_oauth_session(self, provider, oauth_response):
        if provider not in GATEHOUSE_PROVIDERS:
            return super().set_oauth_session(provider, oauth_response)
        # Without the access token: nothing needs it again, and in a cookie of 4 KB it would be readable and often too long.
        session["oauth_provider"] = provider


CUSTOM_SECURITY_MANAGER = GatehouseSecurityManager
