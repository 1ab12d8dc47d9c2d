/**
 * The OpenID Provider for products. The only part that imports oidc-provider, through its public API. It owns protocol, tokens and
 * grants; who the person is, and every page, comes from login/.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JWK } from 'jose'
import Provider, { errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { keptOnceMade } from '../kept.ts'
import type { Logger } from '../log.ts'
import type { FindIdentity } from '../sessions/identity.ts'
import type { PayloadTable } from '../store/payloads.ts'
import type { Sealer } from '../store/sealing.ts'
import type { SigningKeyTable } from '../store/signing-keys.ts'
import type { UserTable } from '../store/users.ts'
import type { Turns } from '../turns.ts'
import { createAccessTokenVerifier, type VerifiedToken } from './access-tokens.ts'
import { productClients, type RegisteredProduct } from './clients.ts'
import { cookieNames, createConfiguration } from './configuration.ts'
import { readDiscovery } from './discovery.ts'
import { createDocument, type Document } from './documents.ts'
import { loadSigningKeys } from './signing-keys.ts'

export type { RegisteredProduct } from './clients.ts'

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

/** What login/ does for the provider. */
export interface ProviderHost {
  /** The live login session of this request's browser. */
  login(request: IncomingMessage): Promise<{ userId: string; providerUid: string | undefined } | undefined>
  /** Remembers that the provider's session began with the browser's login, to end with it. */
  linkSession(request: IncomingMessage, providerUid: string): Promise<void>
  errorPage(input: {
    error: AppError
    request: IncomingMessage
    response: ServerResponse
    ctx: KoaContextWithOIDC
  }): string
  confirmSignOutPage(input: {
    form: string
    title: string | undefined
    request: IncomingMessage
    ctx: KoaContextWithOIDC
  }): Promise<string>
  /** Ends the login session of this browser. Answers with the address that ends the session upstream, to go by before `returnTo`. */
  signOut(input: {
    request: IncomingMessage
    ctx: KoaContextWithOIDC
    returnTo: string | undefined
  }): Promise<string | undefined>
  signedOutUrl: string
}

export interface OpenIdProvider {
  discovery(): Promise<Document>
  jwks: Document
  /** Answers every path of the provider. The path of the issuer is already taken off `request.url`. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
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
  agreed(request: IncomingMessage, response: ServerResponse): Promise<string>
  refused(request: IncomingMessage, response: ServerResponse): Promise<string>
  verifyAccessToken(token: string, audience: string): Promise<VerifiedToken>
  clients: readonly RegisteredProduct[]
}

export interface ProviderOptions {
  config: Config & { issuer: string }
  env: Readonly<Record<string, string | undefined>>
  baseDir: string
  /** The tables that it works on. */
  store: { payloads: PayloadTable; signingKeys: SigningKeyTable; users: Pick<UserTable, 'find' | 'teams'> }
  findIdentity: FindIdentity
  /** Ends a session of the provider, known by its uid, with the grants that were given in it. */
  endSession(uid: string): Promise<void>
  sealer: Sealer
  clock: Clock
  turns: Turns
  log: Logger
  host: ProviderHost
}

