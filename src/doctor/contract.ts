/**
 * A check looks at one thing that can be wrong between people, us, a product and an identity provider, without logging in. It has a
 * subject, gets the context of that subject and answers with outcomes; it prints nothing, changes nothing and decides no exit status.
 * runner.ts owns who asked, how many checks run at once and how a finding is written.
 */
import type { ReadClaimPath } from '../claim-path.ts'
import type { Trust } from '../config/network.ts'
import type { ClientAuthenticationMethod, Config, Service } from '../config/schema.ts'
import type { ErrorCode } from '../errors.ts'
import type { ProductInput } from '../products/contract.ts'
import type { VendorKind } from '../vendors/contract.ts'
import type { Answer, PostedForm } from './guarded-fetch.ts'
import type { Probe } from './probe.ts'

/** Short values by name, such as `configured` and `actual`. Never a secret, never a body. */
export type Evidence = Readonly<Record<string, string>>

/** What a check answers. The functions that create one are in outcome.ts. */
export type Outcome =
  | { status: 'ok'; evidence: Evidence }
  /** Something works, or may work, but someone should look. It does not set the exit status to 1. */
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
  /** What to do, beginning with a verb; empty when there is nothing to do. For `skipped`: why. */
  remedy: string
  /** The product concerned, and the authentication class. */
  product?: string
  authenticationClass?: string
  /** Where the configuration has the subject. */
  path?: ConfigPath
}

export type ConfigPath = readonly (string | number)[]

/** An application that signs people in at the provider: Gatehouse itself, or a product. */
export interface ClientUnderTest {
  subject: string
  /** The product that it is; absent for Gatehouse itself. */
  product?: string
  /** Where the configuration has it. */
  at: ConfigPath
  /** Gatehouse itself, at a way in. */
  isLogin: boolean
  clientId: string
  scopes: readonly string[]
  redirectUris: readonly string[]
  postLogoutRedirectUris: readonly string[]
  /** Where the configuration has its scopes. */
  scopesPath: string
  /** What it asks the authorization endpoint for: `code`, but for products of the implicit flow. */
  responseType: string
  sendsPkce: boolean
  /** How it authenticates at the token endpoint. */
  method: ClientAuthenticationMethod
  /** Its secret as the configuration refers to it; undefined where it has none, or Gatehouse derives it. */
  secretReference: string | undefined
  /** Where the configuration has that reference. */
  secretPath: string
}

export interface ProviderUnderTest {
  className: string
  kind: VendorKind
  issuer: string
  discoveryUrl: string
  /** Where servers call it instead, if the class says so. */
  internalUrl?: string
  /** Tenants whose people may come, where it stands for many. */
  tenants?: readonly string[]
  principalClaim: string
  /** Where the class says that the groups are; undefined where it does not. */
  groupsClaim?: ReadClaimPath
  /** Where the configuration has it, such as `authenticationClasses.keycloak.oidc`. */
  path: string
  trust: Trust
  /** Why nobody can go there: an authority of the configuration that is missing, or none. Nothing is called then. */
  fault?: Outcome
  clients: readonly ClientUnderTest[]
}

export interface ProviderContext {
  provider: ProviderUnderTest
  /** The result of going there hop by hop, once for all checks. */
  probe: Probe
  /**
   * Requests an address by the rules of the class: its authorities, the proxy, no redirects, little time, little memory, and few
   * requests to one provider at once.
   */
  ask: (url: string) => Promise<Answer>
  /** The same for the inner address, where another proxy may apply, or none. */
  askInner: (url: string) => Promise<Answer>
  /** Why the public address cannot be reached from here; then `probe` is about the inner one, if there is one. */
  publicFailure?: string
  /** Our clock, milliseconds. */
  now: () => number
}

export interface ClientContext extends ProviderContext {
  client: ClientUnderTest
  /** Sends a form by the same rules; the same form is sent once, whoever asks. */
  post: (url: string, form: PostedForm) => Promise<Answer>
  /** Reads a secret by its reference. Throws AppError `secret-not-found`. */
  revealSecret: (reference: string) => string
  /** False: secrets are looked at and not tried. */
  triesSecrets: boolean
}

export interface ProductContext {
  product: ProductInput
}

/** A directory or site that signs people in without OpenID Connect. */
export interface DirectoryContext {
  host: string
  port: number
  /** Undefined: it is called without TLS. */
  trust: Trust | undefined
  /** Where the configuration has it, such as `authenticationClasses.corp.ldap`. */
  path: string
  /** Tries the account that searches for people who sign in here. Rejects with AppError. A text: why it is not tried. */
  tryAccount: (() => Promise<Evidence>) | string
}

export interface ServiceContext {
  name: string
  service: Service
  /** Addresses and networks of proxies that may speak for others. */
  trustedProxies: readonly string[]
  /** Teams that no group gives. */
  teamsWithoutSource: readonly string[]
  /** What the store knows about people; undefined where there is none, or it cannot be read. */
  people: () => Promise<PeopleSeen | undefined>
  /** Opens a TCP connection, closes it, and returns the address that it reached. Rejects with the reason. */
  reach: (address: { host: string; port: number }) => Promise<string>
  /** The status of what is answered to HEAD, asked as the gate asks: directly, with the authorities of Node.js. Rejects with the reason. */
  head: (url: string) => Promise<number>
}

/** What the store says about itself. Looking neither creates nor changes it. */
export type StoreSeen =
  /** There is no store yet. */
  | { state: 'absent' }
  /** Migrations by name: those already applied, and those that this program knows. */
  | { state: 'open'; applied: readonly string[]; known: readonly string[] }

/** What the store knows about people, as far as checks need it. */
export interface PeopleSeen {
  /** Groups of the last sign-ins, class by class; of the latest people only. */
  groups: readonly { authenticationClass: string; groups: readonly string[] }[]
  /** Teams that somebody is in. */
  teamsWithMembers: readonly string[]
}

/** Which key a store was made with, and which one there is here. Fingerprints: they tell one key from another, and nothing about either. */
export interface KeySeen {
  /** Undefined: there is no store yet, or a version made it that kept none. */
  kept: string | undefined
  /** Undefined: the file of the key is not there. */
  own: string | undefined
  /** Where the own one is looked for. */
  place: string
}

export interface StoreContext {
  /** Throws `encryption-key-wrong` for a key that is none, `secret-not-found`, and what reading the store throws. */
  key: () => Promise<KeySeen>
  teams: Config['teams']
  people: () => Promise<PeopleSeen | undefined>
  /** Bytes that are free where it lies; undefined when it is a database elsewhere, or there is no store yet. */
  free: () => Promise<number | undefined>
  /** Where it is, without a password. */
  address: string
  /** Rejects when the store exists and cannot be opened. */
  inspect: () => Promise<StoreSeen>
}

export interface ServerContext {
  issuer: string
  discoveryUrl: string
  /** The result of fetching the discovery document of our own issuer. */
  probe: Probe
  /** Whether products of this configuration use it as their provider: then it is also examined as the provider `gatehouse`. */
  isProvider: boolean
}

export interface Contexts {
  /** An identity provider that is in use. */
  provider: ProviderContext
  /** An application at one of them. */
  client: ClientContext
  product: ProductContext
  /** An LDAP directory or GitHub. */
  directory: DirectoryContext
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

/** Every check by its subject, in the order in which a request meets the things that they check. */
export type Checks = { readonly [S in Subject]: readonly Check<S>[] }
