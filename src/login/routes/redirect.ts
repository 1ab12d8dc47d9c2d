import type { RedirectConnector, UpstreamIdentity } from '../../connectors/contract.ts'
import { setCookie } from '../../cookies.ts'
import { teamsOf } from '../../directory/teams.ts'
import { AppError } from '../../errors.ts'
import { readFormBody } from '../../form-body.ts'
import { type PageContext, show } from '../../web/answers.ts'
import { isSameOrigin } from '../../web/csrf.ts'
import { filled } from '../../web/languages/filling.ts'
import type { Routes } from '../desk.ts'
import { continuePath, type LoginDestination, nameOf, parseDestination, wantsSomeoneElse } from '../destination.ts'
import { fragmentPage, fragmentScript, relayPage, relayScript } from '../pages/relay.ts'
import { demandsNewProof, demandsSignIn } from '../sign-in-demand.ts'
import type { TakenTransaction } from '../transaction.ts'

/** Two tokens with their claims. */
const answerLimits = { maxBytes: 160 * 1024, maxFields: 32 }

const lastWayAge = 180 * 24 * 3600

/** To an identity provider and back. */
export const redirectRoutes: Routes = (app, desk) => {
  const {
    base,
    chooseAWayIn,
    lastWayCookie,
    options,
    originOf,
    redirectNamed,
    remember,
    requestAt,
    signedIn,
    traced,
    userFor,
  } = desk
  const { config, secure, sessions, traces, transactions } = options

  app.get('/login/start', async (c) => {
    const query = new URL(c.req.url).searchParams
    const destination = parseDestination(query)
    remember(c, destination)
    const connector = redirectNamed(query.get('provider'))
    const traceId = c.get('traceId')
    const attempt = { traceId, way: connector.name }
    const { from, requestId } = originOf(c)
    // Or the provider would sign in the same person again.
    const someoneElse = wantsSomeoneElse(query)
    const { demand, hints = {} } = (await requestAt(destination)) ?? {}
    const fresh = demand !== undefined && demandsNewProof(demand)
    const { transaction, setCookies } = await transactions.begin(
      {
        authenticationClass: connector.name,
        destination,
        fresh,
        demanded: demand !== undefined && demandsSignIn(demand),
        traceId,
      },
      c.req.header('cookie'),
    )
    traces.begin(traceId, options.networkOf(c.env.incoming))
    traces.step(
      traceId,
      requestId,
      { hop: 'browser', event: `chose ${connector.name}`, evidence: { destination: nameOf(destination) } },
      { event: 'sign-in.started', way: connector.name, address: from },
    )
    const url = await traced(c, attempt, () =>
      connector.authorizationUrl({
        redirectUri: desk.callbackOf(connector.name),
        checks: transaction.checks,
        fresh,
        chooses: someoneElse || (demand?.chosen ?? false),
        hints: {
          ...hints,
          loginHint: hints.loginHint ?? hintIn(query),
          acrValues: hints.acrValues ?? demand?.acr?.join(' '),
        },
      }),
    )
    traces.step(
      traceId,
      requestId,
      { hop: 'provider', event: 'sent to the provider', evidence: { provider: url.origin + url.pathname } },
      { event: 'sign-in.sent', way: connector.name, address: from },
    )
    const named = sessions.name(c.req.header('cookie'))
    for (const cookie of [...setCookies, ...named]) c.header('set-cookie', cookie, { append: true })
    c.header('cache-control', 'no-store')
    return c.redirect(url.href, 303)
  })

  app.get('/callback/:name', async (c) => {
    return answered(c, redirectNamed(c.req.param('name')))
  })
  app.post('/callback/:name', async (c) => posted(c, redirectNamed(c.req.param('name'))))

  for (const { authenticationClass, oidc } of config.login) {
    const path = oidc?.callbackPath
    if (path === undefined) continue
    app.get(path, async (c) => answered(c, redirectNamed(authenticationClass ?? null)))
    app.post(path, async (c) => posted(c, redirectNamed(authenticationClass ?? null)))
  }

  /** Where tokens come with the browser, they are in the fragment: a page brings them here as a form. */
  async function answered(c: PageContext, connector: RedirectConnector): Promise<Response> {
    const url = new URL(c.req.url)
    if (!connector.answersInForm || url.searchParams.has('state')) return comeBack(c, connector, url)
    const page = fragmentPage(c.get('look'), { action: base + c.req.path, back: `${base}/login` })
    return show(c, page, { script: fragmentScript })
  }

  /** A form of the provider comes without our cookies (SameSite=Lax): it is sent again, as one of ours. */
  async function posted(c: PageContext, connector: RedirectConnector): Promise<Response> {
    if (!connector.answersInForm) throw new AppError('method-not-allowed', { method: 'POST', path: c.req.path })
    const answer = await readFormBody(c.env.incoming, answerLimits)
    if (!isSameOrigin(c, new URL(config.issuer).origin))
      return show(c, relayPage(c.get('look'), { action: base + c.req.path, answer }), { script: relayScript })
    const url = new URL(c.req.url)
    url.search = String(answer)
    return comeBack(c, connector, url)
  }

  async function comeBack(c: PageContext, connector: RedirectConnector, url: URL): Promise<Response> {
    const requestId = c.get('requestId')
    const taken = await transactions.take(url.searchParams.get('state') ?? '', c.req.header('cookie'))
    if (taken?.use !== 'first') return goOn(c, taken)
    const { transaction } = taken
    for (const cookie of taken.setCookies) c.header('set-cookie', cookie, { append: true })
    const { traceId, destination, fresh, demanded = fresh } = transaction
    remember(c, destination)
    // One callback for each class (RFC 9700 section 4.4): the answer of one provider is never redeemed at another.
    if (transaction.authenticationClass !== connector.name)
      throw new AppError('login-expired', { reason: 'came back from another provider' })
    const { from } = originOf(c)
    traces.step(
      traceId,
      requestId,
      { hop: 'browser', event: 'came back', evidence: { parameters: [...url.searchParams.keys()].join(' ') } },
      { event: 'sign-in.returned', way: connector.name, address: from },
    )

    const found = await traced(c, { traceId, way: connector.name }, async () => {
      const redirectUri = desk.callbackOf(connector.name)
      const { checks } = transaction
      const found = await connector
        .identify({ callbackUrl: url, redirectUri, checks })
        .catch(async (error: unknown) => {
          await transactions.release(checks.state)
          throw error
        })
      const told = { way: connector.name, address: from }
      const evidence = { principal: found.principal.slice(0, 300) }
      const says = { hop: 'provider', event: 'says who it is', evidence } as const
      traces.step(traceId, requestId, says, { event: 'sign-in.answered', ...told })
      const teams = groupsEvidence(found, teamsOf(config.teams, connector.name, found.groups))
      const received = { hop: 'provider', event: 'groups received', evidence: teams } as const
      traces.step(traceId, requestId, received, { event: 'sign-in.groups', ...told })
      if (fresh) refuseOldProof(found.authenticatedAt, transaction)
      return { identity: found, user: await userFor(found, connector) }
    }).catch((error: unknown) => {
      if (isCancelled(error)) return undefined
      throw error
    })
    if (found === undefined)
      return chooseAWayIn(c, destination, { notice: ({ choose }) => filled(choose.cancelled, { trace: traceId }) })
    const { identity, user } = found
    const lastWay = setCookie({ name: lastWayCookie, value: connector.name, maxAge: lastWayAge, secure })
    c.header('set-cookie', lastWay, { append: true })
    const { idToken, authenticatedAt, acr, amr } = identity
    const via = { authenticationClass: connector.name, idToken, authenticatedAt, acr, amr, fresh: demanded }
    return signedIn(c, user, via, { destination, traceId })
  }

  /** The answer of a provider that signs nobody in (Back button, reload, another browser, ten minutes): who is signed in goes on. */
  async function goOn(c: PageContext, taken: TakenTransaction | undefined): Promise<Response> {
    const destination: LoginDestination = taken?.transaction.destination ?? { kind: 'home' }
    remember(c, destination)
    if (await sessions.current(c.req.header('cookie'))) {
      const isAnswered = destination.kind === 'product' && !(await options.flow.describe(destination.uid))
      return c.redirect(base + (isAnswered ? '/' : continuePath(destination)), 303)
    }
    if (taken?.use === 'again') throw new AppError('login-replayed')
    const reason = taken ? 'the sign-in took longer than ten minutes' : 'no cookie of this sign-in came back'
    throw new AppError('login-expired', { reason })
  }
}

