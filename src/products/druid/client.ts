import type { ClientKind } from '../contract.ts'
import { isBefore } from '../writing/version.ts'

export const druidClient: ClientKind<'druid'> = {
  versions: { oldest: '27.0.0', newest: '37.0.0', parts: 1 },
  follows: ['extraScopes', 'searchFilter', 'ldapFieldNames.uid', 'internalUrl'],
  profile: ({ product: { url }, version }) => ({
    redirectUris: () => [`${url}/druid-ext/druid-pac4j/callback`],
    // A session ends with its token; nobody is sent to the provider.
    postLogoutRedirectUris: [],
    grantTypes: ['authorization_code'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'],
    // pac4j 5 (Druid 35) sends it, pac4j 4 does not.
    sendsPkce: !isBefore(version, '35'),
  }),
}
