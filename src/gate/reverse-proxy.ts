import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { AppError } from '../errors.ts'
import { demandHttps, rawHeader } from '../http.ts'
import { recordOf } from '../request-record.ts'
import { type Access, denied, reasonOf, type Verdict } from './access.ts'
import { type Answers, denyAtOnce, type Exchange, errorBody, preflightRefused, redirect } from './answers.ts'
import { isPreflight, letPageRead, passesAsPreflight } from './cross-origin.ts'
import { forwardedHeaders } from './forwarded-headers.ts'
import type { GatedService } from './gated-service.ts'
import type { LiveConnections } from './live-connections.ts'
import { parseTarget, type Target } from './path.ts'
import { isPageNavigation, isSafe, type RequestHead } from './request-head.ts'
import type { Credential } from './session-cache.ts'
import type { SignIn } from './sign-in.ts'
import type { TrustedProxies } from './trusted-proxies.ts'
import { rawHead, tunnelWebsocket } from './tunnel.ts'
import type { Onward, Upstream } from './upstream.ts'

/** Stands in front of services that have an `upstream`. */
export interface ReverseProxy {
  /** A request whose host names such a service and whose target is read already. */
  handle(exchange: Exchange, visit: Visit): void
  /** A websocket for such a service. Writes its own answers: Node has handed the socket over. */
  upgrade(request: IncomingMessage, socket: Duplex, first: Buffer, visit: Omit<Visit, 'target'>): void
}

export interface Visit {
  service: GatedService
  head: RequestHead
  target: Target
}

