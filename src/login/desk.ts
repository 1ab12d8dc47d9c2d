import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Hono } from 'hono'
import {
  type AuthenticationContext,
  classAmong,
  passwordContext,
  secondFactorContext,
} from '../authentication-context.ts'
import type { Clock } from '../clock.ts'
import { basePathOf, callbackOf } from '../config/addresses.ts'
import { localName } from '../config/authentication-class.ts'
import { titleOfProduct } from '../config/product-titles.ts'
import type { Config } from '../config/schema.ts'
import type {
  Connector,
  OwnAccount,
  PasswordConnector,
  RedirectConnector,
  SignInHints,
  UpstreamIdentity,
  WayIn,
} from '../connectors/contract.ts'
import { parseCookies, setCookie } from '../cookies.ts'
import type { JustInTime } from '../directory/just-in-time.ts'
import type { LocalAccounts } from '../directory/local-accounts.ts'
import type { Passkeys } from '../directory/passkeys.ts'
import type { Guesser } from '../directory/password-attempts.ts'
import type { PasswordResets } from '../directory/password-resets.ts'
import type { SecondFactors } from '../directory/second-factors.ts'
import { AppError, asAppError, type ErrorCode } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Mailer } from '../mail/index.ts'
import { own } from '../maps.ts'
import { recordOf } from '../request-record.ts'
import type { Login } from '../sessions/login-sessions.ts'
import type { ServiceSessions } from '../sessions/service-sessions.ts'
import type { Origin } from '../store/audit.ts'
import type { User, UserTable } from '../store/users.ts'
import { type Environment, go, type PageContext, show } from '../web/answers.ts'
import { copyScript, errorPage } from '../web/error-page.ts'
import type { Texts } from '../web/languages/texts.ts'
import type { Look, Looks } from '../web/look.ts'
import type { BrowserSessions } from './browser-sessions.ts'
import {
  asSomeoneElse,
  continuePath,
  destinationFields,
  type LoginDestination,
  nameOf,
  passkeyPath,
  signInPath,
} from './destination.ts'
import type { FailedSignIns } from './failed-sign-ins.ts'
import type { KnownDevices } from './known-devices.ts'
import { hintedWay, nameInForm } from './login-hint.ts'
import { type CurrentAccount, choosePage, type PasswordForm } from './pages/choose.ts'
import { problemOf } from './problem.ts'
import type { RefusedPasswords } from './refused-passwords.ts'
import type { SecondSteps } from './second-steps.ts'
import type { SetupLink } from './setup-link.ts'
import { judgeSignIn, type NextStep, type SignInDemand, type UnmetDemand } from './sign-in-demand.ts'
import type { SignOut } from './sign-out.ts'
import { failure, succeeded, type Traces } from './traces.ts'
import type { Transactions } from './transaction.ts'

/** A product's request to the provider, as far as pages need it. */
export interface ProductRequest {
  uid: string
  client: { product: string; title: string; url: string }
  prompt: 'login' | 'consent'
  demand: SignInDemand
  hints: SignInHints
  /** Who was signed in at the provider when the product asked; undefined: nobody. */
  accountId: string | undefined
  missingScopes: readonly string[]
  missingClaims: readonly string[]
  missingServices: readonly string[]
  requested: { scopes: readonly string[]; claims: readonly string[]; services: readonly string[] }
  redirectOrigin: string
}

export type DescribedRequest = Pick<ProductRequest, 'uid' | 'client' | 'redirectOrigin' | 'demand' | 'hints'>

/** The part of the provider that pages need. */
export interface AuthorizationFlow {
  pending(request: IncomingMessage, response: ServerResponse): Promise<ProductRequest>
  describe(uid: string): Promise<DescribedRequest | undefined>
  signedIn(
    request: IncomingMessage,
    response: ServerResponse,
    login: { id: string; authenticatedAt: number; session: string } & AuthenticationContext,
  ): Promise<string>
  /** The product's request again, for a person who has just signed in, when it cannot go on as it is; `over`: it is known no more. */
  restart(uid: string, signIn: { fresh: boolean }): Promise<{ location: string } | 'over' | undefined>
  agreed(request: IncomingMessage, response: ServerResponse, login: { session: string }): Promise<string>
  refused(request: IncomingMessage, response: ServerResponse, error: 'access_denied' | UnmetDemand): Promise<string>
}

