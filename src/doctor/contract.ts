/**
 * A check looks at one thing that can be wrong between people, us, a product and an identity provider, without logging in. It has a
 * subject, gets the context of that subject and answers with outcomes; it prints nothing, changes nothing and decides no exit status.
 * Who asked, how many run at once and how a finding is written are runner.ts's.
 */
import type { Trust } from '../config/network.ts'
import type { Service } from '../config/schema.ts'
import type { ErrorCode } from '../errors.ts'
import type { ProductInput } from '../products/contract.ts'
import type { Answer } from './guarded-fetch.ts'
import type { Probe } from './probe.ts'

/** Short values by name, such as `configured` and `actual`. Never a secret, never a body. */
export type Evidence = Readonly<Record<string, string>>

/** What a check answers. The functions that make one are in outcome.ts. */
export type Outcome =
  | { status: 'ok'; evidence: Evidence }
  /** Something works, or may do so, but somebody should look. It does not make the exit status 1. */
  | { status: 'warning'; code: ErrorCode; evidence: Evidence; remedy: string }
  | { status: 'problem'; code: ErrorCode; evidence: Evidence; remedy: string }
  | { status: 'skipped'; why: string; evidence: Evidence }

export interface Finding {
  /** Id of the check. */
  check: string
  /** What it is about: a class (`keycloak`), a client at it (`trino-prod at keycloak`), a product, a service, `store` or `server`. */
  subject: string
  subjectKind: Subject
  status: Outcome['status']
  /** Row of errors.ts, for warnings and problems. */
  code?: ErrorCode
  evidence: Evidence
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

export interface ProviderContext {
  provider: ProviderUnderTest
  /** What came of going there hop by hop, once for all checks. */
  probe: Probe
  /**
   * Asks an address as the class says it must be asked: its authorities, the proxy, no redirects, little time, little memory, and few
   * requests to one provider at once.
   */
  ask: (url: string) => Promise<Answer>
  /** Our clock, milliseconds. */
  now: () => number
}

export interface ClientContext extends ProviderContext {
  client: ClientUnderTest
}

export interface ProductContext {
  product: ProductInput
}

export interface ServiceContext {
  name: string
  service: Service
  /** Opens a TCP connection, hangs up, and says where it ended. Rejects with the reason. */
  reach: (address: { host: string; port: number }) => Promise<string>
}

/** What the store says of itself, without being made or changed. */
export type StoreSeen =
  /** Nothing has been made there yet. */
  | { state: 'absent' }
  /** Migrations by name: those that it has had, and those that this program knows. */
  | { state: 'open'; applied: readonly string[]; known: readonly string[] }

export interface StoreContext {
  /** Where it is, without a password. */
  address: string
  /** Rejects when it is there and cannot be opened. */
  inspect: () => Promise<StoreSeen>
}

export interface ServerContext {
  issuer: string
  discoveryUrl: string
  /** What came of going to the discovery document of our own issuer. */
  probe: Probe
  /** Whether products of this configuration sign people in at it: then it is examined as the provider `gatehouse` too. */
  isProvider: boolean
}

export interface Contexts {
  /** An identity provider that somebody signs in at. */
  provider: ProviderContext
  /** An application at one of them. */
  client: ClientContext
  product: ProductContext
  service: ServiceContext
  store: StoreContext
  /** `gatehouse serve`, as people reach it. */
  server: ServerContext
}

export type Subject = keyof Contexts

type Answered = Outcome | readonly Outcome[]

/** One thing that can be wrong with subjects of one kind. */
export interface Check<S extends Subject> {
  /** Unique, in kebab case: people see it. */
  id: string
  title: string
  run: (context: Contexts[S]) => Answered | Promise<Answered>
}

/** Every check, by what it is about, in the order in which a request meets what they look at. */
export type Checks = { readonly [S in Subject]: readonly Check<S>[] }
