import { passwordContext } from '../authentication-context.ts'
import { localName } from '../config/authentication-class.ts'
import type { User } from '../store/users.ts'
import { go, type PageContext } from '../web/answers.ts'
import type { Desk } from './desk.ts'
import { type LoginDestination, passkeyPath, secondFactorPath } from './destination.ts'

/** A password that was right. */
export interface AcceptedPassword {
  user: User
  /** The name of the connector. */
  way: string
  verifiedHash: string | undefined
}

/** Signs somebody in whose password was right, or asks for the second factor first. A directory's people have theirs there, if any. */
export async function afterPassword(
  c: PageContext,
  desk: Desk,
  { user, way, verifiedHash }: AcceptedPassword,
  on: { destination: LoginDestination; traceId: string },
): Promise<Response> {
  const { base, options, signedIn } = desk
  const { knownDevices, networkOf, secondFactors, secondSteps, traces } = options
  const step = way === localName ? await secondFactors.stepFor(user.id) : 'none'
  // A passkey is both factors at once, so that page needs no password before it.
  if (step === 'passkey') return go(c, base + passkeyPath(on.destination))
  if (step !== 'none') {
    traces.begin(on.traceId, networkOf(c.env.incoming))
    const cookie = await secondSteps.begin({ userId: user.id, way, verifiedHash, traceId: on.traceId })
    c.header('set-cookie', cookie, { append: true })
    return go(c, base + secondFactorPath(on.destination))
  }
  const via = { authenticationClass: way, fresh: true, verifiedHash, ...passwordContext(options) }
  const answer = await signedIn(c, user, via, on)
  answer.headers.append('set-cookie', await knownDevices.remember(user.id, c.req.header('cookie')))
  return answer
}
