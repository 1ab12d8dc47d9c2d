import type { Config } from '../config/schema.ts'

/** A group that a provider sent and that gives no team, though one of another spelling would: the commonest mistake with Keycloak. */
export interface NearGroup {
  team: string
  /** As the provider writes it. */
  received: string
  /** As the configuration has it. */
  configured: string
}

/** The groups of a class that give no team, and are one of the configuration but for slashes, case and blanks. */
export function nearGroups(
  teams: Config['teams'],
  authenticationClass: string,
  groups: readonly string[],
): NearGroup[] {
  const given = Object.entries(teams).flatMap(([team, { from }]) =>
    from.filter((each) => each.authenticationClass === authenticationClass).map(({ group }) => ({ team, group })),
  )
  const exact = new Set(given.map(({ group }) => group))
  return groups
    .filter((received) => !exact.has(received))
    .flatMap((received) =>
      given
        .filter(({ group }) => !groups.includes(group) && isNear(received, group))
        .map(({ team, group }) => ({ team, received, configured: group })),
    )
}

/**
 * `/data/analysts`, `analysts` and `Analysts ` are near each other; so are full paths that end alike, and names in the clothes of other systems:
 * `role:analysts`, `ROLE_ANALYSTS`, `CORP\\analysts`, `analysts@example.com`, `CN=analysts,OU=...`.
 */
function isNear(one: string, other: string): boolean {
  const [a, b] = [bare(one), bare(other)]
  if (a === '' || b === '') return false
  return a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`) || isDressed(a, b) || isDressed(b, a)
}

function bare(text: string): string {
  return text
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replaceAll('\\', '/')
    .replace(/^\/+|\/+$/g, '')
}

/** Whether the first is the second with a prefix or an ending that says what it is. */
function isDressed(dressed: string, name: string): boolean {
  const undressed = dressed
    .replace(/^(?:cn|ou)=([^,]+),.*$/, '$1')
    .replace(/^(?:roles?|groups?|teams?)[:_]/, '')
    .replace(/@[^@]+$/, '')
  return undressed !== dressed && undressed === name
}
