import type { ClientKind } from '../contract.ts'

export const kafkaClient: ClientKind<'kafka'> = {
  versions: { oldest: '3.5', newest: '4.2.1', parts: 2 },
  takesGatehouse: false,
  follows: ['extraScopes', 'internalUrl'],
  profile: () => ({
    redirectUris: () => [],
    postLogoutRedirectUris: [],
    grantTypes: ['client_credentials'],
    clientAuthenticationMethods: ['client_secret_basic'],
    // No browser is involved.
    sendsPkce: false,
  }),
}
