import type { ClientKind } from '../contract.ts'

export const oidcClient: ClientKind<'oidc'> = {
  versions: undefined,
  follows: ['redirectUris', 'postLogoutRedirectUris', 'extraScopes', 'authorizationParameters', 'groupsClaim'],
  profile: ({ product }) => ({
    redirectUris: () => product.redirectUris,
    postLogoutRedirectUris: product.postLogoutRedirectUris,
    grantTypes: ['authorization_code', 'refresh_token'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    sendsPkce: true,
  }),
}
