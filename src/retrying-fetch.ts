/** Calls that failed by chance, made again: those that may be made twice, and those that nobody can have taken. */
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from './errors.ts'

type Ask = (url: string | URL, init: RequestInit) => Promise<Response>

export interface Retrying {
  /** Waits so many milliseconds. Rejects when the signal is aborted. */
  pause?: (time: number, signal: AbortSignal | undefined) => Promise<unknown>
  /** From 0 to 1. */
  random?: () => number
}

/** Milliseconds before the second and the third attempt, at most: the time is random, so that those who failed together do not come back together. */
const longestPauses = [200, 600]
/** Milliseconds that an answer with `Retry-After` may ask for; whoever waits for a page is told sooner. */
const longestWish = 1_000

/** Gateways say these while the server behind them starts (RFC 9110 section 15.6). */
const passing: ReadonlySet<number> = new Set([502, 503, 504])
/** No connection came about, so nothing was sent. */
const notSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
/** A connection that ended before its answer: whoever reads only may ask again. */
const cutOff: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
])

/**
 * The same fetch with up to two more attempts, within the time that `init.signal` gives. Requests that only read are repeated after a
 * connection that broke and after 502, 503 and 504; any other, such as that of a token, only when there was no connection at all.
 */
export function retryingFetch(ask: Ask, { pause = pauseFor, random = Math.random }: Retrying = {}): Ask {
  return async (url, init) => {
    const isRead = /^(?:GET|HEAD)$/i.test(init.method ?? 'GET')
    for (let attempt = 0; ; attempt++) {
      const longest = longestPauses[attempt]
      const outcome = await ask(url, init).catch((error: unknown) => ({ error }))
      const wanted = longest === undefined ? undefined : pauseAfter(outcome, { isRead, longest, random })
      if (wanted === undefined || init.signal?.aborted) {
        if (outcome instanceof Response) return outcome
        throw outcome.error
      }
      await pause(wanted, init.signal ?? undefined)
    }
  }
}

function pauseAfter(
  outcome: Response | { error: unknown },
  { isRead, longest, random }: { isRead: boolean; longest: number; random: () => number },
): number | undefined {
  const jitter = Math.round(longest * random())
  if (!(outcome instanceof Response)) return mayBeRepeated(outcome.error, isRead) ? jitter : undefined
  if (!isRead || !passing.has(outcome.status)) return undefined
  const wish = Number(outcome.headers.get('retry-after') ?? 0) * 1_000
  return wish >= 0 && wish <= longestWish ? Math.max(wish, jitter) : undefined
}

function mayBeRepeated(error: unknown, isRead: boolean): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++) {
    if (at instanceof AppError && at.code === 'proxy-unreachable') return true
    const code = 'code' in at ? String(at.code) : ''
    if (notSent.has(code) || (isRead && cutOff.has(code))) return true
  }
  return false
}

function pauseFor(time: number, signal: AbortSignal | undefined): Promise<unknown> {
  return sleep(time, undefined, signal ? { signal } : {})
}
