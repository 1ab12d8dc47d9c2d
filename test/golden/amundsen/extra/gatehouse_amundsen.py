# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
"""Sign-in of Amundsen with flaskoidc: passes on and checks tokens, finds and creates users.

FrontendConfig and MetadataConfig are for FRONTEND_SVC_CONFIG_MODULE_CLASS and METADATA_SVC_CONFIG_MODULE_CLASS. Your own
configuration inherits FrontendSignIn or MetadataSignIn first: class Mine(gatehouse_amundsen.MetadataSignIn, AtlasConfig).
"""
import collections
import hashlib
import json
import logging
import os
import sys
import threading
import time

import requests
from flask import abort, g, has_request_context, jsonify, request, session

SETTINGS = {
    "flaskoidc": "1",
    "discoveryUrl": "https://sso.example.com/realms/data/.well-known/openid-configuration",
    "userIdClaim": "email",
    "clientIdVariable": None,
    "clientAuthenticationMethod": "client_secret_basic",
    "profiles": "token",
    "oktaUrl": None,
    "verifyTokens": True,
    "secureCookies": True,
    "authorizationParameters": {},
    "peopleUrl": "https://people.googleapis.com",
}

LOGGER = logging.getLogger(__name__)

# The frontend waits 3 seconds for the metadata service unless its configuration says otherwise (below: 10).
CONNECT_AND_READ_SECONDS = (1, 2)
# Public, in the source of flaskoidc: anybody who signs sessions with one of these can be any user.
PUBLIC_KEYS = ("", "!-flask-oidc-secret-key", "base-flask-oidc-secret-key")
# The parts of a token that the services need. The refresh token is not passed on.
FORWARDED = ("access_token", "token_type", "scope", "expires_in", "expires_at")


class Cache:
    """Keeps values for some seconds; drops the oldest when there are too many."""

    def __init__(self, entries, seconds):
        self.entries, self.seconds = entries, seconds
        self.kept = collections.OrderedDict()
        self.lock = threading.Lock()

    def get(self, key):
        with self.lock:
            value, until = self.kept.get(key, (None, 0))
            return value if time.monotonic() < until else None

    def put(self, key, value, seconds=None):
        with self.lock:
            self.kept.pop(key, None)
            self.kept[key] = (value, time.monotonic() + (self.seconds if seconds is None else seconds))
            while len(self.kept) > self.entries:
                self.kept.popitem(last=False)


DISCOVERY = Cache(1, 3600)
# By hash of the token: what the provider says about its owner; {} when it refuses the token.
CLAIMS = Cache(10000, 60)
USERS = Cache(10000, 300)
# Whether the directory failed a moment ago: a page with fifty owners must not wait for it fifty times.
DIRECTORY_FAILED = Cache(1, 30)


class Refused(Exception):
    """The provider does not know the token."""


def fetch(url, token=None, params=None):
    headers = {"Accept": "application/json"}
    if token is not None:
        headers["Authorization"] = "Bearer " + token
    # No redirects: a token goes to this address and nowhere else.
    answer = requests.get(url, headers=headers, params=params, timeout=CONNECT_AND_READ_SECONDS, allow_redirects=False)
    if answer.status_code in (400, 401, 403):
        raise Refused("%s answers %d" % (url, answer.status_code))
    if answer.status_code != 200:
        raise RuntimeError("%s answers %d" % (url, answer.status_code))
    return answer.json()


def discovered(name):
    document = DISCOVERY.get("document")
    if document is None:
        document = fetch(SETTINGS["discoveryUrl"])
        DISCOVERY.put("document", document)
    return document[name]


# --- The token of a request


