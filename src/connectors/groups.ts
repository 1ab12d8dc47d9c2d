/**
 * Names of groups under a claim: its exact name first (`cognito:groups`, `https://example.com/groups`), else a path through
 * objects (`realm_access.roles`). A single text is a list of one, as ADFS sends it. Anything else is left out.
 */
export function groupsOf(claims: Readonly<Record<string, unknown>>, claim: string): string[] {
  const value = valueOfClaim(claims, claim)
  if (typeof value === 'string') return value === '' ? [] : [value]
  return Array.isArray(value) ? value.filter((group) => typeof group === 'string') : []
}

export function hasClaim(claims: Readonly<Record<string, unknown>>, claim: string): boolean {
  return valueOfClaim(claims, claim) !== undefined
}

function valueOfClaim(claims: Readonly<Record<string, unknown>>, claim: string): unknown {
  if (Object.hasOwn(claims, claim)) return claims[claim]
  let at: unknown = claims
  for (const key of claim.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<string, unknown>)[key]
  }
  return at
}
