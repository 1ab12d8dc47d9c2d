import type { ClientKind } from '../contract.ts'

export const polarisClient: ClientKind<'polaris'> = {
  versions: { oldest: '1.0.0', newest: '1.7.0', parts: 2 },
  takesGatehouse: false,
  follows: ['roles', 'extraScopes', 'groupsClaim', 'internalUrl'],
  profile: () => ({
    redirectUris: () => [],
    postLogoutRedirectUris: [],
    grantTypes: ['client_credentials'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    // Nobody goes through a browser.
    sendsPkce: false,
  }),
}
