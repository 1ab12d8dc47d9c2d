/**
 * The provider owns protocol, tokens and grants. The person and every page come from outside: server/ passes them in
 * as a `ProviderHost`. Nothing of Koa leaves this part.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuthenticationContext } from '../authentication-context.ts'
import type { AppError } from '../errors.ts'
import type { Answer } from '../http.ts'
import type { TokenHolder } from './access-tokens.ts'
import type { CurrentLogin } from './adapter.ts'
import type { RegisteredProduct } from './clients.ts'
import type { Document } from './documents.ts'

/** What a product requested, while the person signs in or consents. */
export interface PendingAuthorization {
  uid: string
  client: RegisteredProduct
  /** `login`: the person must sign in. `consent`: the person must agree. */
  prompt: 'login' | 'consent'
  demand: SignInDemand
  hints: SignInHints
  /** Who was signed in at the provider when the product asked; undefined: nobody. */
  accountId: string | undefined
  /** The scopes to which the person has not agreed yet. */
  missingScopes: readonly string[]
  /** Claims that it asks for one by one (`claims`), to which the person has not agreed yet. */
  missingClaims: readonly string[]
  /** Names of the services at which the product wants to act for the person, who has not agreed yet. */
  missingServices: readonly string[]
  /** Everything that the product requests: what to show when it asks once more for what it has (prompt=consent). */
  requested: { scopes: readonly string[]; claims: readonly string[]; services: readonly string[] }
  /** Where the answer goes, as a Content-Security-Policy names it. */
  redirectOrigin: string
}

/** What a product demands of the sign-in (OpenID Connect Core 1.0 section 3.1.2.1). */
export interface SignInDemand {
  /** One that is made for this request (prompt=login, max_age=0). */
  fresh: boolean
  /** That the person chooses who to be, although somebody is signed in (prompt=select_account). */
  chosen: boolean
  /** The age that the proof may have, in milliseconds (max_age). */
  maxAge: number | undefined
  /** The person who must sign in (id_token_hint, or a `sub` in `claims`). */
  userId: string | undefined
  /** One of these classes of authentication (an essential `acr`); undefined: any. */
  acr: readonly string[] | undefined
}

/** What a product suggests for a sign-in: bounded texts without control characters. Nothing is enforced. */
export interface SignInHints {
  loginHint?: string | undefined
  uiLocales?: string | undefined
  acrValues?: string | undefined
  /** The name of a way in, by the parameter of whichever broker the product knows. */
  wayIn?: string | undefined
}

/** Why a product gets nothing. */
export type Refusal = 'access_denied' | 'login_required' | 'unmet_authentication_requirements'

/** What other parts do for the provider. */
export interface ProviderHost {
  /** The live login session of this request's browser. */
  login(request: IncomingMessage): Promise<CurrentLogin | undefined>
  /** The page for errors that must not be redirected (unknown client, unregistered redirect URI); `client` if known. */
  errorPage(error: AppError, client: RegisteredProduct | undefined, request: IncomingMessage): Answer
  /**
   * The page with a form that sends itself. `action` and the hidden `fields` are HTML; `targets` are the origins to which the action leads.
   */
  selfSendingPage(input: {
    action: string
    fields: string
    targets: readonly string[]
    request: IncomingMessage
  }): Answer
  /** Origins of providers at which people are signed out too. */
  signOutOrigins: readonly string[]
  /** The page that asks whether to sign out; `form` is the form element of its buttons. */
  confirmSignOutPage(input: { form: string; title: string | undefined; request: IncomingMessage }): Promise<Answer>
  /**
   * Ends the login session of this browser. Answers with the cookie that clears it, and with the address that ends the session
   * upstream, if there is one: the browser goes there first, and then returns to `returnTo`.
   */
  signOut(
    request: IncomingMessage,
    returnTo: string | undefined,
  ): Promise<{ setCookie: string; upstream: string | undefined }>
  signedOutUrl: string
  /** Who writes to the log what the provider answered. */
  told: {
    failed(failure: ProtocolFailure, request: IncomingMessage): void
    granted(granted: { event: string; client: string | undefined; grantType?: string }, request: IncomingMessage): void
  }
}

/** An answer with an error, in the words of the protocol (RFC 6749 section 5.2), and what the answer does not say. */
export interface ProtocolFailure {
  /** The event of oidc-provider, such as `grant.error`; `server_error` for what nobody expected. */
  event: string
  client: string | undefined
  grantType?: string
  status: number
  /** Our code of an error of the protocol, the same as on pages and in doctor. */
  code?: string
  error: string
  description: string | undefined
  /** Which check failed: for the operator only. */
  detail: string | undefined
  cause?: unknown
}

/** The requests of products that wait for a person. */
export interface Interactions {
  /** What is pending in this browser. Throws `login-expired` or `client-unknown`. */
  pending(request: IncomingMessage, response: ServerResponse): Promise<PendingAuthorization>
  /** What is pending under a uid, to show its name and to obey its demand; proves nothing about the browser. */
  describe(
    uid: string,
  ): Promise<Pick<PendingAuthorization, 'uid' | 'client' | 'redirectOrigin' | 'demand' | 'hints'> | undefined>
  /** The login session with which the person signed in or agreed; undefined while nobody has. */
  finishedFor(request: IncomingMessage, uid: string): Promise<string | undefined>
  /** The address to continue at after the person has signed in. `authenticatedAt` in milliseconds. */
  signedIn(request: IncomingMessage, response: ServerResponse, login: FinishedLogin): Promise<string>
  /**
   * The product's request again, when it began in a session of the provider that has ended meanwhile (somebody else's, or an expired
   * one); `over`: it has expired; undefined: it can go on. After a `fresh` sign-in it demands none any more.
   */
  restart(uid: string, signIn: { fresh: boolean }): Promise<{ location: string } | 'over' | undefined>
  /** The address to continue at after the person, signed in with that login session, has agreed. */
  agreed(request: IncomingMessage, response: ServerResponse, login: Pick<FinishedLogin, 'session'>): Promise<string>
  /** The address to continue at when the product gets nothing: the person refused, or is not the one whom it named or as it demands. */
  refused(request: IncomingMessage, response: ServerResponse, error: Refusal): Promise<string>
}

/** The login session with which a person finishes an interaction. */
export interface FinishedLogin extends AuthenticationContext {
  /** The user. */
  id: string
  /** Milliseconds since the epoch. */
  authenticatedAt: number
  /** The name of the session in the store. */
  session: string
}

export interface OpenIdProvider extends Interactions {
  /** The discovery document. Throws `internal-error`; the next call tries again. */
  discovery(): Promise<Document>
  jwks: Document
  /** Answers every path of the provider. `request.url` no longer contains the path of the issuer. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Pages that ask about `Interactions` are answered within it: what is kept for strangers may be in their cookies. */
  within<Result>(request: IncomingMessage, response: ServerResponse, work: () => Result): Result
  /** The holder of an access token that was issued for this audience. Throws `token-invalid` or `token-audience-wrong`. */
  verifyAccessToken(token: string, audience: string): Promise<TokenHolder>
  clients: readonly RegisteredProduct[]
}
