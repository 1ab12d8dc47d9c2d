/**
 * The part of oidc-provider that the look-alikes use: its public API, as its documentation describes it. The published declarations leave
 * out some of it (models found by id, what an interaction keeps), so it is described here.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import * as published from 'oidc-provider'

export interface Session {
  accountId?: string
  uid: string
  state?: { postLogoutRedirectUri?: string; state?: string }
  authorizations?: Record<string, { grantId?: string }>
  destroy(): Promise<void>
}

export interface Interaction {
  uid: string
  exp: number
  returnTo: string
  prompt: { name: string }
  params: Record<string, unknown>
  result?: Record<string, unknown>
  save(secondsToLive: number): Promise<string>
}

export interface Grant {
  addOIDCScope(scope: string): void
  addResourceScope(resource: string, scope: string): void
  save(): Promise<string>
  destroy(): Promise<void>
}

export interface Token {
  kind: string
  jti: string
  accountId?: string
  clientId?: string
  grantId?: string
  sessionUid?: string
  scope?: string
  iat: number
  exp: number
  isValid: boolean
  destroy(): Promise<void>
}

export interface Client {
  clientId: string
  redirectUriAllowed(uri: string): boolean
  postLogoutRedirectUriAllowed(uri: string): boolean
}

export interface OidcContext {
  route: string
  params?: Record<string, unknown>
  client?: Client
  session?: Session
  account?: { accountId: string }
  entities: { IdTokenHint?: unknown; Interaction?: Interaction; AuthorizationCode?: Token; RefreshToken?: Token }
  result?: { consent?: { grantId?: string } }
}

export interface Context {
  req: IncomingMessage
  res: ServerResponse
  method: string
  path: string
  query: Record<string, string | string[] | undefined>
  headers: IncomingMessage['headers']
  status: number
  type: string
  body: unknown
  oidc?: OidcContext
  redirect(url: string): void
  set(name: string, value: string): void
  remove(name: string): void
  cookies: { set(name: string, value: null, options: Record<string, unknown>): void }
}

interface Model<T> {
  find(id: string): Promise<T | undefined>
}

export interface Provider {
  proxy: boolean
  use(middleware: (ctx: Context, next: () => Promise<void>) => Promise<void>): void
  callback(): RequestListener
  on(event: 'authorization.success', listener: (ctx: Context, parameters: Record<string, unknown>) => void): void
  Interaction: Model<Interaction>
  RefreshToken: Model<Token>
  Session: { findByUid(uid: string): Promise<Session | undefined> }
  Grant: Model<Grant> & (new (payload: { accountId: string; clientId: string }) => Grant)
  Client: Model<Client> & { prototype: Client }
}

interface Module {
  Provider: new (issuer: string, configuration: Record<string, unknown>) => Provider
}

export const { Provider } = published as unknown as Module
