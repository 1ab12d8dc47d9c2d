import { passwordLoad } from '../../directory/passwords.ts'
import type { Foundation } from '../foundation.ts'
import type { Generations } from '../generations.ts'
import type { Exposition } from './exposition.ts'

/** The counts of a server, and what is looked up in it when somebody reads them; undefined where nothing is counted. */
export async function exposeMetrics(
  { metrics, readiness, address, ways }: Pick<Foundation, 'metrics' | 'readiness' | 'address' | 'ways'>,
  generations: Pick<Generations, 'current'>,
  version: string,
): Promise<Exposition | undefined> {
  if (metrics === undefined) return undefined
  // It loads prom-client: a server without metrics never does.
  const { createExposition } = await import('./exposition.ts')
  return createExposition(metrics, {
    version,
    ready: async () => (await readiness.look()).ready,
    storeUp: async () => (await readiness.look()).store === 'ok',
    underWay: () => address.underWay.count,
    cacheEntries: () => generations.current.serviceGate.gate.cacheSizes(),
    passwords: passwordLoad,
    ways: () => ways.states(),
  })
}
