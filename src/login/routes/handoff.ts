import { AppError } from '../../errors.ts'
import { own } from '../../maps.ts'
import { recordOf } from '../../request-record.ts'
import { go } from '../../web/answers.ts'
import type { Routes } from '../desk.ts'
import { parseDestination, signInPath, wantsSomeoneElse } from '../destination.ts'

/** A service behind the gate waits: give it a code for its own session. */
export const handoffRoutes: Routes = (app, desk) => {
  const { base, options } = desk
  const { config, services, sessions } = options

  app.get('/login/handoff', async (c) => {
    const query = new URL(c.req.url).searchParams
    const destination = parseDestination(query)
    if (destination.kind !== 'service')
      throw new AppError('invalid-request', { reason: 'service, return_to and state are required' })
    const service = own(config.services, destination.service)
    const returnTo = options.allowedReturn(destination.returnTo, destination.service)
    if (!service || returnTo === undefined)
      throw new AppError('return-url-not-allowed', { service: destination.service })
    desk.remember(c, destination)
    const someoneElse = wantsSomeoneElse(query)
    const login = someoneElse ? undefined : await sessions.current(c.req.header('cookie'))
    if (!login) return c.redirect(base + signInPath(destination, { someoneElse }), 303)
    recordOf(c.env.incoming).user = login.user.username
    const code = await services.handOff(login.session, {
      service: destination.service,
      state: destination.state,
      returnTo,
    })
    return go(c, `${service.url}/oauth2/callback?${new URLSearchParams({ code, state: destination.state })}`)
  })
}
