/**
 * How to call a provider: which certificates to trust, and through which proxy. The server and doctor both use this, so doctor
 * sees what the server sees.
 */
import { resolve } from 'node:path'
import { rootCertificates } from 'node:tls'
import { AppError } from '../errors.ts'
import { own } from '../maps.ts'
import type { Config, OidcProvider } from './schema.ts'
import { readReferenced, resolveSecret } from './secret-reference.ts'
import { certificateCheckOf } from './tls.ts'

export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  /** Folder that relative paths of the configuration start from. */
  baseDir: string
}

type NetworkConfig = Pick<Config, 'network' | 'secrets'>

/** Which certificates to trust. `authorities` describes `ca` for people. */
export type Trust =
  | { kind: 'plain' }
  | { kind: 'unverified' }
  | { kind: 'verified'; ca: readonly string[]; authorities: string }

/** The options of a TLS connection (node:tls). */
export function tlsOptions(trust: Trust): { ca?: string[]; rejectUnauthorized: boolean } {
  // `tls.verification.none` is written in the configuration; everything else is checked.
  if (trust.kind === 'unverified') return { rejectUnauthorized: false }
  if (trust.kind === 'plain' || trust.ca.length === 0) return { rejectUnauthorized: true }
  return { ca: [...trust.ca], rejectUnauthorized: true }
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
    ca: [...rootCertificates, ...additional],
    authorities: 'the public authorities and network.ca',
  }
}

function additionalAuthorities({ network }: NetworkConfig, { baseDir }: Surroundings): string[] {
  if (network.ca === undefined) return []
  return [readReferenced(resolve(baseDir, network.ca))]
}

/** The proxy for an address; undefined when it is called directly. Loopback always is. */
export function proxyFor(
  url: string,
  { network }: Pick<NetworkConfig, 'network'>,
  env: Surroundings['env'],
): string | undefined {
  const proxy = network.proxy?.replace(/^\$\{env:([^}]+)\}$/, (_, name: string) => own(env, name) ?? '')
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
