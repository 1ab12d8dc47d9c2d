/**
 * The provider owns protocol, tokens and grants. The person and every page come from outside: server/ passes them in
 * as a `ProviderHost`. Nothing of Koa leaves this part.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppError } from '../errors.ts'
import type { Answer } from '../http.ts'
import type { TokenHolder } from './access-tokens.ts'
import type { RegisteredProduct } from './clients.ts'
import type { Document } from './documents.ts'

/** What a product requested, while the person signs in or consents. */
export interface PendingAuthorization {
  uid: string
  client: RegisteredProduct
  /** `login`: the person must sign in. `consent`: the person must agree. */
  prompt: 'login' | 'consent'
  /** The product requires a new sign-in (prompt=login, max_age). */
  wantsFreshLogin: boolean
  /** The scopes to which the person has not agreed yet. */
  missingScopes: readonly string[]
  redirectOrigin: string
}

/** What other parts do for the provider. */
export interface ProviderHost {
  /** The person signed in with this request's browser, by a live login session. */
  login(request: IncomingMessage): Promise<{ userId: string } | undefined>
  /** Remembers that the provider's session began with the browser's login, to end with it. */
  linkSession(request: IncomingMessage, providerUid: string): Promise<void>
  /** The page for errors that must not be redirected (unknown client, unregistered redirect URI); `client` if known. */
  errorPage(error: AppError, client: RegisteredProduct | undefined): Answer
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
}

/** The requests of products that wait for a person. */
export interface Interactions {
  /** What is pending in this browser. Throws `login-expired` or `client-unknown`. */
  pending(request: IncomingMessage, response: ServerResponse): Promise<PendingAuthorization>
  /** What is pending under a uid, to show its name; proves nothing about the browser. */
  describe(uid: string): Promise<Pick<PendingAuthorization, 'client' | 'redirectOrigin'> | undefined>
  /** The address to continue at after the person has signed in. `authenticatedAt` in milliseconds. */
  signedIn(
    request: IncomingMessage,
    response: ServerResponse,
    user: { id: string; authenticatedAt: number },
  ): Promise<string>
  /** The product's request again, for a person who has just replaced somebody else. */
  restart(uid: string): Promise<string | undefined>
  /** The address to continue at after the person has agreed. */
  agreed(request: IncomingMessage, response: ServerResponse): Promise<string>
  /** The address to continue at after the person has refused (`access_denied`, RFC 6749 section 4.1.2.1). */
  refused(request: IncomingMessage, response: ServerResponse): Promise<string>
}

export interface OpenIdProvider extends Interactions {
  /** The discovery document. Throws `internal-error`; the next call tries again. */
  discovery(): Promise<Document>
  jwks: Document
  /** Answers every path of the provider. `request.url` no longer contains the path of the issuer. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** The holder of an access token that was issued for this audience. Throws `token-invalid` or `token-audience-wrong`. */
  verifyAccessToken(token: string, audience: string): Promise<TokenHolder>
  clients: readonly RegisteredProduct[]
}
