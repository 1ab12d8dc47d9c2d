/**
 * The table of contents: every part is made and mounted here and nowhere else. A request goes by, in this order, the gate (raw,
 * synchronous for what it knows), documents made of bytes, the provider, the pages.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type Clock, systemClock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { Connector } from '../connectors/contract.ts'
import { createConnector } from '../connectors/index.ts'
import { createJustInTime } from '../directory/just-in-time.ts'
import { createLocalAccounts } from '../directory/local-accounts.ts'
import { AppError } from '../errors.ts'
import { createGate, type Gate } from '../gate/gate.ts'
import { parseReturnTo } from '../gate/return-url.ts'
import { trustedProxies } from '../gate/trusted-proxies.ts'
import { newRequestId, pathOf, rawHeader, sendAnswer, sendError, sendJson, wantsPage } from '../http.ts'
import type { Logger } from '../log.ts'
import { createLogin } from '../login/app.ts'
import { createBrowserSessions } from '../login/browser-sessions.ts'
import type { CookieSettings } from '../login/cookies.ts'
import { type ErrorPage, errorPage } from '../login/pages/error.ts'
import { pageHeaders } from '../login/pages/layout.ts'
import { confirmSignOutPage } from '../login/pages/plain.ts'
import { createSignOut } from '../login/sign-out.ts'
import { createTraces } from '../login/traces.ts'
import { createTransactions } from '../login/transaction.ts'
import { createProvider } from '../provider/index.ts'
import { createSessions } from '../sessions/index.ts'
import { randomId } from '../store/digest.ts'
import type { Store } from '../store/index.ts'
import { createTurns } from '../turns.ts'
import { openConfiguredStore, type StateOptions } from './state.ts'

export interface ServerOptions extends StateOptions {
  log: Logger
  clock?: Clock
}

export interface RunningServer {
  /** The address for people: the issuer. */
  url: string
  port: number
  /** A link that makes the first administrator, while there is no user and local accounts are a way in. */
  setupUrl: string | undefined
  close(): Promise<void>
}

const cleanUpEvery = 60_000
const setupLinkLifetime = 24 * 3_600_000

