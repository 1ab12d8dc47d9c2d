import { proxyFor, type Surroundings } from '../config/network.ts'
import type { Config } from '../config/schema.ts'
import { postLogoutUri } from './client/post-logout-uri.ts'
import { redirectUri } from './client/redirect-uri.ts'
import { scopes } from './client/scopes.ts'
import type { Check, Finding, ProviderUnderTest } from './contract.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import { claims } from './provider/claims.ts'
import { clock } from './provider/clock.ts'
import { issuer } from './provider/issuer.ts'
import { probeProvider } from './provider/probe.ts'
import { reachability } from './provider/reachability.ts'
import { tlsChain } from './provider/tls-chain.ts'
import { providersUnderTest } from './providers-under-test.ts'

/** Every check, in the order in which a request meets what they look at. */
export const checks: readonly Check[] = [
  reachability,
  tlsChain,
  issuer,
  clock,
  scopes,
  claims,
  redirectUri,
  postLogoutUri,
]

export interface Examination extends Surroundings {
  config: Config
  /** Only what stands between this product and a person. */
  product?: string
  now: () => number
}

/**
 * Runs every check against every provider that the configuration signs people in at. Findings come provider by provider.
 * Throws `secret-not-found` for a certificate authority that the configuration names and that is not there.
 */
export async function examine({ config, now, ...selection }: Examination): Promise<Finding[]> {
  const providers = providersUnderTest(config, selection)
  const examined = providers.map((provider) =>
    examineProvider(provider, { now, proxy: proxyFor(provider.issuer, config, selection.env) }),
  )
  return (await Promise.all(examined)).flat()
}

async function examineProvider(
  provider: ProviderUnderTest,
  { now, proxy }: { now: () => number; proxy: string | undefined },
): Promise<Finding[]> {
  const { ask, close } = createGuardedFetch({ trust: provider.trust, proxy })
  try {
    const probe = await probeProvider(provider, { ask, now, proxy })
    const findings = await Promise.all(checks.map((check) => check.run({ provider, probe, ask, now })))
    return findings.flat()
  } finally {
    await close()
  }
}
