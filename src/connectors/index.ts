import { clientCredentialsOf } from '../config/client-credentials.ts'
import { groupsClaimOf } from '../config/groups-claim.ts'
import { issuerOf } from '../config/issuer.ts'
import { proxyFor, type Surroundings, tlsOptions, trustOf } from '../config/network.ts'
import type { Config, LoginEntry } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { AppError } from '../errors.ts'
import { createFetch } from '../outgoing.ts'
import type { Connector } from './contract.ts'

interface ConnectorContext extends Surroundings {
  config: Config
}

/** The connectors of every way in that is a class, by its name. Throws `secret-not-found`. */
export async function createConnectors(
  config: Config,
  surroundings: Surroundings,
): Promise<ReadonlyMap<string, Connector>> {
  const entries = config.login.filter(({ authenticationClass }) => authenticationClass !== undefined)
  const made = await Promise.all(entries.map((entry) => createConnector(entry, { config, ...surroundings })))
  return new Map(made.map((connector) => [connector.name, connector]))
}

/** The connector of one way in. Loads the code that it needs; contacts nobody. Throws `secret-not-found`. */
async function createConnector(entry: LoginEntry, context: ConnectorContext): Promise<Connector> {
  const name = entry.authenticationClass ?? ''
  const provider = context.config.authenticationClasses[name]?.oidc
  if (!provider) throw new AppError('config-invalid', { authenticationClass: name })

  const { createOidcConnector } = await import('./oidc.ts')
  const { clientId, secretReference } = clientCredentialsOf(context.config, name, entry.oidc)
  return createOidcConnector({
    name,
    issuer: issuerOf(provider),
    clientId,
    clientSecret: resolveSecret(secretReference ?? '', context).reveal(),
    clientAuthenticationMethod: entry.oidc?.clientAuthenticationMethod ?? 'client_secret_basic',
    scopes: [...new Set([...provider.scopes, ...(entry.oidc?.extraScopes ?? [])])],
    principalClaim: provider.principalClaim,
    groupsClaim: groupsClaimOf(provider),
    fetch: createFetch({
      tls: tlsOptions(trustOf(context.config, provider.tls, context)),
      ...(context.config.network.proxy === undefined
        ? {}
        : { proxyFor: (url) => proxyFor(url, context.config, context.env) }),
    }),
  })
}
