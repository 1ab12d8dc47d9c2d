import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { setCookie } from '../cookies.ts'
import { AppError, asAppError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { type Answers, type Exchange, redirect } from './answers.ts'
import { cookieValue, isSessionId } from './cookies.ts'
import type { GatedService } from './gated-service.ts'
import type { ServiceSession } from './identity.ts'
import type { RequestHead } from './request-head.ts'
import { parseReturnTo } from './return-url.ts'
import type { TrustedProxies } from './trusted-proxies.ts'

/** `/oauth2/start` and `/oauth2/callback`: sends someone to the sign-in page and takes them back. */
export interface SignIn {
  start(exchange: Exchange, head: RequestHead, service: GatedService): void
  callback(exchange: Exchange, head: RequestHead, service: GatedService): Promise<void>
}

export interface SignInDependencies {
  answers: Answers
  proxies: TrustedProxies
  /** Where people may be sent afterwards. */
  origins: ReadonlySet<string>
  redeemCode(input: { code: string; service: string; state: string }): Promise<RedeemedCode | undefined>
  signInUrl(input: { service: string; returnTo: string; state: string }): string
  clock: Clock
  log: Logger
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

/** Where the gate begins a sign-in that comes back to `target`, a path and query of the service. Absolute. */
export function startUrl(service: GatedService, target: string): string {
  // Some proxies take only 4 kB of answer head: an address that is too long comes back to the front page.
  const rd = target.length > 1024 ? '/' : target
  return `${service.origin}/oauth2/start?rd=${encodeURIComponent(rd)}`
}

export function createSignIn(deps: SignInDependencies): SignIn {
  const { answers, clock, log, origins } = deps

  function begin(
    { response }: Exchange,
    head: RequestHead,
    service: GatedService,
    returnTo: string,
    attempt: 0 | 1,
  ): void {
    const nonce = randomBytes(24).toString('base64url')
    const name = service.stateCookiePrefix + nonce.slice(0, 8)
    const value = `${nonce}.${Math.floor(clock.now() / 1000).toString(36)}`
    const cookies = [
      setCookie({ name, value, secure: service.secure, maxAge: stateLifetime }),
      ...surplusStates(head.cookie, service).map((surplus) =>
        setCookie({ name: surplus, value: '', secure: service.secure, maxAge: 0 }),
      ),
    ]
    const state = `${nonce}.${attempt}.${hint(returnTo, service)}`
    redirect(response, deps.signInUrl({ service: service.name, returnTo, state }), cookies)
  }

  function start(exchange: Exchange, head: RequestHead, service: GatedService): void {
    const rd = returnParameter(exchange, head)
    const returnTo = rd === undefined ? undefined : parseReturnTo(rd, service.origin, origins)
    if (returnTo === undefined) {
      answers.fail(exchange, { error: new AppError('return-url-not-allowed'), page: true })
      return
    }
    begin(exchange, head, service, awayFromEndpoints(returnTo, service), 0)
  }

  function returnParameter({ request }: Exchange, head: RequestHead): string | undefined {
    const given = queryOf(request.url).getAll('rd')
    if (given.length > 1) return undefined
    // oauth2-proxy's nginx files tell it in a header.
    const told = deps.proxies.trusts(request.socket) ? head.authRequestRedirect : ''
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
      restart(exchange, head, service, state)
      return
    }
    if (code === undefined || code === '' || code.length > 512) {
      // The issuer sends a code or nobody: an `error` here is somebody's invention.
      answers.fail(exchange, { error: new AppError('invalid-request', { at: 'code' }), page: true })
      return
    }

    let redeemed: RedeemedCode | undefined
    try {
      redeemed = await deps.redeemCode({ code, service: service.name, state: state.whole })
    } catch (error) {
      answers.fail(exchange, { error: asAppError(error), page: true })
      return
    }
    if (redeemed === undefined) {
      restart(exchange, head, service, state)
      return
    }
    finish(exchange, service, state, redeemed)
  }

  function finish(
    { request, response }: Exchange,
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
    redirect(response, parseReturnTo(returnTo, service.origin, origins) ?? `${service.origin}/`, [
      setCookie({ name: service.sessionCookie, value: sessionId, secure: service.secure, maxAge }),
      setCookie({
        name: service.stateCookiePrefix + state.nonce.slice(0, 8),
        value: '',
        secure: service.secure,
        maxAge: 0,
      }),
    ])
  }

  /** The state cookie is gone (Back button, another browser, ten minutes): a second try costs nothing, a third would be a loop. */
  function restart(exchange: Exchange, head: RequestHead, service: GatedService, state: State): void {
    if (state.attempt === 1) {
      answers.fail(exchange, { error: new AppError('login-expired'), page: true })
      return
    }
    log.info({ service: service.name }, 'the state of a sign-in was lost: started again')
    const target = Buffer.from(state.hint, 'base64url').toString('utf8')
    const returnTo = parseReturnTo(target || '/', service.origin, origins) ?? `${service.origin}/`
    begin(exchange, head, service, awayFromEndpoints(returnTo, service), 1)
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

  return { start, callback }
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
