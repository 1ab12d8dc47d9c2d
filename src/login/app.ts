/**
 * The pages that people see: choose a way in, password, callback, consent, sign-out, error. It owns cookies of the issuer's host and
 * the login session; protocol with products is provider's, protocol with providers is connectors'.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { Connector } from '../connectors/contract.ts'
import type { JustInTime } from '../directory/just-in-time.ts'
import type { LocalAccounts } from '../directory/local-accounts.ts'
import { AppError } from '../errors.ts'
import { newRequestId } from '../http.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/index.ts'
import type { User } from '../store/users.ts'
import { type CookieSettings, parseCookies, setCookie } from './cookies.ts'
import { continuePath, type Destination, destinationFields, parseDestination } from './destination.ts'
import { choosePage } from './pages/choose.ts'
import { consentPage } from './pages/consent.ts'
import { errorPage } from './pages/error.ts'
import { pageHeaders } from './pages/layout.ts'
import { homePage, setupPage, signedOutPage } from './pages/plain.ts'
import type { LoginSessions } from './sessions.ts'
import { evidenceOf, type Traces } from './traces.ts'
import type { Transactions } from './transaction.ts'

/** What a product asked the provider for, as far as pages need it. */
export interface PendingAuthorization {
  uid: string
  client: { title: string; url: string }
  prompt: 'login' | 'consent'
  wantsFreshLogin: boolean
  missingScopes: readonly string[]
  redirectOrigin: string
}

/** The part of the provider that pages need. */
export interface AuthorizationFlow {
  pending(request: IncomingMessage, response: ServerResponse): Promise<PendingAuthorization>
  describe(uid: string): Promise<Pick<PendingAuthorization, 'client' | 'redirectOrigin'> | undefined>
  signedIn(
    request: IncomingMessage,
    response: ServerResponse,
    user: { id: string; authenticatedAt: number },
  ): Promise<string>
  /** The product's request once more, for a person who has just signed in. */
  restart(uid: string): Promise<string | undefined>
  agreed(request: IncomingMessage, response: ServerResponse): Promise<string>
  refused(request: IncomingMessage, response: ServerResponse): Promise<string>
}

export interface LoginOptions {
  config: Config & { issuer: string }
  connectors: ReadonlyMap<string, Connector>
  accounts: LocalAccounts
  justInTime: JustInTime
  sessions: LoginSessions
  transactions: Transactions
  traces: Traces
  flow: () => AuthorizationFlow
  store: Store
  clock: Clock
  log: Logger
  cookies: CookieSettings
  /** Address of the client, behind the proxies that are trusted. */
  clientAddress(request: IncomingMessage): string
  /** The parsed address if people may be sent there from this service, else undefined. */
  allowedReturn(returnTo: string, service: string): string | undefined
}

type Environment = { Bindings: HttpBindings; Variables: { requestId: string } }
type LoginContext = Context<Environment>

const lastWayCookie = 'gatehouse_last'
const lastWayAge = 180 * 24 * 3600