export interface LoginOptions {
  config: Config & { issuer: string }
  /** In the order of the configuration. */
  waysIn: readonly WayIn[]
  /** Where a sign-out form may lead: providers at which people are signed out too. */
  signOutOrigins: readonly string[]
  accounts: Pick<LocalAccounts, 'add' | 'mistakeIn' | 'passwordRule' | 'signIn'>
  passwordResets: PasswordResets
  /** Undefined: no mail server is configured. */
  mailer: Mailer | undefined
  /** Undefined: switched off, or browsers give none to this issuer. */
  passkeys: Passkeys | undefined
  secondFactors: SecondFactors
  secondSteps: SecondSteps
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
  looks: Looks
  /** Whether a service behind the gate lets the person open its front page. */
  mayOpen(userId: string, service: string): Promise<boolean>
  clock: Clock
  log: Logger
  /** The issuer is https: cookies are Secure. */
  secure: boolean
  /** Network of the client, behind the trusted proxies (see ip-address.ts). */
  networkOf(request: IncomingMessage): string
  /** Whose share of traces a failed request uses: the network's, or that of a browser in which somebody has signed in. */
  senderOf(request: IncomingMessage): Promise<string>
  /** The address of the client, behind the trusted proxies. */
  addressOf(request: IncomingMessage): string
  /** Tells the audit log of a sign-in that failed. */
  failedSignIns: FailedSignIns
  /** Why a way in is not expected to work at the moment, for the mark at its button; absent: nobody knows. */
  unavailable?: (way: string) => ErrorCode | undefined
  /** The parsed address if this service, or any, may send people there, else undefined. */
  allowedReturn(returnTo: string, service?: string): string | undefined
}

/** Registers the paths of one page or flow. */
export type Routes = (app: Hono<Environment>, desk: Desk) => void

/** How somebody has just signed in. */
export interface CompletedSignIn extends AuthenticationContext {
  authenticationClass: string
  idToken?: string | undefined
  /** When, if the provider says so. */
  authenticatedAt?: number | undefined
  /** The hash that a password was verified against. */
  verifiedHash?: string | undefined
  /** The passkey that was proved. */
  verifiedPasskey?: string | undefined
  /** The person signed in because the product that waits demands it. */
  fresh: boolean
}

/** The username of a failed attempt, and the way in whose form it was. */
export interface FailedPassword {
  error: AppError
  way: string
  username: string
}

/** What the page with the ways in says besides. */
export interface ChoiceOptions {
  failed?: FailedPassword | undefined
  /** What has happened, to somebody who has done nothing wrong. */
  notice?: ((texts: Texts) => string) | undefined
  /** Who is signed in, and wants to be somebody else. */
  leaving?: string | undefined
}

/** A sign-in at a provider that has begun. */
export interface Attempt {
  traceId: string
  /** The name of the connector. */
  way: string
}

