/** Products that read the ID token and never ask the userinfo endpoint. */
import { shownClaim } from '../../claim-path.ts'
import type { ProductProblem, Provider } from '../contract.ts'
import { warning } from './problem.ts'
import { knownVendor } from './provider-facts.ts'

/** What an ID token has at every provider that keeps names out of it. */
const alwaysThere = ['sub', 'email']

/** A warning for each thing that such a product looks for in vain, because the provider says it at its userinfo endpoint only. */
export function idTokenOnlyProblems(
  provider: Provider,
  { title, readsGroups }: { title: string; readsGroups: boolean },
): ProductProblem[] {
  const { principalClaim, groupsClaim, path, className } = provider
  const { namesInIdToken, groups, title: vendor } = knownVendor(provider)
  const problems: ProductProblem[] = []
  const at = `authenticationClasses.${className}.oidc`
  if (namesInIdToken === 'never' && !alwaysThere.includes(principalClaim)) {
    const message = `${title} reads the user name from the ID token, and that of ${vendor} has no ${principalClaim}: write email or sub in ${at}.principalClaim, or give the product the class gatehouse`
    problems.push(warning('principal-claim-never-sent', path, message))
  }
  if (
    readsGroups &&
    groups.where.idToken === 'never' &&
    shownClaim(groupsClaim) === groups.claim &&
    groups.where.userinfo !== 'never'
  ) {
    const message = `${title} reads groups from the ID token, and that of ${vendor} has no ${shownClaim(groupsClaim)}: nobody is in any. Give the product the class gatehouse, which asks the userinfo endpoint`
    problems.push(warning('groups-missing', path, message))
  }
  return problems
}
