import { vendorByAddress, vendors } from '../../vendors/index.ts'
import type { Check, Outcome, ProviderContext } from '../contract.ts'
import { ok, skipped, warning } from '../outcome.ts'
import { withoutDocument } from '../without-document.ts'

/**
 * Checks that the provider lists the claim that becomes the username. The list is a hint (OpenID Connect Discovery 1.0 section 3: "might not
 * be an exhaustive list"; that of Keycloak never changes), so a claim that is missing is a warning.
 */
export const claims: Check<'provider'> = {
  id: 'claims',
  title: 'The provider offers the claim for the username',
  run: look,
}

function look({ provider, probe }: ProviderContext): Outcome {
  const { principalClaim } = provider
  if (!probe.document) return withoutDocument
  const offered = probe.document.claims_supported
  if (!offered) return skipped('the provider does not list its claims')
  const { unlistedClaims = [] } = vendorByAddress(vendors[provider.kind], provider.issuer)
  if (offered.includes(principalClaim) || unlistedClaims.includes(principalClaim)) return ok({ principalClaim })
  return warning(
    'claim-not-supported',
    { principalClaim, offered: offered.join(' ') },
    `Sign in once to see whether ${principalClaim} comes, or set ${provider.path}.principalClaim to a claim that is listed. Lists of claims are seldom complete.`,
  )
}
