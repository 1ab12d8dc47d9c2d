import type { IncomingMessage, ServerResponse } from 'node:http'
import { announcesBody } from '../request-body.ts'
import { answerUnreadable } from './bare-answer.ts'

/**
 * Milliseconds. Node's own limit holds for every request of a server, and an upload to a service takes as long as it takes: so it is
 * switched off, and the body of everything but a forwarded request is limited here.
 */
export interface BodyTimes {
  /** For a body that this server itself reads. */
  page: number
  /** For what still comes after the answer was sent, such as the rest of an upload that the gate refused. */
  rest: number
}

export const bodyTimes: BodyTimes = { page: 300_000, rest: 30_000 }

/** Ends the connection, with a 408 when no answer has begun, if the body has not arrived in that time (RFC 9110, 15.5.9). */
export function limitBodyTime(request: IncomingMessage, time: number): void {
  if (!announcesBody(request)) return
  ifIncompleteAfter(time, request, () => {
    const tooSlow = Object.assign(new Error('the body took too long'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
    answerUnreadable(tooSlow, request.socket)
  })
}

/** Ends the connection if the body still comes so long after the answer: another answer would be one to the next request. */
export function limitRestTime(request: IncomingMessage, response: ServerResponse, time: number): void {
  response.once('finish', () => ifIncompleteAfter(time, request, () => request.socket.destroySoon()))
}

function ifIncompleteAfter(time: number, request: IncomingMessage, end: () => void): void {
  if (request.complete) return
  const timer = setTimeout(() => {
    if (!request.complete) end()
  }, time).unref()
  request.once('close', () => clearTimeout(timer))
}
