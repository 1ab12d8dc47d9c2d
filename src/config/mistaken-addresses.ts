/** Addresses of providers that are copied from the wrong place: a console, an endpoint, the pages of a vendor. */
import { mistakenAddress } from '../vendors/index.ts'
import { issuerOf } from './issuer.ts'
import { type PathProblem, warning } from './problem.ts'
import type { Config } from './schema.ts'

/** A warning for each class whose issuer is probably none. */
export function mistakenAddresses({ authenticationClasses }: Pick<Config, 'authenticationClasses'>): PathProblem[] {
  return Object.entries(authenticationClasses).flatMap(([name, { oidc }]) => {
    if (!oidc) return []
    const issuer = new URL(issuerOf(oidc))
    const found = mistakenAddress(issuer)
    if (!found) return []
    const message = `${found.is}, and not the issuer: ${found.instead}`
    return [warning('address-not-issuer', ['authenticationClasses', name, 'oidc', found.setting], message)]
  })
}
