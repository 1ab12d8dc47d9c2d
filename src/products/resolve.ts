import { clientCredentialsOf } from '../config/client-credentials.ts'
import { discoveryUrlOf, issuerOf } from '../config/issuer.ts'
import type { OidcProvider, ProductAuthentication } from '../config/schema.ts'
import { AppError } from '../errors.ts'
import type { ConfigForProducts, ConfigPath, ProductInput, Provider, ProviderTls } from './contract.ts'
import { gatehouseEndpoints, keycloakEndpoints } from './endpoints.ts'
import { products } from './index.ts'
import { parseVersion } from './version.ts'

type ProviderFacts = Pick<
  Provider,
  'className' | 'kind' | 'issuer' | 'discoveryUrl' | 'endpoints' | 'scopes' | 'principalClaim' | 'tls'
>

/** Scopes that the class `gatehouse` offers to every product. */
const gatehouseScopes = ['openid', 'email', 'profile', 'groups']

/**
 * Everything that is known about one product, from a checked configuration. Throws `config-invalid` for a name that points to
 * nothing: `loadConfig` reports those with their lines, so it means that the configuration was not checked.
 */
export function resolveProduct(config: ConfigForProducts, name: string): ProductInput {
  const product = config.products[name]
  if (!product) throw new AppError('config-invalid', { path: `products.${name}`, reason: 'there is no such product' })
  const path = ['products', name]
  const [first, ...others] = product.authentication.map((entry, index) =>
    resolveProvider(config, name, entry, [...path, 'authentication', index]),
  )
  if (!first) throw new AppError('config-invalid', { path: [...path, 'authentication'].join('.'), reason: 'is empty' })
  return {
    name,
    product,
    version: parseVersion(product.version ?? products[product.product].versions?.newest ?? ''),
    providers: [first, ...others],
    teams: Object.keys(config.teams),
    path,
  }
}

function resolveProvider(
  config: ConfigForProducts,
  owner: string,
  entry: ProductAuthentication,
  path: ConfigPath,
): Provider {
  const facts = factsOf(config, entry.authenticationClass, path)
  const credentials = clientCredentialsOf(config, owner, entry.oidc)
  const extraScopes = entry.oidc?.extraScopes ?? []
  const scopes = [...new Set([...facts.scopes, ...extraScopes])]
  const teams = Object.keys(config.teams).length
  return {
    ...facts,
    scopes,
    // Gatehouse offers the scope to everyone, so there it says nothing about what this product wants.
    wantsGroups: facts.kind === 'gatehouse' ? teams > 0 || extraScopes.includes('groups') : scopes.includes('groups'),
    clientId: credentials.clientId,
    clientAuthenticationMethod: entry.oidc?.clientAuthenticationMethod ?? 'client_secret_basic',
    secretVariable: credentials.secretVariable,
    secretIsDerived: credentials.secretReference === undefined,
    path,
  }
}

function factsOf(config: ConfigForProducts, className: string, path: ConfigPath): ProviderFacts {
  if (className === 'gatehouse') return gatehouseFacts(config.issuer, path)
  const oidc = config.authenticationClasses[className]?.oidc
  if (oidc) return oidcFacts(className, oidc)
  throw new AppError('config-invalid', { path: path.join('.'), reason: `there is no authenticationClass ${className}` })
}

function gatehouseFacts(issuer: string | undefined, path: ConfigPath): ProviderFacts {
  if (issuer === undefined) {
    throw new AppError('config-invalid', { path: path.join('.'), reason: 'the class gatehouse needs `issuer`' })
  }
  return {
    className: 'gatehouse',
    kind: 'gatehouse',
    issuer,
    discoveryUrl: discoveryUrlOf(issuer),
    endpoints: gatehouseEndpoints(issuer),
    scopes: gatehouseScopes,
    principalClaim: 'preferred_username',
    tls: issuer.startsWith('https:') ? { kind: 'web-pki' } : { kind: 'plain' },
  }
}

function oidcFacts(className: string, oidc: OidcProvider): ProviderFacts {
  const issuer = issuerOf(oidc)
  return {
    className,
    kind: oidc.providerHint === 'Keycloak' ? 'keycloak' : 'unknown',
    issuer,
    discoveryUrl: discoveryUrlOf(issuer),
    endpoints: oidc.providerHint === 'Keycloak' ? keycloakEndpoints(issuer) : undefined,
    scopes: oidc.scopes,
    principalClaim: oidc.principalClaim,
    tls: tlsOf(oidc),
  }
}

function tlsOf({ tls }: OidcProvider): ProviderTls {
  if (!tls) return { kind: 'plain' }
  const caCert = tls.verification.server?.caCert
  if (!caCert) return { kind: 'unverified' }
  return caCert.secretClass === undefined ? { kind: 'web-pki' } : { kind: 'own-ca', secretClass: caCert.secretClass }
}
