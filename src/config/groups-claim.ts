import { type ReadClaimPath, readClaimPath } from '../claim-path.ts'
import { vendorOf } from '../vendors/index.ts'
import type { OidcProvider } from './schema.ts'

/** The claim that holds the groups at a provider: the one of the class, otherwise the one of its vendor. */
export function groupsClaimOf({
  groupsClaim,
  providerHint,
}: Pick<OidcProvider, 'groupsClaim' | 'providerHint'>): ReadClaimPath {
  const { groups, nestsDottedClaims = false } = vendorOf(providerHint)
  return readClaimPath(groupsClaim ?? groups.claim, { nestsDots: nestsDottedClaims })
}
