import { keptOnceMade } from '../kept.ts'
import type { Upstream, UpstreamLimits } from './upstream.ts'

/** An upstream that is made when the first request goes there: undici takes 40 ms and 4 MB, which no start has to wait for. */
export function upstreamOnDemand(origin: URL, limits: UpstreamLimits): Upstream {
  let made: Upstream | undefined
  const make = keptOnceMade(async () => {
    const { createUpstream } = await import('./upstream.ts')
    made = createUpstream(origin, limits)
    return made
  })
  let making: Promise<unknown> = Promise.resolve()

  return {
    forward(request, response, onward) {
      if (made) {
        made.forward(request, response, onward)
        return
      }
      let given = true
      onward.sent = {
        giveUp: () => {
          given = false
        },
        isEventStream: () => false,
      }
      making = make()
        .then((upstream) => {
          // A client that left in the meantime would not be noticed any more.
          if (!given || response.destroyed) onward.live.remove(onward)
          else upstream.forward(request, response, onward)
        })
        .catch((cause: Error) => {
          onward.live.remove(onward)
          onward.unreachable(cause)
        })
    },
    async close() {
      await making
      await made?.close()
    },
  }
}
