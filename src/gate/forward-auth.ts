import type { IncomingMessage } from 'node:http'
import { AppError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { recordOf } from '../request-record.ts'
import { type Access, denied, reasonOf, type Verdict } from './access.ts'
import { type Answers, denyAtOnce, type Exchange, preflightRefused, redirect } from './answers.ts'
import { isPreflight, letPageRead, passesAsPreflight } from './cross-origin.ts'
import type { Dialect } from './dialects/dialect.ts'
import { isUnfitToForward } from './forwarded-headers.ts'
import type { GatedService } from './gated-service.ts'
import { anonymousAnswer } from './identity-headers.ts'
import { parseTarget, type Target } from './path.ts'
import { isPageNavigation, type RequestHead, readHead } from './request-head.ts'
import type { SignIn } from './sign-in.ts'
import type { TrustedProxies } from './trusted-proxies.ts'

/** Answers a proxy that asks whether a request may pass: 200 with every identity header, or a refusal that its dialect understands. */
export type ForwardAuth = (dialect: Dialect, exchange: Exchange) => void

export function createForwardAuth(deps: {
  access: Access
  answers: Answers
  hosts: ReadonlyMap<string, GatedService>
  proxies: TrustedProxies
  startUrl: SignIn['startUrl']
  someoneElseUrl: SignIn['someoneElseUrl']
  requestId: (request: IncomingMessage) => string
  log: Logger
}): ForwardAuth {
  const { access, answers, hosts, proxies, startUrl, someoneElseUrl, requestId, log } = deps

  function refuse(exchange: Exchange, dialect: Dialect, error: AppError, page: boolean, signInHref = ''): void {
    if (dialect.passesErrors) answers.fail(exchange, { error, page, signInHref })
    else
      answers.fail(exchange, {
        error,
        page: false,
        status: error.status === 401 || error.status >= 500 ? error.status : 403,
      })
  }

  return (dialect, exchange) => {
    const { request, response } = exchange
    const record = recordOf(request)
    record.part = 'gate'
    if (!proxies.trusts(request.socket)) {
      record.logged = true
      log.warn(
        {
          event: 'request.refused',
          requestId: requestId(request),
          peer: request.socket.remoteAddress,
          path: dialect.prefix,
        },
        'proxy-not-trusted: add the address to listen.trustedProxies',
      )
      answers.fail(exchange, { error: new AppError('proxy-not-trusted'), page: false })
      return
    }

    const head = readHead(request.rawHeaders)
    const rest = dialect.takesRest ? (request.url ?? '').slice(dialect.prefix.length) : ''
    const told = head.repeated
      ? { problem: 'A header that describes the original request came twice.' }
      : dialect.original({ head, method: request.method ?? '', rest }, hosts)
    if ('problem' in told) {
      record.logged = true
      log.warn(
        { event: 'request.refused', requestId: requestId(request), path: dialect.prefix, problem: told.problem },
        'the proxy does not send the original request',
      )
      refuse(exchange, dialect, new AppError('invalid-request', { problem: told.problem }), false)
      return
    }
    const service = hosts.get(told.host) ?? hosts.get(told.host.toLowerCase())
    record.host = told.host
    record.path = told.target ?? ''
    record.method = told.method ?? ''
    if (service === undefined) {
      refuse(exchange, dialect, new AppError('host-unknown', { host: told.host }), false)
      return
    }
    record.service = service.name
    // Guessing would let the client choose: it can add the header that the proxy does not set.
    const untold =
      (told.target === undefined && service.rulesNeedPath && 'path') ||
      (told.method === undefined && (service.rulesNeedMethod || service.preflightsNeedMethod) && 'method')
    if (untold) {
      record.logged = true
      log.warn(
        {
          event: 'request.refused',
          requestId: requestId(request),
          service: service.name,
          path: dialect.prefix,
          untold,
        },
        `the rules of the service need the ${untold}: let the proxy send it`,
      )
      refuse(exchange, dialect, new AppError('invalid-request', { untold }), false)
      return
    }

    const method = told.method ?? 'GET'
    const page = isPageNavigation(method, head)
    const target = parseTarget(told.target ?? '/', told.host, service.paths)
    if (target === undefined) {
      letPageRead(response, service, head)
      refuse(exchange, dialect, new AppError('path-ambiguous'), page)
      return
    }
    if (isPreflight(method, head) && passesAsPreflight(request, service, head)) {
      if (isUnfitToForward(request.rawHeaders, { kindOf: service.headerKind, method })) {
        refuse(exchange, dialect, new AppError('header-refused'), page)
        return
      }
      response.writeHead(200, [...anonymousAnswer, 'X-Request-Id', requestId(request)]).end()
      return
    }
    access.admit(
      { service, head, method, target, page },
      (verdict) => {
        record.user = verdict.credential?.identity.username ?? ''
        record.decision = verdict.decision
        if (verdict.decision === 'allow') {
          const judged = { kindOf: service.headerKind, method: service.rulesNeedMethod ? method : undefined }
          if (isUnfitToForward(request.rawHeaders, judged)) {
            refuse(exchange, dialect, new AppError('header-refused'), page)
            return
          }
          const answer = verdict.credential?.headers.answer ?? anonymousAnswer
          response.writeHead(200, [...answer, 'X-Request-Id', requestId(request)])
          response.end()
          return
        }
        deny({ exchange, head, dialect, service, target, method, page, verdict })
      },
      (error) => answers.broken(exchange, error),
    )
  }

  function deny({ exchange, head, dialect, service, target, method, page, verdict }: Denial): void {
    const { request, response } = exchange
    const { decision, error } = verdict
    // Not in the answer to what passes: proxies copy headers from it.
    if (!page) letPageRead(response, service, head)
    if (error) {
      if (error.status === 401) answers.fail(exchange, { error, page: false, challenge: service.tokenChallenge })
      else refuse(exchange, dialect, error, page)
      return
    }
    if (decision !== 'sign-in') recordOf(request).reason = reasonOf(verdict, { service, head, method, target })
    if (decision === 'forbidden') {
      const signInHref = page ? someoneElseUrl(exchange, head, { service, target: target.target }) : ''
      refuse(exchange, dialect, denied(verdict, { service, method, target }), page, signInHref)
      return
    }
    if (decision !== 'sign-in' && isPreflight(method, head)) {
      answers.fail(exchange, preflightRefused(service))
      return
    }
    if (decision !== 'sign-in') {
      denyAtOnce(exchange, service, requestId(request))
      return
    }
    if (dialect.signIn === 'redirect') {
      response.setHeader('X-Request-Id', requestId(request))
      redirect(response, startUrl(exchange, head, { service, target: target.target }))
      return
    }
    // Absolute: nginx and Traefik would resolve a relative one against themselves or against the gate.
    const location = startUrl(exchange, head, { service, target: target.target })
    denyAtOnce(exchange, service, requestId(request), ['Location', location])
  }
}

interface Denial {
  exchange: Exchange
  head: RequestHead
  dialect: Dialect
  service: GatedService
  target: Target
  method: string
  page: boolean
  verdict: Verdict
}
