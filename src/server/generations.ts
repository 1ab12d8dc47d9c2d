import type { ServerResponse } from 'node:http'
import { AppError } from '../errors.ts'
import type { Generation } from './generation.ts'
import type { TakenAddress } from './listening.ts'
import type { ServiceGate } from './service-gate.ts'
import type { Tenure } from './under-way.ts'

/** The generation that answers now, and the gates of those before it which still have something under way. */
export interface Generations {
  /** Throws before the first one is there. */
  readonly current: Generation
  /** From now on requests are answered there. What is under way goes on where it is, unless the new one would refuse it. */
  replace(next: Generation): void
  /** Ends everything that is under way, so that clients know it, and closes every gate. */
  endWhatIsLeft(): Promise<void>
}

export function createGenerations(address: TakenAddress): Generations {
  let current: Generation | undefined
  let tenure: Tenure | undefined
  /** The last one is that of the current generation. */
  const gates = new Set<ServiceGate>()

  function now(): Generation {
    if (current === undefined) throw new Error('nothing is served yet')
    return current
  }

  return {
    get current() {
      return now()
    },
    replace: (next) => {
      const before = current?.serviceGate
      const ending = tenure
      current = next
      const { gate: nextGate } = next.serviceGate
      const upgrade = next.requestLog.aroundUpgrade(nextGate.upgrade)
      tenure = address.open(
        { wantsUpgrade: nextGate.wantsUpgrade, upgrade },
        next.requestLog.around(next.router.answer),
      )
      for (const gate of gates) gate.giveWayTo(next.serviceGate)
      gates.add(next.serviceGate)
      if (before && ending) void closeWhenQuiet(before, ending, gates)
    },
    endWhatIsLeft: async () => {
      await Promise.all([...gates].map((gate) => gate.close()))
      for (const response of address.underWay.responses()) endAnswer(response, now())
    },
  }
}

/** Outside of the other functions, whose memory it would keep for as long as a websocket lasts. */
async function closeWhenQuiet(gate: ServiceGate, tenure: Tenure, gates: Set<ServiceGate>): Promise<void> {
  await tenure.quiet()
  gates.delete(gate)
  await gate.close()
}

/** The server stops before a page, or an answer of the provider, is ready. Answers of services have been ended by their gate. */
function endAnswer(response: ServerResponse, { refuse }: Generation): void {
  // Its last bytes are on their way.
  if (response.writableEnded) return
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.setHeader('connection', 'close').setHeader('retry-after', '5')
  refuse(response.req, response, new AppError('server-stopping'))
}
