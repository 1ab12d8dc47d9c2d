import { vendorOf } from '../vendors/index.ts'
import type { OidcProvider } from './schema.ts'

/** The claim that holds the groups at a provider: what the class says, else what its vendor calls it. */
export function groupsClaimOf({
  groupsClaim,
  providerHint,
}: Pick<OidcProvider, 'groupsClaim' | 'providerHint'>): string {
  return groupsClaim ?? vendorOf(providerHint).groups.claim
}
