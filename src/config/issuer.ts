import type { OidcProvider } from './schema.ts'

/**
 * The issuer that an authentication class stands for, by the rules of Stackable's AuthenticationClass:
 * scheme from `tls`, the default port left out, `rootPath` without trailing slashes; an empty path stays `/`.
 */
export function issuerOf({ hostname, port, rootPath, tls }: OidcProvider): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname
  const base = new URL(`${tls ? 'https' : 'http'}://${host}`)
  if (port !== undefined) base.port = String(port)
  const trimmed = rootPath.replace(/\/+$/, '')
  return base.origin + (trimmed === '' ? '/' : trimmed.startsWith('/') ? trimmed : `/${trimmed}`)
}

/** Address of the discovery document (OpenID Connect Discovery 1.0 section 4): appended after the trailing slash is stripped. */
export function discoveryUrlOf(issuer: string): string {
  return `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`
}
