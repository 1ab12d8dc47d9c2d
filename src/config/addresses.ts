/** Our own addresses, derived from the issuer. Everything of this server is below the issuer's path. */

import type { LoginEntry } from './schema.ts'

/** The path of the issuer without a trailing slash; empty if there is none. */
export function basePathOf(issuer: string): string {
  return new URL(issuer).pathname.replace(/\/$/, '')
}

/** Where an identity provider sends people back to: one callback for each class (RFC 9700 section 4.4). */
export function callbackUri(issuer: string, authenticationClass: string): string {
  return `${issuer}/callback/${authenticationClass}`
}

/** The same of a way in, which may have an address that was registered for another program. */
export function callbackOf(
  { issuer, login }: { issuer: string; login: readonly LoginEntry[] },
  authenticationClass: string,
): string {
  const entry = login.find((each) => each.authenticationClass === authenticationClass)
  const path = entry?.oidc?.callbackPath
  return path === undefined ? callbackUri(issuer, authenticationClass) : issuer + path
}

/** Where an identity provider sends people back to after they signed out there. */
export function signedOutUri(issuer: string): string {
  return `${issuer}/login/signed-out`
}

/** Hosts under which people and products ask for it. */
export function ownHosts({
  issuer,
  listen: { internalUrl },
}: {
  issuer: string
  listen: { internalUrl?: string | undefined }
}): ReadonlySet<string> {
  return new Set([issuer, ...(internalUrl === undefined ? [] : [internalUrl])].map((url) => new URL(url).host))
}
