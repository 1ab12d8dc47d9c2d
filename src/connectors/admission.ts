/** Who may sign in by a provider at all: `allowedGroups`, `hostedDomains` and `allowedDomains` of its class. */
import { AppError } from '../errors.ts'
import { readEmail } from '../username.ts'
import type { UpstreamIdentity } from './contract.ts'
import type { Claims } from './stated-identity.ts'

export interface Admission {
  /** Only their members; everyone when empty. */
  allowedGroups: readonly string[]
  /** Only accounts of these organisations at Google; everyone when empty. */
  hostedDomains: readonly string[]
  /** Only people with an address in one of these domains that is verified, or for which the provider is trusted; everyone when absent. */
  allowedDomains?: readonly string[] | undefined
  trustedDomains?: readonly string[]
}

/** Throws `person-not-admitted`. `claims` are those that the provider signed: what userinfo adds to them does not count for the domain. */
export function admit(
  { groups, received, email, emailVerified }: Pick<UpstreamIdentity, 'groups' | 'received' | 'email' | 'emailVerified'>,
  claims: Claims,
  { allowedGroups, hostedDomains, allowedDomains, trustedDomains = [] }: Admission,
): void {
  if (allowedDomains) {
    const domain = readEmail(email ?? '')?.domain ?? ''
    const isVerified = emailVerified ?? trustedDomains.includes(domain)
    if (!allowedDomains.includes(domain) || !isVerified) {
      const found = domain === '' ? 'no address' : isVerified ? 'another domain' : 'an address that nobody has verified'
      throw new AppError('person-not-admitted', { setting: 'allowedDomains', claim: 'email', found })
    }
  }
  if (hostedDomains.length > 0) {
    const domain = claims['hd']
    if (typeof domain !== 'string' || !hostedDomains.includes(domain)) {
      throw new AppError('person-not-admitted', { setting: 'hostedDomains', claim: 'hd' })
    }
  }
  if (allowedGroups.length > 0 && !groups.some((group) => allowedGroups.includes(group))) {
    throw new AppError('person-not-admitted', {
      setting: 'allowedGroups',
      ...(received ? { groupsClaim: received.claim, groups: received.form } : {}),
    })
  }
}
