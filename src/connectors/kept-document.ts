/** A document of a provider that is asked for now and then, and outlives the times in which the provider is away. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { isAway } from './away.ts'

export interface KeptDocument<Value> {
  /**
   * The document as of lately. One that is old is asked for again; when the provider is away, or takes too long, the last good one counts
   * for a while. Rejects with what `load` rejects with.
   */
  get(): Promise<Value>
  /** Asks now; with others who ask at the same time, once. */
  renew(): Promise<Value>
  /** Whoever asks next asks anew, although it has just failed. */
  forgetFailure(): void
}

export interface DocumentOptions<Value> {
  /** `maxAge`: milliseconds for which the provider lets it be kept; undefined: it does not say. */
  load: () => Promise<{ value: Value; maxAge: number | undefined }>
  times: DocumentTimes
  clock: Clock
}

/** Milliseconds. */
export interface DocumentTimes {
  /** How long a document is kept when the provider does not say. */
  usual: number
  /** Within which bounds it may say so. */
  least: number
  most: number
  /** How long after that the last good one counts while the provider is away. */
  stale: number
  /** How long a failure is remembered: many who come at once are one question. */
  failure: number
  /** How long somebody waits for a new document when there is an old one. */
  patience: number
}

interface Good<Value> {
  value: Value
  freshUntil: number
  usableUntil: number
}

export function createKeptDocument<Value>({ load, times, clock }: DocumentOptions<Value>): KeptDocument<Value> {
  let good: Good<Value> | undefined
  let failed: { error: unknown; until: number } | undefined
  let asking: Promise<Value> | undefined

  function renew(): Promise<Value> {
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }

  async function ask(): Promise<Value> {
    const began = clock.now()
    try {
      const { value, maxAge = times.usual } = await load()
      const freshUntil = began + Math.min(Math.max(maxAge, times.least), times.most)
      good = { value, freshUntil, usableUntil: freshUntil + times.stale }
      failed = undefined
      return value
    } catch (error) {
      failed = { error, until: clock.now() + times.failure }
      throw error
    }
  }

  async function get(): Promise<Value> {
    const now = clock.now()
    if (good && now < good.freshUntil) return good.value
    const last = good && now < good.usableUntil ? good : undefined
    if (failed && now < failed.until) {
      if (last && isAway(failed.error)) return last.value
      throw failed.error
    }
    return last ? newerThan(last) : renew()
  }

  async function newerThan({ value }: Good<Value>): Promise<Value> {
    const newer = renew()
    // It goes on when nobody waits for it any more.
    newer.catch(() => {})
    const enough = new AbortController()
    try {
      return await Promise.race([newer, sleep(times.patience, value, { ref: false, signal: enough.signal })])
    } catch (error) {
      if (isAway(error)) return value
      throw error
    } finally {
      enough.abort()
    }
  }

  return {
    get,
    renew,
    forgetFailure: () => {
      failed = undefined
    },
  }
}

/** The milliseconds for which an answer may be kept by its headers (RFC 9111 section 5.2.2), less those that it is old. */
export function maxAgeOf(headers: Headers): number | undefined {
  const directives = (headers.get('cache-control') ?? '').toLowerCase()
  if (/(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])/.test(directives)) return 0
  const seconds = /(?:^|[\s,])max-age\s*=\s*"?(\d{1,10})/.exec(directives)?.[1]
  if (seconds === undefined) return undefined
  const age = Number(/^\d{1,10}$/.exec(headers.get('age') ?? '')?.[0] ?? 0)
  return Math.max(0, Number(seconds) - age) * 1_000
}
