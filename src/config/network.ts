/**
 * How to call a provider: which certificates to trust, which one to show, through which proxy, and how long to wait. The server and doctor
 * both use this, so doctor sees what the server sees.
 */
import { X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import { createSecureContext, getCACertificates } from 'node:tls'
import { milliseconds } from '../duration.ts'
import { AppError } from '../errors.ts'
import { own } from '../maps.ts'
import type { OutgoingOptions } from '../outgoing.ts'
import { mayHaveProxy, proxyFor } from './outgoing-proxy.ts'
import type { Config, LoginEntry, OidcProvider } from './schema.ts'
import { readReferenced, resolveSecret } from './secret-reference.ts'
import { certificateCheckOf } from './tls.ts'

export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  /** Folder that relative paths of the configuration start from. */
  baseDir: string
}

type NetworkConfig = Pick<Config, 'network' | 'secrets'>

/** What a class, and its entry under `login`, say about the way to the provider. */
export interface WayToProvider {
  tls: OidcProvider['tls']
  /** A duration. */
  timeout?: string | undefined
  /** A name under `secrets`. */
  clientCertificate?: LoginEntry['clientCertificate']
}

/** How a provider is called. Throws `secret-not-found`, and `config-invalid` for certificates, keys and proxies that are none. */
export function routeTo(config: NetworkConfig, way: WayToProvider, surroundings: Surroundings): OutgoingOptions {
  const trust = checkedTrust(config, way.tls, surroundings)
  return {
    tls: tlsOptions(withClientCertificate(trust, way.clientCertificate, config, surroundings)),
    ...proxiesOf(config, surroundings),
    timeout: milliseconds(way.timeout ?? config.network.timeout),
  }
}

const publicTls = { verification: { server: { caCert: { webPki: {} } } } }

/** How addresses of nobody in particular are called: those of GitHub, or of the keys of clients. Throws like `routeTo`. */
export function publicRoute(config: NetworkConfig, surroundings: Surroundings): OutgoingOptions {
  return routeTo(config, { tls: publicTls }, surroundings)
}

/** The authorities that are believed at upstreams of services; undefined: the public ones, and nothing was read. */
export function upstreamAuthorities(
  config: Pick<Config, 'network' | 'secrets' | 'services'>,
  surroundings: Surroundings,
): readonly string[] | undefined {
  const isCalled = Object.values(config.services).some(({ upstream }) => upstream?.startsWith('https:'))
  return isCalled && config.network.ca !== undefined
    ? tlsOptions(checkedTrust(config, publicTls, surroundings)).ca
    : undefined
}

/** Nothing where no address can have a proxy: such calls need no other client than that of Node.js. */
function proxiesOf(config: NetworkConfig, surroundings: Surroundings): Pick<OutgoingOptions, 'proxyFor' | 'proxyCa'> {
  if (!mayHaveProxy(config, surroundings.env)) return {}
  // A proxy that cannot be used is said at the start, and not at the first sign-in.
  proxyFor('https://provider.invalid', config, surroundings)
  const { ca } = tlsOptions(publicTrust(config, surroundings))
  return { proxyFor: (url) => proxyFor(url, config, surroundings), ...(ca ? { proxyCa: ca } : {}) }
}

/** A certificate and its key, by which the provider knows this server (mutual TLS). */
interface ClientCertificate {
  cert: string
  key: string
}

function clientCertificateOf(
  { secrets }: Pick<NetworkConfig, 'secrets'>,
  name: string | undefined,
  surroundings: Surroundings,
): ClientCertificate | undefined {
  if (name === undefined) return undefined
  const entry = own(secrets, name)
  const textAt = (field: 'tls.crt' | 'tls.key') => {
    const reference = entry?.[field]
    if (reference === undefined) throw new AppError('secret-not-found', { path: `secrets.${name}.${field}` })
    return resolveSecret(reference, surroundings).reveal()
  }
  const pair = { cert: textAt('tls.crt'), key: textAt('tls.key') }
  try {
    createSecureContext(pair)
  } catch (error) {
    throw new AppError('config-invalid', { at: `secrets.${name}`, problem: problemWithPair(error) })
  }
  return pair
}

