import { localName } from '../../config/authentication-class.ts'
import { AppError } from '../../errors.ts'
import { type PageContext, show } from '../../web/answers.ts'
import { readForm } from '../../web/forms.ts'
import { afterPassword } from '../after-password.ts'
import type { Routes } from '../desk.ts'
import { parseDestination, signInPath } from '../destination.ts'
import { passwordChangedLetter, resetLetter } from '../letters.ts'
import { forgottenPage, letterSentPage, newPasswordPage } from '../pages/reset.ts'
import { problemOf } from '../problem.ts'

/** For people who have forgotten their password: a letter with a link, and the page that the link opens. */
export const resetRoutes: Routes = (app, desk) => {
  const { base, options, originOf, remember } = desk
  const { accounts, config, log, mailer, networkOf, passwordResets } = options

  app.get('/login/forgotten', (c) => {
    refuseWithoutMail()
    return show(c, forgottenPage(c.get('look'), addressesOf(c)))
  })

  app.post('/login/forgotten', async (c) => {
    refuseWithoutMail()
    const username = ((await readForm(c)).get('username') ?? '').slice(0, 400)
    const addresses = addressesOf(c)
    try {
      await passwordResets.countQuestion(networkOf(c.env.incoming))
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'too-many-attempts') throw error
      return show(c, forgottenPage(c.get('look'), { ...addresses, username, problem: problemOf(c, error) }), {
        status: error.status,
      })
    }
    const { requestId } = originOf(c)
    // After the answer, which does not depend on it in any way: neither its words nor its time say whether there is an account.
    sendLink(username, requestId).catch((error: unknown) => {
      log.error({ event: 'reset.failed', err: error, requestId }, 'a link for a new password could not be made')
    })
    return show(c, letterSentPage(c.get('look'), addresses))
  })

  app.get('/login/reset', async (c) => {
    const { username } = await passwordResets.ownerOf(tokenOf(c))
    return show(c, newPasswordPage(c.get('look'), { ...formOf(c), username, problem: undefined }))
  })

  app.post('/login/reset', async (c) => {
    const fields = await readForm(c)
    const password = fields.get('password') ?? ''
    const { username, ...owner } = await passwordResets.ownerOf(tokenOf(c))
    const problem = await problemWith(password, fields.get('repeat') || password, { username, email: owner.email })
    if (problem !== undefined)
      return show(c, newPasswordPage(c.get('look'), { ...formOf(c), username, problem }), { status: 400 })
    const user = await passwordResets.use(tokenOf(c), password)
    const { from: address, requestId } = originOf(c)
    log.info({ event: 'reset.used', requestId, user: user.username, address }, 'a password was set with a link')
    if (user.email !== undefined)
      mailer?.post(passwordChangedLetter({ to: user.email, username, issuer: config.issuer }), {
        letter: 'password-changed',
        user: username,
        requestId,
      })
    const accepted = { user, way: localName, verifiedHash: user.passwordHash }
    return afterPassword(c, desk, accepted, { destination: { kind: 'home' }, traceId: c.get('traceId') })
  })

  async function sendLink(nameOrAddress: string, requestId: string): Promise<void> {
    const made = await passwordResets.byMail(nameOrAddress)
    if (!made || !mailer) return
    const { user, address: to, token } = made
    // The address of the configuration: a request that names another host does not change where links lead.
    const link = `${config.issuer.replace(/\/$/, '')}/login/reset?${new URLSearchParams({ token })}`
    const letter = resetLetter({ to, username: user.username, link, issuer: config.issuer })
    mailer.post(letter, { letter: 'password-reset', user: user.username, requestId })
  }

  async function problemWith(
    password: string,
    repeat: string,
    owner: { username: string; email: string | undefined },
  ): Promise<string | undefined> {
    const problem = await accounts.passwordRule.problemIn(password, owner)
    if (problem !== undefined) return `The password ${problem}.`
    return repeat === password ? undefined : 'The two passwords differ: write the same one twice.'
  }

  function refuseWithoutMail(): void {
    if (!mailer) throw new AppError('not-found')
  }

  function addressesOf(c: PageContext) {
    const destination = parseDestination(new URL(c.req.url).searchParams)
    remember(c, destination)
    const signInHref = base + signInPath(destination)
    return { action: signInHref.replace('/login', '/login/forgotten'), signInHref }
  }

  function formOf(c: PageContext) {
    const action = `${base}/login/reset?${new URLSearchParams({ token: tokenOf(c) })}`
    return { action, minLength: accounts.passwordRule.minLength }
  }

  function tokenOf(c: PageContext): string {
    return new URL(c.req.url).searchParams.get('token') ?? ''
  }
}
