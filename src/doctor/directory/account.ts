import { asAppError } from '../../errors.ts'
import type { Check, DirectoryContext, Outcome } from '../contract.ts'
import { ok, problem, skipped } from '../outcome.ts'

/** Checks that the directory takes the account that searches, and shows it where people and groups are. */
export const directoryAccount: Check<'directory'> = {
  id: 'account',
  title: 'The account that searches can read the directory',
  run: look,
}

async function look({ tryAccount }: DirectoryContext): Promise<Outcome> {
  if (typeof tryAccount === 'string') return skipped(tryAccount)
  try {
    return ok(await tryAccount())
  } catch (error) {
    const { code, details, hint } = asAppError(error)
    const evidence = Object.fromEntries(Object.entries(details).map(([name, value]) => [name, String(value)]))
    return problem(code, evidence, hint)
  }
}
