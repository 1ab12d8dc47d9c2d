/**
 * One line for each request, the gate's included, and one for each refusal. The gate answers tens of thousands of requests a second: its
 * lines are put together here, piece by piece, and written in batches (log-writer.ts).
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createBudget } from '../budget.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { type AppError, causeChain } from '../errors.ts'
import type { TrustedProxies } from '../gate/trusted-proxies.ts'
import { newRequestId, rawHeader } from '../http.ts'
import type { Log } from '../log.ts'
import { evidenceOf, type Traces } from '../login/traces.ts'
import { escapedJson } from '../printable.ts'
import { type RequestPart, type RequestRecord, recordOf, requestIdOf } from '../request-record.ts'
import type { Client } from './client-network.ts'
import type { Metrics } from './metrics/metrics.ts'
import { takeGivenId } from './request-ids.ts'

type Access = Config['log']['access']
type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean

export interface RequestLog {
  /** The listener, with a line for each request when its answer is over. */
  around(listener: RequestListener): RequestListener
  /** The same for connections that change their protocol: a line when they close. */
  aroundUpgrade(upgrade: Upgrade): Upgrade
  /** A line for bytes that are no request, such as those of a client that speaks TLS where none is spoken. */
  unreadable(error: Error & { code?: string }, socket: Duplex): void
}

/** Probes come every few seconds and say nothing. */
const usual: Readonly<Record<RequestPart, boolean>> = {
  gate: true,
  provider: true,
  login: true,
  page: true,
  health: false,
}
const minute = 60_000
/** Milliseconds for which a share that is used up is not asked about again. */
const silence = 1_000
const longestPath = 1_000

