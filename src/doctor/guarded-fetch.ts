/**
 * The only way in which doctor calls other machines over HTTP. Addresses come from the configuration or from the provider's own
 * discovery document. It follows no redirect, and allows an answer 256 KiB and five seconds from when the request leaves.
 */
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici'
import { readBounded } from '../bounded-answer.ts'
import { type Trust, tlsOptions } from '../config/network.ts'
import type { Bound } from './bound.ts'

export interface Answer {
  /** Our clock in the middle of the request, milliseconds. */
  askedAt: number
  status: number
  location: string | undefined
  contentType: string
  date: string | undefined
  /** Seconds that a cache has kept the answer. */
  age: number
  body: string
}

export const timeLimit = 5000

/** A form to send, and the Authorization header that goes with it. */
export interface PostedForm {
  parameters: Readonly<Record<string, string>>
  authorization?: string
  /** Forms with one key are the same question. */
  key: string
}

export interface GuardedFetch {
  ask: (url: string) => Promise<Answer>
  /** Sends a form. One whose key has been sent to that address is not sent again: its answer is given again. */
  post: (url: string, form: PostedForm) => Promise<Answer>
  close: () => Promise<void>
}

export interface Surroundings {
  trust: Trust
  proxy: string | undefined
  /** Limits how many requests run at once. */
  bound: Bound
  /** Our clock, milliseconds. */
  now: () => number
  /** Milliseconds for an answer. */
  limit?: number
}

export function createGuardedFetch({ trust, proxy, bound, now, limit = timeLimit }: Surroundings): GuardedFetch {
  const connect = { ...tlsOptions(trust), timeout: limit }
  const dispatcher =
    proxy === undefined
      ? new Agent({ connect, allowH2: false })
      : new ProxyAgent({
          uri: proxy,
          requestTls: connect,
          proxyTls: { timeout: limit },
          proxyTunnel: true,
          allowH2: false,
        })
  const posted = new Map<string, Promise<Answer>>()
  // The limit starts inside the bound: a request that waits its turn has not been sent yet.
  const send = (url: string, form?: PostedForm) => bound(() => ask(url, { dispatcher, now, limit, form }))
  return {
    ask: (url) => send(url),
    post: (url, form) => {
      const key = JSON.stringify([url, form.key])
      const answer = posted.get(key) ?? send(url, form)
      posted.set(key, answer)
      return answer
    },
    close: () => dispatcher.destroy(),
  }
}

/** English, because messages of vendors are recognised by their words. */
const headers = {
  accept: 'application/json, text/html;q=0.9',
  'accept-language': 'en',
  'user-agent': 'gatehouse-doctor',
}

function headersOf({ authorization }: PostedForm): Record<string, string> {
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return authorization === undefined ? type : { ...type, authorization }
}

async function ask(
  url: string,
  {
    dispatcher,
    now,
    limit,
    form,
  }: { dispatcher: Dispatcher; now: () => number; limit: number; form: PostedForm | undefined },
): Promise<Answer> {
  const before = now()
  const response = await request(url, {
    dispatcher,
    headersTimeout: limit,
    bodyTimeout: limit,
    signal: AbortSignal.timeout(limit),
    headers: { ...headers, ...(form ? headersOf(form) : {}) },
    ...(form ? { method: 'POST', body: new URLSearchParams(form.parameters).toString() } : {}),
  })
  return {
    askedAt: (before + now()) / 2,
    status: response.statusCode,
    location: single(response.headers['location']),
    contentType: single(response.headers['content-type']) ?? '',
    date: single(response.headers['date']),
    age: Number(single(response.headers['age']) ?? 0) || 0,
    body: await readBounded(response.body, url),
  }
}

/**
 * The status of the answer to HEAD. Asked as the gate asks services: directly, with the authorities that it believes; it reads no body and
 * follows no redirect. Rejects with the reason.
 *
 * @param limit milliseconds for the answer.
 * @param authorities PEM; undefined: the public ones.
 */
export async function headOf(
  url: string,
  { limit = timeLimit, authorities }: { limit?: number; authorities?: readonly string[] | undefined } = {},
): Promise<number> {
  const connect = { timeout: limit, ...(authorities ? { ca: [...authorities] } : {}) }
  const dispatcher = new Agent({ connect, allowH2: false })
  try {
    const signal = AbortSignal.timeout(limit)
    const options = { method: 'HEAD', dispatcher, headersTimeout: limit, signal, headers } as const
    const { statusCode } = await request(url, options)
    return statusCode
  } finally {
    await dispatcher.destroy()
  }
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
