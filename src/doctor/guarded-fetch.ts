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

export interface GuardedFetch {
  ask: (url: string) => Promise<Answer>
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
  // The limit starts inside the bound: a request that waits its turn has not been sent yet.
  return {
    ask: (url) => bound(() => ask(url, { dispatcher, now, limit })),
    close: () => dispatcher.destroy(),
  }
}

async function ask(
  url: string,
  { dispatcher, now, limit }: { dispatcher: Dispatcher; now: () => number; limit: number },
): Promise<Answer> {
  const before = now()
  const response = await request(url, {
    dispatcher,
    headersTimeout: limit,
    bodyTimeout: limit,
    signal: AbortSignal.timeout(limit),
    // English, because messages of vendors are recognised by their words.
    headers: { accept: 'application/json, text/html;q=0.9', 'accept-language': 'en', 'user-agent': 'gatehouse-doctor' },
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

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
