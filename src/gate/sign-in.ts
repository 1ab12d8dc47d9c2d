import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../clock.ts'
import { setCookie } from '../cookies.ts'
import { AppError, asAppError } from '../errors.ts'
import { networkOf } from '../ip-address.ts'
import type { Logger } from '../log.ts'
import { type Answers, type Exchange, redirect, redirectByPage } from './answers.ts'
import { cookieValue, isSessionId } from './cookies.ts'
import type { GatedService } from './gated-service.ts'
import type { ServiceSession } from './identity.ts'
import { createLongAddresses } from './long-addresses.ts'
import type { RequestHead } from './request-head.ts'
import { addressOfTarget, isTooLong, parseReturnTo, withoutQuery } from './return-url.ts'
import type { TrustedProxies } from './trusted-proxies.ts'

/** `/oauth2/start` and `/oauth2/callback`: sends someone to the sign-in page and takes them back. */
export interface SignIn {
  /** Where a sign-in begins that comes back to `target`, a path and query of the service. Absolute. */
  startUrl(exchange: Exchange, head: RequestHead, visit: { service: GatedService; target: string }): string
  /** The same, for whoever wants to be somebody else. */
  someoneElseUrl(exchange: Exchange, head: RequestHead, visit: { service: GatedService; target: string }): string
  start(exchange: Exchange, head: RequestHead, service: GatedService): void
  callback(exchange: Exchange, head: RequestHead, service: GatedService): Promise<void>
}

export interface SignInDependencies {
  answers: Answers
  proxies: TrustedProxies
  /** Where people may be sent afterwards. */
  origins: ReadonlySet<string>
  /** Whether somebody is signed in at the service. */
  isSignedIn(head: RequestHead, service: GatedService): Promise<boolean>
  redeemCode(input: {
    code: string
    service: string
    state: string
    request: IncomingMessage
  }): Promise<RedeemedCode | undefined>
  signInUrl(input: SignInRequest): string
  clock: Clock
  log: Logger
}

/** What the issuer is asked for. */
export interface SignInRequest {
  service: string
  /** Absolute, at most `maxCarried` characters behind the origin. */
  returnTo: string
  /** At most 1,500 characters of `[A-Za-z0-9_.-]`. */
  state: string
  /** The address was so long that its query is lost: the person should know. */
  shortened: boolean
  /** Whoever is signed in wants to be somebody else. */
  someoneElse: boolean
}

export interface RedeemedCode {
  /** 256 random bits in base64url: the value of the cookie. */
  sessionId: string
  session: ServiceSession
  returnTo: string
}

/** Seconds that a sign-in may take. */
const stateLifetime = 600
/** Sign-ins that one browser may have open at once; the oldest gives way. */
const maxStates = 8

/** Characters of an address that travel with the sign-in: some proxies take only 4 kB of answer head, and it is in there twice. */
const maxCarried = 1024
/** Characters of an address that fit into such a head beside the cookies. */
const maxLocation = 3000