def presented_token():
    """The access token of the Authorization header: plain, or in the JSON form of flaskoidc 1.x. None without such a header."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    text = text.strip()
    if text.startswith("{"):
        text = json.loads(text).get("access_token")
    if not isinstance(text, str) or not text:
        raise ValueError("no access token in the Authorization header")
    return text


def claims_of(token):
    """What the provider says about the owner of a token; {} when it refuses the token. Raises when it cannot be asked."""
    key = hashlib.sha256(token.encode("utf-8")).hexdigest()
    claims = CLAIMS.get(key)
    if claims is None:
        try:
            claims = fetch(discovered("userinfo_endpoint"), token)
        except Refused as refusal:
            LOGGER.warning("A token was refused: %s", refusal)
            claims = {}
        CLAIMS.put(key, claims)
    return claims


def is_public():
    """The same rule as flaskoidc's: exact paths without the slashes around them, or names of endpoints."""
    config = current_config()
    public = str(config.get("WHITELISTED_ENDPOINTS") or "").split(",")
    public += ["login", "logout", str(config.get("REDIRECT_URI") or "").strip("/")]
    return request.path.strip("/") in public or request.endpoint in public


def current_config():
    from flask import current_app

    return current_app.config


def refusal():
    """The answer to a request whose token the provider does not know, else None. flaskoidc 1.x checks the date only."""
    if is_public():
        return None
    if "access_token" in request.args or "access_token" in request.form:
        return refused(401, "the access token belongs in the Authorization header")
    try:
        token = presented_token()
    except Exception:
        return refused(401, "the Authorization header holds no access token")
    if token is None:
        return None  # flaskoidc looks for a session and sends the person to the sign-in.
    try:
        claims = claims_of(token)
    except Exception:
        LOGGER.exception("The provider could not be asked about a token")
        return refused(503, "the identity provider could not be asked about the token")
    if not claims:
        return refused(401, "the identity provider does not know the token")
    g.gatehouse_claims = claims
    return None


def refused(status, message):
    answer = jsonify({"message": message})
    answer.status_code = status
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return answer


def check_key(app):
    if (app.secret_key or "") in PUBLIC_KEYS:
        raise RuntimeError("Set FLASK_OIDC_SECRET_KEY to a random text: without it anybody can make a session for any user")


def prepare(app):
    """What every service needs before its first request."""
    check_key(app)
    client = getattr(app, "auth_client", None)
    if client is not None:
        prepare_client(client)
    if client is not None and SETTINGS["verifyTokens"]:
        app.before_request(refusal)


def prepare_client(client):
    """What flaskoidc 1.x has no variable for."""
    if SETTINGS["clientIdVariable"]:
        client.client_id = os.environ.get(SETTINGS["clientIdVariable"]) or client.client_id
    client.client_kwargs["code_challenge_method"] = "S256"
    client.client_kwargs["token_endpoint_auth_method"] = SETTINGS["clientAuthenticationMethod"]
    if SETTINGS["authorizationParameters"]:
        client.authorize_params = dict(client.authorize_params or {}, **SETTINGS["authorizationParameters"])


# --- The frontend


def request_headers(app):
    """REQUEST_HEADERS_METHOD: the token of the person, for every call to the metadata and search services."""
    if not has_request_context():
        return {}
    try:
        return {"Authorization": "Bearer " + session_token(app)}
    except Exception:
        LOGGER.exception("No token to pass on to the services")
        return {}


def session_token(app):
    if hasattr(app, "oidc"):
        return app.oidc.get_access_token() or presented_token()
    token = dict(app.auth_client.token)
    return json.dumps({key: token[key] for key in FORWARDED if token.get(key) is not None})


def auth_user(app):
    """AUTH_USER_METHOD: who signed in."""
    from amundsen_application.models.user import load_user

    claims = session_claims()
    user_id = claims.get("__id") or claims.get(SETTINGS["userIdClaim"])
    if not user_id:
        abort(401)
    return load_user(user_of_claims(str(user_id), claims))


def session_claims():
    if SETTINGS["flaskoidc"] == "0":
        return dict(getattr(g, "oidc_id_token", None) or {})
    return dict(session.get("user") or getattr(g, "gatehouse_claims", None) or {})


# --- Users of the metadata service