export function createRequestLog({
  log,
  access,
  base,
  traces,
  clientOf,
  proxies,
  metrics,
  clock,
}: {
  log: Log
  access: Access
  /** Path of the issuer, without a slash at the end. */
  base: string
  traces: Pick<Traces, 'answered' | 'failed'>
  clientOf: (request: IncomingMessage) => Client
  proxies: Pick<TrustedProxies, 'trusts'>
  metrics?: Pick<Metrics, 'answered'> | undefined
  clock: Clock
}): RequestLog {
  const parts = partsOf(access)
  const texts = lineTexts()
  const refusals = createBudget({ each: 60, all: 3_000, window: minute, clock })

  /** False for a request that has begun before: another configuration answers it anew. */
  function begins(request: IncomingMessage, record: RequestRecord): boolean {
    if (record.startedAt !== 0) return false
    record.startedAt = performance.now()
    record.target = request.url ?? ''
    takeGivenId(request, proxies)
    return true
  }

  function end(request: IncomingMessage, record: RequestRecord, [status, aborted]: Outcome): void {
    if (record.part === '') record.part = partAt(shownPath(record.target), base)
    if (metrics !== undefined) metrics.answered(record, status)
    if (parts[record.part] && log.writes('info')) log.write(line(request, record, status, aborted))
    if (record.refusal !== undefined) tellRefusal(request, record, record.refusal)
    else if (record.failure !== undefined)
      traces.answered(record.failure, requestIdOf(request), clientOf(request).network, traceOf(record))
  }

  /** The fields are in the order in which people read them. Texts of others are escaped, and short. */
  function line(request: IncomingMessage, record: RequestRecord, status: number, aborted: boolean): string {
    const duration = milliseconds(performance.now() - record.startedAt)
    // Node lets no other method through than a word; what a proxy tells is any text.
    const method = record.method === '' ? (request.method ?? '') : short(record.method)
    const asked = texts.asked(record.part, method, hostOf(request, record))
    let text = `${texts.start(clock.now())}${requestIdOf(request)}${asked}${json(pathOf(record))},"status":${status},"durationMs":${duration}`
    if (record.client !== '') text += `,"client":${json(record.client)}`
    text += texts.who(record.service, record.user, record.refusal?.code ?? '')
    if (aborted) text += ',"aborted":true'
    return text + texts.end(clientOf(request).address)
  }

  function tellRefusal(request: IncomingMessage, record: RequestRecord, error: AppError): void {
    const { logged, traced } = record
    if (logged && traced) return
    const client = clientOf(request)
    const { address, network } = client
    if (error.status < 500 && !withinShare(client, error)) return
    const facts = {
      ...(record.service === '' ? {} : { service: record.service }),
      ...(record.client === '' ? {} : { client: record.client }),
      ...(record.user === '' ? {} : { user: record.user }),
      method: record.method === '' ? request.method : short(record.method),
      host: hostOf(request, record),
      path: pathOf(record),
      ...record.failure?.evidence,
      ...record.reason?.(),
    }
    if (!logged) writeRefusal(error, { requestId: requestIdOf(request), ...facts, address })
    if (!traced) traces.failed(error, requestIdOf(request), network, { ...traceOf(record), evidence: textsOf(facts) })
  }

  function withinShare(client: Client, { code }: AppError): boolean {
    const now = clock.now()
    if (client.silent?.code === code && now < client.silent.until) return false
    if (refusals.take(`${client.address} ${code}`)) return true
    client.silent = { code, until: now + silence }
    return false
  }

  function writeRefusal(error: AppError, facts: Record<string, unknown>): void {
    const { code, status, message } = error
    const why = error.cause === undefined ? {} : { cause: causeChain(error.cause).slice(0, 600) }
    const event = status >= 500 ? 'request.failed' : 'request.refused'
    const told = { event, code, status, ...evidenceOf(error), ...facts, ...why }
    if (status < 500) log.logger.info(told, message)
    // What nobody expected needs the place in the code; everything else only to find out how a library came to it.
    else if (code === 'internal-error' || log.writes('debug')) log.logger.error({ ...told, err: error }, message)
    else log.logger.error(told, message)
  }

  return {
    around: (listener) => (request, response) => {
      const record = recordOf(request)
      const first = begins(request, record)
      listener(request, response)
      if (!first) return
      if (response.writableEnded) {
        end(request, record, [response.statusCode, false])
        return
      }
      // A connection that is gone tells no address any more, unless it was asked before.
      clientOf(request)
      response.once('close', () => end(request, record, outcome(response)))
    },
    aroundUpgrade: (upgrade) => (request, socket, head) => {
      const record = recordOf(request)
      begins(request, record)
      clientOf(request)
      socket.once('close', () =>
        end(request, record, [record.status || record.refusal?.status || gaveUp, record.status === 0]),
      )
      return upgrade(request, socket, head)
    },
    unreadable: ({ code = '' }, socket) => {
      // Clients leave whenever they like.
      if (code === 'ECONNRESET' || code === 'EPIPE') return
      const address = (socket instanceof Socket ? socket.remoteAddress : undefined) ?? ''
      if (!refusals.take(`${address} unreadable`)) return
      log.logger.info({ event: 'request.unreadable', reason: code, address }, 'what came is no request')
    },
  }
}

/** A trace never has a name that somebody else chose: it would take the place of another one. */
function traceOf({ given }: RequestRecord): { traceId?: string } {
  return given ? { traceId: newRequestId() } : {}
}

/** nginx's status for a client that left before the answer. */
const gaveUp = 499

type Outcome = readonly [status: number, aborted: boolean]

function outcome(response: ServerResponse): Outcome {
  return [response.headersSent ? response.statusCode : gaveUp, !response.writableFinished]
}

function partsOf(access: Access): Readonly<Record<RequestPart, boolean>> {
  if (typeof access === 'object') {
    const { gate = true, provider = true, login = true, page = true, health = usual.health } = access
    return { gate: isOn(gate), provider: isOn(provider), login: isOn(login), page: isOn(page), health: isOn(health) }
  }
  if (isOn(access)) return usual
  return { gate: false, provider: false, login: false, page: false, health: false }
}

