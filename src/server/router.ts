/**
 * Which part answers a request, by host and path. In this order: documents that are ready as bytes, the gate (raw, synchronous for
 * known sessions and tokens), the provider, the pages.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate/gate.ts'
import { demandHttps, pathOf, rawHeader, sendJson } from '../http.ts'
import type { OpenIdProvider } from '../provider/contract.ts'
import { boundRest } from '../request-body.ts'
import { requestIdOf } from '../request-record.ts'
import type { Turns } from '../turns.ts'
import { bodyTimes, limitBodyTime } from './body-time.ts'
import type { ErrorPages } from './error-pages.ts'
import { isForPrograms } from './program-answers.ts'
import type { Readiness } from './readiness.ts'
import { Count } from './under-way.ts'

const discoveryPaths = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']
const reading = ['GET', 'HEAD']
const byBrowsers = [...reading, 'POST']
const byPrograms = ['POST', 'OPTIONS']

/** The provider's paths with their methods; it would answer others with a line of text. */
const providerPaths: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...discoveryPaths.map((path) => [path, [...reading, 'OPTIONS']] as [string, readonly string[]]),
  ['/authorize', byBrowsers],
  ['/introspect', byPrograms],
  ['/jwks', [...reading, 'OPTIONS']],
  ['/logout', byBrowsers],
  ['/logout/confirm', ['POST']],
  ['/logout/success', reading],
  ['/par', byPrograms],
  ['/protocol/openid-connect/userinfo', [...reading, ...byPrograms]],
  ['/revoke', byPrograms],
  ['/token', byPrograms],
  ['/userinfo', [...reading, ...byPrograms]],
])

/** Where a sign-in goes on; the last part is the id of the attempt. */
const resuming = /^\/authorize\/[\w-]+$/

function methodsOf(path: string): readonly string[] | undefined {
  return providerPaths.get(path) ?? (resuming.test(path) ? reading : undefined)
}

/** Answers every request. */
export interface Router {
  answer: RequestListener
  /** Whether a page, or a request to the provider, is being answered. */
  isBusy(): boolean
  /** Resolves as soon as no page, and no request to the provider, is being answered. */
  quiet(): Promise<void>
}

export function createRouter({
  base,
  hosts,
  secure,
  gate,
  provider,
  pages,
  turns,
  readiness,
  refuse,
  refuseProgram,
}: {
  /** Path of the issuer, without a slash at the end. */
  base: string
  /** Hosts of the issuer. */
  hosts: ReadonlySet<string>
  /** Whether the issuer is https. */
  secure: boolean
  gate: Pick<Gate, 'handle' | 'serviceAt'>
  provider: Pick<OpenIdProvider, 'jwks' | 'discovery' | 'handle' | 'within'>
  /** Answers every other path. */
  pages: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  turns: Turns
  readiness: Pick<Readiness, 'asked'>
  refuse: ErrorPages['refuse']
  /** The same for programs, in the form of their RFCs. */
  refuseProgram: ErrorPages['refuse']
}): Router {
  // The others are added on their first request.
  const documents = new Map([[`${base}/jwks`, provider.jwks]])
  // RFC 8414 section 3.1 puts the issuer's path behind the well-known one, Discovery 1.0 section 4 before it; clients do both with both.
  const inserted = new Map(base === '' ? [] : discoveryPaths.map((path) => [path + base, path]))

  const answering = new Count()

  return { answer, isBusy: () => answering.count > 0, quiet: () => answering.quiet() }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const document = documents.get(request.url ?? '')
    if (document && isRead(request) && hosts.has(rawHeader(request, 'host') ?? ''))
      document.answer(request, response, ['x-request-id', requestIdOf(request)])
    else if (gate.handle(request, response)) turns.noteOthers()
    else route(request, response)
  }

  function route(request: IncomingMessage, response: ServerResponse): void {
    limitBodyTime(request, bodyTimes.page)
    const target = request.url ?? '/'
    const path = pathOf(target)
    boundRest(request, response)
    response.setHeader('x-request-id', requestIdOf(request))
    if ((path === '/healthz' || path === '/readyz') && !isRead(request)) {
      response.setHeader('allow', reading.join(', '))
      refuseProgram(request, response, new AppError('method-not-allowed', { method: request.method, path }))
      return
    }
    if (path === '/healthz') {
      sendJson(response, 200, { status: 'ok' })
      return
    }
    if (path === '/readyz') {
      void readiness.asked().then((report) => {
        const status = report.ready ? 'ok' : report.draining ? 'draining' : 'unavailable'
        sendJson(response, report.ready ? 200 : 503, { status, ...report })
      })
      return
    }
    // A host is required (RFC 9112 section 3.2); Node and Hono answer these without headers, or read them in their own way.
    if (request.headers.host === undefined || !target.startsWith('/') || path.includes('\\')) {
      refuse(request, response, new AppError('invalid-request', { reason: 'no host, or no path' }))
      return
    }
    const host = request.headers.host
    const document = inserted.get(path)
    const below = base === '' || path === base || path.startsWith(`${base}/`) || document !== undefined
    if (!hosts.has(host) || !below) {
      refuse(request, response, below ? unserved(host) : new AppError('not-found', { host }))
      return
    }
    if (secure) demandHttps(response)
    const place = document ?? (path.slice(base.length) || '/')
    request.url = document === undefined ? target.slice(base.length) || '/' : document + target.slice(path.length)
    const no = isForPrograms(place) ? refuseProgram : refuse
    answering.begin()
    turns.run(() => {
      serve(request, response, place)
        .catch((cause: unknown) => no(request, response, cause))
        .finally(() => answering.end())
    })
  }

  /** The gate has left a service's own host to us: nobody has said where the service is. */
  function unserved(host: string): AppError {
    const service = gate.serviceAt(host)
    return service === undefined
      ? new AppError('host-unknown', { host })
      : new AppError('upstream-missing', { host, service })
  }

  async function serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const methods = methodsOf(path)
    if (methods === undefined) {
      if (isForPrograms(path)) throw new AppError('not-found', { path })
      return provider.within(request, response, () => pages(request, response))
    }
    const { method = '' } = request
    if (method === 'OPTIONS' && request.headers['access-control-request-method'] === undefined) {
      return sayMethods(response, methods)
    }
    if (!methods.includes(method)) {
      response.setHeader('allow', methods.join(', '))
      throw new AppError('method-not-allowed', { method, path })
    }
    if (!discoveryPaths.includes(path) || method === 'OPTIONS') return provider.handle(request, response)
    const document = await provider.discovery()
    for (const known of discoveryPaths) {
      documents.set(base + known, document)
      documents.set(known + base, document)
    }
    return document.answer(request, response)
  }
}

/** An `OPTIONS` that is no preflight of a browser (RFC 9110 section 9.3.7). */
function sayMethods(response: ServerResponse, methods: readonly string[]): void {
  const allow = [...new Set([...methods, 'OPTIONS'])].join(', ')
  response.writeHead(204, { allow, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }).end()
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}