export function createReverseProxy(deps: {
  access: Access
  answers: Answers
  proxies: TrustedProxies
  live: LiveConnections
  /** By the name of the service. */
  upstreams: ReadonlyMap<string, Upstream>
  /** Authorities (PEM) that are believed at upstreams; absent: the public ones. */
  authorities: readonly string[] | undefined
  startUrl: SignIn['startUrl']
  someoneElseUrl: SignIn['someoneElseUrl']
  requestId: (request: IncomingMessage) => string
  /** Answers a request from the beginning, by what holds now; absent: here. */
  answerAnew: ((exchange: Exchange) => void) | undefined
}): ReverseProxy {
  const { access, answers, proxies, live, upstreams, startUrl, someoneElseUrl, requestId } = deps

  function handle(exchange: Exchange, { service, head, target }: Visit): void {
    const method = exchange.request.method ?? ''
    // TRACE would hand cookies and tokens back to whoever asks (RFC 9110, 9.3.8).
    if (method === 'TRACE' || method === 'CONNECT') {
      answers.fail(exchange, { error: new AppError('method-not-allowed'), page: false })
      return
    }
    if (isPreflight(method, head) && passesAsPreflight(exchange.request, service, head)) {
      forward(exchange, { service, head, target }, undefined)
      return
    }
    const page = isPageNavigation(method, head)
    access.admit(
      { service, head, method, target, page },
      (verdict) => {
        const record = recordOf(exchange.request)
        record.user = verdict.credential?.identity.username ?? ''
        record.decision = verdict.decision
        if (verdict.decision === 'allow') forward(exchange, { service, head, target }, verdict.credential)
        else deny(exchange, { service, head, target, page, verdict })
      },
      (error) => answers.broken(exchange, error),
    )
  }

  function deny(
    exchange: Exchange,
    { service, head, target, page, verdict }: Visit & { page: boolean; verdict: Verdict },
  ): void {
    const { request, response } = exchange
    const { decision, error } = verdict
    const method = request.method ?? ''
    if (error === undefined && decision !== 'sign-in')
      recordOf(request).reason = reasonOf(verdict, { service, head, method, target })
    if (service.secure) demandHttps(response)
    if (!page) letPageRead(response, service, head)
    if (error?.status === 401) answers.fail(exchange, { error, page: false, challenge: service.tokenChallenge })
    else if (error) answers.fail(exchange, { error, page })
    else if (decision === 'forbidden') {
      const signInHref = page ? someoneElseUrl(exchange, head, { service, target: target.target }) : ''
      answers.fail(exchange, { error: denied(verdict, { service, method, target }), page, signInHref })
    } else if (decision === 'sign-in') {
      response.setHeader('X-Request-Id', requestId(request))
      redirect(response, startUrl(exchange, head, { service, target: target.target }))
    } else if (isPreflight(method, head)) answers.fail(exchange, preflightRefused(service))
    else denyAtOnce(exchange, service, requestId(request))
  }

  function forward(exchange: Exchange, { service, head, target }: Visit, credential: Credential | undefined): void {
    const { request, response } = exchange
    const upstream = upstreams.get(service.name)
    if (upstream === undefined) throw new AppError('internal-error', { problem: `no upstream of ${service.name}` })
    const headers = onwardHeaders(request, service, head, credential)
    if (headers === undefined) {
      answers.fail(exchange, { error: new AppError('header-refused'), page: false })
      return
    }
    const onward: Onward = {
      credential,
      service: service.name,
      method: request.method ?? '',
      live,
      target: target.target,
      headers,
      requestId: requestId(request),
      unreachable(cause) {
        const error = upstreamFault(service, cause)
        if (error.code === 'request-too-slow') response.setHeader('Connection', 'close')
        answers.fail(exchange, { error, page: isPageNavigation(request.method ?? '', head) })
      },
      close: (why) => (why === 'stopping' ? stopped : revoked)(exchange, { service, head, target }, onward),
    }
    if (live.add(onward)) upstream.forward(request, response, onward)
    else onward.close('revoked')
  }

  /** What the answer was begun with has ended. One that the client has not seen yet is decided again, as if it was asked for now. */
  function revoked(exchange: Exchange, visit: Visit, onward: Onward): void {
    const { request, response } = exchange
    onward.sent?.giveUp()
    if (response.headersSent || response.destroyed) {
      response.destroy()
    } else if (isSafe(request.method) && !hasBody(request)) {
      if (deps.answerAnew) deps.answerAnew(exchange)
      else handle(exchange, visit)
    } else {
      // An upload that is under way ends with its connection.
      response.setHeader('Connection', 'close')
      answers.fail(exchange, {
        error: new AppError('sign-in-required'),
        page: false,
        challenge: visit.service.challenge,
      })
    }
  }

  /** The server stops before the answer is over. Only an event stream may end early and look whole. */
  function stopped(exchange: Exchange, { head }: Visit, { sent }: Onward): void {
    const { request, response } = exchange
    const mayEnd = response.headersSent && sent?.isEventStream() === true
    sent?.giveUp()
    if (mayEnd) response.end()
    else if (response.headersSent || response.destroyed) response.destroy()
    else {
      response.setHeader('Connection', 'close').setHeader('Retry-After', '5')
      answers.fail(exchange, {
        error: new AppError('server-stopping'),
        page: isPageNavigation(request.method ?? '', head),
      })
    }
  }

  function onwardHeaders(
    request: IncomingMessage,
    service: GatedService,
    head: RequestHead,
    credential: Credential | undefined,
  ): string[] | undefined {
    const origin = [
      'Host',
      service.host,
      'X-Forwarded-For',
      proxies.clientAddress(request.socket, head.forwardedFor),
      'X-Forwarded-Host',
      service.host,
      'X-Forwarded-Proto',
      service.secure ? 'https' : 'http',
    ]
    // So that the log of the service and ours name a request alike.
    if (rawHeader(request, 'x-request-id') === undefined) origin.push('X-Request-Id', requestId(request))
    return forwardedHeaders({
      raw: request.rawHeaders,
      own: credential === undefined ? [origin] : [origin, credential.headers.forward],
      kindOf: service.headerKind,
      dropAuthorization: credential !== undefined && credential.session === undefined,
      dropMethodOverrides: service.rulesNeedMethod,
    })
  }

  function upgrade(
    request: IncomingMessage,
    socket: Duplex,
    first: Buffer,
    { service, head }: Omit<Visit, 'target'>,
  ): void {
    const refuse = (error: AppError, challenge?: string) =>
      refuseUpgrade({ request, socket, error, ...(challenge === undefined ? {} : { challenge }) })
    const key = request.headers['sec-websocket-key']
    // `h2c` and other protocols would leave the gate blind to what follows.
    if (
      request.headers.upgrade?.toLowerCase() !== 'websocket' ||
      request.method !== 'GET' ||
      key === undefined ||
      hasBody(request) ||
      head.repeated
    ) {
      refuse(new AppError('invalid-request'))
      return
    }
    const target = parseTarget(request.url ?? '', head.host, service.paths)
    if (target === undefined) {
      refuse(new AppError('path-ambiguous'))
      return
    }
    // Browsers send cookies with a websocket of any page, and always an Origin (RFC 6455, 10.2).
    if (head.origin !== '' && head.origin !== service.origin) {
      refuse(new AppError('cross-site-request'))
      return
    }
    access.admit(
      { service, head, method: 'GET', target, page: false },
      (verdict) => {
        const { decision, credential, error } = verdict
        if (socket.destroyed) return
        const record = recordOf(request)
        record.user = credential?.identity.username ?? ''
        if (error === undefined && decision !== 'allow')
          record.reason = reasonOf(verdict, { service, head, method: 'GET', target })
        if (error) refuse(error, service.tokenChallenge)
        else if (decision === 'forbidden') refuse(new AppError('access-denied'))
        else if (decision !== 'allow') refuse(new AppError('sign-in-required'), service.challenge)
        else if (credential?.session && head.origin === '') refuse(new AppError('cross-site-request'))
        else tunnel({ request, socket, first, key, target, service, head, credential })
      },
      (error) => refuse(new AppError('internal-error', {}, { cause: error })),
    )
  }

  function tunnel({ request, socket, first, key, target, service, head, credential }: TunnelVisit): void {
    if (service.upstream === undefined) return
    recordOf(request).decision = 'allow'
    const headers = onwardHeaders(request, service, head, credential)
    if (headers === undefined) {
      refuseUpgrade({ request, socket, error: new AppError('header-refused') })
      return
    }
    // Silence is normal in a websocket.
    if (socket instanceof Socket) socket.setTimeout(0).setNoDelay(true)
    tunnelWebsocket({
      upstream: service.upstream,
      service: new URL(service.origin).hostname,
      authorities: deps.authorities,
      timeout: service.timeout,
      target: target.target,
      headers,
      key,
      socket,
      first,
      answered: (status) => {
        recordOf(request).status = status
      },
      opened: (close) => {
        const connection = { credential, service: service.name, method: 'GET', target: target.target, close }
        if (!live.add(connection)) close('revoked')
        return () => live.remove(connection)
      },
      unreachable(cause) {
        refuseUpgrade({
          request,
          socket,
          error: upstreamFault(service, cause),
        })
      },
    })
  }

  function refuseUpgrade({
    request,
    socket,
    error,
    challenge,
  }: {
    request: IncomingMessage
    socket: Duplex
    error: AppError
    challenge?: string
  }): void {
    const record = recordOf(request)
    record.refusal = error
    record.status = error.status
    const body = errorBody(error, requestId(request))
    const headers = [
      'Content-Type',
      'application/json',
      'Content-Length',
      String(Buffer.byteLength(body)),
      'Cache-Control',
      'no-store',
      'Connection',
      'close',
      'X-Request-Id',
      requestId(request),
    ]
    if (challenge !== undefined && error.status === 401) headers.push('WWW-Authenticate', challenge)
    socket.on('error', () => socket.destroy())
    socket.end(rawHead(error.status, headers) + body, () => socket.destroy())
  }

  return { handle, upgrade }
}

interface TunnelVisit extends Visit {
  request: IncomingMessage
  socket: Duplex
  first: Buffer
  key: string
  credential: Credential | undefined
}

/** What went wrong on the way to the service, with its name. */
function upstreamFault({ name: service, timeout }: GatedService, cause: Error): AppError {
  const code = 'code' in cause ? cause.code : undefined
  const seconds = timeout / 1000
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'handshake-timeout')
    return new AppError('upstream-timeout', { service, seconds }, { cause })
  if (code === 'upload-stands-still') return new AppError('request-too-slow', { service, seconds }, { cause })
  return new AppError('upstream-unreachable', { service }, { cause })
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}
