import type { ClientKind } from '../contract.ts'

export const trinoClient: ClientKind<'trino'> = {
  versions: { oldest: '414', newest: '484', parts: 1 },
  follows: ['extraScopes', 'groupsClaim', 'searchFilter', 'ldapFieldNames.uid', 'ldapFieldNames.group', 'internalUrl'],
  profile: ({ product: { url }, options }) => ({
    redirectUris: () => [`${url}/oauth2/callback`],
    postLogoutRedirectUris: [`${url}/ui/logout/logout.html`],
    // It uses refresh tokens only with trino.refreshTokens.
    grantTypes: ['authorization_code', 'refresh_token'],
    keepsRefreshTokens: options.refreshTokens,
    clientAuthenticationMethods: ['client_secret_basic'],
    sendsPkce: false,
  }),
}
