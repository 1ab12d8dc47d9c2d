import { clientCredentialsOf } from '../config/client-credentials.ts'
import { groupsClaimOf } from '../config/groups-claim.ts'
import { issuerOf, vendorOfClass } from '../config/issuer.ts'
import { routeTo, type Surroundings } from '../config/network.ts'
import type { Config, LoginEntry, OidcProvider } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { createFetch } from '../outgoing.ts'
import type { ClientKey } from './client-authentication.ts'
import { groupsClaims } from './groups.ts'
import type { ConnectorMaker } from './making.ts'
import { createOidcConnector } from './oidc.ts'

/** The connector of a class of type `oidc`. Throws `secret-not-found`. */
export const oidcConnector: ConnectorMaker<'oidc'> = async (provider, { name, entry, config, env, baseDir, clock }) => {
  const { clientId, secretReference } = clientCredentialsOf(config, name, entry.oidc)
  const surroundings = { env, baseDir }
  const vendor = vendorOfClass(provider)
  return createOidcConnector({
    name,
    issuer: issuerOf(provider),
    internalUrl: provider.internalUrl,
    clientId,
    clientSecret: provider.flow === 'implicit' ? '' : resolveSecret(secretReference ?? '', surroundings).reveal(),
    // Tokens that come with the browser need no secret.
    clientAuthenticationMethod:
      provider.flow === 'implicit' ? 'none' : (entry.oidc?.clientAuthenticationMethod ?? 'client_secret_basic'),
    clientKey: clientKeyOf(config, entry, surroundings),
    assertionAudience: vendor.assertionAudience,
    scopes: [...new Set([...provider.scopes, ...(entry.oidc?.extraScopes ?? [])])],
    principalClaim: provider.principalClaim,
    groupsClaims: groupsClaims(groupsClaimOf(provider)),
    admission: {
      allowedGroups: provider.allowedGroups,
      hostedDomains: provider.hostedDomains,
      allowedDomains: provider.allowedDomains,
      trustedDomains: [...(provider.emailTrustedFor ?? []), ...(entry.emailDomains ?? [])],
    },
    tenants: provider.allowedTenants,
    takesGroup: await groupsTaken(provider, name),
    groupsPrefix: provider.groupsPrefix,
    textIsOneGroup: vendor.groups.singleAsText,
    groupsAtGraph: vendor.hasGroupsAtGraph,
    authUrlParams: provider.authUrlParams,
    responseType: responseTypeOf(provider),
    clockTolerance: provider.clockTolerance,
    explains: vendor.explains,
    signOut: vendor.signOut,
    personIn: vendor.personIn,
    emailVerifiedClaim: vendor.emailVerifiedClaim,
    ownsAddress: vendor.ownsAddress,
    fetch: createFetch(
      routeTo(
        config,
        { tls: provider.tls, timeout: provider.timeout, clientCertificate: entry.clientCertificate },
        surroundings,
      ),
    ),
    usesClientCertificate: entry.clientCertificate !== undefined,
    clock,
  })
}

/** Throws `secret-not-found`. */
function clientKeyOf({ secrets }: Config, { oidc }: LoginEntry, surroundings: Surroundings): ClientKey | undefined {
  const { clientAuthenticationMethod: method, clientCredentialsSecret: name } = oidc ?? {}
  const { privateKey, keyId, certificate } = (name === undefined ? undefined : secrets[name]) ?? {}
  if (method !== 'private_key_jwt' || privateKey === undefined) return undefined
  return {
    text: resolveSecret(privateKey, surroundings).reveal(),
    at: `secrets.${name}.privateKey`,
    keyId,
    certificate: certificate === undefined ? undefined : resolveSecret(certificate, surroundings).reveal(),
  }
}

/** What comes with the browser in place of a code; undefined: a code. */
function responseTypeOf(provider: OidcProvider): string | undefined {
  if (provider.flow !== 'implicit') return undefined
  return provider.authUrlParams?.['response_type'] ?? vendorOfClass(provider).implicitResponseType ?? 'id_token'
}

async function groupsTaken(
  { groupsFilter }: OidcProvider,
  name: string,
): Promise<((group: string) => boolean) | undefined> {
  if (groupsFilter === undefined) return undefined
  const { matcherOf } = await import('./group-pattern.ts')
  return matcherOf(groupsFilter, `authenticationClasses.${name}.oidc.groupsFilter`)
}
