import type { OptionsOf } from '../../config/schema.ts'
import type { ClientKind } from '../contract.ts'
import { isBefore } from '../writing/version.ts'

/** The redirect URI of a Dex, from its issuer. */
export function dexCallback(issuer: string): string {
  return `${issuer}/callback`
}

/** The one that the configuration writes into the connector itself. */
function ownRedirectUri({ connectors }: OptionsOf<'dex'>, className: string): string | undefined {
  const entry = Object.hasOwn(connectors, className) ? connectors[className] : undefined
  const uris = [entry?.oidc, entry?.github, entry?.google, entry?.microsoft, entry?.gitlab].map((it) => it?.redirectURI)
  return uris.find((uri) => uri !== undefined)
}

export const dexClient: ClientKind<'dex'> = {
  versions: { oldest: '2.41.0', newest: '2.45.1', parts: 2 },
  rolesAreGroups: true,
  follows: [
    'title',
    'roles',
    'extraScopes',
    'groupsClaim',
    'searchFilter',
    'ldapFieldNames.uid',
    'ldapFieldNames.email',
    'organizations',
    'teams',
    'allowedGroups',
    'hostedDomains',
  ],
  profile: ({ product: { url }, options, version }) => ({
    redirectUris: ({ className }) => [ownRedirectUri(options, className) ?? dexCallback(url)],
    // Dex ends its own session only.
    postLogoutRedirectUris: [],
    grantTypes: ['authorization_code'],
    clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
    // From 2.45 on, to every provider that advertises it.
    sendsPkce: !isBefore(version, '2.45'),
    needsEmailVerified: true,
  }),
}
