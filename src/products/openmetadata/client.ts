import type { ClientKind } from '../contract.ts'

export const openmetadataClient: ClientKind<'openmetadata'> = {
  versions: { oldest: '1.5.0', newest: '2.1.0', parts: 2 },
  follows: ['roles', 'extraScopes', 'authorizationParameters', 'userRegistration', 'internalUrl'],
  profile: ({ product: { url } }) => ({
    redirectUris: () => [`${url}/callback`],
    // It ends its own session only.
    postLogoutRedirectUris: [],
    grantTypes: ['authorization_code', 'refresh_token'],
    clientAuthenticationMethods: ['client_secret_post', 'client_secret_basic'],
    sendsPkce: false,
    // It verifies RS256, RS384 and RS512 only.
    idTokenSigningAlg: 'RS256',
    secretVariable: 'OIDC_CLIENT_SECRET',
  }),
}
