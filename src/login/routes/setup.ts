import { localName } from '../../config/authentication-class.ts'
import type { LocalAccounts } from '../../directory/local-accounts.ts'
import { AppError } from '../../errors.ts'
import { type PageContext, show } from '../../web/answers.ts'
import { readForm } from '../../web/forms.ts'
import { afterPassword } from '../after-password.ts'
import type { Routes } from '../desk.ts'
import { setupPage } from '../pages/plain.ts'

/** Creates the first administrator, once, with the link that was printed at the first start. */
export const setupRoutes: Routes = (app, desk) => {
  const { base, options, originOf } = desk
  const { accounts, log, setupLink } = options
  const { minLength } = accounts.passwordRule

  app.get('/login/setup', async (c) => {
    if (!(await setupLink.isOpen())) throw new AppError('setup-link-used')
    return show(c, setupPage(c.get('look'), { action: action(c), minLength, problem: undefined }))
  })

  app.post('/login/setup', async (c) => {
    const token = new URL(c.req.url).searchParams.get('token') ?? ''
    const fields = await readForm(c)
    const username = (fields.get('username') ?? '').trim()
    const password = fields.get('password') ?? ''
    // No browser sends an empty one (`required`); a program that knows one field only cannot have mistyped.
    const repeat = fields.get('repeat') || password
    if (!(await setupLink.isOpen())) throw new AppError('setup-link-used')
    const email = fields.get('email')?.trim() || undefined
    const problem =
      (await problemOf({ username, password, email }, accounts)) ??
      (repeat === password ? undefined : c.get('look').texts.setup.passwordsDiffer)
    if (problem) {
      const typed = { username: username.slice(0, 100), email: (email ?? '').slice(0, 200) }
      return show(c, setupPage(c.get('look'), { action: action(c), minLength, problem, ...typed }), { status: 400 })
    }
    // A stranger without a link must not have a password hashed.
    await setupLink.toTake(token)
    const account = { username, password, email, isAdmin: true }
    const user = await accounts.add(account, 'setup-link', () => setupLink.toTake(token))
    const { from: address, requestId } = originOf(c)
    log.info({ event: 'setup-link.used', requestId, user: user.username, address }, 'the set-up link was used')
    const on = { destination: { kind: 'home' }, traceId: c.get('traceId') } as const
    return afterPassword(c, desk, { user, way: localName, verifiedHash: user.passwordHash }, on)
  })

  function action(c: PageContext): string {
    const token = new URL(c.req.url).searchParams.get('token') ?? ''
    return `${base}/login/setup?${new URLSearchParams({ token })}`
  }
}

async function problemOf(
  account: { username: string; password: string; email: string | undefined },
  { mistakeIn, passwordRule }: Pick<LocalAccounts, 'mistakeIn' | 'passwordRule'>,
): Promise<string | undefined> {
  const problem = await passwordRule.problemIn(account.password, account)
  if (problem) return `The password ${problem}.`
  const mistake = await mistakeIn(account)
  if (mistake?.code === 'username-refused') return `This username ${String(mistake.details['problem'])}.`
  return mistake && 'This is no e-mail address.'
}
