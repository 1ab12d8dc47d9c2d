import type { ClientKind } from '../contract.ts'

/** Where people end their session; Nessie has no button for it. */
export const signOutPath = '/logout'

export const nessieClient: ClientKind<'nessie'> = {
  // 0.96 is the first whose Web UI can have people sign in.
  versions: { oldest: '0.96.0', newest: '0.99.0', parts: 2 },
  follows: ['roles', 'extraScopes', 'authorizationParameters', 'groupsClaim', 'internalUrl'],
  profile: ({ product: { url } }) => ({
    redirectUris: () => [`${url}/`],
    postLogoutRedirectUris: [`${url}/`],
    grantTypes: ['authorization_code'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    sendsPkce: true,
  }),
}
