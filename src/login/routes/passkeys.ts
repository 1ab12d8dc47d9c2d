import { secondFactorContext } from '../../authentication-context.ts'
import { localName } from '../../config/authentication-class.ts'
import { AppError } from '../../errors.ts'
import type { Login } from '../../sessions/login-sessions.ts'
import { go, type PageContext, show } from '../../web/answers.ts'
import { readForm } from '../../web/forms.ts'
import { passkeyScript } from '../../web/passkey-script.ts'
import type { Routes } from '../desk.ts'
import { type LoginDestination, parseDestination, passkeyPath, signInPath } from '../destination.ts'
import { newPasskeyPage, ownPasskeysPage, passkeySignInPage } from '../pages/passkeys.ts'
import type { FormProblem } from '../pages/second-factor.ts'
import { problemOf } from '../problem.ts'
import { provePassword } from '../prove-password.ts'
import { noteRefusedProof } from '../refused-proof.ts'

const ownPath = '/account/passkeys'
const script = passkeyScript

/** Signing in with a passkey, and the passkeys of whoever is signed in. */
export const passkeyRoutes: Routes = (app, desk) => {
  const { base, formTargets, options, remember, signedIn, userFor } = desk
  const { passkeys, secondSteps, sessions } = options
  if (!passkeys) return

  app.get('/login/passkey', (c) => ask(c, destinationOf(c)))

  app.post('/login/passkey', async (c) => {
    const destination = destinationOf(c)
    const fields = await readForm(c)
    const answered = { sealed: fields.get('question') ?? '', answer: fields.get('answer') ?? '' }
    const traceId = c.get('traceId')
    try {
      const { userId, passkeyId, methods } = await passkeys.prove(answered)
      const user = await userFor({ userId, verifiedHash: undefined }, { name: localName })
      c.header('set-cookie', secondSteps.forget(), { append: true })
      const proved = { verifiedPasskey: passkeyId, ...secondFactorContext(methods) }
      const via = { authenticationClass: localName, fresh: true, ...proved }
      return await signedIn(c, user, via, { destination, traceId })
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error
      await noteRefusedProof(c, desk, { error, way: localName, username: '', traceId })
      return ask(c, destination, { problem: problemOf(c, error), status: error.status })
    }
  })

  app.get(ownPath, async (c) => {
    const login = await sessions.current(c.req.header('cookie'))
    return login ? shown(c, login) : go(c, `${base}/login`)
  })

  app.post(ownPath, async (c) => {
    const login = await sessions.current(c.req.header('cookie'))
    if (!login) return go(c, `${base}/login`)
    const fields = await readForm(c)
    if (login.user.passwordHash === undefined) return shown(c, login)
    const step = fields.get('step')
    try {
      if (step === 'add') {
        // The question proves that the password was there when the page was made.
        const answered = { sealed: fields.get('question') ?? '', answer: fields.get('answer') ?? '' }
        await passkeys.add(login.user, { ...answered, name: fields.get('name') ?? '' })
        return shown(c, login, { notice: 'The passkey is added.' })
      }
      await provePassword(c, desk, login, fields.get('password') ?? '')
      if (step === 'begin') {
        const question = await passkeys.beginAdding(login.user)
        const page = newPasskeyPage(c.get('look'), { action: base + ownPath, question, backHref: base + ownPath })
        return show(c, page, { script })
      }
      if (step !== 'remove') throw new AppError('invalid-request')
      await passkeys.remove(login.user, fields.get('passkey') ?? '')
      return shown(c, login, { notice: 'The passkey is removed.' })
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500 || error.code === 'invalid-request') throw error
      return shown(c, login, { problem: problemOf(c, error), status: error.status })
    }
  })

  async function ask(
    c: PageContext,
    destination: LoginDestination,
    { problem, status = 200 }: { problem?: FormProblem; status?: number } = {},
  ): Promise<Response> {
    const question = await passkeys?.ask()
    if (!question) throw new AppError('not-found')
    const action = base + passkeyPath(destination)
    const signInHref = base + signInPath(destination)
    const page = passkeySignInPage(c.get('look'), { action, question, signInHref, problem })
    return show(c, page, { status, script, formTargets: await formTargets(destination) })
  }

  function destinationOf(c: PageContext): LoginDestination {
    const destination = parseDestination(new URL(c.req.url).searchParams)
    remember(c, destination)
    return destination
  }

  async function shown(
    c: PageContext,
    { user }: Login,
    { status = 200, ...said }: { status?: number; problem?: FormProblem; notice?: string } = {},
  ): Promise<Response> {
    const day = (at: number) => new Date(at).toISOString().slice(0, 10)
    const listed = ((await passkeys?.of(user.id)) ?? []).map(({ id, name, createdAt, lastUsedAt }) => ({
      id,
      name,
      since: day(createdAt),
      lastUsed: lastUsedAt === undefined ? undefined : day(lastUsedAt),
    }))
    const state =
      user.passwordHash === undefined ? ({ kind: 'elsewhere' } as const) : ({ kind: 'own', passkeys: listed } as const)
    return show(c, ownPasskeysPage(c.get('look'), { action: base + ownPath, state, ...said }), { status })
  }
}
