/**
 * The gate: every request to a service without a login of its own is authenticated here, whether a proxy asks (forward-auth) or the
 * gate stands in front of the service itself. It owns cookies, headers, paths and rules; sessions, tokens and pages are its caller's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { Service } from '../config/schema.ts'
import { AppError } from '../errors.ts'
import { demandHttps } from '../http.ts'
import type { Logger } from '../log.ts'
import { recordOf } from '../request-record.ts'
import { createAccess } from './access.ts'
import { createAnswers, type ErrorPage, type Exchange } from './answers.ts'
import type { CacheCounts } from './cache-counts.ts'
import { letPageRead } from './cross-origin.ts'
import { decide, disagreement, type Subject } from './decide.ts'
import type { Dialect } from './dialects/dialect.ts'
import { createDialectFinder } from './dialects/dialect-finder.ts'
import { dialects } from './dialects/index.ts'
import { createForwardAuth } from './forward-auth.ts'
import { type GatedService, gatedService, servicesByHost } from './gated-service.ts'
import type { ServiceSession, VerifiedToken } from './identity.ts'
import { createLiveConnections, type LiveConnection } from './live-connections.ts'
import { parseTarget } from './path.ts'
import { isPageNavigation, type RequestHead, readHead } from './request-head.ts'
import { createReverseProxy } from './reverse-proxy.ts'
import type { Credential } from './session-cache.ts'
import { createSignIn, type RedeemedCode, type SignInRequest } from './sign-in.ts'
import { type AskSignOut, createSignOut } from './sign-out.ts'
import { trustedProxies } from './trusted-proxies.ts'
import type { Upstream } from './upstream.ts'
import { upstreamOnDemand } from './upstream-on-demand.ts'

export interface GateOptions {
  services: Readonly<Record<string, Service>>
  /** IP addresses and networks whose forwarded headers are believed, and who may ask for decisions. */
  trustedProxies: readonly string[]
  /** Origins beside those of the services where people may be sent after sign-in and sign-out, such as the issuer's. */
  returnOrigins: readonly string[]
  /** Origins, beside all these, of pages whose scripts may read why a call was refused: those of products. */
  pageOrigins?: readonly string[]
  /** How proxies may ask; all ways that we know by default. */
  dialects?: readonly Dialect[]
  /** Authorities (PEM) that are believed at upstreams over https; absent: the public ones. */
  upstreamAuthorities?: readonly string[] | undefined
  /** How many sessions, and how many tokens, are kept in memory. */
  cacheLimit?: number
  /** Milliseconds after which the store is asked again about a cached session. */
  cacheFreshness?: number
}

/** What the gate does not know by itself. */
export interface GateDependencies {
  /** Looks a session up by the id in the cookie, which has the form of one. Asked on a cache miss only. */
  findSession(id: string, service: string): ServiceSession | undefined | Promise<ServiceSession | undefined>
  /** Verifies a JWT access token for the audience (the url of the service) in full. Rejects with an AppError of status 401. */
  verifyToken(token: string, audience: string): Promise<VerifiedToken>
  /** Takes the one-time code; undefined when it lost the race, has expired, or belongs to another service or state. */
  redeemCode(input: {
    code: string
    service: string
    state: string
    request: IncomingMessage
  }): Promise<RedeemedCode | undefined>
  /** Ends the session if there is one, and the login behind it; gives the absolute address to go to, which leads to `returnTo` at last. */
  signOut(input: {
    session: ServiceSession | undefined
    returnTo: string | undefined
    request: IncomingMessage
  }): Promise<string>
  /** Where someone signs in for the service, to come back to `<service url>/oauth2/callback` with `code` and the `state` as given. */
  signInUrl(input: SignInRequest): string
  /** Writes the page of an error. `Cache-Control` and `WWW-Authenticate` are set already. */
  errorPage: ErrorPage
  askSignOut: AskSignOut
  /** Answers a request of which nothing has been answered from the beginning, by what holds now; absent: this gate does. */
  answerAnew?: ((exchange: Exchange) => void) | undefined
  /** The id under which the log knows the request. */
  requestId(request: IncomingMessage): string
  log: Logger
  clock: Clock
  /** Where look-ups in its memory are counted. */
  cacheCounts?: CacheCounts | undefined
}

