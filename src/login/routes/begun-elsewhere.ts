import { AppError } from '../../errors.ts'
import { isSameProvider } from '../../issuer-text.ts'
import { go, type PageContext } from '../../web/answers.ts'
import { readForm } from '../../web/forms.ts'
import type { Routes } from '../desk.ts'
import { continuePath, destinationFields, type LoginDestination } from '../destination.ts'

/** Paths that a provider opens to begin a sign-in: ours, and the one that tiles for Astronomer have. */
export const beginningPaths = ['/login/initiate', '/v1/oauth/start']

/**
 * A sign-in that a provider begins (OpenID Connect Core section 4): a tile of Okta leads here. It only leads on to the start of an ordinary
 * sign-in, with a state of this browser. Whoever is signed in stays who they are: no other site can put somebody else in their place.
 */
export const begunElsewhereRoutes: Routes = (app, desk) => {
  const { base, options } = desk
  const { sessions, waysIn } = options

  for (const path of beginningPaths) {
    app.get(path, (c) => begin(c, new URL(c.req.url).searchParams))
    // The request may come as a form of another site. Nothing happens before it has become an address.
    app.post(path, async (c) => {
      const fields = await readForm(c)
      return c.redirect(`${base}${path}?${fields}`, 303)
    })
  }

  app.get('/login/place', async (c) => {
    const target = new URL(c.req.url).searchParams.get('target') ?? ''
    const allowed = options.allowedReturn(target)
    if (allowed === undefined) return c.redirect(`${base}/`, 303)
    const login = await sessions.current(c.req.header('cookie'))
    return login ? go(c, allowed) : c.redirect(`${base}/login?${new URLSearchParams({ target })}`, 303)
  })

  async function begin(c: PageContext, query: URLSearchParams): Promise<Response> {
    const way = wayOf(query)
    const target = query.get('target_link_uri')
    const isOwn = target !== null && options.allowedReturn(target) !== undefined
    const destination: LoginDestination = isOwn ? { kind: 'place', address: target } : { kind: 'home' }
    if (await sessions.current(c.req.header('cookie'))) return c.redirect(base + continuePath(destination), 303)
    const hint = query.get('login_hint')
    const fields: [string, string][] = [
      ['provider', way],
      ...destinationFields(destination),
      ...(hint === null ? [] : ([['login_hint', hint]] as [string, string][])),
    ]
    return c.redirect(`${base}/login/start?${new URLSearchParams(fields)}`, 303)
  }

  /** The way in that `provider` names, or whose provider `iss` is; both have to mean the same. */
  function wayOf(query: URLSearchParams): string {
    const [provider, issuer] = [query.get('provider'), query.get('iss')]
    const found = waysIn.find(
      ({ connector }) =>
        connector.kind === 'redirect' &&
        (provider === null || connector.name === provider) &&
        (issuer === null || (connector.issuer !== undefined && isSameProvider(connector.issuer, issuer))),
    )
    if (!found || (provider === null && issuer === null))
      throw new AppError('way-in-unknown', { provider: (provider ?? issuer ?? '').slice(0, 200) })
    return found.connector.name
  }
}
