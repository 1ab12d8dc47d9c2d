import type { VendorKind } from '../../vendors/contract.ts'
import type { ClientKind } from '../contract.ts'

export const sectionNames = ['azuread', 'okta', 'gitlab', 'google', 'generic_oauth'] as const
export type SectionName = (typeof sectionNames)[number]

/** The section of Grafana that configures a provider; its name is also part of the callback. */
export function sectionOf(kind: VendorKind): SectionName {
  if (kind === 'entra') return 'azuread'
  return kind === 'okta' || kind === 'gitlab' || kind === 'google' ? kind : 'generic_oauth'
}

export const grafanaClient: ClientKind<'grafana'> = {
  versions: { oldest: '11.2.0', newest: '13.2.0', parts: 2 },
  follows: [
    'title',
    'roles',
    'extraScopes',
    'authorizationParameters',
    'groupsClaim',
    'organizations',
    'searchFilter',
    'ldapFieldNames.uid',
    'ldapFieldNames.group',
    'ldapFieldNames.givenName',
    'ldapFieldNames.surname',
    'ldapFieldNames.email',
    'internalUrl',
  ],
  profile: ({ product: { url } }) => ({
    redirectUris: ({ kind }) => [`${url}/login/${sectionOf(kind)}`],
    postLogoutRedirectUris: [`${url}/login`],
    grantTypes: ['authorization_code', 'refresh_token'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    sendsPkce: true,
  }),
}