export interface Gate {
  /**
   * Takes the request when its host names a service with an upstream, or its path is one of `/oauth2/`; false: it is not ours, nothing
   * was touched. Synchronous for known sessions and tokens.
   */
  handle(request: IncomingMessage, response: ServerResponse): boolean
  /** The service whose url has that host, whether or not it has an upstream. */
  serviceAt(host: string): string | undefined
  /** Whether the rules let somebody open the front page of a service. */
  isOpenTo(service: string, identity: Subject): boolean
  /** For `shouldUpgradeCallback` of the server: whether the upgrade is a websocket for us. Others are answered as plain HTTP. */
  wantsUpgrade(request: IncomingMessage): boolean
  /** For the `upgrade` event. False: not ours. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /** A session has ended: it leaves the cache, its websockets and the answers under way close at once. `key` is `ServiceSession.key`. */
  forgetSession(key: string): void
  /** The same for the tokens of a grant, or one token: by `VerifiedToken.grant` or `.token`. */
  forgetToken(name: string): void
  /** The same for everything of a user, tokens included: sign-out everywhere, deactivation, change of teams. */
  forgetUser(userId: string): void
  /** What is known of a user has changed, and nothing was taken away: it is asked for again; connections stay. */
  refreshUser(userId: string): void
  /** Keys that sign tokens are believed no longer: every token is verified again, and what was opened with one closes. */
  dropTokens(): void
  /**
   * Another gate takes its place: what is under way here goes on, but only where the rules of that one allow it, and nothing is kept in
   * memory for requests that come no more.
   *
   * @param believed says whose credentials count no more, whatever the rules say. Asked of connections with one.
   */
  giveWayTo(next: Pick<Gate, 'allows'>, believed: (credential: Credential, service: string) => boolean): void
  /** Whether the rules let through what is under way. */
  allows(connection: LiveConnection): boolean
  /** How many sessions and tokens are in memory. */
  cacheSizes(): { sessions: number; tokens: number }
  /** Ends websockets and what is under way, so that both sides know it, and closes connections to upstreams. */
  close(): Promise<void>
}

