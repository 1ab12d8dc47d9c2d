/** Whether a sign-in is what the product that waits demands of one (OpenID Connect Core 3.1.2.1 and 5.5.1.1). Pure. */
import type { Session } from '../store/sessions.ts'

/** What a product demands of the sign-in. */
export interface SignInDemand {
  /** One that is made for this request (prompt=login, max_age=0). */
  fresh: boolean
  /** That the person chooses who to be, although somebody is signed in (prompt=select_account). */
  chosen: boolean
  /** The age that the proof may have, in milliseconds (max_age). */
  maxAge: number | undefined
  /** The person who must sign in (id_token_hint, or a `sub` in `claims`). */
  userId: string | undefined
  /** One of these classes of authentication (an essential `acr`); undefined: any. */
  acr: readonly string[] | undefined
}

/** Why a product gets nothing for a sign-in: somebody else, or nobody could prove it in the way that it needs. */
export type UnmetDemand = 'login_required' | 'unmet_authentication_requirements'

/** What comes next: the product, the page with the ways in, or an error for the product. */
export type NextStep = 'continue' | 'sign-in' | UnmetDemand

/**
 * Judges the sign-in of a browser.
 *
 * @param madeForIt the person signed in because this very request demanded it.
 * @param attainable classes that some way in may still give; a demand for others is never met.
 */
export function judgeSignIn(
  { userId, authenticatedAt, acr }: Pick<Session, 'userId' | 'authenticatedAt' | 'acr'>,
  demand: SignInDemand,
  { madeForIt, now, attainable }: { madeForIt: boolean; now: number; attainable: (acr: string) => boolean },
): NextStep {
  const again = (unmet: UnmetDemand): NextStep => (madeForIt ? unmet : 'sign-in')
  if (demand.acr && !demand.acr.some(attainable)) return 'unmet_authentication_requirements'
  if (demand.userId !== undefined && demand.userId !== userId) return again('login_required')
  if (demand.acr && !demand.acr.includes(acr ?? '')) return again('unmet_authentication_requirements')
  if (madeForIt) return 'continue'
  if (demand.chosen || demand.fresh) return 'sign-in'
  return demand.maxAge === undefined || now - authenticatedAt <= demand.maxAge ? 'continue' : 'sign-in'
}

/** Whether it demands more than that somebody is signed in. */
export function demandsSignIn(demand: SignInDemand): boolean {
  return demandsNewProof(demand) || demand.chosen || demand.acr !== undefined
}

/** Whether the session that a provider may have of the person does not count. */
export function demandsNewProof({ fresh, maxAge, userId }: SignInDemand): boolean {
  return fresh || maxAge !== undefined || userId !== undefined
}
