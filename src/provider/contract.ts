/**
 * The provider owns protocol, tokens and grants. Who the person is, and every page, come from outside: server/ hands them in
 * as a `ProviderHost`. Nothing of Koa leaves this part.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppError } from '../errors.ts'
import type { Answer } from '../http.ts'
import type { TokenHolder } from './access-tokens.ts'
import type { RegisteredProduct } from './clients.ts'
import type { Document } from './documents.ts'

/** What a product asked for, while the person is asked to sign in or to agree. */
export interface PendingAuthorization {
  uid: string
  client: RegisteredProduct
  /** `login`: who are you. `consent`: may it have this. */
  prompt: 'login' | 'consent'
  /** The product wants the password again (prompt=login, max_age). */
  wantsFreshLogin: boolean
  /** The scopes that have not been agreed to. */
  missingScopes: readonly string[]
  redirectOrigin: string
}

/** What others do for the provider. */
export interface ProviderHost {
  /** Who is signed in with this request's browser, by a live login session. */
  login(request: IncomingMessage): Promise<{ userId: string } | undefined>
  /** Remembers that the provider's session began with the browser's login, to end with it. */
  linkSession(request: IncomingMessage, providerUid: string): Promise<void>
  /** The page for what must not be redirected (unknown client, unregistered redirect URI); `client` where it is known who asked. */
  errorPage(error: AppError, client: RegisteredProduct | undefined): Answer
  /** The page that asks whether to sign out; `form` is the form element that its buttons belong to. */
  confirmSignOutPage(input: { form: string; title: string | undefined; request: IncomingMessage }): Promise<Answer>
  /**
   * Ends the login session of this browser. Answers with the cookie that forgets it, and with the address that ends the session
   * upstream, when there is one: the browser goes by it, and then comes back to `returnTo`.
   */
  signOut(
    request: IncomingMessage,
    returnTo: string | undefined,
  ): Promise<{ setCookie: string; upstream: string | undefined }>
  signedOutUrl: string
}

/** The requests of products that wait for a person. */
export interface Interactions {
  /** What is pending in this browser. Throws `login-expired` or `client-unknown`. */
  pending(request: IncomingMessage, response: ServerResponse): Promise<PendingAuthorization>
  /** What is pending under a uid, for showing its name; proves nothing about the browser. */
  describe(uid: string): Promise<Pick<PendingAuthorization, 'client' | 'redirectOrigin'> | undefined>
  /** The address to go on at, after the person signed in. `authenticatedAt` in milliseconds. */
  signedIn(
    request: IncomingMessage,
    response: ServerResponse,
    user: { id: string; authenticatedAt: number },
  ): Promise<string>
  /** The product's request once more, for a person who has just signed in in place of somebody else. */
  restart(uid: string): Promise<string | undefined>
  /** The address to go on at, after the person agreed to what was missing. */
  agreed(request: IncomingMessage, response: ServerResponse): Promise<string>
  /** The address to go on at, after the person did not agree (`access_denied`, RFC 6749 section 4.1.2.1). */
  refused(request: IncomingMessage, response: ServerResponse): Promise<string>
}

export interface OpenIdProvider extends Interactions {
  /** The discovery document. Throws `internal-error`; whoever asks again gets a new attempt. */
  discovery(): Promise<Document>
  jwks: Document
  /** Answers every path of the provider. The path of the issuer is already taken off `request.url`. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Who holds an access token that was issued for this audience. Throws `token-invalid` or `token-audience-wrong`. */
  verifyAccessToken(token: string, audience: string): Promise<TokenHolder>
  clients: readonly RegisteredProduct[]
}
