import type { ErrorCode } from '../errors.ts'
import type { Evidence, Outcome } from './contract.ts'

/** What a check answers when all is well, with what it saw. */
export function ok(evidence: Evidence): Outcome {
  return { status: 'ok', evidence }
}

/** Someone should look, but nothing is known to fail. `remedy` begins with a verb. */
export function warning(code: ErrorCode, evidence: Evidence, remedy: string): Outcome {
  return { status: 'warning', code, evidence, remedy }
}

/** Something fails, or will fail. `remedy` begins with a verb. */
export function problem(code: ErrorCode, evidence: Evidence, remedy: string): Outcome {
  return { status: 'problem', code, evidence, remedy }
}

/** The check could not look, or had nothing to look at. */
export function skipped(why: string, evidence: Evidence = {}): Outcome {
  return { status: 'skipped', why, evidence }
}
