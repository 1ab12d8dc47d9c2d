import type { ClientKind } from '../contract.ts'

export const datahubClient: ClientKind<'datahub'> = {
  versions: { oldest: '0.12.0', newest: '1.3.0', parts: 2 },
  follows: ['extraScopes', 'groupsClaim', 'userRegistration', 'internalUrl'],
  profile: ({ product: { url } }) => ({
    redirectUris: () => [`${url}/callback/oidc`],
    postLogoutRedirectUris: [`${url}/login`],
    grantTypes: ['authorization_code'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    sendsPkce: false,
    secretVariable: 'AUTH_OIDC_CLIENT_SECRET',
    clientIdVariable: 'AUTH_OIDC_CLIENT_ID',
  }),
}