/** Makes the provider. Signing keys are made at the first start. Throws AppError. */
export async function createProvider(options: ProviderOptions): Promise<OpenIdProvider> {
  const { config, store, sealer, clock, endSession, findIdentity, host, log } = options
  const { payloads, users } = store
  const { issuer } = config
  const clients = productClients(options)
  const keys = await loadSigningKeys({ table: store.signingKeys, sealer, clock })
  const names = cookieNames(issuer)
  const mountPath = new URL(issuer).pathname.replace(/\/$/, '')

  const provider = new Provider(
    issuer,
    createConfiguration({
      issuer,
      clients,
      resources: new Set(Object.values(config.services).map(({ url }) => url)),
      payloads,
      users,
      clock,
      turns: options.turns,
      jwks: keys.private,
      cookieKeys: [sealer.derive('provider-cookies')],
      pages: {
        error: async (ctx, error) => {
          ctx.type = 'html'
          ctx.body = host.errorPage({ error: toAppError(error, ctx), request: ctx.req, response: ctx.res, ctx })
        },
        confirmSignOut,
        signedOut: async (ctx) => {
          ctx.status = 303
          ctx.redirect(host.signedOutUrl)
        },
      },
    }),
  )
  // Headers were made ours by `handle`: host and scheme are the issuer's, whoever asked.
  provider.proxy = true
  provider.use(endOtherSessions)
  provider.on('server_error', (_ctx, error) => log.error({ err: error }, 'the provider failed'))

  const callback = provider.callback()
  const { protocol, host: issuerHost } = new URL(issuer)

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    takeOverHeaders(request)
    // Flask-AppBuilder's `keycloak` parser calls Keycloak's path.
    if (request.url?.split('?')[0] === '/protocol/openid-connect/userinfo') request.url = '/userinfo'
    Object.assign(request, { originalUrl: mountPath + request.url })
    await callback(request, response)
  }

  return {
    clients,
    jwks: createDocument({ keys: keys.public }),
    discovery: keptOnceMade(async () => createDocument(await readDiscovery(handle))),
    handle,
    pending: async (request, response) => {
      takeOverHeaders(request)
      const details = await provider.interactionDetails(request, response).catch((cause: unknown) => {
        throw new AppError('login-expired', {}, { cause })
      })
      const client = clients.find(({ metadata }) => metadata.client_id === details.params['client_id'])
      if (!client) throw new AppError('client-unknown', { clientId: String(details.params['client_id']) })
      const { missingOIDCScope = [] } = details.prompt.details as { missingOIDCScope?: string[] }
      return {
        uid: details.uid,
        client,
        prompt: details.prompt.name === 'consent' ? 'consent' : 'login',
        wantsFreshLogin: details.prompt.reasons.some((reason) => reason === 'login_prompt' || reason === 'max_age'),
        missingScopes: missingOIDCScope,
        redirectOrigin: originOf(details.params['redirect_uri'], client.url),
      }
    },
    describe: async (uid) => {
      const interaction = await provider.Interaction.find(uid)
      const client = clients.find(({ metadata }) => metadata.client_id === interaction?.params['client_id'])
      return client && { client, redirectOrigin: originOf(interaction?.params['redirect_uri'], client.url) }
    },
    signedIn: (request, response, user) =>
      provider.interactionResult(request, response, {
        login: { accountId: user.id, ts: Math.floor(user.authenticatedAt / 1000) },
      }),
    restart: async (uid) => {
      const interaction = await provider.Interaction.find(uid)
      if (!interaction) return undefined
      const answered = new Set(['prompt', 'max_age'])
      const query = new URLSearchParams()
      for (const [name, value] of Object.entries(interaction.params)) {
        if (value !== undefined && !answered.has(name)) query.set(name, String(value))
      }
      return `${issuer}/authorize?${query}`
    },
    agreed: async (request, response) => {
      const { grantId, params, prompt, session } = await provider.interactionDetails(request, response)
      const grant =
        (grantId ? await provider.Grant.find(grantId) : undefined) ??
        new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) })
      const { missingOIDCScope, missingResourceScopes } = prompt.details as {
        missingOIDCScope?: string[]
        missingResourceScopes?: Record<string, string[]>
      }
      if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '))
      for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
        grant.addResourceScope(resource, scopes.join(' '))
      }
      return provider.interactionResult(request, response, { consent: { grantId: await grant.save() } })
    },
    refused: (request, response) =>
      provider.interactionResult(
        request,
        response,
        { error: 'access_denied', error_description: 'the person did not agree' },
        { mergeWithLastSubmission: false },
      ),
    verifyAccessToken: createAccessTokenVerifier({ issuer, keys: keys.public as JWK[], findIdentity, payloads, clock }),
  }

  /** Absolute addresses are made of the issuer alone: what a client writes into Host or X-Forwarded-* does not count. */
  function takeOverHeaders(request: IncomingMessage): void {
    for (const name of Object.keys(request.headers)) {
      if (name.startsWith('x-forwarded-') || name === 'forwarded') delete request.headers[name]
    }
    request.headers['host'] = issuerHost
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1)
  }

  /** The provider's own cookie is worth nothing without the login session of the same person. */
  async function endOtherSessions(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
    const authorizing = ctx.path.startsWith('/authorize')
    await options.turns.pause()
    if (authorizing) {
      const session = await providerSession(ctx.req)
      const account = session?.['accountId']
      if (account !== undefined && account !== (await host.login(ctx.req))?.userId) {
        await endSession(String(session?.['uid']))
        dropCookie(ctx.req, names.session)
      }
    }
    await next()
    const { uid, accountId } = ctx.oidc?.session ?? {}
    // After `resume` the provider has just signed the person in.
    if (authorizing && ctx.path !== '/authorize' && accountId !== undefined && uid !== undefined) {
      await host.linkSession(ctx.req, uid)
    }
    if (ctx.path === '/logout/confirm' && ctx.status === 303) await afterSignOut(ctx)
  }

  async function providerSession(request: IncomingMessage) {
    const id = cookieOf(request, names.session)
    return id === undefined ? undefined : payloads.find('Session', id)
  }

  /** RP-Initiated Logout 1.0 section 2: with a valid hint of the person who is signed in, nobody needs to be asked. */
  async function confirmSignOut(ctx: KoaContextWithOIDC, form: string): Promise<void> {
    const { session, client } = ctx.oidc
    const hint = ctx.oidc.entities.IdTokenHint as { payload?: { sub?: string } } | undefined
    if (hint?.payload?.sub !== undefined && hint.payload.sub === session?.accountId) {
      const { post_logout_redirect_uri: uri, state } = ctx.oidc.params as Record<string, string | undefined>
      const returnTo = uri === undefined ? undefined : withState(uri, state)
      if (session?.uid) await endSession(session.uid)
      await session?.destroy()
      const upstream = await host.signOut({ request: ctx.req, ctx, returnTo })
      ctx.cookies.set(names.session, null)
      ctx.status = 303
      ctx.redirect(upstream ?? returnTo ?? host.signedOutUrl)
      return
    }
    const title = client?.clientName ?? client?.clientId
    ctx.body = await host.confirmSignOutPage({ form, title, request: ctx.req, ctx })
  }

  async function afterSignOut(ctx: KoaContextWithOIDC): Promise<void> {
    // "No, stay signed in" ends the product's grant only, and leaves the session as it is.
    if (ctx.oidc.params?.['logout'] === undefined) return
    // oidc-provider has removed its session; the caches hear of it here, whether or not a login is linked to it.
    if (ctx.oidc.session?.uid) await endSession(ctx.oidc.session.uid)
    const location = ctx.response.get('location')
    const returnTo = location.startsWith(`${issuer}/logout/success`) ? undefined : location
    const upstream = await host.signOut({ request: ctx.req, ctx, returnTo })
    if (upstream) ctx.redirect(upstream)
  }
}

