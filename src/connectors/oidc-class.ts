import { clientCredentialsOf } from '../config/client-credentials.ts'
import { groupsClaimOf } from '../config/groups-claim.ts'
import { issuerOf, vendorOfClass } from '../config/issuer.ts'
import { routeTo } from '../config/network.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { createFetch } from '../outgoing.ts'
import { groupsClaims } from './groups.ts'
import type { ConnectorMaker } from './making.ts'
import { createOidcConnector } from './oidc.ts'

/** The connector of a class of type `oidc`. Throws `secret-not-found`. */
export const oidcConnector: ConnectorMaker<'oidc'> = (provider, { name, entry, config, env, baseDir, clock }) => {
  const { clientId, secretReference } = clientCredentialsOf(config, name, entry.oidc)
  const surroundings = { env, baseDir }
  const vendor = vendorOfClass(provider)
  return createOidcConnector({
    name,
    issuer: issuerOf(provider),
    internalUrl: provider.internalUrl,
    clientId,
    clientSecret: resolveSecret(secretReference ?? '', surroundings).reveal(),
    clientAuthenticationMethod: entry.oidc?.clientAuthenticationMethod ?? 'client_secret_basic',
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
