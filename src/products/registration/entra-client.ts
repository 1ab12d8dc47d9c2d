/** What an application of Entra ID needs and other vendors do not. */

import { shownClaim } from '../../claim-path.ts'
import type { Registration } from './contract.ts'
import { readsClaim } from './registered-client.ts'

/** Claims that are sent only when the token configuration names them. */
const optionalClaims = ['email', 'family_name', 'given_name', 'upn']

/** Those of them that the product reads. */
export function neededClaims(registration: Registration): string[] {
  return optionalClaims.filter((claim) => readsClaim(registration, claim))
}

/** A sign-out address must be one of the redirect URIs: there is no separate list. */
export function registeredUris({ redirectUris, postLogoutRedirectUris }: Registration): string[] {
  return [...new Set([...redirectUris, ...postLogoutRedirectUris])]
}

/** App roles have names and a claim of their own; groups come as ids. */
export function sendsAppRoles({ groupsClaim }: Registration['provider']): boolean {
  return shownClaim(groupsClaim) === 'roles'
}
