import { AppError } from '../../errors.ts'
import type { Check, Outcome, StoreContext, StoreSeen } from '../contract.ts'
import { ok, problem, skipped, warning } from '../outcome.ts'
import { reasonOf } from '../probe.ts'

/** Checks that the store can be opened and has the schema of this version. Creates and changes nothing. */
export const schema: Check<'store'> = {
  id: 'schema',
  title: 'The store can be opened and has the schema of this version',
  run: look,
}

async function look({ address, inspect }: StoreContext): Promise<Outcome> {
  let seen: StoreSeen
  try {
    seen = await inspect()
  } catch (error) {
    return unopened(address, error)
  }
  if (seen.state === 'absent') return skipped(`there is none yet: \`gatehouse serve\` creates it`, { store: address })

  const { applied, known } = seen
  const unknown = applied.filter((name) => !known.includes(name))
  const missing = known.filter((name) => !applied.includes(name))
  const evidence = { store: address, schema: applied.at(-1) ?? 'none' }
  if (unknown.length > 0) {
    return problem(
      'store-version-differs',
      { ...evidence, 'unknown here': unknown.join(' ') },
      'Run the version of Gatehouse that changed the store, or a newer one: this one is older.',
    )
  }
  if (missing.length === 0) return ok(evidence)
  return warning(
    'store-version-differs',
    { ...evidence, missing: missing.join(' ') },
    'Restart `gatehouse serve` with this version: it brings the store up to date when it starts.',
  )
}

/** Why the store cannot be opened. A reference in its address that leads nowhere is a mistake of its own: no database was asked. */
function unopened(address: string, error: unknown): Outcome {
  if (error instanceof AppError && error.code === 'secret-not-found') {
    const named = Object.entries(error.details).map(([name, value]) => [name, String(value)])
    return problem(error.code, { store: address, ...Object.fromEntries(named) }, error.hint)
  }
  return problem(
    'store-unavailable',
    { store: address, reason: reasonOf(error) },
    'Correct `store` (address, password, certificate), start its database, or fix what is there: its permissions, its disk, or a copy from your backup.',
  )
}
