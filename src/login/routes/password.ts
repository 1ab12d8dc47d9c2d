import { localName } from '../../config/authentication-class.ts'
import { AppError } from '../../errors.ts'
import { readForm } from '../../web/forms.ts'
import type { Texts } from '../../web/languages/texts.ts'
import { afterPassword } from '../after-password.ts'
import type { Routes } from '../desk.ts'
import { continuePath, destinationFields, parseDestination, wantsSomeoneElse } from '../destination.ts'
import { noteRefusedProof } from '../refused-proof.ts'
import { demandsSignIn } from '../sign-in-demand.ts'

/** The page with the ways in, and their forms for passwords. */
export const passwordRoutes: Routes = (app, desk) => {
  const {
    base,
    options,
    chooseAWayIn,
    originOf,
    passwordNamed,
    remember,
    entranceOf,
    requestAt,
    straightWay,
    userFor,
  } = desk
  const { knownDevices, log, sessions, traces } = options

  app.get('/login', async (c) => {
    const query = new URL(c.req.url).searchParams
    const destination = parseDestination(query)
    const cookies = c.req.header('cookie')
    const login = await sessions.current(cookies)
    const leaving = login && wantsSomeoneElse(query) ? login.user.username : undefined
    const asked = await requestAt(destination)
    if (login && leaving === undefined && !(asked && demandsSignIn(asked.demand))) {
      const isOver = destination.kind === 'product' && destination.product !== undefined && asked === undefined
      return c.redirect(isOver ? entranceOf(destination) : base + continuePath(destination), 303)
    }
    const straight = login || wantsSomeoneElse(query) ? undefined : await straightWay(c, destination)
    if (straight !== undefined) {
      const fields = new URLSearchParams([['provider', straight], ...destinationFields(destination)])
      return c.redirect(`${base}/login/start?${fields}`, 303)
    }
    const hasEnded = !login && sessions.hasCookie(cookies)
    if (hasEnded) {
      const { from: address, requestId } = originOf(c)
      log.info({ event: 'session.expired', requestId, address }, 'the session of this browser has ended')
      // Said once.
      c.header('set-cookie', sessions.forgetCookie(), { append: true })
    }
    const notice = hasEnded ? (texts: Texts) => texts.choose.sessionEnded : undefined
    return chooseAWayIn(c, destination, { leaving, notice })
  })

  app.post('/login', async (c) => {
    const query = new URL(c.req.url).searchParams
    // The address has the destination too, so that it is still there when the form has failed.
    remember(c, parseDestination(query))
    const fields = await readForm(c)
    const destination = parseDestination(fields.has('interaction') || fields.has('service') ? fields : query)
    remember(c, destination)
    // The form of local accounts, which scripts use too, names no provider.
    const connector = passwordNamed(fields.get('provider') ?? localName)
    const username = fields.get('username') ?? ''
    const password = fields.get('password') ?? ''
    const traceId = c.get('traceId')
    const { from: address, requestId } = originOf(c)
    const network = options.networkOf(c.env.incoming)
    const cookies = c.req.header('cookie')
    try {
      const device = await knownDevices.of(cookies)
      const verified = await connector.verify({ username, password, network, device })
      const user = await userFor(verified, connector)
      const verifiedHash = 'userId' in verified ? verified.verifiedHash : undefined
      const evidence = { user: user.username, way: connector.name }
      const told = { event: 'password.accepted', address }
      traces.step(traceId, requestId, { hop: 'gatehouse', event: 'password accepted', evidence }, told)
      const accepted = { user, way: connector.name, verifiedHash }
      return await afterPassword(c, desk, accepted, { destination, traceId })
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error
      await noteRefusedProof(c, desk, { error, way: connector.name, username, traceId })
      const failed = { error, way: connector.name, username: username.slice(0, 100) }
      const login = wantsSomeoneElse(query) ? await sessions.current(cookies) : undefined
      return chooseAWayIn(c, destination, { failed, leaving: login?.user.username })
    }
  })
}
