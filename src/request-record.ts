/**
 * What becomes known of a request while it is answered. Whoever answers it notes what it finds; the log reads it when the answer is over
 * (server/request-log.ts). One object of a fixed shape for each request, because the gate makes one too.
 */
import type { IncomingMessage } from 'node:http'
import type { AppError } from './errors.ts'
import { newRequestId } from './http.ts'

/** The part of the server that answers. */
export type RequestPart = 'gate' | 'provider' | 'login' | 'page' | 'health'

/** A step of a trace (store/traces.ts). */
export interface FailedStep {
  hop: 'product'
  event: string
  status: number
  evidence: Record<string, string>
}

export class RequestRecord {
  /** Its id; made when somebody asks for it. */
  id = ''
  /** The id came with the request, from a trusted proxy. */
  given = false
  /** As `performance.now()` counts. */
  startedAt = 0
  /** The target as it came: the router shortens it. */
  target = ''
  part: RequestPart | '' = ''
  service = ''
  /** Of the gate: `allow`, or another word of gate/decide.ts. */
  decision = ''
  user = ''
  /** The client id of a product. */
  client = ''
  /** Of the request that a proxy asks about, where it is not this one. */
  method = ''
  host = ''
  /** Without the query. */
  path = ''
  /** Where Node knows none: of a connection that changed its protocol. */
  status = 0
  /** Why it was refused. */
  refusal: AppError | undefined = undefined
  /** More about the refusal, for the log; only asked for when it is written. */
  reason: (() => Readonly<Record<string, unknown>>) | undefined = undefined
  /** What the protocol answered instead, as the step of a trace. */
  failure: FailedStep | undefined = undefined
  /** A line of the log tells of the refusal already. */
  logged = false
  /** A trace tells of it already. */
  traced = false
}

const key = Symbol('record')

/** The record of a request, made when it is first asked for. */
export function recordOf(request: IncomingMessage): RequestRecord {
  const kept = request as IncomingMessage & { [key]?: RequestRecord }
  kept[key] ??= new RequestRecord()
  return kept[key]
}

/** The id of a request, which its answer, the log and its trace name. Made when it is first asked for. */
export function requestIdOf(request: IncomingMessage): string {
  const record = recordOf(request)
  if (record.id === '') record.id = newRequestId()
  return record.id
}
