import { AppError } from '../../errors.ts'
import type { Login } from '../../sessions/login-sessions.ts'
import { go, type PageContext, show } from '../../web/answers.ts'
import { readForm } from '../../web/forms.ts'
import type { ProductRequest, Routes } from '../desk.ts'
import { signInPath } from '../destination.ts'
import { consentPage } from '../pages/consent.ts'

/** A product waits for this browser: sign in, agree, continue. The cookie of the attempt has exactly this path. */
export const interactionRoutes: Routes = (app, desk) => {
  const { base, judge, options, toldClass } = desk
  const { flow, sessions } = options

  app.get('/interaction/:uid', async (c) => {
    const { incoming, outgoing } = c.env
    const login = await sessions.current(c.req.header('cookie'))
    const pending = await pendingAt(c).catch(async (error: unknown) => {
      // Back button: the product has its answer, and this is the person who signed in for it.
      const uid = c.req.param('uid')
      if (login?.session.signedInFor === uid && !(await flow.describe(uid))) return undefined
      throw error
    })
    if (!pending) return c.redirect(`${base}/`, 303)
    if (!login) return signIn(c, pending)
    if (pending.prompt === 'login') {
      const next = judge(login, chosenHere(c, login, pending))
      if (next === 'sign-in') return signIn(c, pending)
      if (next !== 'continue') return go(c, await flow.refused(incoming, outgoing, next))
      const { authenticatedAt, idHash, amr } = login.session
      const acr = toldClass(login.session, pending.demand)
      const signedIn = { id: login.user.id, authenticatedAt, session: idHash, acr, amr }
      return go(c, await flow.signedIn(incoming, outgoing, signedIn))
    }
    refuseSomebodyElse(pending, login)
    const action = `${base}/interaction/${pending.uid}`
    const look = options.looks.of(incoming, { uiLocales: pending.hints.uiLocales, here: action })
    const page = consentPage(look, {
      product: pending.client.title,
      user: login.user.username,
      ...asksTo(pending),
      action,
    })
    return show(c, page, { formTargets: [pending.redirectOrigin], look })
  })

  app.post('/interaction/:uid', async (c) => {
    const { incoming, outgoing } = c.env
    const decision = (await readForm(c)).get('decision')
    const pending = await pendingAt(c)
    const login = await sessions.current(c.req.header('cookie'))
    if (!login || pending.prompt !== 'consent') throw new AppError('login-expired', { reason: 'nothing to agree to' })
    refuseSomebodyElse(pending, login)
    if (decision !== 'allow') return go(c, await flow.refused(incoming, outgoing, 'access_denied'))
    return go(c, await flow.agreed(incoming, outgoing, { session: login.session.idHash }))
  })

  /** What waits at this address. The cookie alone would do for the provider: one that a neighbour planted names another request. */
  async function pendingAt(c: PageContext): Promise<ProductRequest> {
    const pending = await flow.pending(c.env.incoming, c.env.outgoing)
    if (pending.uid !== c.req.param('uid'))
      throw new AppError('login-expired', { reason: 'the cookie is of another request' })
    return pending
  }

  function signIn(c: PageContext, { uid, client: { product } }: ProductRequest): Response {
    return c.redirect(base + signInPath({ kind: 'product', uid, product }), 303)
  }
}

/** The page with the ways in names the account that is signed in: who follows that link has chosen it, if it is still the one. */
function chosenHere(
  c: PageContext,
  { user }: Login,
  { uid, demand }: ProductRequest,
): Pick<ProductRequest, 'uid' | 'demand'> {
  const isChosen = new URL(c.req.url).searchParams.get('continue') === user.id
  return { uid, demand: isChosen ? { ...demand, chosen: false } : demand }
}

/** What the page asks for: what is new, or everything once more. */
function asksTo({
  missingScopes: scopes,
  missingClaims: claims,
  missingServices: services,
  requested,
}: ProductRequest) {
  return scopes.length + claims.length + services.length > 0 ? { scopes, claims, services } : requested
}

/** One person agrees for themselves only: the page may have been opened for somebody else. */
function refuseSomebodyElse({ accountId }: ProductRequest, { user }: Login): void {
  if (accountId !== user.id) throw new AppError('login-expired', { reason: 'somebody else is signed in now' })
}