/** Starts everything that the configuration asks for. Throws AppError for what cannot start. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { baseDir, env, log, clock = systemClock } = options
  const config = withIssuer(options.config)
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    throw new AppError('config-invalid', {
      environmentVariable: 'NODE_TLS_REJECT_UNAUTHORIZED=0 switches off every certificate check',
    })
  }
  const issuer = new URL(config.issuer)
  const base = issuer.pathname.replace(/\/$/, '')
  const cookies: CookieSettings = { secure: issuer.protocol === 'https:', path: issuer.pathname }
  const signedOutUrl = `${config.issuer}/login/signed-out`

  const turns = createTurns()
  const { store, sealer } = await openConfiguredStore({ ...options, turns })
  const { logins, services, ending, revocations, findIdentity } = createSessions({ store, sealer, clock, log })
  const connectors = await createConnectors(config, { env, baseDir })
  const browser = createBrowserSessions({ logins, cookies })
  const { singleUse } = store
  const signOut = createSignOut({ ending, services, singleUse, sealer, connectors, clock, signedOutUrl })
  const traces = createTraces({ table: store.traces, clock, log })
  const proxies = trustedProxies(config.listen.trustedProxies)

  const provider = await createProvider({
    config,
    env,
    baseDir,
    store,
    findIdentity,
    endSession: ending.endProvider,
    sealer,
    clock,
    turns,
    log,
    host: {
      login: async (request) => (await browser.current(request.headers.cookie))?.session,
      linkSession: async (request, providerUid) => {
        const login = await browser.current(request.headers.cookie)
        if (login) await logins.linkProvider(login.session, providerUid)
      },
      errorPage: (error) => {
        const requestId = newRequestId()
        traces.failed(error, requestId)
        const client = provider.clients.find(({ metadata }) => metadata.client_id === error.details['clientId'])
        const back = client && { href: client.url, title: `Back to ${client.title}` }
        return {
          status: error.status,
          headers: { ...pageHeaders(), 'x-request-id': requestId },
          body: errorPage({ error, requestId, at: new Date(clock.now()), back, application: client?.title }),
        }
      },
      confirmSignOutPage: async ({ form, title, request }) => {
        const user = (await browser.current(request.headers.cookie))?.user.username ?? 'somebody'
        return {
          status: 200,
          headers: pageHeaders(connectorOrigins(connectors)),
          body: confirmSignOutPage({ form, product: title, user }),
        }
      },
      signOut: async (request, returnTo) => {
        const login = await browser.current(request.headers.cookie)
        return {
          setCookie: browser.forgetCookie(),
          upstream: login && (await signOut.login(login.session, returnTo)),
        }
      },
      signedOutUrl,
    },
  })

  const origins = new Set([...Object.values(config.services).map(({ url }) => new URL(url).origin), issuer.origin])
  const login = createLogin({
    config,
    connectors,
    accounts: createLocalAccounts({ store, revocations, clock }),
    justInTime: createJustInTime({ store, teams: config.teams, clock }),
    sessions: browser,
    signOut,
    services,
    transactions: createTransactions({ sealer, singleUse, clock, cookies }),
    traces,
    flow: provider,
    users: store.users,
    singleUse,
    clock,
    log,
    cookies,
    clientAddress: (request) => proxies.clientAddress(request.socket, headerText(request.headers['x-forwarded-for'])),
    allowedReturn: (returnTo, service) => {
      const url = config.services[service]?.url
      return url === undefined ? undefined : parseReturnTo(returnTo, new URL(url).origin, origins)
    },
  })
  const pages = getRequestListener(login.fetch, { overrideGlobalObjects: false })

  const gate = await createGate(
    { services: config.services, trustedProxies: config.listen.trustedProxies, returnOrigins: [issuer.origin] },
    {
      findSession: (id, service) => services.find(id, service),
      verifyToken: provider.verifyAccessToken,
      redeemCode: services.redeem,
      signInUrl: ({ service, returnTo, state }) =>
        `${config.issuer}/login/handoff?${new URLSearchParams({ service, return_to: returnTo, state })}`,
      signOut: async ({ session, returnTo }) =>
        (session && (await signOut.service(session.key, returnTo))) ?? returnTo ?? signedOutUrl,
      errorPage: ({ error, request, response }) => {
        const requestId = requestIdOf(request)
        traces.failed(error, requestId)
        const page = { error, requestId, at: new Date(clock.now()), back: undefined, ...aboutService(error) }
        sendAnswer(response, { status: error.status, headers: pageHeaders(), body: errorPage(page) })
      },
      requestId: requestIdOf,
      log,
      clock,
    },
  )
  revocations.onRevoked(({ kind, subject }) => {
    if (kind === 'session') gate.forgetSession(subject)
    else gate.forgetUser(subject)
  })
  await revocations.follow()

  const hosts = new Set([issuer.host, ...(config.listen.internalUrl ? [new URL(config.listen.internalUrl).host] : [])])
  // Made of bytes once; the others join when they are first asked for.
  const documents = new Map([[`${base}/jwks`, provider.jwks]])
  const server = createServer(
    { keepAliveTimeout: 65_000, shouldUpgradeCallback: gate.wantsUpgrade },
    (request, response) => {
      const document = documents.get(request.url ?? '')
      if (document && isRead(request) && hosts.has(rawHeader(request, 'host') ?? '')) document.answer(request, response)
      else if (gate.handle(request, response)) turns.noteOthers()
      else route(request, response)
    },
  )
  server.on('upgrade', (request, socket, head) => {
    if (!gate.upgrade(request, socket, head)) socket.destroy()
  })
  await listen(server, config.listen)
  const cleaning = setInterval(() => void cleanUp(store, clock, log), cleanUpEvery)
  cleaning.unref()

  return {
    url: config.issuer,
    port: (server.address() as AddressInfo).port,
    setupUrl: await setupUrl(),
    close: async () => {
      clearInterval(cleaning)
      revocations.stop()
      await closeServer(server, gate)
      await store.close()
    },
  }

  function route(request: IncomingMessage, response: ServerResponse): void {
    const target = request.url ?? '/'
    const path = pathOf(target)
    if (path === '/healthz' || path === '/readyz') {
      sendJson(response, 200, { status: 'ok' })
      return
    }
    const below = base === '' || path === base || path.startsWith(`${base}/`)
    if (!hosts.has(request.headers.host ?? '') || !below) {
      refuse(
        request,
        response,
        new AppError(below ? 'host-unknown' : 'not-found', { host: request.headers.host ?? '' }),
      )
      return
    }
    request.url = target.slice(base.length) || '/'
    const place = path.slice(base.length) || '/'
    turns.run(() => {
      serve(request, response, place).catch((cause: unknown) => {
        refuse(request, response, cause instanceof AppError ? cause : new AppError('internal-error', {}, { cause }))
      })
    })
  }

  async function serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (discoveryPaths.includes(path) && request.method === 'GET') {
      const document = await provider.discovery()
      for (const known of discoveryPaths) documents.set(base + known, document)
      return document.answer(request, response)
    }
    if (isProviderPath(path)) return provider.handle(request, response)
    await pages(request, response)
  }

  function refuse(request: IncomingMessage, response: ServerResponse, error: AppError): void {
    const requestId = requestIdOf(request)
    if (error.status >= 500) log.error({ err: error, requestId }, error.message)
    if (response.headersSent) {
      response.destroy()
      return
    }
    if (!wantsPage(request)) {
      sendError(response, error, requestId)
      return
    }
    const page = { error, requestId, at: new Date(clock.now()), back: undefined }
    sendAnswer(response, { status: error.status, headers: pageHeaders(), body: errorPage(page) })
  }

  /** What the page of a service's error can say about the service, from the details of the gate. */
  function aboutService({ code, details }: AppError): Pick<ErrorPage, 'application' | 'denied'> {
    const name = typeof details['service'] === 'string' ? details['service'] : undefined
    const application = name === undefined ? undefined : (config.services[name]?.title ?? name)
    if (code !== 'access-denied') return { application }
    const openTo = Array.isArray(details['openTo']) ? details['openTo'].map(String) : []
    return { application, denied: { user: String(details['user']), openTo, signOutHref: '/oauth2/sign_out' } }
  }

  async function setupUrl(): Promise<string | undefined> {
    const hasLocal = config.login.some(({ local }) => local !== undefined)
    if (!hasLocal || (await store.users.count()) > 0) return undefined
    const token = randomId()
    await store.singleUse.put('setup-link', token, { for: 'first administrator' }, clock.now() + setupLinkLifetime)
    return `${config.issuer}/login/setup?${new URLSearchParams({ token })}`
  }
}

