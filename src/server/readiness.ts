/**
 * Whether balancers should send requests here, and which part is not ready when they should not. An identity provider that does not answer is
 * shown and changes nothing: sessions, tokens and other ways in go on, every server would be out at once, and none of them could mend it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { WayStates } from './way-states.ts'

export interface ReadinessReport {
  ready: boolean
  draining: boolean
  store: 'ok' | 'unavailable'
  /** Those that sign tokens. */
  signingKeys: 'ok' | 'missing'
  /** Ways in that lead to a provider, as of the last sign-in or the last look there. Whoever asks causes neither. */
  providers: ReturnType<WayStates['states']>
}

export interface Readiness {
  /** Answers somebody who asks `/readyz`. */
  asked(): Promise<ReadinessReport>
  /** The same for somebody who sends no requests here. */
  look(): Promise<ReadinessReport>
  /** The keys are there. */
  hasKeys(): void
  /** From now on this server wants no more requests. */
  giveUp(): void
  /** Whether somebody has asked within so many milliseconds. */
  wasAskedWithin(time: number): boolean
}

/** Milliseconds for which an answer of the store is believed, so that probes are no load. */
const believedFor = 1_000
/** Milliseconds that a store may take: probes of Kubernetes wait for one second. */
const patience = 800

export function createReadiness({
  reachStore,
  ways,
  clock,
}: {
  /** Rejects when the store cannot be used. */
  reachStore: () => Promise<void>
  ways: Pick<WayStates, 'states'>
  clock: Clock
}): Readiness {
  let draining = false
  let keys = false
  let lastAsked = Number.NEGATIVE_INFINITY
  let known: { isUp: boolean; at: number } | undefined
  let asking: Promise<boolean> | undefined

  async function ask(): Promise<boolean> {
    const reached = reachStore().then(
      () => true,
      () => false,
    )
    const isUp = await Promise.race([reached, sleep(patience, false, { ref: false })])
    known = { isUp, at: clock.now() }
    return isUp
  }

  async function storeIsUp(): Promise<boolean> {
    if (known !== undefined && clock.now() - known.at < believedFor) return known.isUp
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }

  async function look(): Promise<ReadinessReport> {
    // Balancers must hear of a drain at once: nothing that the store says would change the answer.
    const isUp = draining ? (known?.isUp ?? true) : await storeIsUp()
    return {
      ready: isUp && keys && !draining,
      draining,
      store: isUp ? 'ok' : 'unavailable',
      signingKeys: keys ? 'ok' : 'missing',
      providers: ways.states(),
    }
  }

  return {
    asked: () => {
      lastAsked = clock.now()
      return look()
    },
    look,
    hasKeys: () => {
      keys = true
    },
    giveUp: () => {
      draining = true
    },
    wasAskedWithin: (time) => clock.now() - lastAsked <= time,
  }
}
