import type { Check, Outcome, StoreContext } from '../contract.ts'
import { ok, problem, warning } from '../outcome.ts'

const mebibyte = 1024 * 1024

/** Checks that there is room where the store lies. A full disk refuses every sign-in. */
export const space: Check<'store'> = {
  id: 'space',
  title: 'There is room on the disk of the store',
  run: look,
}

async function look({ free }: StoreContext): Promise<Outcome | Outcome[]> {
  const bytes = await free()
  // No file on this machine: its database has a disk of its own, or there is none yet.
  if (bytes === undefined) return []
  const evidence = { free: `${Math.floor(bytes / mebibyte)} MiB` }
  const remedy = 'Make room on the disk of the store, or move the store: what cannot be written is refused.'
  if (bytes < 16 * mebibyte) return problem('store-unavailable', evidence, remedy)
  return bytes < 256 * mebibyte ? warning('store-unavailable', evidence, remedy) : ok(evidence)
}
