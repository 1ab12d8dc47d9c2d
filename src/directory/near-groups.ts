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

/** `/data/analysts`, `analysts` and `Analysts ` are near each other; so are full paths that end alike. */
function isNear(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) =>
    text
      .trim()
      .toLowerCase()
      .replace(/^\/+|\/+$/g, ''),
  )
  if (a === undefined || b === undefined || a === '' || b === '') return false
  return a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`)
}
