/** What several kinds conclude from the facts of a vendor. */
import type { Provider } from '../contract.ts'

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
