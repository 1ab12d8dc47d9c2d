import { vendorOf } from '../vendors/index.ts'
import type { OidcProvider } from './schema.ts'

/**
 * The issuer that an authentication class stands for, by the rules of Stackable's AuthenticationClass:
 * scheme from `tls`, the default port left out, `rootPath` without trailing slashes; an empty path stays `/`, unless the vendor is
 * known to write none.
 */
export function issuerOf({ hostname, port, rootPath, tls, providerHint }: OidcProvider): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname
  const base = new URL(`${tls ? 'https' : 'http'}://${host}`)
  if (port !== undefined && port !== null) base.port = String(port)
  const trimmed = rootPath.replace(/\/+$/, '')
  if (trimmed === '') return vendorOf(providerHint).rootSlash === 'never' ? base.origin : `${base.origin}/`
  return base.origin + (trimmed.startsWith('/') ? trimmed : `/${trimmed}`)
}

/** Address of the discovery document (OpenID Connect Discovery 1.0 section 4): appended after the trailing slash is stripped. */
export function discoveryUrlOf(issuer: string): string {
  return `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`
}
