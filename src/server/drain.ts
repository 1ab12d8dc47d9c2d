/**
 * How a server stops: it says so, goes on for a while until balancers have heard, takes no more connections, lets what is under way end,
 * and ends what is left at a deadline.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/schema.ts'
import { milliseconds } from '../duration.ts'
import type { Logger } from '../log.ts'
import type { TakenAddress } from './listening.ts'
import type { Readiness } from './readiness.ts'

/** Milliseconds in which a balancer asks at least once whether a server is ready. */
const askedLately = 60_000
/** How long those who ask have by default: they ask every second or two. */
const usualDrain = 3_000
/** For the last bytes of what is ended at the deadline. */
const lastBytes = 1_000

export interface DrainTimes {
  /** Milliseconds in which new connections are still taken. */
  drain: number
  /** Milliseconds after which nothing is under way any more, from the beginning on. */
  deadline: number
}

/** What is configured; without `drain` nobody waits for balancers that have never asked. */
export function drainTimes({ listen }: Pick<Config, 'listen'>, readiness: Readiness): DrainTimes {
  const usual = readiness.wasAskedWithin(askedLately) ? usualDrain : 0
  const deadline = milliseconds(listen.drainDeadline)
  return { drain: listen.drain === undefined ? Math.min(usual, deadline) : milliseconds(listen.drain), deadline }
}

/** Resolves when nothing is under way any more, with the number of requests and connections that the deadline has ended. */
export async function drain({
  times: { drain, deadline },
  address,
  readiness,
  endWhatIsLeft,
  log,
}: {
  times: DrainTimes
  address: TakenAddress
  readiness: Readiness
  /** Ends every request and websocket that is still under way, so that both sides know it. */
  endWhatIsLeft: () => Promise<void>
  log: Logger
}): Promise<{ cut: number }> {
  const { underWay } = address
  readiness.giveUp()
  address.announceEnd()
  log.info({ event: 'draining', underWay: underWay.count, drain, deadline }, 'draining')
  await sleep(drain)
  const ended = address.finish()
  await within(deadline - drain, ended)
  const cut = underWay.count
  if (cut === 0) return { cut }
  log.warn(
    { event: 'cut-off', cut, of: underWay.described() },
    'the deadline for draining has ended what was under way',
  )
  await endWhatIsLeft()
  await within(lastBytes, ended)
  return { cut }
}

/** Waits for a promise, but not longer than so many milliseconds. */
async function within(time: number, done: Promise<unknown>): Promise<void> {
  const stop = new AbortController()
  const patience = sleep(time, undefined, { signal: stop.signal }).catch(() => {})
  await Promise.race([done, patience])
  stop.abort()
}