const discoveryPaths = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']
const providerPaths = new Set([
  '/authorize',
  '/introspect',
  '/jwks',
  '/logout',
  '/logout/confirm',
  '/logout/success',
  '/par',
  '/protocol/openid-connect/userinfo',
  '/revoke',
  '/token',
  '/userinfo',
])

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

function isProviderPath(path: string): boolean {
  return providerPaths.has(path) || path.startsWith('/authorize/')
}

function withIssuer(config: Config): Config & { issuer: string } {
  if (config.issuer === undefined)
    throw new AppError('config-invalid', { issuer: 'is missing; `serve` needs the address that people see' })
  return { ...config, issuer: config.issuer }
}

async function createConnectors(
  config: Config,
  { env, baseDir }: Pick<ServerOptions, 'env' | 'baseDir'>,
): Promise<ReadonlyMap<string, Connector>> {
  const entries = config.login.filter(({ authenticationClass }) => authenticationClass !== undefined)
  const made = await Promise.all(entries.map((entry) => createConnector(entry, { config, env, baseDir })))
  return new Map(made.map((connector) => [connector.name, connector]))
}

function connectorOrigins(connectors: ReadonlyMap<string, Connector>): string[] {
  return [...connectors.values()].map(({ issuer }) => new URL(issuer).origin)
}

function headerText(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(',') : (value ?? '')
}

const requestIds = new WeakMap<IncomingMessage, string>()

/** Made when somebody asks for it: the hot path of the gate never does. */
function requestIdOf(request: IncomingMessage): string {
  const known = requestIds.get(request)
  if (known) return known
  const id = newRequestId()
  requestIds.set(request, id)
  return id
}

async function listen(server: Server, { host, port }: Config['listen']): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new AppError('address-in-use', { host, port }, { cause })))
    server.listen(port, host, resolve)
  })
}

async function closeServer(server: Server, gate: Gate): Promise<void> {
  await gate.close()
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  // What is under way may finish, but not for ever.
  const impatience = setTimeout(() => server.closeAllConnections(), 5_000)
  await closed
  clearTimeout(impatience)
}

async function cleanUp(store: Store, clock: Clock, log: Logger): Promise<void> {
  try {
    await store.removeExpired(clock.now())
  } catch (error) {
    log.error({ err: error }, 'expired rows could not be removed')
  }
}
