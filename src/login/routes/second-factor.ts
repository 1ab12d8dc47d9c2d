import { secondFactorContext } from '../../authentication-context.ts'
import { AppError } from '../../errors.ts'
import type { User } from '../../store/users.ts'
import { go, type PageContext, show } from '../../web/answers.ts'
import { readForm } from '../../web/forms.ts'
import type { Routes } from '../desk.ts'
import { type LoginDestination, parseDestination, passkeyPath, secondFactorPath, signInPath } from '../destination.ts'
import { codePage, enrolmentPage, type FormProblem, recoveryCodesPage } from '../pages/second-factor.ts'
import { problemOf } from '../problem.ts'
import { noteRefusedProof } from '../refused-proof.ts'
import type { WaitingPerson } from '../second-steps.ts'

const whyRequired = 'Everybody who signs in here with a password needs a second factor. You have none yet.'

/** After a right password: the code of a second factor, or the first one. */
export const secondFactorRoutes: Routes = (app, desk) => {
  const { base, formTargets, guesserOf, options, remember, signedIn, userFor } = desk
  const { knownDevices, secondFactors, secondSteps } = options

  app.get('/login/second-factor', async (c) => {
    const destination = destinationOf(c)
    const waiting = await secondSteps.of(c.req.header('cookie'))
    return waiting ? ask(c, destination, waiting) : go(c, base + signInPath(destination))
  })

  app.post('/login/second-factor', async (c) => {
    const destination = destinationOf(c)
    const waiting = await secondSteps.of(c.req.header('cookie'))
    if (!waiting) return go(c, base + signInPath(destination))
    const fields = await readForm(c)
    const typed = { code: fields.get('code') ?? '', sealed: fields.get('enrolment') ?? '' }
    const user = await waitingUser(waiting)
    const step = await secondFactors.stepFor(user.id)
    try {
      if (step === 'enrolment') return await enrolled(c, waiting, user, typed, destination)
      await secondFactors.take(user.id, typed.code, await guesserOf(c, user.id))
      return await complete(c, waiting, user, destination)
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error
      await noteRefusedProof(c, desk, { error, way: waiting.way, username: user.username, traceId: c.get('traceId') })
      const problem = problemOf(c, error)
      return ask(c, destination, waiting, { problem, status: error.status, sealed: typed.sealed })
    }
  })

  function destinationOf(c: PageContext): LoginDestination {
    const destination = parseDestination(new URL(c.req.url).searchParams)
    remember(c, destination)
    return destination
  }

  function waitingUser({ userId, verifiedHash, way }: WaitingPerson): Promise<User> {
    return userFor({ userId, verifiedHash }, { name: way })
  }

  async function ask(
    c: PageContext,
    destination: LoginDestination,
    waiting: WaitingPerson,
    { problem, status = 200, sealed = '' }: { problem?: FormProblem; status?: number; sealed?: string } = {},
  ): Promise<Response> {
    const user = await waitingUser(waiting)
    const step = await secondFactors.stepFor(user.id)
    const action = base + secondFactorPath(destination)
    const startHref = base + signInPath(destination)
    const targets = { status, formTargets: await formTargets(destination) }
    const passkeyHref = base + passkeyPath(destination)
    if (step === 'passkey') return go(c, passkeyHref)
    if (step !== 'enrolment') {
      const has = (await options.passkeys?.of(user.id))?.length
      const asked = { action, username: user.username, startHref, passkeyHref: has ? passkeyHref : undefined, problem }
      return show(c, codePage(c.get('look'), asked), targets)
    }
    const shown = (await secondFactors.resume(user, sealed)) ?? (await secondFactors.begin(user))
    return show(c, enrolmentPage(c.get('look'), { action, shown, why: whyRequired, problem }), targets)
  }

  async function enrolled(
    c: PageContext,
    waiting: WaitingPerson,
    user: User,
    typed: { sealed: string; code: string },
    destination: LoginDestination,
  ): Promise<Response> {
    const codes = await secondFactors.enrol(user, typed, await guesserOf(c, user.id))
    const href = (await complete(c, waiting, user, destination)).headers.get('location') ?? `${base}/`
    c.header('location', undefined)
    return show(c, recoveryCodesPage(c.get('look'), { codes, next: { href, title: 'I have kept them: continue' } }))
  }

  async function complete(
    c: PageContext,
    { way, verifiedHash, traceId }: WaitingPerson,
    user: User,
    destination: LoginDestination,
  ): Promise<Response> {
    c.header('set-cookie', secondSteps.forget(), { append: true })
    c.header('set-cookie', await knownDevices.remember(user.id, c.req.header('cookie')), { append: true })
    const via = { authenticationClass: way, fresh: true, verifiedHash, ...secondFactorContext(['pwd', 'otp']) }
    return signedIn(c, user, via, { destination, traceId })
  }
}
