import { AppError } from '../errors.ts'
import type { Login } from '../sessions/login-sessions.ts'
import type { PageContext } from '../web/answers.ts'
import type { Desk } from './desk.ts'

/**
 * The password of whoever is signed in, again: a browser that was left open is not enough for a change of what the person proves. Throws
 * `invalid-credentials` and `too-many-attempts`.
 */
export async function provePassword(
  c: PageContext,
  { options: { accounts, knownDevices, networkOf } }: Desk,
  { user }: Login,
  password: string,
): Promise<void> {
  const network = networkOf(c.env.incoming)
  const device = await knownDevices.of(c.req.header('cookie'))
  const proved = await accounts.signIn({ username: user.username, password, network, device })
  if (proved.id !== user.id) throw new AppError('invalid-credentials')
}
