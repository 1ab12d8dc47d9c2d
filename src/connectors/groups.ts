import { type ClaimPath, claimAt, shownClaim } from '../claim-path.ts'
import type { ReceivedGroups } from './contract.ts'

type Claims = Readonly<Record<string, unknown>>

/** Where groups are looked for: the first of these places that is there counts. */
export type GroupsClaims = readonly [ClaimPath, ...ClaimPath[]]

export interface GroupsReading {
  /** A text is the name of one group, whatever is in it: the vendor sends a single one so, and whoever may name groups must not name several. */
  textIsOneName?: boolean | undefined
}

/**
 * The places of a claim. A text that can mean a name and a path means both here, the name first: the gate has always read both, and
 * a provider sends one of them.
 */
export function groupsClaims({ path, other }: { path: ClaimPath; other: ClaimPath | undefined }): GroupsClaims {
  if (other === undefined) return [path]
  return path.length <= other.length ? [path, other] : [other, path]
}

/**
 * Names of groups, from whatever has some: a list of texts or of objects with a `name`, such a list as JSON in a text, one such object, or one
 * text, as ADFS sends it. Anything else is left out, and `receivedGroups` says so.
 */
export function groupsOf(claims: Claims, places: GroupsClaims, reading: GroupsReading = {}): string[] {
  const { value } = listIn(groupsAt(claims, places), places, reading)
  return value.flatMap((group) => nameOf(group) ?? [])
}

/** In which form groups came, so that "not sent" can be told from "none", and what nobody can read from both. */
export function receivedGroups(claims: Claims, places: GroupsClaims, reading: GroupsReading = {}): ReceivedGroups {
  const claim = shownClaim(places.at(-1) ?? places[0])
  const sent = groupsAt(claims, places)
  if (sent === undefined) return { claim, form: isOverage(claims, places) ? 'too many to send' : 'absent' }
  if (sent === '' || (Array.isArray(sent) && sent.length === 0)) return { claim, form: 'empty' }
  if (sent === null) return { claim, form: 'null' }
  const { value, form } = listIn(sent, places, reading)
  const odd = value.filter((group) => nameOf(group) === undefined)
  if (odd.length === 0) return { claim, form: value.length === 0 ? 'empty' : form }
  if (form === 'one value') return { claim, form: `unreadable: ${kindOf(odd[0])}` }
  return { claim, form: `${form}, of which ${odd.length} unreadable: ${kindOf(odd[0])}` }
}

export function hasClaim(claims: Claims, places: GroupsClaims): boolean {
  return groupsAt(claims, places) !== undefined
}

/** Entra sends an address in place of more than 200 groups (`_claim_names`, Core 1.0 section 5.6.2), or `hasgroups` alone. */
export function isOverage(claims: Claims, places: GroupsClaims): boolean {
  if (hasClaim(claims, places)) return false
  const [[claim]] = places
  const { _claim_names: names, hasgroups } = claims
  if (typeof names === 'object' && names !== null && Object.hasOwn(names, claim)) return true
  return claim === 'groups' && (hasgroups === true || hasgroups === 'true')
}

function listIn(
  sent: unknown,
  places: GroupsClaims,
  { textIsOneName = false }: GroupsReading,
): { value: readonly unknown[]; form: string } {
  if (Array.isArray(sent)) return { value: sent, form: 'list' }
  if (sent === undefined || sent === null || sent === '') return { value: [], form: 'empty' }
  if (typeof sent !== 'string') return { value: [sent], form: nameOf(sent) === undefined ? 'one value' : 'one object' }
  if (textIsOneName) return { value: [sent], form: 'one text' }
  const list = jsonList(sent)
  if (list) return { value: list, form: 'JSON list in a text' }
  const inner = isOfSaml(places) ? /^\[(.*)\]$/s.exec(sent)?.[1] : undefined
  if (inner === undefined) return { value: [sent], form: 'one text' }
  return { value: inner.split(/, ?/).filter((name) => name !== ''), form: 'list in a text' }
}

function jsonList(text: string): readonly unknown[] | undefined {
  if (!/^\s*\[/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Cognito writes the values of an attribute of SAML into an attribute of its own as `[a, b]`, without quotation marks. */
function isOfSaml(places: GroupsClaims): boolean {
  return places.some(([claim]) => claim.startsWith('custom:'))
}

function nameOf(group: unknown): string | undefined {
  if (typeof group === 'string') return group
  if (typeof group !== 'object' || group === null || !Object.hasOwn(group, 'name')) return undefined
  const { name } = group as { name: unknown }
  return typeof name === 'string' && name !== '' ? name : undefined
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