/** The pages as a Hono app; paths are below the issuer's path. */
export function createLogin(options: LoginOptions): Hono<Environment> {
  const { config, connectors, accounts, sessions, transactions, traces, flow, store, clock, log, cookies } = options
  const issuer = new URL(config.issuer)
  const base = issuer.pathname.replace(/\/$/, '')
  const hasLocal = config.login.some(({ local }) => local !== undefined)
  const app = new Hono<Environment>()

  app.use(async (c, next) => {
    c.set('requestId', newRequestId())
    c.header('x-request-id', c.get('requestId'))
    if (c.req.method === 'POST' && !isSameOrigin(c, issuer.origin)) throw new AppError('cross-site-request')
    await next()
  })
  app.onError(async (error, c) => {
    const known = error instanceof AppError ? error : new AppError('internal-error', {}, { cause: error })
    const requestId = c.get('requestId') ?? newRequestId()
    if (known.status >= 500) log.error({ err: error, requestId, code: known.code }, known.message)
    traces.step(requestId, requestId, failure(known))
    await traces.end(requestId)
    return showError(c, known, requestId)
  })
  app.notFound((c) => showError(c, new AppError('not-found'), c.get('requestId')))

  app.get('/', async (c) => {
    const signedIn = await sessions.current(c.req.header('cookie'))
    if (!signedIn) return c.redirect(`${base}/login`, 303)
    const places = [...Object.entries(config.services), ...Object.entries(config.products)]
    return show(
      c,
      homePage({
        user: signedIn.user.username,
        places: places.map(([name, { title, url }]) => ({ title: title ?? name, url })),
        signOutAction: `${base}/login/sign-out`,
      }),
      { formTargets: [...connectors.values()].map((connector) => new URL(connector.issuer).origin) },
    )
  })

  app.get('/login', async (c) => {
    const destination = parseDestination(new URL(c.req.url).searchParams)
    const signedIn = await sessions.current(c.req.header('cookie'))
    if (signedIn && destination.kind !== 'product') return c.redirect(base + continuePath(destination), 303)
    return chooseAWayIn(c, destination)
  })

  app.post('/login', async (c) => {
    const fields = await readForm(c)
    const destination = parseDestination(fields)
    if (!hasLocal) throw new AppError('not-found')
    const username = fields.get('username') ?? ''
    const password = fields.get('password') ?? ''
    const traceId = c.get('requestId')
    const network = networkOf(options.clientAddress(c.env.incoming))
    try {
      const user = await accounts.signIn({ username, password, network })
      traces.step(traceId, traceId, { hop: 'gatehouse', event: 'password accepted', evidence: { user: user.username } })
      return await signedIn(c, user, { authenticationClass: 'local' }, destination, traceId)
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error
      traces.step(traceId, traceId, failure(error))
      await traces.end(traceId)
      return chooseAWayIn(c, destination, { error, username: username.slice(0, 100) })
    }
  })

  app.get('/login/start', async (c) => {
    const query = new URL(c.req.url).searchParams
    const connector = connectorNamed(query.get('provider'))
    const destination = parseDestination(query)
    const traceId = c.get('requestId')
    const { transaction, setCookies } = await transactions.begin(
      { authenticationClass: connector.name, destination, traceId },
      c.req.header('cookie'),
    )
    traces.step(traceId, traceId, {
      hop: 'browser',
      event: `chose ${connector.name}`,
      evidence: { destination: destination.kind },
    })
    const fresh = destination.kind === 'product' && query.get('fresh') === '1'
    const url = await traced(traceId, traceId, () =>
      connector.authorizationUrl({ redirectUri: callbackUri(connector.name), checks: transaction.checks, fresh }),
    )
    traces.step(traceId, traceId, {
      hop: 'provider',
      event: 'sent to the provider',
      evidence: { address: url.origin + url.pathname },
    })
    for (const cookie of setCookies) c.header('set-cookie', cookie, { append: true })
    c.header('cache-control', 'no-store')
    return c.redirect(url.href, 303)
  })

  app.get('/callback/:name', async (c) => {
    const connector = connectorNamed(c.req.param('name'))
    const url = new URL(c.req.url)
    const requestId = c.get('requestId')
    const { transaction, setCookies } = await transactions.take(
      url.searchParams.get('state') ?? '',
      c.req.header('cookie'),
    )
    for (const cookie of setCookies) c.header('set-cookie', cookie, { append: true })
    const { traceId, destination } = transaction
    // One callback for each class (RFC 9700 section 4.4): an answer of one provider is never redeemed at another.
    if (transaction.authenticationClass !== connector.name)
      throw new AppError('login-expired', { reason: 'came back to another provider' })
    traces.step(traceId, requestId, {
      hop: 'browser',
      event: 'came back',
      evidence: { parameters: [...url.searchParams.keys()].join(' ') },
    })

    const { identity, user } = await traced(traceId, requestId, async () => {
      const found = await connector.identify({
        callbackUrl: url,
        redirectUri: callbackUri(connector.name),
        checks: transaction.checks,
      })
      traces.step(traceId, requestId, {
        hop: 'provider',
        event: 'says who it is',
        evidence: { principal: found.principal, groups: found.groups.join(' ') || 'none' },
      })
      return { identity: found, user: await options.justInTime.userFor(found, connector.name) }
    })
    c.header('set-cookie', setCookie(lastWayCookie, connector.name, { maxAge: lastWayAge, secure: cookies.secure }), {
      append: true,
    })
    const via = { authenticationClass: connector.name, idToken: identity.idToken }
    return signedIn(c, user, via, destination, traceId)
  })

  /** A product waits for this browser: sign in, agree, go on. The cookie of the attempt has exactly this path. */
  app.get('/interaction/:uid', async (c) => {
    const { incoming, outgoing } = c.env
    const pending = await flow().pending(incoming, outgoing)
    const login = await sessions.current(c.req.header('cookie'))
    const fresh = login && (!pending.wantsFreshLogin || login.session.signedInFor === pending.uid)
    if (!login || !fresh) {
      const again = pending.wantsFreshLogin ? '&fresh=1' : ''
      return c.redirect(`${base}/login?interaction=${pending.uid}${again}`, 303)
    }
    if (pending.prompt === 'login') {
      const { id } = login.user
      return go(c, await flow().signedIn(incoming, outgoing, { id, authenticatedAt: login.session.authenticatedAt }))
    }
    const action = `${base}/interaction/${pending.uid}`
    const product = pending.client.title
    return show(c, consentPage({ product, user: login.user.username, scopes: pending.missingScopes, action }), {
      formTargets: [pending.redirectOrigin],
    })
  })

  app.post('/interaction/:uid', async (c) => {
    const { incoming, outgoing } = c.env
    const decision = (await readForm(c)).get('decision')
    const pending = await flow().pending(incoming, outgoing)
    const login = await sessions.current(c.req.header('cookie'))
    if (!login || pending.prompt !== 'consent') throw new AppError('login-expired', { reason: 'nothing to agree to' })
    return go(
      c,
      decision === 'allow' ? await flow().agreed(incoming, outgoing) : await flow().refused(incoming, outgoing),
    )
  })

  /** A service behind the gate waits: give it a code for a session of its own. */
  app.get('/login/handoff', async (c) => {
    const destination = parseDestination(new URL(c.req.url).searchParams)
    if (destination.kind !== 'service')
      throw new AppError('invalid-request', { reason: 'service, return_to and state are needed' })
    const service = config.services[destination.service]
    const returnTo = options.allowedReturn(destination.returnTo, destination.service)
    if (!service || returnTo === undefined)
      throw new AppError('return-url-not-allowed', { service: destination.service })
    const login = await sessions.current(c.req.header('cookie'))
    if (!login) return c.redirect(`${base}/login?${new URLSearchParams(destinationFields(destination))}`, 303)
    const code = await sessions.handOff(login.session, {
      service: destination.service,
      state: destination.state,
      returnTo,
    })
    return go(c, `${service.url}/oauth2/callback?${new URLSearchParams({ code, state: destination.state })}`)
  })

  app.post('/login/sign-out', async (c) => {
    const login = await sessions.current(c.req.header('cookie'))
    const upstream = login && (await sessions.signOut(login.session, undefined))
    c.header('set-cookie', sessions.forgetCookie(), { append: true })
    return go(c, upstream ?? `${base}/login/signed-out`)
  })

  app.get('/login/signed-out', async (c) => {
    const state = new URL(c.req.url).searchParams.get('state')
    const returnTo = state === null ? undefined : await sessions.afterSignOut(state)
    if (returnTo !== undefined) return go(c, returnTo)
    // Whoever comes here from a service has ended the session there; the cookie of this host may still be about.
    if (!(await sessions.current(c.req.header('cookie'))))
      c.header('set-cookie', sessions.forgetCookie(), { append: true })
    return show(c, signedOutPage({ signInHref: `${base}/login` }))
  })

  app.get('/login/setup', async (c) => {
    if ((await store.users.count()) > 0) throw new AppError('setup-link-used')
    return show(c, setupPage({ action: setupAction(c), problem: undefined }))
  })

  app.post('/login/setup', async (c) => {
    const token = new URL(c.req.url).searchParams.get('token') ?? ''
    const fields = await readForm(c)
    const password = fields.get('password') ?? ''
    if ((await store.users.count()) > 0) throw new AppError('setup-link-used')
    if (password.length < 12) {
      return show(c, setupPage({ action: setupAction(c), problem: 'The password needs 12 characters at least.' }), {
        status: 400,
      })
    }
    if (!(await store.singleUse.take('setup-link', token, clock.now()))) throw new AppError('setup-link-used')
    const email = fields.get('email') || undefined
    const account = { username: fields.get('username') ?? '', password, email, isAdmin: true }
    const user = await accounts.add(account, 'setup-link')
    return signedIn(c, user, { authenticationClass: 'local' }, { kind: 'home' }, c.get('requestId'))
  })

  return app

  async function signedIn(
    c: LoginContext,
    user: User,
    via: { authenticationClass: string; idToken?: string | undefined },
    destination: Destination,
    traceId: string,
  ): Promise<Response> {
    const signedInFor = destination.kind === 'product' ? destination.uid : undefined
    const started = await sessions.start(user, { ...via, signedInFor }, c.req.header('cookie'))
    c.header('set-cookie', started.setCookie, { append: true })
    traces.step(traceId, c.get('requestId'), {
      hop: 'gatehouse',
      event: 'signed in',
      evidence: { user: user.username, via: via.authenticationClass, goesTo: destination.kind },
    })
    await traces.end(traceId)
    // The product's request hung on the session of the other person, which has ended: it is asked again for this one.
    const again = started.replacedSomebodyElse && signedInFor ? await flow().restart(signedInFor) : undefined
    return go(c, again ?? base + continuePath(destination))
  }

  async function chooseAWayIn(
    c: LoginContext,
    destination: Destination,
    failed?: { error: AppError; username: string },
  ): Promise<Response> {
    const target = await describe(destination)
    const fields = destinationFields(destination)
    const lastWay = parseCookies(c.req.header('cookie')).get(lastWayCookie)
    const fresh: [string, string][] = new URL(c.req.url).searchParams.get('fresh') === '1' ? [['fresh', '1']] : []
    const waysIn = config.login.flatMap(({ authenticationClass, title }) => {
      if (authenticationClass === undefined) return []
      const query = new URLSearchParams([['provider', authenticationClass], ...fields, ...fresh])
      const href = `${base}/login/start?${query}`
      return [{ title: title ?? authenticationClass, href, lastUsed: lastWay === authenticationClass }]
    })
    const passwordForm = hasLocal
      ? { action: `${base}/login`, hidden: fields, username: failed?.username ?? '' }
      : undefined
    const seconds = failed?.error.details['secondsLeft']
    const note =
      typeof seconds === 'number' ? `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.` : undefined
    const error = failed && { code: failed.error.code, message: failed.error.message, ...(note ? { note } : {}) }
    return show(c, choosePage({ target: target?.title, waysIn, passwordForm, error }), {
      status: failed?.error.status ?? 200,
      formTargets: target ? [target.origin] : [],
    })
  }

  async function describe(destination: Destination): Promise<{ title: string; origin: string } | undefined> {
    if (destination.kind === 'home') return undefined
    if (destination.kind === 'service') {
      const service = config.services[destination.service]
      return service && { title: service.title ?? destination.service, origin: new URL(service.url).origin }
    }
    const pending = await flow().describe(destination.uid)
    return pending && { title: pending.client.title, origin: pending.redirectOrigin }
  }

  function connectorNamed(name: string | null | undefined): Connector {
    const connector = name ? connectors.get(name) : undefined
    if (!connector) throw new AppError('not-found', { provider: name ?? '' })
    return connector
  }

  function callbackUri(name: string): string {
    return `${config.issuer}/callback/${name}`
  }

  /** Runs one step; what goes wrong is written into the trace before it goes on. */
  async function traced<Result>(traceId: string, requestId: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      const known = error instanceof AppError ? error : new AppError('internal-error', {}, { cause: error })
      traces.step(traceId, requestId, failure(known))
      await traces.end(traceId)
      throw known
    }
  }

  function setupAction(c: LoginContext): string {
    const token = new URL(c.req.url).searchParams.get('token') ?? ''
    return `${base}/login/setup?${new URLSearchParams({ token })}`
  }

  function showError(c: LoginContext, error: AppError, requestId: string): Response {
    const back = { href: `${base}/login`, title: 'Sign in' }
    return show(c, errorPage({ error, requestId, at: new Date(clock.now()), back }), { status: error.status })
  }
}
/** Codes that say that the other side is wrong, for the hop in the trace. */
const providersFault =
  /^(provider-|certificate-|issuer-mismatch$|client-credentials-rejected$|id-token-invalid$|principal-claim-missing$)/

