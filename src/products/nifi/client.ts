import type { ClientKind } from '../contract.ts'

export const nifiClient: ClientKind<'nifi'> = {
  versions: { oldest: '1.28', newest: '2.9.0', parts: 2 },
  follows: ['groupsClaim', 'searchFilter', 'ldapFieldNames.uid', 'ldapFieldNames.group', 'internalUrl'],
  profile: ({ product: { url } }) => ({
    redirectUris: () => [`${url}/nifi-api/access/oidc/callback`],
    postLogoutRedirectUris: [`${url}/nifi/logout-complete`],
    grantTypes: ['authorization_code', 'refresh_token'],
    // It uses what the discovery document offers, this first.
    clientAuthenticationMethods: ['client_secret_basic'],
    sendsPkce: true,
  }),
}