/** Makes the gate for the services of a checked configuration: `gatehouse check` has refused what cannot be told apart. */
export function createGate(options: GateOptions, deps: GateDependencies): Gate {
  const { log, clock, requestId } = deps
  const urls = Object.values(options.services).map(({ url }) => new URL(url).origin)
  const pageOrigins = [...urls, ...options.returnOrigins, ...(options.pageOrigins ?? [])]
  const services = new Map(
    Object.entries(options.services).map(([name, service]) => [name, gatedService(name, service, pageOrigins)]),
  )
  const hosts = servicesByHost([...services.values()])
  const origins = new Set([...[...services.values()].map(({ origin }) => origin), ...options.returnOrigins])
  const proxies = trustedProxies(options.trustedProxies)
  const live = createLiveConnections(() => clock.now())
  const access = createAccess({
    services,
    findSession: deps.findSession,
    verifyToken: deps.verifyToken,
    clock,
    log,
    cacheLimit: options.cacheLimit ?? 50_000,
    cacheFreshness: options.cacheFreshness ?? 30_000,
    cacheCounts: deps.cacheCounts,
  })
  const answers = createAnswers({ errorPage: deps.errorPage, requestId })
  const upstreams = upstreamsOf(services, options.upstreamAuthorities)

  const signIn = createSignIn({
    answers,
    proxies,
    origins,
    isSignedIn,
    clock,
    log,
    redeemCode: deps.redeemCode,
    signInUrl: deps.signInUrl,
  })
  const { startUrl, someoneElseUrl } = signIn
  const forwardAuth = createForwardAuth({ access, answers, hosts, proxies, startUrl, someoneElseUrl, requestId, log })
  const reverseProxy = createReverseProxy({
    access,
    answers,
    proxies,
    live,
    upstreams,
    authorities: options.upstreamAuthorities,
    startUrl,
    someoneElseUrl,
    requestId,
    answerAnew: deps.answerAnew,
  })
  const signOut = createSignOut({
    access,
    answers,
    origins,
    signOut: deps.signOut,
    askSignOut: deps.askSignOut,
    forgetSession: forgetNamed,
    log,
  })

  const findDialect = createDialectFinder(options.dialects ?? dialects)
  const endpoints = new Map<string, Endpoint>([
    ['/oauth2/start', { methods: ['GET', 'HEAD'], answer: signIn.start }],
    // oauth2-proxy's page with a button; today's nginx files name it in error_page.
    ['/oauth2/sign_in', { methods: ['GET', 'HEAD'], answer: signIn.start }],
    ['/oauth2/callback', { methods: ['GET'], answer: signIn.callback }],
    ['/oauth2/sign_out', { methods: ['GET', 'POST'], answer: signOut }],
    ['/oauth2/userinfo', { methods: ['GET', 'HEAD'], answer: userinfo }],
  ])

  function handle(request: IncomingMessage, response: ServerResponse): boolean {
    const exchange = { request, response }
    try {
      return take(exchange)
    } catch (error) {
      answers.broken(exchange, error)
      return true
    }
  }

  function take(exchange: Exchange): boolean {
    const { request } = exchange
    const url = request.url ?? ''
    const own = ownPath(url)
    const dialect = own === undefined ? undefined : findDialect(own)
    if (dialect) {
      forwardAuth(dialect, exchange)
      return true
    }

    const head = readHead(request.rawHeaders)
    const endpoint = own === undefined ? undefined : endpoints.get(own)
    if (endpoint) {
      const service =
        serviceOf(head.host) ?? (proxies.trusts(request.socket) ? serviceOf(head.forwardedHost) : undefined)
      if (service === undefined) return false
      visitEndpoint(endpoint, exchange, head, service)
      return true
    }

    const service = serviceOf(head.host)
    if (service?.upstream === undefined) return false
    noteService(exchange.request, service)
    const target = head.repeated ? undefined : parseTarget(url, head.host, service.paths)
    if (target === undefined) {
      const error = new AppError(head.repeated ? 'invalid-request' : 'path-ambiguous', { service: service.name })
      letPageRead(exchange.response, service, head)
      answers.fail(exchange, { error, page: isPageNavigation(request.method ?? '', head) })
      return true
    }
    // `/%6fauth2/start` and the absolute form mean the same.
    const disguised = endpoints.get(target.path)
    if (disguised) visitEndpoint(disguised, exchange, head, service)
    else reverseProxy.handle(exchange, { service, head, target })
    return true
  }

  function serviceOf(host: string): GatedService | undefined {
    return hosts.get(host) ?? hosts.get(host.toLowerCase())
  }

  function visitEndpoint(
    { methods, answer }: Endpoint,
    exchange: Exchange,
    head: RequestHead,
    service: GatedService,
  ): void {
    noteService(exchange.request, service)
    exchange.response.setHeader('X-Request-Id', requestId(exchange.request))
    if (service.secure) demandHttps(exchange.response)
    if (!methods.includes(exchange.request.method ?? '')) {
      exchange.response.setHeader('Allow', methods.join(', '))
      answers.fail(exchange, { error: new AppError('method-not-allowed'), page: false })
      return
    }
    Promise.resolve(answer(exchange, head, service)).catch((error) => answers.broken(exchange, error))
  }

  async function userinfo(exchange: Exchange, head: RequestHead, service: GatedService): Promise<void> {
    const who = await access.identify(head, service)
    if (who === undefined || who instanceof AppError) {
      const error = who ?? new AppError('sign-in-required')
      letPageRead(exchange.response, service, head)
      answers.fail(exchange, {
        error,
        page: false,
        challenge: who?.status === 401 ? service.tokenChallenge : service.challenge,
      })
      return
    }
    const { username, email, teams } = who.identity
    recordOf(exchange.request).user = username
    const body = JSON.stringify({ user: username, email: email ?? '', preferredUsername: username, groups: teams })
    exchange.response.writeHead(200, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'Content-Length': Buffer.byteLength(body),
      'X-Content-Type-Options': 'nosniff',
    })
    exchange.response.end(body)
  }

  /** By the cookie: a bearer token is nobody's browser. */
  async function isSignedIn(head: RequestHead, service: GatedService): Promise<boolean> {
    const who = await access.identify({ ...head, authorization: '' }, service)
    return who !== undefined && !(who instanceof AppError)
  }

  function upgradedService(request: IncomingMessage): { service: GatedService; head: RequestHead } | undefined {
    const head = readHead(request.rawHeaders)
    const service = serviceOf(head.host)
    return service?.upstream === undefined ? undefined : { service, head }
  }

  function upgrade(request: IncomingMessage, socket: Duplex, first: Buffer): boolean {
    const visit = upgradedService(request)
    if (visit === undefined) return false
    noteService(request, visit.service)
    reverseProxy.upgrade(request, socket, first, visit)
    return true
  }

  function forgetNamed(name: string): void {
    access.forgetNamed(name)
    live.forgetNamed(name)
  }

  return {
    handle,
    serviceAt: (host) => serviceOf(host)?.name,
    isOpenTo: (name, identity) => {
      const rules = services.get(name)?.rules ?? []
      return decide(rules, { method: 'GET', path: '/', wantsPage: true, identity }) === 'allow'
    },
    wantsUpgrade: (request) =>
      request.headers.upgrade?.toLowerCase() === 'websocket' && upgradedService(request) !== undefined,
    upgrade,
    forgetSession: forgetNamed,
    forgetToken: forgetNamed,
    forgetUser(userId) {
      access.forgetUser(userId)
      live.forgetUser(userId)
    },
    refreshUser: access.forgetUser,
    dropTokens() {
      access.dropTokens()
      live.dropTokens()
    },
    giveWayTo(next, believed) {
      access.forgetAll()
      live.keepWhere((connection) => {
        const { credential, service } = connection
        return (credential === undefined || believed(credential, service)) && next.allows(connection)
      })
    },
    allows({ service: name, method, target, credential }) {
      const service = services.get(name)
      // Rules that were not there before may tell other readings apart.
      const read = service?.upstream && parseTarget(target, service.host, service.paths)
      if (service === undefined || !read) return false
      const question = { method, path: read.path, wantsPage: false, identity: credential?.identity }
      return decide(service.rules, question) === 'allow' && !disagreement(service.rules, question, read.others ?? [])
    },
    cacheSizes: access.sizes,
    async close() {
      live.closeAll()
      await Promise.all([...upstreams.values()].map((upstream) => upstream.close()))
    },
  }
}

interface Endpoint {
  methods: readonly string[]
  answer(exchange: Exchange, head: RequestHead, service: GatedService): void | Promise<void>
}

/** The log says for which service a request was. */
function noteService(request: IncomingMessage, { name }: GatedService): void {
  const record = recordOf(request)
  record.part = 'gate'
  record.service = name
}

/** The path of a target below `/oauth2/`. */
function ownPath(url: string): string | undefined {
  if (!url.startsWith('/oauth2/')) return undefined
  const question = url.indexOf('?')
  return question < 0 ? url : url.slice(0, question)
}

function upstreamsOf(
  services: ReadonlyMap<string, GatedService>,
  authorities: readonly string[] | undefined,
): Map<string, Upstream> {
  return new Map(
    [...services.values()].flatMap(({ name, upstream, timeout }) =>
      upstream === undefined ? [] : [[name, upstreamOnDemand(upstream, { timeout, authorities })] as const],
    ),
  )
}
