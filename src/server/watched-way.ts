/**
 * Looks at the provider of one way in without anybody signing in: when the server has started, again and again while it is away, and when its
 * button is shown. Nobody waits for a look.
 */
import type { Clock } from '../clock.ts'
import type { Presence } from '../connectors/contract.ts'
import { type AppError, asAppError, type ErrorCode } from '../errors.ts'

export interface WatchedWay {
  /** Why the provider is not expected to sign anybody in at the moment; undefined when it is, or when nothing is known yet. */
  code(): ErrorCode | undefined
  /** Somebody sees the button: what is known may be old. */
  shown(): void
  /** A sign-in has failed by what may be the provider's absence, or has succeeded. */
  told(outcome: 'succeeded' | 'away'): void
  stop(): void
}

export interface WatchOptions {
  connector: Presence
  clock: Clock
  /** Ends a look. */
  stopped: AbortSignal
  /** Called after each look, with what was wrong. */
  looked: (error: AppError | undefined) => void
  random?: () => number
  /** Calls back after so many milliseconds, and keeps no process for it. */
  after?: (time: number, work: () => void) => { cancel(): void }
}

/** Milliseconds. A look that takes longer says something by that. */
const slow = 3_000
/** Before a provider that answers is looked at again because somebody sees its button; most looks then ask nothing. */
const shownAgain = 30_000
/** Before it is looked at because sign-ins there fail. */
const failedAgain = 5_000
/** Between looks at one that is away: twice as long after each, and a random part more, so that servers do not come together. */
const pauses = { first: 5_000, most: 60_000 }

export function watchWay({
  connector,
  clock,
  stopped,
  looked,
  random = Math.random,
  after = afterAll,
}: WatchOptions): WatchedWay {
  let code: ErrorCode | undefined
  let failures = 0
  let lookingSince: number | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let next: { cancel(): void } | undefined
  let isOver = false

  function look(): void {
    if (isOver || stopped.aborted || lookingSince !== undefined || connector.look === undefined) return
    lookingSince = clock.now()
    connector.look(stopped).then(
      () => finish(undefined),
      (error: unknown) => finish(asAppError(error)),
    )
  }

  function finish(error: AppError | undefined): void {
    lookingSince = undefined
    lookedAt = clock.now()
    if (isOver || stopped.aborted) return
    code = error?.code
    failures = error ? failures + 1 : 0
    next?.cancel()
    if (error) next = after(pauseAfter(failures, random), look)
    looked(error)
  }

  function lookUnlessSince(time: number): void {
    if (clock.now() - lookedAt >= time) look()
  }

  look()
  return {
    code: () => {
      const isSlow = lookingSince !== undefined && clock.now() - lookingSince >= slow
      return code ?? (isSlow ? 'provider-unreachable' : connector.broken?.())
    },
    // One that is away has its own times.
    shown: () => {
      if (code === undefined) lookUnlessSince(shownAgain)
    },
    told: (outcome) => {
      if (outcome === 'away') {
        lookUnlessSince(failedAgain)
        return
      }
      code = undefined
      failures = 0
    },
    stop: () => {
      isOver = true
      next?.cancel()
    },
  }
}

function pauseAfter(failures: number, random: () => number): number {
  const doubled = Math.min(pauses.first * 2 ** Math.min(failures - 1, 10), pauses.most)
  return Math.round(doubled * (1 + random() / 2))
}

function afterAll(time: number, work: () => void): { cancel(): void } {
  const timer = setTimeout(work, time).unref()
  return { cancel: () => clearTimeout(timer) }
}
