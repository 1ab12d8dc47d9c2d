import type { ClientKind } from '../contract.ts'

/** Where the frontend waits for people who come back, by the line of flaskoidc, which knows the path only. */
export const redirectPaths = { '0': '/oidc_callback', '1': '/auth' } as const

/** From which flaskoidc takes the client secret. */
export const secretVariable = 'FLASK_OIDC_CLIENT_SECRET'

export const amundsenClient: ClientKind<'amundsen'> = {
  versions: undefined,
  follows: ['extraScopes', 'authorizationParameters'],
  profile: ({ product, options: { flaskoidc } }) => {
    return {
      redirectUris: () => [`${product.url}${redirectPaths[flaskoidc]}`],
      // /logout ends the session in Amundsen only, and signs in again at once.
      postLogoutRedirectUris: [],
      grantTypes: ['authorization_code', 'refresh_token'],
      clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
      // By the module, which the rendered frontend.env names; that of 0.x cannot.
      sendsPkce: flaskoidc !== '0',
      secretVariable,
    }
  },
}
