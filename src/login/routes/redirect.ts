import { callbackUri } from '../../config/addresses.ts'
import { setCookie } from '../../cookies.ts'
import { AppError } from '../../errors.ts'
import type { Routes } from '../desk.ts'
import { parseDestination } from '../destination.ts'
import { demandsNewProof, demandsSignIn } from '../sign-in-demand.ts'

const lastWayAge = 180 * 24 * 3600

/** To an identity provider and back. */
export const redirectRoutes: Routes = (app, desk) => {
  const { lastWayCookie, options, redirectNamed, requestAt, signedIn, traced, userFor } = desk
  const { config, secure, sessions, traces, transactions } = options

  app.get('/login/start', async (c) => {
    const query = new URL(c.req.url).searchParams
    const connector = redirectNamed(query.get('provider'))
    const destination = parseDestination(query)
    const traceId = c.get('requestId')
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
    traces.step(traceId, traceId, {
      hop: 'browser',
      event: `chose ${connector.name}`,
      evidence: { destination: destination.kind },
    })
    const url = await traced(c, traceId, () =>
      connector.authorizationUrl({
        redirectUri: callbackUri(config.issuer, connector.name),
        checks: transaction.checks,
        fresh,
        chooses: demand?.chosen ?? false,
        hints: { ...hints, acrValues: hints.acrValues ?? demand?.acr?.join(' ') },
      }),
    )
    traces.step(traceId, traceId, {
      hop: 'provider',
      event: 'sent to the provider',
      evidence: { address: url.origin + url.pathname },
    })
    const named = sessions.name(c.req.header('cookie'))
    for (const cookie of [...setCookies, ...named]) c.header('set-cookie', cookie, { append: true })
    c.header('cache-control', 'no-store')
    return c.redirect(url.href, 303)
  })

  app.get('/callback/:name', async (c) => {
    const connector = redirectNamed(c.req.param('name'))
    const url = new URL(c.req.url)
    const requestId = c.get('requestId')
    const { transaction, setCookies } = await transactions.take(
      url.searchParams.get('state') ?? '',
      c.req.header('cookie'),
    )
    for (const cookie of setCookies) c.header('set-cookie', cookie, { append: true })
    const { traceId, destination, fresh, demanded = fresh } = transaction
    // One callback for each class (RFC 9700 section 4.4): the answer of one provider is never redeemed at another.
    if (transaction.authenticationClass !== connector.name)
      throw new AppError('login-expired', { reason: 'came back from another provider' })
    traces.step(traceId, requestId, {
      hop: 'browser',
      event: 'came back',
      evidence: { parameters: [...url.searchParams.keys()].join(' ') },
    })

    const { identity, user } = await traced(c, traceId, async () => {
      const redirectUri = callbackUri(config.issuer, connector.name)
      const { checks } = transaction
      const found = await connector
        .identify({ callbackUrl: url, redirectUri, checks })
        .catch(async (error: unknown) => {
          await transactions.release(checks.state)
          throw error
        })
      traces.step(traceId, requestId, {
        hop: 'provider',
        event: 'says who it is',
        evidence: { principal: found.principal.slice(0, 300), groups: found.groups.join(' ') || 'none' },
      })
      if (fresh) refuseOldProof(found.authenticatedAt, transaction)
      return { identity: found, user: await userFor(found, connector) }
    })
    const lastWay = setCookie({ name: lastWayCookie, value: connector.name, maxAge: lastWayAge, secure })
    c.header('set-cookie', lastWay, { append: true })
    const { idToken, authenticatedAt, acr, amr } = identity
    const via = { authenticationClass: connector.name, idToken, authenticatedAt, acr, amr, fresh: demanded }
    return signedIn(c, user, via, { destination, traceId })
  })
}

// Clocks of honest machines differ by seconds, and providers count whole ones.
const clockTolerance = 60_000

/** A provider may ignore that it was asked for a new sign-in (prompt=login). When it says so, it is not one. */
function refuseOldProof(authenticatedAt: number | undefined, { startedAt }: { startedAt: number }): void {
  if (authenticatedAt === undefined || authenticatedAt >= startedAt - clockTolerance) return
  throw new AppError('sign-in-not-fresh', { authenticatedAt: new Date(authenticatedAt).toISOString() })
}