function failure(error: AppError) {
  const evidence = evidenceOf(error)
  const hop = providersFault.test(error.code) ? ('provider' as const) : ('gatehouse' as const)
  return { hop, event: error.message, code: error.code, status: error.status, evidence }
}

function show(
  c: LoginContext,
  page: string,
  { status = 200, formTargets = [] }: { status?: number; formTargets?: readonly string[] } = {},
): Response {
  for (const [name, value] of Object.entries(pageHeaders(formTargets))) c.header(name, value)
  return c.body(page, status as 200)
}

/** 303 after a form (RFC 9700 section 4.12): the browser must not send the password on. */
function go(c: LoginContext, location: string): Response {
  c.header('cache-control', 'no-store')
  c.header('referrer-policy', 'no-referrer')
  return c.redirect(location, 303)
}

/** A form of this origin. Requests without either header do not come from a browser that a foreign page could use. */
function isSameOrigin(c: LoginContext, origin: string): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const from = c.req.header('origin')
  return from === undefined || from === origin
}

const maxFormLength = 16_384

async function readForm(c: LoginContext): Promise<URLSearchParams> {
  if (!c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded')) {
    throw new AppError('invalid-request', { contentType: 'must be application/x-www-form-urlencoded' })
  }
  if (Number(c.req.header('content-length') ?? 0) > maxFormLength) throw new AppError('request-too-large')
  const text = await c.req.text()
  if (text.length > maxFormLength) throw new AppError('request-too-large')
  return new URLSearchParams(text)
}

/** An IPv6 subscriber has a /64: counting single addresses would count nothing. */
function networkOf(address: string): string {
  return address.includes(':') ? address.split(':').slice(0, 4).join(':') : address
}
