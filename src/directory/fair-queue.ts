import { AppError } from '../errors.ts'

interface Waiting {
  start: () => void
  refuse: (error: AppError) => void
}

/** Whose turn it is: work of a lane waits for earlier work of the same lane, and lanes take turns. */
export interface Lane {
  name: string
  /** Before all lanes that are not: somebody who is known. */
  first?: boolean
}

export interface FairQueue {
  /** Runs the work when it is its turn. Throws `too-many-attempts` when the lane or the queue is full. */
  run<Result>(lane: Lane, work: () => Promise<Result>): Promise<Result>
  /** How much runs, and how much waits. */
  load(): { running: number; waiting: number }
}

/**
 * A bounded queue whose lanes take turns, so that whoever sends much waits for himself. When it is full, the longest lane gives way to
 * a shorter one.
 */
export function createFairQueue({
  slots,
  maxPerLane,
  maxWaiting,
}: {
  /** How much runs at once. */
  slots: number
  maxPerLane: number
  maxWaiting: number
}): FairQueue {
  const lanes = { first: new Map<string, Waiting[]>(), others: new Map<string, Waiting[]>() }
  let busy = 0
  let waiting = 0

  return {
    load: () => ({ running: busy, waiting }),
    run: async (lane, work) => {
      if (busy >= slots) await turnIn(lane)
      else busy++
      try {
        return await work()
      } finally {
        const next = takeNext(lanes.first) ?? takeNext(lanes.others)
        if (next) next.start()
        else busy--
      }
    },
  }

  function turnIn({ name, first = false }: Lane): Promise<void> {
    const group = first ? lanes.first : lanes.others
    const lane = group.get(name) ?? []
    if (lane.length >= maxPerLane) throw full('lane')
    if (waiting >= maxWaiting) makeRoom(lane.length)
    return new Promise((start, refuse) => {
      lane.push({ start, refuse })
      group.set(name, lane)
      waiting++
    })
  }

  /** The next of the lane that has waited longest for its turn; the rest of the lane goes to the end. */
  function takeNext(group: Map<string, Waiting[]>): Waiting | undefined {
    const [entry] = group
    if (entry === undefined) return undefined
    const [name, lane] = entry
    group.delete(name)
    const next = lane.shift()
    if (lane.length > 0) group.set(name, lane)
    waiting--
    return next
  }

  function makeRoom(ownLength: number): void {
    let longest: Waiting[] = []
    for (const lane of lanes.others.values()) if (lane.length > longest.length) longest = lane
    if (longest.length <= ownLength + 1) throw full('queue')
    longest.pop()?.refuse(full('queue'))
    waiting--
  }
}

function full(what: 'lane' | 'queue'): AppError {
  return new AppError('too-many-attempts', { reason: `the ${what} of passwords is full`, secondsLeft: 2 })
}
