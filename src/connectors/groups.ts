import type { ReceivedGroups } from './contract.ts'

type Claims = Readonly<Record<string, unknown>>

/**
 * Names of groups under a claim: its exact name first (`cognito:groups`, `https://example.com/groups`), else a path through
 * objects (`realm_access.roles`). A single text is a list of one, as ADFS sends it. Anything else is left out.
 */
export function groupsOf(claims: Claims, claim: string): string[] {
  const value = valueOfClaim(claims, claim)
  if (typeof value === 'string') return value === '' ? [] : [value]
  return Array.isArray(value) ? value.filter((group) => typeof group === 'string') : []
}

/** In which form groups came, so that "not sent" can be told from "none", and what nobody can read from both. */
export function receivedGroups(claims: Claims, claim: string): ReceivedGroups {
  const value = valueOfClaim(claims, claim)
  if (value === undefined) return { claim, form: isOverage(claims, claim) ? 'too many to send' : 'absent' }
  if (value === '' || (Array.isArray(value) && value.length === 0)) return { claim, form: 'empty' }
  if (typeof value === 'string') return { claim, form: 'one text' }
  if (!Array.isArray(value)) return { claim, form: value === null ? 'null' : `unreadable: ${kindOf(value)}` }
  const [odd] = value.filter((group) => typeof group !== 'string')
  if (odd === undefined) return { claim, form: 'list' }
  const leftOut = value.filter((group) => typeof group !== 'string').length
  return { claim, form: `list, of which ${leftOut} unreadable: ${kindOf(odd)}` }
}

export function hasClaim(claims: Claims, claim: string): boolean {
  return valueOfClaim(claims, claim) !== undefined
}

/** Entra sends an address in place of more than 200 groups (`_claim_names`, Core 1.0 section 5.6.2), or `hasgroups` alone. */
function isOverage(claims: Claims, claim: string): boolean {
  const { _claim_names: names, hasgroups } = claims
  if (typeof names === 'object' && names !== null && Object.hasOwn(names, claim)) return true
  return hasgroups === true || hasgroups === 'true'
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list in a list'
  if (value === null) return 'null'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function valueOfClaim(claims: Claims, claim: string): unknown {
  if (Object.hasOwn(claims, claim)) return claims[claim]
  let at: unknown = claims
  for (const key of claim.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<string, unknown>)[key]
  }
  return at
}
