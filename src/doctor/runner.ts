import { causeChain } from '../errors.ts'
import type { Checks, Contexts, Finding, Outcome, Subject } from './contract.ts'
import { problem } from './outcome.ts'

/** One thing to examine: its display name, and what its checks get. */
export interface Case<S extends Subject> {
  kind: S
  name: string
  context: Contexts[S]
  /** The same for every finding. */
  about?: Pick<Finding, 'product' | 'authenticationClass' | 'path'>
}

/** Runs every check of a subject. Findings come in the order of the list; a check that throws is a problem of that check alone. */
export async function examineCase<S extends Subject>(
  checks: Pick<Checks, S>,
  { kind, name, context, about = {} }: Case<S>,
): Promise<Finding[]> {
  const ran = checks[kind].map(async ({ id, run }) => {
    const outcomes = await attempt(async () => run(context))
    return outcomes.map(
      (outcome): Finding => ({ check: id, subject: name, subjectKind: kind, ...inFinding(outcome), ...about }),
    )
  })
  return (await Promise.all(ran)).flat()
}

/** A finding without its check having run: its subject is broken before that. */
export function findingOf(
  check: string,
  { kind, name, outcome, about = {} }: { kind: Subject; name: string; outcome: Outcome } & Pick<Case<Subject>, 'about'>,
): Finding {
  return { check, subject: name, subjectKind: kind, ...inFinding(outcome), ...about }
}

async function attempt(run: () => Promise<Outcome | readonly Outcome[]>): Promise<readonly Outcome[]> {
  try {
    return [await run()].flat()
  } catch (error) {
    const evidence = { reason: causeChain(error) }
    return [
      problem('internal-error', evidence, 'Report this: the check itself failed, so its subject was not checked.'),
    ]
  }
}

function inFinding(outcome: Outcome): Pick<Finding, 'status' | 'code' | 'evidence' | 'remedy'> {
  if (outcome.status === 'skipped') return { status: 'skipped', evidence: outcome.evidence, remedy: outcome.why }
  if (outcome.status === 'ok') return { ...outcome, remedy: '' }
  return outcome
}
