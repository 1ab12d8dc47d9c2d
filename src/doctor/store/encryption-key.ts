import { AppError } from '../../errors.ts'
import type { Check, KeySeen, Outcome, StoreContext } from '../contract.ts'
import { ok, problem, skipped, warning } from '../outcome.ts'

/** Checks that the key which is configured, or lies beside the store, is that with which the store was made. Tells fingerprints only. */
export const encryptionKey: Check<'store'> = {
  id: 'encryption-key',
  title: 'The encryption key is that of the store',
  run: look,
}

const remedy =
  'Set encryptionKey to the key that the store was made with, or restore that key (the .key file beside the store) from your backup.'

async function look({ key }: StoreContext): Promise<Outcome | Outcome[]> {
  let seen: KeySeen
  try {
    seen = await key()
  } catch (error) {
    return unusable(error)
  }
  const { kept, own, place } = seen
  if (kept === undefined && own === undefined) return []
  if (kept === undefined) return skipped('no store tells yet which key it was made with', own ? { key: own } : {})
  if (own === undefined)
    return problem(
      'encryption-key-wrong',
      { key: place, problem: 'there is no such file, and the store has a key' },
      remedy,
    )
  if (own === kept) return ok({ fingerprint: own })
  const difference = `the store was made with the key ${kept}, this is ${own} (fingerprints)`
  return problem('encryption-key-wrong', { key: place, problem: difference }, remedy)
}

/** A key that cannot be read, or is none. The check of the schema says why a store cannot be read. */
function unusable(error: unknown): Outcome | Outcome[] {
  if (!(error instanceof AppError)) return []
  const evidence = Object.fromEntries(Object.entries(error.details).map(([name, value]) => [name, String(value)]))
  // Doctor often runs where only the files are.
  if (error.code === 'secret-not-found') return warning(error.code, evidence, error.hint)
  return error.code === 'encryption-key-wrong' ? problem(error.code, evidence, error.hint) : []
}
