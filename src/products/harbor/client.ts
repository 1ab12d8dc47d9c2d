import type { ClientKind } from '../contract.ts'
import { isBefore } from '../writing/version.ts'

export const harborClient: ClientKind<'harbor'> = {
  versions: { oldest: '2.8.0', newest: '2.16.0', parts: 2 },
  follows: [
    'title',
    'roles',
    'extraScopes',
    'authorizationParameters',
    'groupsClaim',
    'searchFilter',
    'ldapFieldNames.uid',
    'ldapFieldNames.group',
  ],
  profile: ({ product: { url }, version }) => ({
    redirectUris: () => [`${url}/c/oidc/callback`],
    postLogoutRedirectUris: [`${url}/account/sign-in`],
    grantTypes: ['authorization_code', 'refresh_token'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    // goharbor/harbor#21702
    sendsPkce: !isBefore(version, '2.13'),
  }),
}
