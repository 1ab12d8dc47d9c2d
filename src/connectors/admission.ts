/** Who may sign in by a provider at all: `allowedGroups` and `hostedDomains` of its class. */
import { AppError } from '../errors.ts'
import type { UpstreamIdentity } from './contract.ts'
import type { Claims } from './stated-identity.ts'

export interface Admission {
  /** Only their members; everyone when empty. */
  allowedGroups: readonly string[]
  /** Only accounts of these organisations at Google; everyone when empty. */
  hostedDomains: readonly string[]
}

/** Throws `person-not-admitted`. `claims` are those that the provider signed: what userinfo adds to them does not count for the domain. */
export function admit(
  { groups, received }: Pick<UpstreamIdentity, 'groups' | 'received'>,
  claims: Claims,
  { allowedGroups, hostedDomains }: Admission,
): void {
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
