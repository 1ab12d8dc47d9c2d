/** What several kinds need to know about their providers, derived from the facts of a vendor. */
import type { Vendor } from '../../vendors/contract.ts'
import { vendorByAddress } from '../../vendors/index.ts'
import type { ClientKind, GitHubProvider, ProductInput, Provider, ResolvedClass } from '../contract.ts'

/** What people read on a button: what the entry says; otherwise the name of this server, or of the class. */
export function nameForPeople(someClass: ResolvedClass): string {
  const { entry, className } = someClass
  return entry.title ?? (someClass.type === 'oidc' && someClass.vendor.isOurs ? someClass.vendor.title : className)
}

/** The ID token may have no groups, and userinfo has them: a product must ask there. */
export function groupsAreAtUserinfo({ vendor }: Pick<Provider, 'vendor'>): boolean {
  const { idToken, userinfo } = vendor.groups.where
  return userinfo === 'always' && idToken !== 'always'
}

/** The userinfo endpoint never has groups: a product must read a token. */
export function groupsAreInTokensOnly({ vendor }: Pick<Provider, 'vendor'>): boolean {
  const { idToken, userinfo } = vendor.groups.where
  return userinfo === 'never' && idToken === 'always'
}

/** The vendor that the class names, else the one that its address shows: traps of a vendor do not go away with the hint. */
export function knownVendor({ vendor, issuer }: Pick<Provider, 'vendor' | 'issuer'>): Vendor {
  return vendorByAddress(vendor, issuer)
}

/**
 * Whether everybody in the world can have an account there. The owner of a GitHub Enterprise Server gives out its accounts. At Google
 * the owner of the client can restrict access, which cannot be seen from here.
 */
export function isPublic(
  someClass: ResolvedClass,
  { follows }: Pick<ClientKind, 'follows'>,
): someClass is Provider | GitHubProvider {
  if (someClass.type === 'oidc') {
    const { issuer, hostedDomains } = someClass
    const isLimited = hostedDomains.length > 0 && follows.includes('hostedDomains')
    return !isLimited && knownVendor(someClass).hasPublicAccounts?.(issuer) === true
  }
  if (someClass.type !== 'github' || someClass.hostname !== 'github.com') return false
  const isLimited =
    (someClass.organizations.length > 0 && follows.includes('organizations')) ||
    (someClass.teams.length > 0 && follows.includes('teams'))
  return !isLimited
}

/** The organisations whose members or teams get in, each once. */
export function organizationsOf({ organizations, teams }: Pick<GitHubProvider, 'organizations' | 'teams'>): string[] {
  return [...new Set([...organizations, ...teams.map((team) => team.split('/')[0] ?? '')])]
}

/** The provider of a product that takes only one. `commonProblems` makes sure of that. */
export function soleProvider({ providers, name }: ProductInput): Provider {
  const [provider] = providers
  if (!provider) throw new Error(`${name} has no OpenID provider`)
  return provider
}