def user_of_claims(user_id, claims):
    names = {"email": "email", "first_name": "given_name", "last_name": "family_name", "full_name": "name"}
    return user(user_id, {key: claims.get(claim) for key, claim in names.items()}, claims.get("profile"))


def user(user_id, fields, profile_url=None):
    """A user as UserSchema expects it: texts only, and always an e-mail address, by which Amundsen looks people up."""
    found = {key: value for key, value in fields.items() if isinstance(value, str) and value.strip()}
    found["user_id"] = user_id
    found.setdefault("email", user_id)
    if "full_name" not in found:
        parts = [found[key] for key in ("first_name", "last_name") if key in found]
        if parts:
            found["full_name"] = " ".join(parts)
    found.setdefault("display_name", found.get("full_name", found["email"]))
    # Shown as a link: no javascript: and no data: URLs.
    if isinstance(profile_url, str) and profile_url.startswith(("https://", "http://")):
        found["profile_url"] = profile_url
    found["is_active"] = True
    return found


def user_details(user_id):
    """USER_DETAIL_METHOD: the user as Amundsen knows them; creates new users. Never fails, so that the page is shown anyway."""
    try:
        return resolve_user(user_id)
    except Exception:
        LOGGER.exception("Could not find the details of a user")
        return user(str(user_id), {})


def resolve_user(user_id):
    claims = request_claims()
    is_own = claims.get(SETTINGS["userIdClaim"]) == user_id
    # A failed look-up in somebody else's request does not hide what the person's own token says.
    for key in ((user_id, True), (user_id, False)):
        found = USERS.get(key) if key[1] or not is_own else None
        if found is not None:
            return dict(found)
    found = known_user(user_id)
    if found is None:
        profile = new_profile(user_id, claims if is_own else {})
        found = create_user(profile) if profile else None
    if found is None:
        found = user(user_id, {})
        USERS.put((user_id, is_own), found, 30)
    else:
        USERS.put((user_id, True), found)
    return dict(found)


def request_claims():
    if not has_request_context():
        return {}
    try:
        token = presented_token()
        return claims_of(token) if token else {}
    except Exception:
        LOGGER.exception("Could not find the owner of the token")
        return {}


def metadata_client():
    from metadata_service.proxy import get_proxy_client

    return get_proxy_client()


def known_user(user_id):
    from amundsen_common.models.user import UserSchema
    from metadata_service.exception import NotFoundException

    try:
        found = metadata_client().get_user(id=user_id)
    except NotFoundException:
        return None
    if found is None:  # Atlas keeps no users.
        return None
    return dict(UserSchema().dump(found), user_id=user_id)


def create_user(profile):
    from amundsen_common.models.user import UserSchema

    created = metadata_client().create_update_user(user=UserSchema().load(dict(profile)))
    LOGGER.info("Created the user %s", profile["user_id"])
    return dict(UserSchema().dump(created[0]), user_id=profile["user_id"]) if created else profile


def new_profile(user_id, own_claims):
    """The profile of somebody new to Amundsen: from the directory of the provider, or from their own token."""
    directory = {"google": google_profile, "okta": okta_profile}.get(SETTINGS["profiles"])
    token = presented_token() if has_request_context() else None
    if directory and token and not DIRECTORY_FAILED.get("failed"):
        try:
            found = directory(user_id, token)
            if found:
                return found
        except Refused as refusal:
            LOGGER.warning("The directory of the provider refused: %s", refusal)
        except Exception:
            LOGGER.exception("The directory of the provider could not be asked for a user")
            DIRECTORY_FAILED.put("failed", True)
    return user_of_claims(user_id, own_claims) if own_claims else None


