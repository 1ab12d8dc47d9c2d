import { type ClaimPath, claimAt, shownClaim } from '../claim-path.ts'
import type { ReceivedGroups } from './contract.ts'

type Claims = Readonly<Record<string, unknown>>

/** Where groups are looked for: the first of these places that is there counts. */
export type GroupsClaims = readonly [ClaimPath, ...ClaimPath[]]

/**
 * The places of a claim. A text that can mean a name and a path means both here, the name first: the gate has always read both, and
 * a provider sends one of them.
 */
export function groupsClaims({ path, other }: { path: ClaimPath; other: ClaimPath | undefined }): GroupsClaims {
  if (other === undefined) return [path]
  return path.length <= other.length ? [path, other] : [other, path]
}

/** Names of groups. A single text is a list of one, as ADFS sends it. Anything else is left out. */
export function groupsOf(claims: Claims, places: GroupsClaims): string[] {
  const value = groupsAt(claims, places)
  if (typeof value === 'string') return value === '' ? [] : [value]
  return Array.isArray(value) ? value.filter((group) => typeof group === 'string') : []
}

/** In which form groups came, so that "not sent" can be told from "none", and what nobody can read from both. */
export function receivedGroups(claims: Claims, places: GroupsClaims): ReceivedGroups {
  const claim = shownClaim(places.at(-1) ?? places[0])
  const value = groupsAt(claims, places)
  if (value === undefined) return { claim, form: isOverage(claims, places) ? 'too many to send' : 'absent' }
  if (value === '' || (Array.isArray(value) && value.length === 0)) return { claim, form: 'empty' }
  if (typeof value === 'string') return { claim, form: 'one text' }
  if (!Array.isArray(value)) return { claim, form: value === null ? 'null' : `unreadable: ${kindOf(value)}` }
  const [odd] = value.filter((group) => typeof group !== 'string')
  if (odd === undefined) return { claim, form: 'list' }
  const leftOut = value.filter((group) => typeof group !== 'string').length
  return { claim, form: `list, of which ${leftOut} unreadable: ${kindOf(odd)}` }
}

export function hasClaim(claims: Claims, places: GroupsClaims): boolean {
  return groupsAt(claims, places) !== undefined
}

/** Entra sends an address in place of more than 200 groups (`_claim_names`, Core 1.0 section 5.6.2), or `hasgroups` alone. */
function isOverage(claims: Claims, [[claim]]: GroupsClaims): boolean {
  const { _claim_names: names, hasgroups } = claims
  if (typeof names === 'object' && names !== null && Object.hasOwn(names, claim)) return true
  return hasgroups === true || hasgroups === 'true'
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list in a list'
  if (value === null) return 'null'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function groupsAt(claims: Claims, places: GroupsClaims): unknown {
  for (const path of places) {
    const value = claimAt(claims, path)
    if (value !== undefined) return value
  }
  return undefined
}
