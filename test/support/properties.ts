/**
 * fast-check with one seed for every property test: `npm test` tries the same inputs each time, so a red run is the fault of the last
 * change. Other inputs are the business of `npm run e2e -- hostile`, which prints the seed that it took.
 */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['GATEHOUSE_SEED'] ?? 1) })

export { fc }

/** @param usual how often `npm test` tries a property; GATEHOUSE_RUNS asks for more. */
export function runs(usual: number): number {
  return Math.max(usual, Number(process.env['GATEHOUSE_RUNS'] ?? 0))
}
