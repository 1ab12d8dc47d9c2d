const prefix = 'team:'

/** The names of the teams among the entries of a rule's `allow`: of `team:analysts`, `analysts`. People and programs are left out. */
export function teamsNamed(entries: readonly string[]): string[] {
  return entries.filter((entry) => entry.startsWith(prefix)).map((entry) => entry.slice(prefix.length))
}
