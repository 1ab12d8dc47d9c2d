import type { OidcConnectorOptions } from '../../src/connectors/oidc.ts'
import { createFetch } from '../../src/outgoing.ts'

/** An ordinary class at a provider of a test, as the connector is given it. */
export function connectorOptions({ issuer, clientId }: { issuer: string; clientId: string }): OidcConnectorOptions {
  return {
    name: 'corp',
    issuer,
    clientId,
    clientSecret: 'secret',
    clientAuthenticationMethod: 'client_secret_basic',
    scopes: ['openid'],
    principalClaim: 'preferred_username',
    groupsClaims: [['groups']],
    fetch: createFetch({ timeout: 2_000 }),
    clock: { now: () => Date.now() },
  }
}