function isOn(written: boolean | 'on' | 'off'): boolean {
  return written === true || written === 'on'
}

const ofProvider =
  /^\/(\.well-known\/|(authorize|token|userinfo|jwks|introspect|revoke|logout|device|par|register)(\/|$)|protocol\/)/
const ofLogin = /^\/(login|callback|interaction)(\/|$)/

/** The part by the path, for what the gate does not answer. */
function partAt(path: string, base: string): RequestPart {
  if (path === '/healthz' || path === '/readyz') return 'health'
  const place = path.startsWith(`${base}/`) ? path.slice(base.length) : path
  if (ofProvider.test(place)) return 'provider'
  return ofLogin.test(place) ? 'login' : 'page'
}

function hostOf(request: IncomingMessage, { host }: RequestRecord): string {
  return host === '' ? short(rawHeader(request, 'host') ?? '') : short(host)
}

function pathOf({ path, target }: RequestRecord): string {
  return shownPath(path === '' ? target : path)
}

/**
 * What may be shown of a target: the path alone. A query has codes, states and tokens of sign-ins in it, the parameters of a segment have
 * sessions (`;jsessionid=`), an absolute address may have a password.
 */
export function shownPath(target: string): string {
  const question = target.indexOf('?')
  let path = question < 0 ? target : target.slice(0, question)
  if (!path.startsWith('/')) path = path.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '')
  if (!path.startsWith('/')) return ''
  if (path.includes(';')) path = path.replace(/;[^/]*/g, ';...')
  return path.length > longestPath ? `${path.slice(0, longestPath)}...` : path
}

function short(text: string): string {
  return text.length > 255 ? `${text.slice(0, 255)}...` : text
}

/** Text that JSON, and a terminal, show as it is. */
const plain = /^[ !#-[\]-~]*$/

function json(text: string): string {
  return plain.test(text) ? `"${text}"` : escapedJson(JSON.stringify(text))
}

function textsOf(facts: Record<string, unknown>): Record<string, string> {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined && value !== '')
  return Object.fromEntries(known.map(([name, value]) => [name, String(value).slice(0, 300)]))
}

/** The pieces of a line that are often those of the line before. */
function lineTexts() {
  return {
    start: lastText(
      (time: number) => `{"level":"info","time":"${new Date(time).toISOString()}","event":"request","requestId":"`,
    ),
    asked: lastText(
      (part: RequestPart | '', method: string, host: string) =>
        `","part":"${part}","method":${json(method)},"host":${json(host)},"path":`,
    ),
    who: lastText(
      (service: string, user: string, code: string) =>
        (service === '' ? '' : `,"service":"${service}"`) +
        (user === '' ? '' : `,"user":${json(user)}`) +
        (code === '' ? '' : `,"code":"${code}"`),
    ),
    end: lastText((address: string) => `,"address":${json(address)},"msg":"request"}`),
  }
}

/** Makes a text of up to three values, and keeps the last one. */
function lastText<A>(make: (a: A) => string): (a: A) => string
function lastText<A, B, C>(make: (a: A, b: B, c: C) => string): (a: A, b: B, c: C) => string
function lastText(make: (...values: unknown[]) => string): (...values: unknown[]) => string {
  let [a, b, c]: unknown[] = []
  let text: string | undefined
  return (nextA: unknown, nextB?: unknown, nextC?: unknown) => {
    if (text === undefined || nextA !== a || nextB !== b || nextC !== c) {
      text = make(nextA, nextB, nextC)
      a = nextA
      b = nextB
      c = nextC
    }
    return text
  }
}

/** With three decimals. Most answers take less than some milliseconds, so most of these texts have been made before. */
function milliseconds(duration: number): string {
  const microseconds = Math.round(duration * 1000)
  const made = durations[microseconds]
  if (made !== undefined) return made
  const text = String(microseconds / 1000)
  if (microseconds < mostKept) durations[microseconds] = text
  return text
}

const mostKept = 4_096
const durations = new Array<string | undefined>(mostKept)
