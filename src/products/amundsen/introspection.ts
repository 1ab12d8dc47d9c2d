/** Where a provider says whether a token is valid (RFC 7662). flaskoidc 0.x asks it on every request. */
import type { Provider } from '../contract.ts'
import { protocolBase } from '../writing/protocol-base.ts'

/** Undefined: the provider has no such endpoint, or none that is known. */
export function introspectionOf({ kind, issuer, endpoints }: Provider): string | undefined {
  if (kind === 'gatehouse') return `${issuer}/introspect`
  if (kind === 'keycloak') return `${protocolBase(issuer)}openid-connect/token/introspect`
  if (kind === 'okta') return endpoints?.token.replace(/\/token$/, '/introspect')
  if (kind === 'gitlab') return `${issuer}/oauth/introspect`
  // No RFC 7662, but flaskoidc takes its answer (`expires_in`) for one.
  if (kind === 'google') return 'https://oauth2.googleapis.com/tokeninfo'
  return undefined
}
