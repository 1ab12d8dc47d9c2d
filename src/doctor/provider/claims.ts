import { type ReadClaimPath, shownClaim } from '../../claim-path.ts'
import { vendorByAddress, vendors } from '../../vendors/index.ts'
import type { Check, Outcome, ProviderContext } from '../contract.ts'
import { ok, skipped, warning } from '../outcome.ts'
import { withoutDocument } from '../without-document.ts'

/**
 * Checks that the provider lists the claim that becomes the username, and the one that the class names for groups. The list is a hint (OpenID
 * Connect Discovery 1.0 section 3: "might not be an exhaustive list"; that of Keycloak never changes), so a claim that is missing is a warning.
 */
export const claims: Check<'provider'> = {
  id: 'claims',
  title: 'The provider offers the claims for the username and the groups',
  run: look,
}

function look({ provider, probe }: ProviderContext): Outcome | Outcome[] {
  const { groupsClaim, kind } = provider
  if (!probe.document) return withoutDocument
  const offered = probe.document.claims_supported
  if (!offered) return skipped('the provider does not list its claims')
  const forGroups =
    groupsClaim === undefined || vendors[kind].listsFixedClaims ? [] : [lookForGroups(groupsClaim, provider, offered)]
  return [lookForName(provider, offered), ...forGroups]
}

function lookForName(
  { principalClaim, path, kind, issuer }: ProviderContext['provider'],
  offered: readonly string[],
): Outcome {
  const { unlistedClaims = [] } = vendorByAddress(vendors[kind], issuer)
  if (offered.includes(principalClaim) || unlistedClaims.includes(principalClaim)) return ok({ principalClaim })
  return warning(
    'claim-not-supported',
    { principalClaim, offered: offered.join(' ') },
    `Sign in once to see whether ${principalClaim} comes, or set ${path}.principalClaim to a claim that is listed. Lists of claims are seldom complete.`,
  )
}

/** A list has names of claims in the token itself only: of a path it has the first. */
function lookForGroups(
  { path, other, isDoubtful }: ReadClaimPath,
  { path: at }: ProviderContext['provider'],
  offered: readonly string[],
): Outcome {
  const [first] = path
  const groupsClaim = shownClaim(path)
  if (offered.includes(first)) return ok({ groupsClaim })
  const evidence = { groupsClaim, offered: offered.join(' ') }
  if (isDoubtful && other !== undefined && offered.includes(other[0])) {
    return warning(
      'claim-not-supported',
      evidence,
      `Write ${at}.groupsClaim: [${other.join(', ')}]: the provider lists ${other[0]}, and no claim with a dot in its name.`,
    )
  }
  return warning(
    'claim-not-supported',
    evidence,
    `Sign in once to see whether ${first} comes, or set ${at}.groupsClaim to a claim that is listed. Lists of claims are seldom complete.`,
  )
}
