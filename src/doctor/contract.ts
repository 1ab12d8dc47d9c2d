/**
 * A check looks at one thing that can be wrong between us, a product and an identity provider, without logging in. It gets what
 * was found out about one provider and says what it sees as findings; it prints nothing and decides no exit status.
 */
import type { Trust } from '../config/network.ts'
import type { ErrorCode } from '../errors.ts'
import type { Answer } from './guarded-fetch.ts'
import type { Probe } from './provider/probe.ts'

export type FindingStatus = 'ok' | 'problem' | 'skipped'

export interface Finding {
  /** Id of the check. */
  check: string
  /** What it is about: a class (`keycloak`) or a client at it (`trino-prod at keycloak`). */
  subject: string
  status: FindingStatus
  /** Row of errors.ts, for problems. */
  code?: ErrorCode
  /** Short values by name, such as `configured` and `actual`. Never a secret, never a body. */
  evidence: Readonly<Record<string, string>>
  /** What to do, beginning with a verb; empty when nothing is. For `skipped`: why. */
  remedy: string
}

/** An application that signs people in at the provider: Gatehouse itself, or a product. */
export interface ClientUnderTest {
  subject: string
  clientId: string
  scopes: readonly string[]
  redirectUris: readonly string[]
  postLogoutRedirectUris: readonly string[]
  /** Where its scopes stand in the configuration. */
  scopesPath: string
}

export interface ProviderUnderTest {
  className: string
  issuer: string
  discoveryUrl: string
  principalClaim: string
  /** Where it stands in the configuration, such as `authenticationClasses.keycloak.oidc`. */
  path: string
  trust: Trust
  clients: readonly ClientUnderTest[]
}

export interface CheckContext {
  provider: ProviderUnderTest
  /** What came of going there hop by hop, once for all checks. */
  probe: Probe
  /** Asks an address as the class says it must be asked: its authorities, the proxy, no redirects, little time, little memory. */
  ask: (url: string) => Promise<Answer>
  /** Our clock, milliseconds. */
  now: () => number
}

export interface Check {
  id: string
  title: string
  run: (context: CheckContext) => Promise<Finding[]>
}
