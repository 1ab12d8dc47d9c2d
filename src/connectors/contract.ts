/**
 * A connector signs someone in upstream. It owns the protocol with one provider and says who the provider says it is; what that
 * means here (users, teams, sessions) is directory's, and pages and cookies are login's.
 */

/** Who the provider says it is. */
export interface Identity {
  /** Together with `subject` the key of the identity; e-mail and names are for display. */
  issuer: string
  subject: string
  /** Value of the class's principalClaim. */
  principal: string
  email: string | undefined
  /** Only a real `true` of the provider. Absent and "true" are not. */
  emailVerified: boolean
  name: string | undefined
  groups: readonly string[]
  /** Kept, sealed, as the hint for signing out upstream. */
  idToken: string | undefined
}

/** What must be the same when the browser comes back. Random, made for one attempt. */
export interface LoginChecks {
  state: string
  nonce: string
  codeVerifier: string
}

export interface Connector {
  /** Name of the authentication class. */
  name: string
  /** The issuer that is configured. */
  issuer: string
  /** The address that sends the browser to the provider. Throws AppError, such as `provider-unreachable` or `issuer-mismatch`. */
  authorizationUrl(input: { redirectUri: string; checks: LoginChecks; fresh: boolean }): Promise<URL>
  /** Redeems what the browser brought back. Throws AppError. */
  identify(input: { callbackUrl: URL; redirectUri: string; checks: LoginChecks }): Promise<Identity>
  /** The address that ends the session at the provider, when it has one. Never throws: signing out here must not hang on it. */
  endSessionUrl(input: {
    idToken: string | undefined
    postLogoutRedirectUri: string
    state: string
  }): Promise<URL | undefined>
}
