/** What is read of people without opening the store: the same statements for both engines. */
export interface PeopleRows {
  /** `receivedGroups` is JSON. */
  identities: readonly { authenticationClass: string; receivedGroups: string }[]
  teams: readonly string[]
}

/** @param parameter how the engine writes the first parameter: the limit. */
export function latestGroups(parameter: '?' | '$1'): string {
  return `SELECT authentication_class, received_groups FROM identities WHERE received_groups IS NOT NULL ORDER BY last_seen_at DESC LIMIT ${parameter}`
}

export const teamsInUse = 'SELECT DISTINCT team FROM memberships'