/** The person has pressed Cancel at the provider, or has no leave to use it: both are `access_denied` (RFC 6749, 4.1.2.1). */
function isCancelled(error: unknown): boolean {
  return error instanceof AppError && error.code === 'sign-in-cancelled'
}

const namesShown = 50
const nameLength = 120

/** Which groups came, in which form, and the teams that they give. Names are a JSON list: they may have blanks and commas. */
function groupsEvidence({ groups, received }: UpstreamIdentity, teams: readonly string[]): Record<string, string> {
  const names = groups.slice(0, namesShown).map((name) => name.slice(0, nameLength))
  const more = groups.length - names.length
  return {
    ...(received ? { claim: received.claim.slice(0, 200), form: received.form } : {}),
    groups: JSON.stringify(names),
    ...(more > 0 ? { 'and more': String(more) } : {}),
    teams: teams.join(' ').slice(0, 1000) || 'none',
  }
}

// Clocks of honest machines differ by seconds, and providers count whole ones.
const clockTolerance = 60_000

/** A provider may ignore that it was asked for a new sign-in (prompt=login). When it says so, it is not one. */
function refuseOldProof(authenticatedAt: number | undefined, { startedAt }: { startedAt: number }): void {
  if (authenticatedAt === undefined || authenticatedAt >= startedAt - clockTolerance) return
  throw new AppError('sign-in-not-fresh', { authenticatedAt: new Date(authenticatedAt).toISOString() })
}

/** What a provider suggests that has begun the sign-in (OpenID Connect Core section 4): a plain text of some length. */
function hintIn(query: URLSearchParams): string | undefined {
  const hint = query.get('login_hint')?.trim() ?? ''
  return hint === '' || hint.length > 1024 || /\p{Cc}/u.test(hint) ? undefined : hint
}
