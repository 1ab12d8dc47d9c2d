/**
 * A connector signs someone in upstream. It owns the protocol with one provider and returns the identity that the provider states. What
 * that means here (users, teams, sessions) belongs to directory; pages and cookies belong to login.
 *
 * There are two kinds on the login page. A `redirect` connector sends the browser away and reads what it brings back. A `password` connector gets
 * what the person typed into our form: the form names it, so a password goes only to the provider that the person chose.
 */
import type { AuthenticationContext } from '../authentication-context.ts'
import type { IncidentCode } from '../errors.ts'

/** The permanent key of an identity. The connector chooses it: (issuer, sub), Entra's (tid, oid), GitHub's number. */
export interface IdentityKey {
  /** Kept exactly; no two providers share one. Need not be a URL. */
  issuer: string
  subject: string
}

/** The identity that the provider states. Everything but the key is for display, and may change from one sign-in to the next. */
export interface UpstreamIdentity {
  key: IdentityKey
  /** Under which older versions knew the same person, if that was another one. The same proof says both. */
  formerKey?: IdentityKey | undefined
  /** The user name, such as the value of the class's principalClaim, as it came: directory/ reads it. */
  principal: string
  email: string | undefined
  /** What the provider says about the address: `true` or `false`; undefined when it says nothing. */
  emailVerified: boolean | undefined
  name: string | undefined
  /** The parts of the name, only if the provider sends parts. */
  givenName?: string | undefined
  familyName?: string | undefined
  groups: readonly string[]
  /** How the groups came, for the trace. */
  received?: ReceivedGroups
}

/** Why there are as many groups as there are. */
export interface ReceivedGroups {
  /** The claim that was looked for. */
  claim: string
  /** `list`, `one text`, `empty`, `absent`, `null`, `too many to send`, or what of it cannot be read. */
  form: string
}

/** What must match when the browser comes back. Random, created for one attempt. */
export interface LoginChecks {
  state: string
  nonce: string
  codeVerifier: string
}

/** What the product that waits has asked for, and the provider may fulfil. */
export interface AskedOfProvider {
  /** A new proof of who the person is. */
  fresh: boolean
  /** The person chooses an account, although one is known (prompt=select_account). A provider that does not know the value is asked for `login`. */
  chooses?: boolean
  hints?: SignInHints
}

/** What a product suggests for a sign-in; whoever gets it may ignore it. Texts of a product: bounded, without control characters. */
export interface SignInHints {
  /** A name or an address of the person (`login_hint`). */
  loginHint?: string | undefined
  /** Languages, the preferred one first (`ui_locales`). */
  uiLocales?: string | undefined
  /** Classes of authentication, the preferred one first (`acr_values`). */
  acrValues?: string | undefined
  /** The name of a way in that the product chooses. */
  wayIn?: string | undefined
}

/** Whether the other side is there, for the mark at the way in. What is marked can be chosen all the same. */
export interface Presence {
  /**
   * Asks the other side whether it is there, without anybody signing in, and has at hand what the next sign-in needs. The signal ends it:
   * the server stops. Throws AppError.
   */
  look?(signal: AbortSignal): Promise<void>
  /** The code of the last failure where nothing has succeeded for a while; asks nobody. */
  broken?(): IncidentCode | undefined
}

export interface RedirectConnector extends Presence {
  kind: 'redirect'
  /** Name of the authentication class. */
  name: string
  /** What the provider calls itself when it begins a sign-in (OpenID Connect Core section 4); undefined: it begins none. */
  issuer?: string | undefined
  /** The answer comes in the fragment of the address, or as a form of the provider, and not in the query. */
  answersInForm?: boolean | undefined
  /** Origins to which the browser goes to sign out there: our forms may lead to them. */
  signOutOrigins: readonly string[]
  /** The address that sends the browser to the provider. Throws AppError, such as `provider-unreachable` or `issuer-mismatch`. */
  authorizationUrl(input: { redirectUri: string; checks: LoginChecks } & AskedOfProvider): Promise<URL>
  /**
   * Redeems what the browser brought back. `idToken` is kept, sealed, as the hint for signing out upstream; `authenticatedAt` is when
   * the person proved who they are there, in milliseconds, if the provider says so. Throws AppError.
   */
  identify(input: {
    callbackUrl: URL
    redirectUri: string
    checks: LoginChecks
  }): Promise<
    UpstreamIdentity & AuthenticationContext & { idToken?: string | undefined; authenticatedAt?: number | undefined }
  >
  /** The address that ends the session at the provider, when it has one. Never throws: signing out here must not depend on it. */
  endSessionUrl?(input: {
    idToken: string | undefined
    postLogoutRedirectUri: string
    state: string
  }): Promise<URL | undefined>
}

/** What a person typed into the form of one way in. */
export interface Credentials {
  username: string
  password: string
  /** The network of the client (see ip-address.ts), to count attempts. */
  network: string
  /** The browser, and the users who have signed in with it before. */
  device?: { id: string; users: readonly string[] } | undefined
}

/** An account whose password is kept here: its user already exists. */
export interface OwnAccount {
  userId: string
  /** The hash that the password was verified against. While it was, somebody may have changed the password. */
  verifiedHash: string | undefined
}

export interface PasswordConnector extends Presence {
  kind: 'password'
  /** Name of the authentication class, or `local`. */
  name: string
  /**
   * Whose name and password these are. Nobody before it counts attempts: it does, or the directory behind it. Throws
   * `invalid-credentials`, `too-many-attempts`, `account-deactivated`.
   */
  verify(credentials: Credentials): Promise<UpstreamIdentity | OwnAccount>
}

/** Counts an attempt at the password of whom the key names, and makes it; undefined: nobody has that name. Throws `too-many-attempts`. */
export type CountAttempt = (key: IdentityKey | undefined, check: () => Promise<boolean>) => Promise<boolean>

/** Looks names up and tries passwords somewhere else. Nobody there counts attempts for us: directory/ makes a `PasswordConnector` of it. */
export interface PasswordLookup extends Presence {
  kind: 'lookup'
  /** Name of the authentication class. */
  name: string
  /**
   * Finds whose name it is, has the attempt counted, and tries the password. Throws `invalid-credentials`, what `count` throws, and what
   * the directory says about the account to whoever knows the password.
   */
  verify(typed: { username: string; password: string }, count: CountAttempt): Promise<UpstreamIdentity>
}

export type Connector = RedirectConnector | PasswordConnector

/** What is made from a class. */
export type ConnectorOfClass = RedirectConnector | PasswordLookup

/** A connector as the login page shows it. */
export interface WayIn {
  connector: Connector
  /** The name that people know; undefined for local accounts without one. */
  title: string | undefined
  /** Whose it is, for its mark: a vendor of `vendors/`, `github`, `ldap` or `local`. */
  vendor: string
}
