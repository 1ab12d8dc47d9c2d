import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Hono } from 'hono'
import type { Clock } from '../clock.ts'
import { basePathOf } from '../config/addresses.ts'
import { localName } from '../config/authentication-class.ts'
import type { Config } from '../config/schema.ts'
import type {
  Connector,
  OwnAccount,
  PasswordConnector,
  RedirectConnector,
  UpstreamIdentity,
  WayIn,
} from '../connectors/contract.ts'
import { parseCookies } from '../cookies.ts'
import type { JustInTime } from '../directory/just-in-time.ts'
import type { LocalAccounts } from '../directory/local-accounts.ts'
import { AppError, asAppError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { own } from '../maps.ts'
import type { ServiceSessions } from '../sessions/service-sessions.ts'
import type { User, UserTable } from '../store/users.ts'
import { type Environment, go, type PageContext, show } from '../web/answers.ts'
import { errorPage } from '../web/error-page.ts'
import type { BrowserSessions } from './browser-sessions.ts'
import { continuePath, destinationFields, type LoginDestination } from './destination.ts'
import type { KnownDevices } from './known-devices.ts'
import { choosePage, type PasswordForm } from './pages/choose.ts'
import type { RefusedPasswords } from './refused-passwords.ts'
import type { SetupLink } from './setup-link.ts'
import type { SignOut } from './sign-out.ts'
import { failure, succeeded, type Traces } from './traces.ts'
import type { Transactions } from './transaction.ts'

/** What a product demands of the sign-in. */
export interface SignInDemand {
  /** One that is made for this request (prompt=login, max_age=0). */
  fresh: boolean
  /** The age that the proof may have, in milliseconds (max_age). */
  maxAge: number | undefined
  /** The person who must sign in (id_token_hint). */
  userId: string | undefined
}

/** A product's request to the provider, as far as pages need it. */
export interface ProductRequest {
  uid: string
  client: { title: string; url: string }
  prompt: 'login' | 'consent'
  demand: SignInDemand
  /** Who was signed in at the provider when the product asked; undefined: nobody. */
  accountId: string | undefined
  missingScopes: readonly string[]
  missingServices: readonly string[]
  requested: { scopes: readonly string[]; services: readonly string[] }
  redirectOrigin: string
}

/** The part of the provider that pages need. */
export interface AuthorizationFlow {
  pending(request: IncomingMessage, response: ServerResponse): Promise<ProductRequest>
  describe(uid: string): Promise<Pick<ProductRequest, 'client' | 'redirectOrigin' | 'demand'> | undefined>
  signedIn(
    request: IncomingMessage,
    response: ServerResponse,
    login: { id: string; authenticatedAt: number; session: string },
  ): Promise<string>
  /** The product's request again, for a person who has just signed in, when it cannot go on as it is. */
  restart(uid: string, signIn: { fresh: boolean }): Promise<string | undefined>
  agreed(request: IncomingMessage, response: ServerResponse, login: { session: string }): Promise<string>
  refused(
    request: IncomingMessage,
    response: ServerResponse,
    error: 'access_denied' | 'login_required',
  ): Promise<string>
}

export interface LoginOptions {
  config: Config & { issuer: string }
  /** In the order of the configuration. */
  waysIn: readonly WayIn[]
  /** Where a sign-out form may lead: providers at which people are signed out too. */
  signOutOrigins: readonly string[]
  accounts: Pick<LocalAccounts, 'add' | 'mistakeIn'>
  users: Pick<UserTable, 'find'>
  justInTime: JustInTime
  sessions: BrowserSessions
  signOut: SignOut
  services: Pick<ServiceSessions, 'handOff'>
  transactions: Transactions
  knownDevices: KnownDevices
  refusedPasswords: RefusedPasswords
  traces: Traces
  flow: AuthorizationFlow
  setupLink: SetupLink
  clock: Clock
  log: Logger
  /** The issuer is https: cookies are Secure. */
  secure: boolean
  /** Network of the client, behind the trusted proxies (see ip-address.ts). */
  networkOf(request: IncomingMessage): string
  /** Whose share of traces a failed request uses: the network's, or that of a browser in which somebody has signed in. */
  senderOf(request: IncomingMessage): Promise<string>
  /** The parsed address if this service, or any, may send people there, else undefined. */
  allowedReturn(returnTo: string, service?: string): string | undefined
}

/** Registers the paths of one page or flow. */
export type Routes = (app: Hono<Environment>, desk: Desk) => void

/** How somebody has just signed in. */
export interface CompletedSignIn {
  authenticationClass: string
  idToken?: string | undefined
  /** When, if the provider says so. */
  authenticatedAt?: number | undefined
  /** The hash that a password was verified against. */
  verifiedHash?: string | undefined
  /** The person proved anew who they are, for the product that waits. */
  fresh: boolean
}

/** The username of a failed attempt, and the way in whose form it was. */
export interface FailedPassword {
  error: AppError
  way: string
  username: string
}

/** What the routes share: the addresses, and how a sign-in ends, in success or failure. */
export interface Desk {
  options: LoginOptions
  /** Path of the issuer, without a slash at the end. */
  base: string
  /** Name of the cookie that remembers the last way in. */
  lastWayCookie: string
  /** Whether the product that waits there demands more than that somebody is signed in. Read from what is stored. */
  demandsSignIn(destination: LoginDestination): Promise<boolean>
  redirectNamed(name: string | null): RedirectConnector
  passwordNamed(name: string | null): PasswordConnector
  /** The user of the identity from a connector. Throws `account-deactivated`. */
  userFor(signedIn: UpstreamIdentity | OwnAccount, connector: { name: string }): Promise<User>
  /** Creates the session and sends the browser on. */
  signedIn(
    c: PageContext,
    user: User,
    via: CompletedSignIn,
    on: { destination: LoginDestination; traceId: string },
  ): Promise<Response>
  /** The page with the ways in, and the error of the last one. */
  chooseAWayIn(c: PageContext, destination: LoginDestination, failed?: FailedPassword): Promise<Response>
  showError(c: PageContext, error: AppError, requestId: string): Response
  /** Runs one step; writes an error to the trace before throwing it on. */
  traced<Result>(c: PageContext, traceId: string, work: () => Promise<Result>): Promise<Result>
}

export function createDesk(options: LoginOptions): Desk {
  const { config, sessions, traces, flow, clock, waysIn } = options
  const base = basePathOf(config.issuer)
  const lastWayCookie = options.secure ? '__Host-gatehouse_last' : 'gatehouse_last'

  return {
    options,
    base,
    lastWayCookie,
    demandsSignIn,
    redirectNamed,
    passwordNamed,
    userFor,
    signedIn,
    chooseAWayIn,
    showError,
    traced,
  }

  async function demandsSignIn(destination: LoginDestination): Promise<boolean> {
    if (destination.kind !== 'product') return false
    const demand = (await flow.describe(destination.uid))?.demand
    return demand !== undefined && (demand.fresh || demand.maxAge !== undefined || demand.userId !== undefined)
  }

  function redirectNamed(name: string | null): RedirectConnector {
    const connector = connectorNamed(name)
    if (connector.kind !== 'redirect') throw new AppError('way-in-unknown', { provider: connector.name })
    return connector
  }

  function passwordNamed(name: string | null): PasswordConnector {
    const connector = connectorNamed(name)
    if (connector.kind !== 'password') throw new AppError('way-in-unknown', { provider: connector.name })
    return connector
  }

  function connectorNamed(name: string | null): Connector {
    const way = waysIn.find(({ connector }) => connector.name === name)
    if (!way) throw new AppError('way-in-unknown', { provider: name ?? '' })
    return way.connector
  }

  async function userFor(signedIn: UpstreamIdentity | OwnAccount, { name }: { name: string }): Promise<User> {
    if (!('userId' in signedIn)) return options.justInTime.userFor(signedIn, name)
    const user = await options.users.find(signedIn.userId)
    if (!user?.active) throw new AppError('account-deactivated', { user: signedIn.userId })
    return user
  }

  async function signedIn(
    c: PageContext,
    user: User,
    { fresh, ...via }: CompletedSignIn,
    { destination, traceId }: { destination: LoginDestination; traceId: string },
  ): Promise<Response> {
    const uid = destination.kind === 'product' ? destination.uid : undefined
    const started = await sessions.start(user, { ...via, signedInFor: fresh ? uid : undefined }, c.req.header('cookie'))
    for (const cookie of started.setCookies) c.header('set-cookie', cookie, { append: true })
    traces.step(traceId, c.get('requestId'), {
      hop: 'gatehouse',
      event: 'signed in',
      evidence: { user: user.username, via: via.authenticationClass, goesTo: destination.kind },
    })
    await traces.end(traceId, succeeded)
    const again = uid === undefined ? undefined : await flow.restart(uid, { fresh })
    return go(c, again ?? base + continuePath(destination))
  }

  async function chooseAWayIn(
    c: PageContext,
    destination: LoginDestination,
    failed?: FailedPassword,
  ): Promise<Response> {
    const target = await describe(destination)
    const fields = destinationFields(destination)
    const lastWay = parseCookies(c.req.header('cookie')).get(lastWayCookie)
    for (const cookie of sessions.name(c.req.header('cookie'))) c.header('set-cookie', cookie, { append: true })
    const links = waysIn.flatMap(({ connector: { kind, name }, title }) => {
      if (kind !== 'redirect') return []
      const query = new URLSearchParams([['provider', name], ...fields])
      return [{ title, href: `${base}/login/start?${query}`, lastUsed: lastWay === name }]
    })
    const forms = waysIn.flatMap(({ connector: { kind, name }, title }): PasswordForm[] => {
      if (kind !== 'password') return []
      const hidden: [string, string][] = name === localName ? fields : [['provider', name], ...fields]
      const mine = failed?.way === name
      return [{ name, title, action: `${base}/login`, hidden, failed: mine, username: mine ? failed.username : '' }]
    })
    const seconds = failed?.error.details['secondsLeft']
    if (typeof seconds === 'number') c.header('retry-after', String(seconds))
    const note =
      typeof seconds === 'number' ? `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.` : undefined
    const error = failed && { code: failed.error.code, message: failed.error.message, ...(note ? { note } : {}) }
    return show(c, choosePage({ target: target?.title, links, forms, error }), {
      status: failed?.error.status ?? 200,
      formTargets: target ? [target.origin] : [],
    })
  }

  async function describe(destination: LoginDestination): Promise<{ title: string; origin: string } | undefined> {
    if (destination.kind === 'home') return undefined
    if (destination.kind === 'service') {
      const service = own(config.services, destination.service)
      return service && { title: service.title ?? destination.service, origin: new URL(service.url).origin }
    }
    const pending = await flow.describe(destination.uid)
    return pending && { title: pending.client.title, origin: pending.redirectOrigin }
  }

  async function traced<Result>(c: PageContext, traceId: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      const known = asAppError(error)
      traces.step(traceId, c.get('requestId'), failure(known))
      await traces.end(traceId, await options.senderOf(c.env.incoming))
      throw known
    }
  }

  function showError(c: PageContext, error: AppError, requestId: string): Response {
    const back = { href: `${base}/login`, title: 'Sign in' }
    return show(c, errorPage({ error, requestId, at: new Date(clock.now()), back }), { status: error.status })
  }
}