export function createSignIn(deps: SignInDependencies): SignIn {
  const { answers, clock, log, origins, proxies } = deps
  const longAddresses = createLongAddresses({ clock, lifetime: stateLifetime * 1000 })

  function startUrl(
    { request }: Exchange,
    head: RequestHead,
    { service, target }: Parameters<SignIn['startUrl']>[2],
  ): string {
    const address = addressOfTarget(target)
    const start = `${service.origin}/oauth2/start?rd=`
    if (address.length <= maxCarried) return start + encodeURIComponent(address)
    const key = randomBytes(16).toString('base64url')
    const isKept = !isTooLong(address) && longAddresses.keep(key, address, networkOfClient(request, head))
    return `${start}${encodeURIComponent(carried(address))}${isKept ? `&kept=${key}` : '&shortened=yes'}`
  }

  function begin(exchange: Exchange, head: RequestHead, service: GatedService, attempt: Attempt): void {
    const nonce = randomBytes(24).toString('base64url')
    const name = service.stateCookiePrefix + nonce.slice(0, 8)
    const value = `${nonce}.${Math.floor(clock.now() / 1000).toString(36)}`
    const cookies = [
      setCookie({ name, value, secure: service.secure, maxAge: stateLifetime }),
      ...surplusStates(head.cookie, service).map((surplus) =>
        setCookie({ name: surplus, value: '', secure: service.secure, maxAge: 0 }),
      ),
    ]
    const address = awayFromEndpoints(attempt.returnTo, service)
    const isLong = address.length > new URL(address).origin.length + maxCarried
    const isKept = isLong && longAddresses.keep(nonce, address, networkOfClient(exchange.request, head))
    const returnTo = isLong ? carriedHref(address) : address
    const shortened = attempt.shortened || (isLong && !isKept)
    if (shortened) log.info({ service: service.name }, 'an address is too long to come back to: its query is left out')
    const state = `${nonce}.${attempt.count}.${hint(returnTo, service)}`
    const { someoneElse } = attempt
    const where = deps.signInUrl({ service: service.name, returnTo, state, shortened, someoneElse })
    redirect(exchange.response, where, cookies)
  }

  function networkOfClient({ socket }: Exchange['request'], { forwardedFor }: RequestHead): string {
    return networkOf(proxies.clientAddress(socket, forwardedFor))
  }

  function start(exchange: Exchange, head: RequestHead, service: GatedService): void {
    const query = queryOf(exchange.request.url)
    const rd = returnParameter(exchange, head, query)
    const returnTo = rd === undefined ? undefined : parseReturnTo(rd, service.origin, origins)
    if (rd === undefined || returnTo === undefined) {
      answers.fail(exchange, { error: new AppError('return-url-not-allowed'), page: true })
      return
    }
    const key = query.get('kept')
    const kept = key === null ? undefined : longAddresses.find(key)
    const whole = kept === undefined ? undefined : parseReturnTo(kept, service.origin, origins)
    begin(exchange, head, service, {
      returnTo: whole ?? returnTo,
      count: 0,
      shortened: isTooLong(rd) || query.has('shortened') || (key !== null && whole === undefined),
      someoneElse: query.get('prompt') === 'login',
    })
  }

  function returnParameter({ request }: Exchange, head: RequestHead, query: URLSearchParams): string | undefined {
    const given = query.getAll('rd')
    if (given.length > 1) return undefined
    // oauth2-proxy's nginx files tell it in a header.
    const told = proxies.trusts(request.socket) ? head.authRequestRedirect : ''
    return given[0] || told || '/'
  }

  async function callback(exchange: Exchange, head: RequestHead, service: GatedService): Promise<void> {
    const query = queryOf(exchange.request.url)
    const state = stateOf(query)
    const codes = query.getAll('code')
    const code = codes.length === 1 ? codes[0] : undefined
    if (state === undefined) {
      answers.fail(exchange, { error: new AppError('invalid-request', { at: 'state' }), page: true })
      return
    }
    if (!holdsState(head.cookie, service, state.nonce)) {
      await restart(exchange, head, service, state)
      return
    }
    if (code === undefined || code === '' || code.length > 512) {
      // The issuer sends a code or nobody: an `error` here is somebody's invention.
      answers.fail(exchange, { error: new AppError('invalid-request', { at: 'code' }), page: true })
      return
    }

    let redeemed: RedeemedCode | undefined
    try {
      const { request } = exchange
      redeemed = await deps.redeemCode({ code, service: service.name, state: state.whole, request })
    } catch (error) {
      answers.fail(exchange, { error: asAppError(error), page: true })
      return
    }
    if (redeemed === undefined) {
      await restart(exchange, head, service, state)
      return
    }
    finish(exchange, head, service, state, redeemed)
  }

  function finish(
    { request, response }: Exchange,
    head: RequestHead,
    service: GatedService,
    state: State,
    { sessionId, session, returnTo }: RedeemedCode,
  ): void {
    if (!isSessionId(sessionId) || session.service !== service.name) {
      const problem = 'the redeemed session belongs to another service, or its id is malformed'
      answers.fail({ request, response }, { error: new AppError('internal-error', { problem }), page: true })
      return
    }
    const maxAge = Math.max(1, Math.floor((session.expiresAt - clock.now()) / 1000))
    const wanted = longAddresses.find(state.nonce) ?? returnTo
    const address = parseReturnTo(wanted, service.origin, origins) ?? `${service.origin}/`
    // Who came through a proxy says so.
    const lead = address.length > maxLocation && head.forwardedFor !== '' ? redirectByPage : redirect
    lead(response, address, [
      setCookie({ name: service.sessionCookie, value: sessionId, secure: service.secure, maxAge }),
      setCookie({
        name: service.stateCookiePrefix + state.nonce.slice(0, 8),
        value: '',
        secure: service.secure,
        maxAge: 0,
      }),
    ])
  }

  /**
   * The state cookie is gone, or the code (Back button, another browser, ten minutes). Who is signed in goes on; else a second try costs
   * nothing, a third would be a loop.
   */
  async function restart(exchange: Exchange, head: RequestHead, service: GatedService, state: State): Promise<void> {
    const returnTo = awayFromEndpoints(whereTo(state, service), service)
    if (await deps.isSignedIn(head, service)) {
      redirect(exchange.response, returnTo)
      return
    }
    if (state.attempt === 1) {
      const signInHref = `${service.origin}/oauth2/start?rd=${encodeURIComponent(returnTo)}`
      answers.fail(exchange, { error: new AppError('login-expired'), page: true, signInHref })
      return
    }
    log.info({ service: service.name }, 'the state of a sign-in was lost: started again')
    begin(exchange, head, service, { returnTo, count: 1, shortened: false, someoneElse: false })
  }

  /** Where a sign-in was to lead to, from what is left of it. */
  function whereTo(state: State, service: GatedService): string {
    const hinted = Buffer.from(state.hint, 'base64url').toString('utf8')
    const target = longAddresses.find(state.nonce) ?? (hinted || '/')
    return parseReturnTo(target, service.origin, origins) ?? `${service.origin}/`
  }

  function holdsState(cookies: string, service: GatedService, nonce: string): boolean {
    const value = cookieValue(cookies, service.stateCookiePrefix + nonce.slice(0, 8))
    if (value === undefined || value.length > 64) return false
    const [written = '', since = ''] = value.split('.')
    // Compared as bytes: the browser may send characters that are more than one.
    const [kept, expected] = [Buffer.from(written), Buffer.from(nonce)]
    if (kept.length !== expected.length || !timingSafeEqual(kept, expected)) return false
    const age = clock.now() / 1000 - Number.parseInt(since, 36)
    return age >= -60 && age <= stateLifetime
  }

  const someoneElseUrl: SignIn['someoneElseUrl'] = (...visit) => `${startUrl(...visit)}&prompt=login`

  return { startUrl, someoneElseUrl, start, callback }
}

