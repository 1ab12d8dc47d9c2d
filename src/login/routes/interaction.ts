import { AppError } from '../../errors.ts'
import { go, show } from '../../web/answers.ts'
import { readForm } from '../../web/forms.ts'
import type { Routes } from '../desk.ts'
import { consentPage } from '../pages/consent.ts'

/** A product waits for this browser: sign in, agree, continue. The cookie of the attempt has exactly this path. */
export const interactionRoutes: Routes = (app, desk) => {
  const { base, options } = desk
  const { flow, sessions } = options

  app.get('/interaction/:uid', async (c) => {
    const { incoming, outgoing } = c.env
    const pending = await flow.pending(incoming, outgoing)
    const login = await sessions.current(c.req.header('cookie'))
    const fresh = login && (!pending.wantsFreshLogin || login.session.signedInFor === pending.uid)
    if (!login || !fresh) {
      const again = pending.wantsFreshLogin ? '&fresh=1' : ''
      return c.redirect(`${base}/login?interaction=${pending.uid}${again}`, 303)
    }
    if (pending.prompt === 'login') {
      const { id } = login.user
      return go(c, await flow.signedIn(incoming, outgoing, { id, authenticatedAt: login.session.authenticatedAt }))
    }
    const action = `${base}/interaction/${pending.uid}`
    const product = pending.client.title
    return show(c, consentPage({ product, user: login.user.username, scopes: pending.missingScopes, action }), {
      formTargets: [pending.redirectOrigin],
    })
  })

  app.post('/interaction/:uid', async (c) => {
    const { incoming, outgoing } = c.env
    const decision = (await readForm(c)).get('decision')
    const pending = await flow.pending(incoming, outgoing)
    const login = await sessions.current(c.req.header('cookie'))
    if (!login || pending.prompt !== 'consent') throw new AppError('login-expired', { reason: 'nothing to agree to' })
    return go(c, decision === 'allow' ? await flow.agreed(incoming, outgoing) : await flow.refused(incoming, outgoing))
  })
}
