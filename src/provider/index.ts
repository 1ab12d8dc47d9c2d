/** The OpenID Provider for products. The only part that imports oidc-provider, through its public API. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'
import type { JWK } from 'jose'
import Provider, { errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { Clock } from '../clock.ts'
import { basePathOf } from '../config/addresses.ts'
import type { Config } from '../config/schema.ts'
import { AppError } from '../errors.ts'
import { keptOnceMade } from '../kept.ts'
import type { Logger } from '../log.ts'
import type { Fetch } from '../outgoing.ts'
import type { SessionEnd } from '../sessions/end.ts'
import type { FindIdentity } from '../sessions/identity.ts'
import type { PayloadTable } from '../store/payloads.ts'
import type { Sealer } from '../store/sealing.ts'
import type { SigningKeyTable } from '../store/signing-keys.ts'
import type { SingleUseTable } from '../store/single-use.ts'
import type { UserTable } from '../store/users.ts'
import type { Turns } from '../turns.ts'
import { createAccessTokenVerifier } from './access-tokens.ts'
import type { CurrentLogin } from './adapter.ts'
import { answerWith } from './answer.ts'
import { acceptByPath, answerFailure, createFormPages, guardHeaders } from './answers.ts'
import { createBasicCredentials } from './basic-credentials.ts'
import { takeRegisteredMethodOnly } from './client-authentication.ts'
import { createClientKeys } from './client-keys.ts'
import { productClients } from './clients.ts'
import { cookieNames, createConfiguration, idTokenAlgs, scopes } from './configuration.ts'
import type { OpenIdProvider, ProviderHost } from './contract.ts'
import { browserOrigins, createCrossOrigin } from './cross-origin.ts'
import { readDiscovery } from './discovery.ts'
import { createDocument } from './documents.ts'
import { toAppError } from './errors.ts'
import { failureOf, noteClient, tellAnswers } from './failures.ts'
import { nameAccessTokens, takeHintsOfBefore } from './id-tokens.ts'
import { createInteractions } from './interactions.ts'
import { addressedTo } from './issuer-address.ts'
import { createJwtIntrospection } from './jwt-introspection.ts'
import { createJwtRevocation } from './jwt-revocation.ts'
import { keepNamesExact } from './loopback-addresses.ts'
import { createPostedRequests } from './posted-request.ts'
import { refusePublicIntrospection } from './public-clients.ts'
import { createPublishedClients } from './published-clients.ts'
import { createRefreshGrace, deriveRefreshTokens } from './refresh-grace.ts'
import { forgiveIgnoredScopes } from './refreshed-scopes.ts'
import { createReuseLog } from './reuse.ts'
import { createSessionGuard } from './session-guard.ts'
import { createBurning } from './shown-credentials.ts'
import { createSignOut } from './sign-out.ts'
import { loadSigningKeys } from './signing-keys.ts'
import { createStrangers } from './strangers.ts'

export interface ProviderOptions {
  config: Config & { issuer: string }
  env: Readonly<Record<string, string | undefined>>
  baseDir: string
  /** The tables that it uses. */
  store: {
    payloads: PayloadTable
    signingKeys: SigningKeyTable
    singleUse: Pick<SingleUseTable, 'claim'>
    users: Pick<UserTable, 'find' | 'teams'>
  }
  findIdentity: FindIdentity
  /** Ends what the provider has made, and tells every cache. */
  ending: Omit<SessionEnd, 'end'>
  /** Calls the addresses at which clients publish their keys; follows no redirect. */
  fetch: Fetch
  /** Network of the client: strangers of each may store so much. */
  networkOf(request: IncomingMessage): string
  sealer: Sealer
  clock: Clock
  turns: Turns
  log: Logger
  host: ProviderHost
}