/** What the routes share: the addresses, and how a sign-in ends, in success or failure. */
export interface Desk {
  options: LoginOptions
  /** Path of the issuer, without a slash at the end. */
  base: string
  /** Name of the cookie that remembers the last way in. */
  lastWayCookie: string
  /** What the product that waits there has asked for. Read from what is stored; undefined: no product waits. */
  requestAt(destination: LoginDestination): Promise<DescribedRequest | undefined>
  /** Where somebody begins again whose product waits no more. */
  entranceOf(destination: LoginDestination): string
  /** What comes next for the person who is signed in, when that product waits. */
  judge(login: Login, request: Pick<ProductRequest, 'uid' | 'demand'>): NextStep
  /** The class of authentication that the product is told: one that it has asked for, if the sign-in fits. */
  toldClass(session: Login['session'], demand: SignInDemand): string | undefined
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
  /** The page with the ways in. */
  chooseAWayIn(c: PageContext, destination: LoginDestination, options?: ChoiceOptions): Promise<Response>
  /** Whatever goes wrong with this request: its page leads back to the destination. */
  remember(c: PageContext, destination: LoginDestination): void
  showError(c: PageContext, error: AppError, requestId: string): Promise<Response>
  /** Runs one step of a sign-in by that way; writes an error to the trace before throwing it on. */
  traced<Result>(c: PageContext, attempt: Attempt, work: () => Promise<Result>): Promise<Result>
  /** The way in to which somebody goes without seeing the page: the product has chosen it, or it is the only one and `auto`. */
  straightWay(c: PageContext, destination: LoginDestination): Promise<string | undefined>
  /** From now on this browser is shown the ways in, for a while: somebody has signed out, or a sign-in has failed. */
  showWays(c: PageContext): void
  /** Where the provider of a way in sends people back to. */
  callbackOf(way: string): string
  /** Writes to the log and the trace that a request failed, once. */
  tellFailure(c: PageContext, error: AppError, attempt: { traceId: string; way?: string }): Promise<void>
  /** Who asks, for the log and the audit rows. */
  originOf(c: PageContext): Origin
  /** Where a guess at the codes of a person comes from. */
  guesserOf(c: PageContext, userId: string): Promise<Guesser>
  /** Origins besides our own to which a form on the way to the destination may lead. */
  formTargets(destination: LoginDestination): Promise<readonly string[]>
}

/** Seconds for which a browser is shown the ways in, in place of being sent to one. */
const waysShownFor = 15 * 60

