import { AppError } from '../../errors.ts'
import type { Login } from '../../sessions/login-sessions.ts'
import { go, type PageContext, show } from '../../web/answers.ts'
import { readForm } from '../../web/forms.ts'
import type { Routes } from '../desk.ts'
import { enrolmentPage, ownSecondFactorPage, recoveryCodesPage } from '../pages/second-factor.ts'
import { problemOf } from '../problem.ts'
import { provePassword } from '../prove-password.ts'

const path = '/account/second-factor'
const why = 'From the next sign-in on you are asked for a code of the app besides your password.'

/** The second factor of whoever is signed in. Each change asks for the password again: a browser that was left open is not enough. */
export const ownSecondFactorRoutes: Routes = (app, desk) => {
  const { base, guesserOf, options } = desk
  const { secondFactors, sessions } = options
  const action = base + path

  app.get(path, async (c) => {
    const login = await sessions.current(c.req.header('cookie'))
    return login ? shown(c, login) : go(c, `${base}/login`)
  })

  app.post(path, async (c) => {
    const login = await sessions.current(c.req.header('cookie'))
    if (!login) return go(c, `${base}/login`)
    const fields = await readForm(c)
    const state = await stateOf(login)
    if (state.kind === 'elsewhere' || state.kind === 'off') return shown(c, login)
    const typed = { sealed: fields.get('enrolment') ?? '', code: fields.get('code') ?? '' }
    const step = fields.get('step')
    try {
      // The sealed field proves that the password was there when the page was made.
      if (step === 'enrol') {
        const codes = await secondFactors.enrol(login.user, typed, await guesserOf(c, login.user.id))
        return showCodes(c, codes)
      }
      await provePassword(c, desk, login, fields.get('password') ?? '')
      if (step === 'begin') return enrolment(c, login)
      if (step === 'renew') return showCodes(c, await secondFactors.renewCodes(login.user))
      if (step !== 'remove' || secondFactors.policy !== 'optional') throw new AppError('invalid-request')
      await secondFactors.removeOwn(login.user)
      return shown(c, login, { notice: 'The app is removed. You sign in with your password only.' })
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500 || error.code === 'invalid-request') throw error
      const problem = problemOf(c, error)
      const resumed = step === 'enrol' ? await secondFactors.resume(login.user, typed.sealed) : undefined
      if (resumed)
        return show(c, enrolmentPage(c.get('look'), { action, shown: resumed, why, problem }), { status: error.status })
      return shown(c, login, { problem, status: error.status })
    }
  })

  async function stateOf({ user }: Login): Promise<Parameters<typeof ownSecondFactorPage>[1]['state']> {
    if (user.passwordHash === undefined) return { kind: 'elsewhere' }
    if (secondFactors.policy === 'off') return { kind: 'off' }
    const { appSince, recoveryCodes } = await secondFactors.of(user.id)
    if (appSince === undefined) return { kind: 'none' }
    const since = new Date(appSince).toISOString().slice(0, 10)
    return { kind: 'app', since, recoveryCodes, mayRemove: secondFactors.policy === 'optional' }
  }

  async function shown(
    c: PageContext,
    login: Login,
    { status = 200, ...said }: { status?: number; problem?: ReturnType<typeof problemOf>; notice?: string } = {},
  ): Promise<Response> {
    return show(c, ownSecondFactorPage(c.get('look'), { action, state: await stateOf(login), ...said }), { status })
  }

  async function enrolment(c: PageContext, { user }: Login): Promise<Response> {
    return show(
      c,
      enrolmentPage(c.get('look'), { action, shown: await secondFactors.begin(user), why, problem: undefined }),
    )
  }

  function showCodes(c: PageContext, codes: readonly string[]): Response {
    return show(
      c,
      recoveryCodesPage(c.get('look'), { codes, next: { href: action, title: 'I have kept them: continue' } }),
    )
  }
}