/** OpenSSL's messages have no part of a key, but they speak of its routines. */
function problemWithPair(error: unknown): string {
  const { code = '' } = error instanceof Error && 'code' in error ? (error as { code?: string }) : {}
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') return 'has a tls.key that does not belong to its tls.crt'
  if (/BAD_PASSWORD_READ|INTERRUPTED_OR_CANCELLED|BAD_DECRYPT/.test(code))
    return 'has a tls.key that is encrypted: write it without a passphrase (openssl pkey -in KEY -out KEY.pem)'
  return 'has no certificate and key in PEM under tls.crt and tls.key'
}

function checkedTrust(config: NetworkConfig, tls: OidcProvider['tls'], surroundings: Surroundings): Trust {
  const trust = trustOf(config, tls, surroundings)
  const { secretClass } = tls?.verification.server?.caCert ?? {}
  if (trust.kind === 'verified' && secretClass !== undefined && !isCertificates(trust.ca[0] ?? ''))
    throw notACertificate(`secrets.${secretClass}.ca.crt`)
  if (additionalAuthorities(config, surroundings).some((text) => !isCertificates(text)))
    throw notACertificate('network.ca')
  return trust
}

function notACertificate(at: string): AppError {
  const problem = 'has no certificate in PEM (-----BEGIN CERTIFICATE-----): a key, a DER file or an empty file is none'
  return new AppError('config-invalid', { at, problem })
}

/** TLS itself ignores an authority that is none. */
function isCertificates(text: string): boolean {
  try {
    return text.includes('-----BEGIN ') && new X509Certificate(text).subject !== undefined
  } catch {
    return false
  }
}

/** Which certificates to trust, and the one to show. `authorities` describes `ca` for people. */
export type Trust =
  | { kind: 'plain' }
  | { kind: 'unverified'; shown?: ClientCertificate }
  | { kind: 'verified'; ca: readonly string[]; authorities: string; shown?: ClientCertificate }

/** The options of a TLS connection (node:tls). */
export function tlsOptions(trust: Trust): {
  ca?: string[]
  rejectUnauthorized: boolean
  cert?: string
  key?: string
} {
  if (trust.kind === 'plain') return { rejectUnauthorized: true }
  // `tls.verification.none` is written in the configuration; everything else is checked.
  if (trust.kind === 'unverified') return { ...trust.shown, rejectUnauthorized: false }
  return { ...(trust.ca.length === 0 ? {} : { ca: [...trust.ca] }), ...trust.shown, rejectUnauthorized: true }
}

/** The same trust for a provider that wants to know who asks. Throws like `routeTo`. */
export function withClientCertificate(
  trust: Trust,
  name: string | undefined,
  config: Pick<NetworkConfig, 'secrets'>,
  surroundings: Surroundings,
): Trust {
  const shown = clientCertificateOf(config, name, surroundings)
  return shown === undefined || trust.kind === 'plain' ? trust : { ...trust, shown }
}

/** Which certificates of a provider to trust. A class with its own authority trusts that one, and not the public ones. */
export function trustOf(config: NetworkConfig, tls: OidcProvider['tls'], surroundings: Surroundings): Trust {
  const check = certificateCheckOf(tls)
  if (check.kind === 'web-pki') return publicTrust(config, surroundings)
  if (check.kind !== 'own-ca') return check
  const reference = config.secrets[check.secretClass]?.['ca.crt']
  if (reference === undefined) throw new AppError('secret-not-found', { path: `secrets.${check.secretClass}.ca.crt` })
  const ca = resolveSecret(reference, surroundings).reveal()
  return {
    kind: 'verified',
    ca: [ca, ...additionalAuthorities(config, surroundings)],
    authorities: `secrets.${check.secretClass}`,
  }
}

export function publicTrust(config: NetworkConfig, surroundings: Surroundings): Trust {
  const additional = additionalAuthorities(config, surroundings)
  if (additional.length === 0) return { kind: 'verified', ca: [], authorities: 'the public authorities' }
  return {
    kind: 'verified',
    // Not `rootCertificates`: NODE_EXTRA_CA_CERTS counts with an authority of one's own as it does without.
    ca: [...getCACertificates('default'), ...additional],
    authorities: 'the public authorities and network.ca',
  }
}

function additionalAuthorities({ network }: NetworkConfig, { baseDir }: Surroundings): string[] {
  if (network.ca === undefined) return []
  return [readReferenced(resolve(baseDir, network.ca))]
}
