/** What several kinds ask about their providers, and conclude from the facts of a vendor. */
import type { ClientKind, GitHubProvider, ProductInput, Provider, ResolvedClass } from '../contract.ts'

/** What people read on a button: this server by its name, others by that of their class. */
export function nameForPeople({ vendor, className }: Pick<Provider, 'vendor' | 'className'>): string {
  return vendor.isOurs ? vendor.title : className
}

/** An ID token may come without groups, and userinfo has them: a product must ask there. */
export function groupsAreAtUserinfo({ vendor }: Pick<Provider, 'vendor'>): boolean {
  const { idToken, userinfo } = vendor.groups.where
  return userinfo === 'always' && idToken !== 'always'
}

/** The userinfo endpoint has none, whatever is configured: a product must read a token. */
export function groupsAreInTokensOnly({ vendor }: Pick<Provider, 'vendor'>): boolean {
  const { idToken, userinfo } = vendor.groups.where
  return userinfo === 'never' && idToken === 'always'
}

/**
 * Whether everybody in the world can have an account there. Those of a GitHub Enterprise Server are given by its owner. At Google
 * the owner of the client can close the door, unseen.
 */
export function isPublic(
  someClass: ResolvedClass,
  { follows }: Pick<ClientKind, 'follows'>,
): someClass is Provider | GitHubProvider {
  if (someClass.type === 'oidc') return someClass.vendor.hasPublicAccounts === true
  if (someClass.type !== 'github' || someClass.hostname !== 'github.com') return false
  return someClass.organizations.length === 0 || !follows.includes('organizations')
}

/** Where a product takes one provider only: that one. `commonProblems` has made sure of it. */
export function soleProvider({ providers, name }: ProductInput): Provider {
  const [provider] = providers
  if (!provider) throw new Error(`${name} has no OpenID provider`)
  return provider
}
