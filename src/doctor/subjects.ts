import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { clientCredentialsOf } from '../config/client-credentials.ts'
import { discoveryUrlOf, issuerOf } from '../config/issuer.ts'
import type { Config, LoginEntry, OidcProvider } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { AppError } from '../errors.ts'
import { products } from '../products/index.ts'
import { resolveProduct } from '../products/resolve.ts'
import type { ClientUnderTest, ProviderUnderTest, Trust } from './contract.ts'
import { publicAuthorities } from './guarded-fetch.ts'

export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  /** Folder that relative paths of the configuration start from. */
  baseDir: string
}

/**
 * Every provider that someone signs in at, with its clients: ways in of `login`, and products. With `product` only what stands
 * between that product and a person: a product of the class `gatehouse` needs the ways in as well.
 */
export function providersUnderTest(
  config: Config,
  { product, ...surroundings }: Surroundings & { product?: string },
): ProviderUnderTest[] {
  const clients: (ClientUnderTest & { className: string })[] = Object.keys(config.products)
    .filter((name) => product === undefined || name === product)
    .flatMap((name) => productClients(config, name))
  const needsLogin = product === undefined || clients.some(({ className }) => className === 'gatehouse')
  if (needsLogin) clients.unshift(...loginClients(config))

  const byClass = Map.groupBy(clients, ({ className }) => className)
  return [...byClass].map(([className, members]) => ({
    ...describeProvider(config, className, surroundings),
    clients: members,
  }))
}

function productClients(config: Config, name: string): (ClientUnderTest & { className: string })[] {
  const { product, providers } = resolveProduct(config, name)
  return providers.map(({ className, clientId, scopes, path }) => ({
    className,
    subject: `${name} at ${className}`,
    clientId,
    scopes,
    redirectUris: products[product.product].redirectUris(product),
    postLogoutRedirectUris: products[product.product].postLogoutRedirectUris(product),
    scopesPath: `${path.join('.')}.oidc.extraScopes`,
  }))
}

function loginClients(config: Config): (ClientUnderTest & { className: string })[] {
  return config.login.flatMap((entry, index) => {
    const oidc = config.authenticationClasses[entry.authenticationClass ?? '']?.oidc
    return oidc && entry.authenticationClass !== undefined ? [loginClient(config, entry, index, oidc)] : []
  })
}

function loginClient(config: Config, entry: LoginEntry, index: number, oidc: OidcProvider) {
  const className = entry.authenticationClass ?? ''
  return {
    className,
    subject: `login at ${className}`,
    clientId: clientCredentialsOf(config, className, entry.oidc).clientId,
    scopes: [...new Set([...oidc.scopes, ...(entry.oidc?.extraScopes ?? [])])],
    redirectUris: config.issuer === undefined ? [] : [`${config.issuer}/callback/${className}`],
    postLogoutRedirectUris: config.issuer === undefined ? [] : [`${config.issuer}/login/signed-out`],
    scopesPath: `login.${index}.oidc.extraScopes`,
  }
}

function describeProvider(
  config: Config,
  className: string,
  surroundings: Surroundings,
): Omit<ProviderUnderTest, 'clients'> {
  const oidc = config.authenticationClasses[className]?.oidc
  if (oidc) {
    const issuer = issuerOf(oidc)
    return {
      className,
      issuer,
      discoveryUrl: discoveryUrlOf(issuer),
      principalClaim: oidc.principalClaim,
      path: `authenticationClasses.${className}.oidc`,
      trust: trustOf(config, oidc, surroundings),
    }
  }
  const issuer = config.issuer ?? ''
  return {
    className,
    issuer,
    discoveryUrl: discoveryUrlOf(issuer),
    principalClaim: 'preferred_username',
    path: 'issuer',
    trust: issuer.startsWith('https:') ? publicTrust(config, surroundings) : { kind: 'plain' },
  }
}

function trustOf(config: Config, { tls }: OidcProvider, surroundings: Surroundings): Trust {
  if (!tls) return { kind: 'plain' }
  const caCert = tls.verification.server?.caCert
  if (!caCert) return { kind: 'unverified' }
  if (caCert.secretClass === undefined) return publicTrust(config, surroundings)
  const reference = config.secrets[caCert.secretClass]?.['ca.crt']
  if (reference === undefined) throw new AppError('secret-not-found', { path: `secrets.${caCert.secretClass}.ca.crt` })
  const ca = resolveSecret(reference, surroundings).reveal()
  return {
    kind: 'verified',
    ca: [ca, ...additionalAuthorities(config, surroundings)],
    authorities: `secrets.${caCert.secretClass}`,
  }
}

function publicTrust(config: Config, surroundings: Surroundings): Trust {
  const additional = additionalAuthorities(config, surroundings)
  if (additional.length === 0) return { kind: 'verified', ca: [], authorities: 'the public authorities' }
  return {
    kind: 'verified',
    ca: [...publicAuthorities, ...additional],
    authorities: 'the public authorities and network.ca',
  }
}

function additionalAuthorities({ network }: Config, { baseDir }: Surroundings): string[] {
  if (network.ca === undefined) return []
  const file = resolve(baseDir, network.ca)
  try {
    return [readFileSync(file, 'utf8')]
  } catch (cause) {
    throw new AppError('secret-not-found', { file }, { cause })
  }
}

/** The proxy for an address; undefined when it is called directly. Loopback always is. */
export function proxyFor(
  url: string,
  { network }: Pick<Config, 'network'>,
  env: Surroundings['env'],
): string | undefined {
  const proxy = network.proxy?.replace(/^\$\{env:([^}]+)\}$/, (_, name: string) => env[name] ?? '')
  if (!proxy || !URL.canParse(proxy)) return undefined
  const host = new URL(url).hostname
  const direct = ['localhost', '.localhost', '127.0.0.1', '[::1]', ...network.noProxy]
  return direct.some((entry) => host === entry.replace(/^\*?\./, '') || host.endsWith(suffixOf(entry)))
    ? undefined
    : proxy
}

function suffixOf(entry: string): string {
  return entry === '*' ? '' : `.${entry.replace(/^\*?\./, '')}`
}
