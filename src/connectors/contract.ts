/**
 * A connector signs someone in upstream. It owns the protocol with one provider and says who the provider says it is; what that
 * means here (users, teams, sessions) is directory's, and pages and cookies are login's.
 *
 * There are two kinds. A `redirect` connector sends the browser away and reads what it brings back. A `password` connector is given
 * what was typed into a form of ours: the form names it, so a password goes to the one provider that the person chose and to no other.
 */

/** What an identity is known by, for ever. The connector chooses it: (issuer, sub), Entra's (tid, oid), GitHub's number. */
export interface IdentityKey {
  /** Kept to the letter; no two providers have the same. Need not be a URL. */
  issuer: string
  subject: string
}

/** Who the provider says it is. All but the key is for display, and may change from one sign-in to the next. */
export interface UpstreamIdentity {
  key: IdentityKey
  /** The user name, such as the value of the class's principalClaim. */
  principal: string
  email: string | undefined
  /** Only a real `true` of the provider. Absent and "true" are not. */
  emailVerified: boolean
  name: string | undefined
  groups: readonly string[]
}

/** What must be the same when the browser comes back. Random, made for one attempt. */
export interface LoginChecks {
  state: string
  nonce: string
  codeVerifier: string
}

export interface RedirectConnector {
  kind: 'redirect'
  /** Name of the authentication class. */
  name: string
  /** Origins that the browser is sent to when it signs out there: a form of ours may lead to them. */
  signOutOrigins: readonly string[]
  /** The address that sends the browser to the provider. Throws AppError, such as `provider-unreachable` or `issuer-mismatch`. */
  authorizationUrl(input: { redirectUri: string; checks: LoginChecks; fresh: boolean }): Promise<URL>
  /**
   * Redeems what the browser brought back. `idToken` is kept, sealed, as the hint for signing out upstream. Throws AppError.
   */
  identify(input: {
    callbackUrl: URL
    redirectUri: string
    checks: LoginChecks
  }): Promise<UpstreamIdentity & { idToken?: string | undefined }>
  /** The address that ends the session at the provider, when it has one. Never throws: signing out here must not hang on it. */
  endSessionUrl?(input: {
    idToken: string | undefined
    postLogoutRedirectUri: string
    state: string
  }): Promise<URL | undefined>
}

/** What somebody typed into the form of one way in. */
export interface Credentials {
  username: string
  password: string
  /** Where it came from, for counting attempts. */
  network: string
}

/** An account whose password is kept here: its user is known already. */
export interface OwnAccount {
  userId: string
}

export interface PasswordConnector {
  kind: 'password'
  /** Name of the authentication class, or `local`. */
  name: string
  /** Whose name and password these are. Throws `invalid-credentials`, `too-many-attempts`, `account-deactivated`. */
  verify(credentials: Credentials): Promise<UpstreamIdentity | OwnAccount>
}

export type Connector = RedirectConnector | PasswordConnector

/** A connector as the login page shows it. */
export interface WayIn {
  connector: Connector
  /** By what people know it. */
  title: string
}
