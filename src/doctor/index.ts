import { proxyFor, type Surroundings } from '../config/network.ts'
import type { Config } from '../config/schema.ts'
import { type Bound, createBound } from './bound.ts'
import { postLogoutUri } from './client/post-logout-uri.ts'
import { redirectUri } from './client/redirect-uri.ts'
import { scopes } from './client/scopes.ts'
import type { Checks, Finding, ProviderUnderTest } from './contract.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import { probeProvider } from './probe.ts'
import { claims } from './provider/claims.ts'
import { clock } from './provider/clock.ts'
import { issuer } from './provider/issuer.ts'
import { reachability } from './provider/reachability.ts'
import { tlsChain } from './provider/tls-chain.ts'
import { providersUnderTest } from './providers-under-test.ts'
import { examineCase } from './runner.ts'

/** Every check. */
const checks: Checks = {
  provider: [reachability, tlsChain, issuer, clock, claims],
  client: [scopes, redirectUri, postLogoutUri],
  product: [],
  service: [],
  store: [],
  server: [],
}

/** A small provider answers one request after the other: what waits for its turn there must not run out of time here. */
const requestsAtOnce = 4
const subjectsAtOnce = 8

export interface Examination extends Surroundings {
  config: Config
  /** Only what stands between this product and a person. */
  product?: string
  now: () => number
}

/**
 * Runs every check on what the configuration names. Findings come subject by subject: each provider with its clients.
 * Throws `secret-not-found` for a certificate authority that the configuration names and that is not there.
 */
export async function examine({ config, now, ...selection }: Examination): Promise<Finding[]> {
  const oneOfAll = createBound(subjectsAtOnce)
  const boundAt = new Map<string, Bound>()
  const subjects = providersUnderTest(config, selection).map((provider) => () => {
    const { origin } = new URL(provider.issuer)
    const bound = boundAt.get(origin) ?? createBound(requestsAtOnce)
    boundAt.set(origin, bound)
    return examineProvider(provider, { now, proxy: proxyFor(provider.issuer, config, selection.env), bound })
  })
  return (await Promise.all(subjects.map(oneOfAll))).flat()
}

async function examineProvider(
  provider: ProviderUnderTest,
  { now, proxy, bound }: { now: () => number; proxy: string | undefined; bound: Bound },
): Promise<Finding[]> {
  const { ask, close } = createGuardedFetch({ trust: provider.trust, proxy, bound, now })
  try {
    const probe = await probeProvider(provider, { ask, proxy })
    const context = { provider, probe, ask, now }
    const findings = await Promise.all([
      examineCase(checks, { kind: 'provider', name: provider.className, context }),
      ...provider.clients.map((client) =>
        examineCase(checks, { kind: 'client', name: client.subject, context: { ...context, client } }),
      ),
    ])
    return findings.flat()
  } finally {
    await close()
  }
}