/** A sign-in that begins. */
interface Attempt {
  /** Absolute, one of ours. */
  returnTo: string
  /** How often its state was lost. */
  count: 0 | 1
  shortened: boolean
  someoneElse: boolean
}

/** What travels of an address that is too long: its path, or the front page. */
function carried(address: string): string {
  const path = withoutQuery(address)
  return path.length > maxCarried ? '/' : path
}

function carriedHref(href: string): string {
  const { origin } = new URL(href)
  return origin + carried(href.slice(origin.length))
}

/** `nonce.attempt.hint`. The hint is where to come back to when everything else is lost; it is parsed like any return address. */
interface State {
  whole: string
  nonce: string
  attempt: 0 | 1
  hint: string
}

function stateOf(query: URLSearchParams): State | undefined {
  const given = query.getAll('state')
  const whole = given.length === 1 ? (given[0] ?? '') : ''
  const match = /^([\w-]{32})\.([01])\.([\w-]{0,1400})$/.exec(whole)
  if (!match) return undefined
  return { whole, nonce: match[1] ?? '', attempt: match[2] === '1' ? 1 : 0, hint: match[3] ?? '' }
}

function hint(returnTo: string, service: GatedService): string {
  const target = returnTo.startsWith(`${service.origin}/`) ? returnTo.slice(service.origin.length) : ''
  return target === '/' || target.length > 1024 ? '' : Buffer.from(target).toString('base64url')
}

/** Coming back to an endpoint of the gate would begin or end a sign-in again. */
function awayFromEndpoints(returnTo: string, service: GatedService): string {
  return returnTo.startsWith(`${service.origin}/oauth2/`) ? `${service.origin}/` : returnTo
}

/** Names of the state cookies that must go so that a new one fits, oldest first; at most 32 at a time. */
function surplusStates(cookies: string, service: GatedService): string[] {
  const found: { name: string; since: number }[] = []
  for (const pair of cookies.split(';', 128)) {
    const [name = '', value = ''] = pair.trim().split('=', 2)
    if (!name.startsWith(service.stateCookiePrefix) || !/^[\w-]{8}$/.test(name.slice(service.stateCookiePrefix.length)))
      continue
    found.push({ name, since: Number.parseInt(value.split('.')[1] ?? '', 36) || 0 })
  }
  found.sort((a, b) => a.since - b.since)
  return found
    .slice(0, Math.max(0, found.length - maxStates + 1))
    .slice(0, 32)
    .map(({ name }) => name)
}

/** The parameters of a request target. */
export function queryOf(url: string | undefined): URLSearchParams {
  const question = url?.indexOf('?') ?? -1
  return new URLSearchParams(question < 0 ? '' : url?.slice(question + 1))
}
