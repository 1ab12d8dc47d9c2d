import os
from amundsen_application.oidc_config import OidcConfig


class AcmeConfig(OidcConfig):
    """The sign-in of Acme.

    CLIENT_ID = 'not-this-one'
    """

    OIDC_PROVIDER = 'keycloak'
    CONFIG_URL: str = "https://sso.example.com/realms/data/.well-known/openid-configuration"  # the realm
    CLIENT_ID = os.environ.get('FLASK_OIDC_CLIENT_ID', 'amundsen-frontend')
    CLIENT_SECRET = os.environ['FLASK_OIDC_CLIENT_SECRET']
    OIDC_SCOPES = 'openid email profile offline_access'
    USER_ID_FIELD = 'sub'
    REDIRECT_URI = '/sign-in'
    SECRET_KEY = 'harmless-example-secret'
    FRONTEND_BASE = 'https://amundsen.example.com'
    LOG_LEVEL = 'INFO'
