/**
 * fast-check with one seed for every property test: `npm test` tries the same inputs each time, so a red run is the fault of the last
 * change. `npm run e2e -- hostile` tries other inputs, and prints its seed.
 */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['GATEHOUSE_SEED'] ?? 1) })

export { fc }

/**
 * @param usual how often `npm test` tries a property; GATEHOUSE_RUNS asks for more.
 * @param times how much more than others a property wants then.
 */
export function runs(usual: number, times = 1): number {
  return Math.max(usual, times * Number(process.env['GATEHOUSE_RUNS'] ?? 0))
}