export function createDesk(options: LoginOptions): Desk {
  const { config, sessions, traces, flow, clock, waysIn } = options
  const base = basePathOf(config.issuer)
  const lastWayCookie = options.secure ? '__Host-gatehouse_last' : 'gatehouse_last'
  const waysShownCookie = options.secure ? '__Host-gatehouse_ways' : 'gatehouse_ways'

  return {
    options,
    base,
    lastWayCookie,
    straightWay,
    showWays,
    callbackOf: (way) => callbackOf(config, way),
    requestAt,
    entranceOf,
    judge,
    toldClass,
    redirectNamed,
    passwordNamed,
    userFor,
    signedIn,
    chooseAWayIn,
    remember,
    showError,
    traced,
    tellFailure,
    originOf,
    guesserOf,
    formTargets,
  }

  async function guesserOf(c: PageContext, userId: string): Promise<Guesser> {
    const device = await options.knownDevices.of(c.req.header('cookie'))
    const knownDevice = device?.users.includes(userId) ? device.id : undefined
    return { network: options.networkOf(c.env.incoming), knownDevice }
  }

  async function formTargets(destination: LoginDestination): Promise<readonly string[]> {
    const target = targetOf(destination, await requestAt(destination))
    return target ? [target.origin] : []
  }

  async function requestAt(destination: LoginDestination): Promise<DescribedRequest | undefined> {
    return destination.kind === 'product' ? flow.describe(destination.uid) : undefined
  }

  function judge({ session }: Login, { uid, demand }: Pick<ProductRequest, 'uid' | 'demand'>): NextStep {
    const acr = toldClass(session, demand)
    const asTold = { ...session, acr }
    return judgeSignIn(asTold, demand, { madeForIt: session.signedInFor === uid, now: clock.now(), attainable })
  }

  function toldClass(session: Login['session'], { acr: asked }: SignInDemand): string | undefined {
    return asked ? (classAmong(asked, session, options) ?? session.acr) : session.acr
  }

  /** What another provider can give only it knows; of passwords and second factors we do. */
  function attainable(acr: string): boolean {
    if (waysIn.some(({ connector: { kind } }) => kind === 'redirect')) return true
    const isSecond =
      acr === secondFactorContext([]).acr && (options.secondFactors.policy !== 'off' || options.passkeys !== undefined)
    return isSecond || acr === passwordContext(options).acr
  }

  async function straightWay(c: PageContext, destination: LoginDestination): Promise<string | undefined> {
    const cookies = c.req.header('cookie')
    if (parseCookies(cookies).has(waysShownCookie) || sessions.hasCookie(cookies)) return undefined
    const chosen = (await requestAt(destination))?.hints.wayIn
    const only = config.login.length === 1 && config.login[0]?.auto ? config.login[0].authenticationClass : undefined
    const named = [chosen, only].map((name) => waysIn.find(({ connector }) => connector.name === name))
    return named.find((way) => way?.connector.kind === 'redirect')?.connector.name
  }

  function showWays(c: PageContext): void {
    const cookie = setCookie({ name: waysShownCookie, value: '1', maxAge: waysShownFor, secure: options.secure })
    c.header('set-cookie', cookie, { append: true })
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
    const origin = originOf(c)
    const by = { ...via, signedInFor: fresh ? uid : undefined, origin }
    const started = await sessions.start(user, by, c.req.header('cookie'))
    recordOf(c.env.incoming).user = user.username
    const forgotten = setCookie({ name: waysShownCookie, value: '', maxAge: 0, secure: options.secure })
    const shown = parseCookies(c.req.header('cookie')).has(waysShownCookie) ? [forgotten] : []
    for (const cookie of [...started.setCookies, ...shown]) c.header('set-cookie', cookie, { append: true })
    const evidence = { user: user.username, way: via.authenticationClass, goesTo: nameOf(destination) }
    const told = { event: 'sign-in.succeeded', address: origin.from }
    traces.step(traceId, origin.requestId, { hop: 'gatehouse', event: 'signed in', evidence }, told)
    await traces.end(traceId, succeeded)
    const again = uid === undefined ? undefined : await flow.restart(uid, { fresh })
    if (again === 'over') return go(c, entranceOf(destination))
    return go(c, again?.location ?? base + continuePath(destination))
  }

  /** Where somebody begins again whose request is over: the product asks once more, and they are signed in. */
  function entranceOf(destination: LoginDestination): string {
    const product = destination.kind === 'product' ? productOf(destination) : undefined
    return product?.url ?? `${base}/`
  }

  function productOf({ product: key }: { product?: string }): { title: string; url: string } | undefined {
    const product = key === undefined ? undefined : own(config.products, key)
    const isOurs = product?.authentication.some(({ authenticationClass }) => authenticationClass === 'gatehouse')
    return key !== undefined && product && isOurs
      ? { title: titleOfProduct(key, product), url: product.url }
      : undefined
  }

  async function chooseAWayIn(
    c: PageContext,
    destination: LoginDestination,
    { failed, notice, leaving }: ChoiceOptions = {},
  ): Promise<Response> {
    const asked = await requestAt(destination)
    const someoneElse = leaving !== undefined
    // Not the address of this request: it may have been a form, or the return from a provider.
    const here = base + signInPath(destination, { someoneElse })
    const look = options.looks.of(c.env.incoming, { uiLocales: asked?.hints.uiLocales, here })
    const target = targetOf(destination, asked)
    const fields: [string, string][] = [
      ...destinationFields(destination),
      ...(leaving === undefined ? [] : [asSomeoneElse]),
    ]
    const cookies = c.req.header('cookie')
    const lastWay = parseCookies(cookies).get(lastWayCookie)
    for (const cookie of sessions.name(cookies)) c.header('set-cookie', cookie, { append: true })
    const hinted = hintedWay(asked?.hints.loginHint ?? failed?.username, config.login)
    const forgotten = base + signInPath(destination).replace('/login', '/login/forgotten')
    const links = waysIn.flatMap(({ connector: { kind, name }, title, vendor }) => {
      if (kind !== 'redirect') return []
      const query = new URLSearchParams([['provider', name], ...fields])
      const href = `${base}/login/start?${query}`
      const unavailable = options.unavailable?.(name)
      const [lastUsed, suggested] = [lastWay === name, hinted === name]
      return [{ title: titleOf(title, name, look), vendor, href, lastUsed, suggested, unavailable }]
    })
    const forms = waysIn.flatMap(({ connector: { kind, name }, title }): PasswordForm[] => {
      if (kind !== 'password') return []
      const hidden: [string, string][] = name === localName ? fields : [['provider', name], ...fields]
      const mine = failed?.way === name
      const username = mine ? failed.username : nameInForm(asked?.hints.loginHint)
      const passkeyHref = name === localName && options.passkeys ? base + passkeyPath(destination) : undefined
      const unavailable = options.unavailable?.(name)
      const forgottenHref = name === localName && options.mailer ? forgotten : undefined
      const known = {
        name,
        title: titleOf(title, name, look),
        action: here,
        hidden,
        failed: mine,
        username,
        unavailable,
      }
      return [{ ...known, forgottenHref, passkeyHref }]
    })
    const error = failed && { code: failed.error.code, ...problemOf(c, failed.error, look) }
    const current = asked && (await currentAccount(asked, cookies))
    const notices = noticesFor(destination, notice, look)
    const left = leaving === undefined ? undefined : { username: leaving, stayHref: base + continuePath(destination) }
    const page = choosePage(look, { target: target?.title, current, leaving: left, links, forms, error, notices })
    return show(c, page, { status: failed?.error.status ?? 200, formTargets: target ? [target.origin] : [], look })
  }

  /** The account with which the person may go on without signing in again: when the product wants them to choose, and nothing else. */
  async function currentAccount(
    { uid, demand }: DescribedRequest,
    cookies: string | undefined,
  ): Promise<CurrentAccount | undefined> {
    const login = demand.chosen ? await sessions.current(cookies) : undefined
    if (!login || judge(login, { uid, demand: { ...demand, chosen: false } }) !== 'continue') return undefined
    const { id, username } = login.user
    return { username, href: `${base}/interaction/${uid}?${new URLSearchParams({ continue: id })}` }
  }

  function targetOf(
    destination: LoginDestination,
    asked: DescribedRequest | undefined,
  ): { title: string; origin: string } | undefined {
    if (asked) return { title: asked.client.title, origin: asked.redirectOrigin }
    if (destination.kind === 'product') {
      const product = productOf(destination)
      return product && { title: product.title, origin: new URL(product.url).origin }
    }
    if (destination.kind !== 'service') return undefined
    const service = own(config.services, destination.service)
    return service && { title: service.title ?? destination.service, origin: new URL(service.url).origin }
  }

  async function traced<Result>(
    c: PageContext,
    { traceId, way }: Attempt,
    work: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      const known = asAppError(error)
      showWays(c)
      await tellFailure(c, known, { traceId, way })
      options.failedSignIns.note({ error: known, way, network: options.networkOf(c.env.incoming), ...originOf(c) })
      throw known
    }
  }

  function remember(c: PageContext, destination: LoginDestination): void {
    if (destination.kind !== 'home') c.set('back', base + signInPath(destination))
  }

  async function tellFailure(
    c: PageContext,
    error: AppError,
    { traceId, way }: { traceId: string; way?: string },
  ): Promise<void> {
    const record = recordOf(c.env.incoming)
    if (record.traced) return
    record.refusal = error
    record.logged = true
    record.traced = true
    const { from, requestId } = originOf(c)
    traces.step(traceId, requestId, failure(error), { event: 'sign-in.failed', way, address: from, error })
    await traces.end(traceId, await options.senderOf(c.env.incoming))
  }

  function originOf(c: PageContext): Origin {
    return { from: options.addressOf(c.env.incoming), requestId: c.get('requestId') }
  }

  async function showError(c: PageContext, error: AppError, requestId: string): Promise<Response> {
    const going = c.get('back')
    // The page with the ways in sends people on who are signed in.
    const live = await sessions.current(c.req.header('cookie')).catch(() => undefined)
    // What failed cannot be asked for again in another language: it may be good once.
    const look: Look = { ...c.get('look'), here: undefined }
    const { failure: words } = look.texts
    const title = live === undefined ? words.signIn : going === undefined ? words.applications : words.continue
    const back = { href: going ?? `${base}/login`, title }
    const page = errorPage(look, { error, requestId, at: new Date(clock.now()), back })
    return show(c, page, { status: error.status, script: copyScript })
  }
}

/** Local accounts have no name of their own unless the operator gives them one. */
function titleOf(title: string | undefined, name: string, { texts }: Look): string {
  return title ?? (name === localName ? texts.choose.localAccount : name)
}

function noticesFor(
  destination: LoginDestination,
  notice: ((texts: Texts) => string) | undefined,
  { texts }: Look,
): string[] {
  const isShortened = destination.kind === 'service' && destination.shortened === true
  return [...(notice === undefined ? [] : [notice(texts)]), ...(isShortened ? [texts.choose.shortened] : [])]
}