/** Creates the provider. Signing keys are created at the first start. Throws AppError. */
export async function createProvider(options: ProviderOptions): Promise<OpenIdProvider> {
  const { config, store, sealer, clock, turns, host, ending, findIdentity, log } = options
  const { issuer } = config
  const { payloads, users } = store
  const endSession = ending.endProvider
  const clients = productClients(options)
  const keys = await loadSigningKeys({ table: store.signingKeys, sealer, clock })
  const { session: sessionCookie, resume: resumeCookie } = cookieNames(issuer)
  const base = basePathOf(issuer)
  const addressToIssuer = addressedTo(issuer)
  const logins = new AsyncLocalStorage<CurrentLogin | undefined>()
  const currentLogin = () => logins.getStore()
  const signOut = createSignOut({ host, endSession, issuer, sessionCookie, currentLogin })
  const refreshGrace = createRefreshGrace({ payloads, key: sealer.derive('refresh-successor'), clock, log })
  const noteReuse = createReuseLog(log)

  const findClient = (id: unknown) => clients.find(({ metadata }) => metadata.client_id === id)
  const strangers = createStrangers({
    sealer,
    networkOf: options.networkOf,
    hasPublicClients: clients.some(({ metadata }) => metadata.token_endpoint_auth_method === 'none'),
    clock,
    secure: new URL(issuer).protocol === 'https:',
  })

  const keysAt = createClientKeys({ fetch: options.fetch, clock, log })
  const showError = async (ctx: KoaContextWithOIDC, error: Error) => {
    const known = toAppError(error, ctx)
    answerWith(ctx, host.errorPage(known, findClient(known.details['clientId']), ctx.req))
  }

  const provider = new Provider(
    issuer,
    createConfiguration({
      issuer,
      clients,
      payloads,
      ending,
      refreshGrace,
      noteReuse,
      singleUse: store.singleUse,
      publishedClients: createPublishedClients(clients, keysAt),
      users,
      currentLogin,
      strangers,
      clock,
      turns,
      jwks: keys.private,
      cookieKeys: [sealer.derive('provider-cookies')],
      pages: {
        error: showError,
        confirmSignOut: signOut.confirm,
        signedOut: signOut.signedOut,
      },
    }),
  )
  const interactions = createInteractions({ provider, clients, issuer, scopes: new Set(scopes), addressToIssuer })
  // `handle` has rewritten the headers: host and scheme are the issuer's.
  provider.proxy = true
  // oidc-provider answers its own errors. Koa would answer those of the steps around it in plain text, with log lines that are not JSON.
  provider.silent = true
  provider.use(noteClient)
  provider.use(guardHeaders)
  provider.use(createCrossOrigin(browserOrigins(clients)))
  provider.use(async (ctx: KoaContextWithOIDC, next: () => Promise<void>) => {
    try {
      await next()
    } catch (error) {
      host.told.failed(failureOf('server_error', ctx, error), ctx.req)
      await answerFailure(ctx, () => showError(ctx, error instanceof Error ? error : new Error(String(error))))
    }
  })
  keepNamesExact(provider)
  nameAccessTokens(provider)
  takeHintsOfBefore(provider, idTokenAlgs)
  const bothWays = clients.filter(({ sendsSecretBothWays }) => sendsSecretBothWays)
  takeRegisteredMethodOnly(provider, new Set(bothWays.map(({ metadata }) => metadata.client_id)))
  deriveRefreshTokens(provider, refreshGrace)
  forgiveIgnoredScopes(provider, new Set(scopes))
  provider.use(createBurning({ payloads, ending, noteReuse }))
  provider.use(createFormPages(host))
  provider.use(
    createSessionGuard({
      host,
      endSession,
      sessionCookie,
      resumeCookie,
      findSession: (id) => payloads.findSession(id, clock.now()),
      finishedFor: interactions.finishedFor,
      interactionUrl: (uid) => `${issuer}/interaction/${uid}`,
      logins,
      turns,
    }),
  )
  provider.use(async (ctx: KoaContextWithOIDC, next: () => Promise<void>) => {
    await next()
    if (ctx.path === '/logout') await signOut.confirmLogin(ctx)
    if (ctx.path === '/logout/confirm' && ctx.status === 303) await signOut.afterForm(ctx)
  })
  const verifyAccessToken = createAccessTokenVerifier({
    issuer,
    keys: keys.public as JWK[],
    findClient,
    findIdentity,
    payloads,
    clock,
  })
  const mayAskFor = (clientId: string, audience: string) => findClient(clientId)?.introspects.has(audience) ?? false
  provider.use(createJwtIntrospection({ verify: verifyAccessToken, mayAskFor }))
  provider.use(createJwtRevocation({ ending, issuer, keys: keys.public as JWK[] }))
  provider.use(refusePublicIntrospection(provider))
  tellAnswers(provider, host.told)

  const callback = provider.callback()
  const readCredentials = createBasicCredentials(clients.map(({ metadata }) => metadata))
  const answerPosted = createPostedRequests({ issuer, findClient, host })
  const handle: OpenIdProvider['handle'] = async (request, response) => {
    if (await answerPosted(request, response)) return
    addressToIssuer(request)
    acceptByPath(request)
    readCredentials(request)
    // Flask-AppBuilder's `keycloak` parser calls Keycloak's path.
    if (request.url?.split('?')[0] === '/protocol/openid-connect/userinfo') request.url = '/userinfo'
    Object.assign(request, { originalUrl: base + request.url })
    await strangers.within(request, response, () => callback(request, response))
  }

  return {
    ...interactions,
    agreed: async (request, response, login) => {
      const current = await host.login(request)
      return logins
        .run(current, () => interactions.agreed(request, response, login))
        .catch((cause: unknown) => {
          throw cause instanceof errors.LoginRequired ? new AppError('login-expired', {}, { cause }) : cause
        })
    },
    clients,
    jwks: createDocument({ keys: keys.public }),
    discovery: keptOnceMade(async () => createDocument(await readDiscovery(handle))),
    handle,
    within: strangers.within,
    verifyAccessToken,
  }
}
