class OidcConfig(LocalConfig):
    OIDC_CLIENT_SECRETS = {
        'web': {
            'issuer': 'https://acme.okta.com/oauth2/default',
            'client_id': '0oa1abcd',
            'client_secret': 'harmless-example-secret',
        },
    }
    OIDC_SCOPES = [
        'openid',
        'email', 'profile',
    ]
    OIDC_CALLBACK_ROUTE = '/callback'
    OIDC_ID_TOKEN_COOKIE_SECURE = True
    SESSION_TYPE = 'filesystem'
    AUTH_USER_METHOD = get_auth_user
