import { proxyFor, type Surroundings } from '../config/network.ts'
import type { Config } from '../config/schema.ts'
import { claims } from './claims.ts'
import { clock } from './clock.ts'
import type { Check, Finding, ProviderUnderTest } from './contract.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import { issuer } from './issuer.ts'
import { postLogoutUri } from './post-logout-uri.ts'
import { probeProvider } from './probe.ts'
import { reachability } from './reachability.ts'
import { redirectUri } from './redirect-uri.ts'
import { scopes } from './scopes.ts'
import { providersUnderTest } from './subjects.ts'
import { tlsChain } from './tls-chain.ts'

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