def google_profile(user_id, token):
    """People API; the scope https://www.googleapis.com/auth/directory.readonly and the API itself must be allowed."""
    answer = fetch(
        SETTINGS["peopleUrl"] + "/v1/people:searchDirectoryPeople",
        token,
        {
            "query": user_id,
            "readMask": "names,emailAddresses",
            "sources": "DIRECTORY_SOURCE_TYPE_DOMAIN_PROFILE",
            "pageSize": "10",
        },
    )
    for person in answer.get("people") or []:
        addresses = [entry.get("value", "") for entry in person.get("emailAddresses") or []]
        # The search finds prefixes too.
        if user_id.lower() in [address.lower() for address in addresses]:
            name = (person.get("names") or [{}])[0]
            fields = {
                "email": user_id,
                "first_name": name.get("givenName"),
                "last_name": name.get("familyName"),
                "full_name": name.get("displayName"),
            }
            return user(user_id, fields)
    return None


def okta_profile(user_id, token):
    """Users API; the scope okta.users.read must be granted to the application."""
    users = SETTINGS["oktaUrl"] + "/api/v1/users"
    literal = user_id.replace("\\", "\\\\").replace('"', '\\"')
    search = 'profile.login eq "%s" or profile.email eq "%s"' % (literal, literal)
    found = fetch(users, token, {"search": search, "limit": "2"})
    for person in found:
        profile = person.get("profile") or {}
        if user_id.lower() in [str(profile.get(key, "")).lower() for key in ("login", "email")]:
            full_name = profile.get("displayName")
            fields = {
                "email": profile.get("email"),
                "first_name": profile.get("firstName"),
                "last_name": profile.get("lastName"),
                "full_name": full_name,
                "manager_email": profile.get("manager") if "@" in str(profile.get("manager")) else None,
                "role_name": profile.get("title"),
                "team_name": profile.get("department"),
            }
            return user(user_id, fields, profile.get("profileUrl"))
    return None


# --- What Amundsen imports


class FrontendSignIn:
    AUTH_USER_METHOD = auth_user
    REQUEST_HEADERS_METHOD = request_headers
    INIT_CUSTOM_ROUTES = prepare
    REQUEST_SESSION_TIMEOUT_SEC = 10
    SESSION_COOKIE_HTTPONLY = True
    SESSION_COOKIE_SAMESITE = "Lax"
    SESSION_COOKIE_SECURE = SETTINGS["secureCookies"]


class MetadataSignIn:
    USER_DETAIL_METHOD = user_details
    INIT_CUSTOM_EXT_AND_ROUTES = prepare


def __getattr__(name):
    """Each service has only its own packages, so each class is created on first use."""
    if name == "FrontendConfig":
        from amundsen_application.oidc_config import OidcConfig

        made = type(name, (FrontendSignIn, OidcConfig), {})
    elif name == "MetadataConfig":
        from metadata_service.config import LocalConfig

        made = type(name, (MetadataSignIn, LocalConfig), {})
    elif name == "FlaskOIDC":
        import flaskoidc

        def _before_request(self):
            answer = refusal()
            # A token that the provider knows is enough: flaskoidc would only check its date.
            if answer is not None or getattr(g, "gatehouse_claims", None):
                return answer
            return flaskoidc.FlaskOIDC._before_request(self)

        def __init__(self, *args, **kwargs):
            flaskoidc.FlaskOIDC.__init__(self, *args, **kwargs)
            check_key(self)
            prepare_client(self.auth_client)

        made = type(name, (flaskoidc.FlaskOIDC,), {"__init__": __init__, "_before_request": _before_request})
    else:
        raise AttributeError(name)
    globals()[name] = made
    return made


def write_client_secrets(source, target):
    """client_secrets.json for flaskoidc 0.x: the rendered file, and the secret from the environment."""
    with open(source, encoding="utf-8") as file:
        document = json.load(file)
    web = document["web"]
    web["client_secret"] = os.environ["FLASK_OIDC_CLIENT_SECRET"]
    if SETTINGS["clientIdVariable"]:
        web["client_id"] = os.environ[SETTINGS["clientIdVariable"]]
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python gatehouse_amundsen.py client_secrets.template.json client_secrets.json")
    write_client_secrets(sys.argv[1], sys.argv[2])
