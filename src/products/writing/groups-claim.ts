/** How the claim with the groups is named: for people, and for products that know claims of the token itself only. */
import { type ClaimPath, isNested, shownClaim } from '../../claim-path.ts'
import { mdCode } from '../../formats.ts'
import type { ProductProblem, Provider } from '../contract.ts'
import { error } from './problem.ts'

/** Markdown: `groups`, `realm_access.roles`. */
export function claimCode(path: ClaimPath): string {
  return mdCode(shownClaim(path))
}

/** The name of a claim of the token itself. Whoever calls it has refused others with `nestedClaimProblems`. */
export function claimName(path: ClaimPath): string {
  return shownClaim(path)
}

interface NameReader {
  title: string
  /** Why it cannot read the path, if that is more than that it has no form for one. */
  why?: string
  /** False: the class gatehouse does not help, because the product does not take it. */
  takesGatehouse?: boolean
}

/** For a product that looks for groups in a claim of the token itself, and nowhere below. */
export function nestedClaimProblems(providers: readonly Provider[], reader: NameReader): ProductProblem[] {
  return providers
    .filter(({ groupsClaim }) => isNested(groupsClaim))
    .map(({ path, className, groupsClaim, vendor }) => {
      const { title, why = `${title} knows claims of the token itself only`, takesGatehouse = true } = reader
      const mapper = vendor.nestsDottedClaims ? ' (a mapper whose Token Claim Name is groups)' : ''
      const gatehouse = takesGatehouse
        ? ', or give the product the class gatehouse, which reads the path when people sign in'
        : ''
      return error(
        path,
        `the groups of ${className} are inside of another claim, ${shownClaim(groupsClaim)}, and ${why}, so nobody would be in a group: let the provider send them in a claim of their own${mapper} and name that in a class for this product${gatehouse}`,
      )
    })
}