function withState(uri: string, state: string | undefined): string {
  const url = new URL(uri)
  if (state !== undefined) url.searchParams.set('state', state)
  return url.href
}

function originOf(uri: unknown, fallback: string): string {
  return new URL(typeof uri === 'string' ? uri : fallback).origin
}

/** Value of the one cookie of that name; two of them are none. */
function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const values = (request.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 ? values[0] : undefined
}

function dropCookie(request: IncomingMessage, name: string): void {
  const kept = (request.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => !pair.startsWith(`${name}=`) && !pair.startsWith(`${name}.sig=`))
  request.headers.cookie = kept.join('; ')
}

const codes: Readonly<Record<string, ErrorCode>> = {
  invalid_client: 'client-unknown',
  invalid_redirect_uri: 'redirect-uri-not-registered',
  access_denied: 'access-denied',
}

function toAppError(error: Error, ctx: KoaContextWithOIDC): AppError {
  if (error instanceof AppError) return error
  if (error instanceof errors.SessionNotFound) return new AppError('login-expired', {}, { cause: error })
  if (error instanceof errors.OIDCProviderError) {
    const params = (ctx.oidc?.params ?? ctx.query) as Record<string, unknown>
    const details = {
      error: error.error,
      ...(error.error_description ? { description: error.error_description } : {}),
      ...(typeof params['client_id'] === 'string' ? { clientId: params['client_id'] } : {}),
      ...(typeof params['redirect_uri'] === 'string' ? { redirectUri: params['redirect_uri'] } : {}),
    }
    return new AppError(codes[error.error] ?? 'invalid-request', details, { cause: error })
  }
  return new AppError('internal-error', {}, { cause: error })
}
