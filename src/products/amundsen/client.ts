import type { ClientKind } from '../contract.ts'

/** The callback path of the frontend, for each line of flaskoidc, which is given the path only. */
export const redirectPaths = { '0': '/oidc_callback', '1': '/auth' } as const

/** The variable from which flaskoidc reads the client secret. */
export const secretVariable = 'FLASK_OIDC_CLIENT_SECRET'

export const amundsenClient: ClientKind<'amundsen'> = {
  versions: undefined,
  follows: ['extraScopes', 'authorizationParameters', 'internalUrl'],
  profile: ({ product, options: { flaskoidc } }) => {
    return {
      redirectUris: () => [`${product.url}${redirectPaths[flaskoidc]}`],
      // /logout ends the session in Amundsen only, and signs in again at once.
      postLogoutRedirectUris: [],
      grantTypes: ['authorization_code', 'refresh_token'],
      clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
      // oauth2client below flask-oidc always redeems codes with the secret in the body; introspection goes by its setting.
      sendsSecretBothWays: flaskoidc === '0',
      // Through the module that the rendered frontend.env names; the module for 0.x cannot.
      sendsPkce: flaskoidc !== '0',
      secretVariable,
    }
  },
}
