import type { ClientKind } from '../contract.ts'

export const opensearchClient: ClientKind<'opensearch'> = {
  versions: { oldest: '2.11.0', newest: '3.9.0', parts: 2 },
  follows: [
    'roles',
    'extraScopes',
    'authorizationParameters',
    'groupsClaim',
    'searchFilter',
    'ldapFieldNames.uid',
    'ldapFieldNames.group',
    'internalUrl',
  ],
  profile: ({ product: { url } }) => ({
    redirectUris: () => [`${url}/auth/openid/login`],
    postLogoutRedirectUris: [url],
    grantTypes: ['authorization_code', 'refresh_token'],
    // Dashboards sends the client secret in the body, and has no other way.
    clientAuthenticationMethods: ['client_secret_post'],
    sendsPkce: false,
  }),
}
