import type { Clock } from '../clock.ts'

/** Whether balancers should send requests here, and whether any of them wants to know. */
export interface Readiness {
  /** Answers somebody who asks `/readyz`. */
  asked(): { ready: boolean }
  /** From now on this server wants no more requests. */
  giveUp(): void
  /** Whether somebody has asked within so many milliseconds. */
  wasAskedWithin(time: number): boolean
}

export function createReadiness(clock: Clock): Readiness {
  let ready = true
  let lastAsked = Number.NEGATIVE_INFINITY
  return {
    asked: () => {
      lastAsked = clock.now()
      return { ready }
    },
    giveUp: () => {
      ready = false
    },
    wasAskedWithin: (time) => clock.now() - lastAsked <= time,
  }
}
