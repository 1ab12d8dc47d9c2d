/** The tables, as Kysely sees them. Times are milliseconds since the epoch; booleans are 0 and 1; ids that give access are SHA-256 digests. */
import type { Generated } from 'kysely'

export interface UsersTable {
  id: string
  username: string
  /** NFKC and case folded, unique: two spellings are one name. */
  username_key: string
  email: string | null
  /** Null: nobody has said anything about it. */
  email_verified: 0 | 1 | null
  /** One form of the address for all its spellings; not unique: providers send what they like. */
  email_key: string | null
  /** The same of an account that is kept here, unique: it signs in with the address. Null where two older accounts have one address. */
  sign_in_email: string | null
  /** Null before the first one that was recorded. */
  last_sign_in_at: Generated<number | null>
  name: string | null
  /** The parts of the name, where a provider sends parts. */
  given_name: string | null
  family_name: string | null
  password_hash: string | null
  is_admin: 0 | 1
  active: 0 | 1
  created_at: number
  updated_at: number
  /** Grows with every change of the person, memberships included. */
  version: Generated<number>
}

export interface IdentitiesTable {
  issuer: string
  subject: string
  user_id: string
  authentication_class: string
  /** The name at the class, in its one spelling, unique there; null where an older version created it, or another had the name before. */
  own_name: string | null
  created_at: number
  last_seen_at: number
  /** JSON: the groups that the provider named at the last sign-in; null before the first one that was recorded. */
  received_groups: string | null
}

export interface TeamsTable {
  /** Its name in rules and claims. */
  name: string
  /** Who created it and may remove it; later also a SCIM connection or an administrator. */
  source: 'configuration'
  title: string | null
  /** JSON: the groups that give it, `[{ authenticationClass, group }]`, as memberships follow them now. */
  given_by: string
  created_at: number
  updated_at: number
}

export interface MembershipsTable {
  user_id: string
  team: string
  /** The authentication class whose groups gave it, or `local` for one given by hand. */
  source: string
}

export interface SessionsTable {
  id_hash: string
  kind: 'login' | 'service'
  /** The service of a `service` session; the session is valid nowhere else. */
  service: string | null
  /** The login session on which a service session depends. */
  parent_hash: string | null
  user_id: string
  authentication_class: string
  /** When the person proved who they are. */
  authenticated_at: number
  created_at: number
  expires_at: number
  /** The provider's ID token, sealed: needed as a hint when signing out there. */
  sealed_id_token: string | null
  /** The authorization request for which the person signed in: only for that one the sign-in counts as fresh. */
  signed_in_for: string | null
  /** The class of the authentication (`acr`), if whoever authenticated the person says it. */
  acr: string | null
  /** Its methods (`amr`), separated by blanks. */
  amr: string | null
  /** Digest of what names the browser of a login session; unique: a browser has one login session at most. */
  browser_hash: string | null
}

export interface SingleUseTable {
  purpose: string
  hash: string
  data: string
  /** The login session on which it depends, and with which it ends. */
  login_hash: string | null
  expires_at: number
}

export interface ProviderPayloadsTable {
  kind: string
  id_hash: string
  payload: string
  /** The id of a grant, in the row of the grant itself. */
  grant_key: string | null
  /** The grant to which it belongs, and with which it ends. */
  grant_id: string | null
  uid: string | null
  user_code: string | null
  account_id: string | null
  /** The login session on which it depends, and with which it ends: of a session of the provider, and of a grant that does not outlive it. */
  login_hash: string | null
  consumed_at: number | null
  expires_at: number | null
}

export interface SigningKeysTable {
  kid: string
  alg: string
  sealed_jwk: string
  created_at: number
}

export interface LoginAttemptsTable {
  key: string
  failures: number
  first_at: number
  locked_until: number
}

export interface RevocationsTable {
  id: Generated<number>
  at: number
  kind: 'session' | 'user' | 'profile' | 'grant' | 'token' | 'keys'
  subject: string
}

export interface AuditTable {
  id: Generated<number>
  at: number
  actor: string
  action: string
  subject: string
  details: string
}

/** Sign-ins that failed: strangers make them, so they are bounded and not in `audit`. */
export interface FailedSignInsTable {
  id: Generated<number>
  at: number
  /** The account whose name was given; empty when nobody has it. */
  subject: string
  details: string
}

export interface TracesTable {
  id: string
  started_at: number
  steps: string
  expires_at: number
}

export interface TraceRequestsTable {
  request_id: string
  trace_id: string
  expires_at: number
}

export interface JobsTable {
  id: string
  kind: string
  payload: string
  run_at: number
  attempts: number
  /** 0 while nobody has it. */
  leased_until: number
}

/** The authenticator app of a person (RFC 6238). */
export interface TotpSecretsTable {
  user_id: string
  sealed_secret: string
  /** The latest step of time whose code was taken: it and those before are refused. */
  last_step: number
  created_at: number
}

/** Codes that work once, for people who have lost their second factor. */
export interface RecoveryCodesTable {
  user_id: string
  /** Under a key of the server: who reads the store alone cannot try codes. */
  hash: string
}

/** Public halves of passkeys (WebAuthn). */
export interface PasskeysTable {
  /** The credential id. */
  id: string
  user_id: string
  public_key: string
  counter: number
  /** Words, separated by blanks. */
  transports: string
  name: string
  created_at: number
  last_used_at: number | null
}

/** One row: see instance.ts. */
export interface InstanceTable {
  only_row: 1
  instance_id: string
  key_fingerprint: string
  created_at: number
}

export interface Schema {
  users: UsersTable
  identities: IdentitiesTable
  teams: TeamsTable
  memberships: MembershipsTable
  sessions: SessionsTable
  single_use: SingleUseTable
  provider_payloads: ProviderPayloadsTable
  signing_keys: SigningKeysTable
  login_attempts: LoginAttemptsTable
  revocations: RevocationsTable
  audit: AuditTable
  failed_sign_ins: FailedSignInsTable
  traces: TracesTable
  trace_requests: TraceRequestsTable
  jobs: JobsTable
  instance: InstanceTable
  totp_secrets: TotpSecretsTable
  recovery_codes: RecoveryCodesTable
  passkeys: PasskeysTable
}
