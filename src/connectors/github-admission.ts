/** Who of GitHub may sign in: members of the organisations and teams of the class. */
import { AppError } from '../errors.ts'
import type { GitHubPerson } from './github-api.ts'

export interface GitHubAdmission {
  /** Where GitHub is, for the addresses that a refused person can open. */
  web: string
  clientId: string
  /** Whoever is in none of these and in none of the teams is refused; everyone gets in when both are empty. */
  organizations: readonly string[]
  /** `organisation/slug`. */
  teams: readonly string[]
}

/** Throws `person-not-admitted`, with what the page says to the person. GitHub takes no notice of the case of names. */
export function admitMember(
  { organizations, teams, scopes }: Pick<GitHubPerson, 'organizations' | 'teams' | 'scopes'>,
  admission: GitHubAdmission,
): void {
  const wanted = [...admission.organizations, ...admission.teams.map((team) => team.replace('/', ':'))]
  if (wanted.length === 0) return
  const has = new Set([...organizationsOf(organizations.names, teams.names), ...teams.names].map(plain))
  if (wanted.some((name) => has.has(plain(name)))) return
  const incomplete = [organizations.incomplete, teams.incomplete].find((reason) => reason !== undefined)
  throw new AppError('person-not-admitted', {
    setting: admission.organizations.length > 0 ? 'organizations' : 'teams',
    // What `web/missing-membership.ts` reads.
    github: admission.web,
    clientId: admission.clientId,
    needs: JSON.stringify([...admission.organizations, ...admission.teams]),
    organizations: organizations.names.join(' ').slice(0, 500) || 'none',
    ...(scopes === undefined ? {} : { 'granted scopes': scopes.slice(0, 200) }),
    ...(incomplete === undefined ? {} : { incomplete }),
  })
}

/** Whoever is in a team is in its organisation. */
function organizationsOf(organizations: readonly string[], teams: readonly string[]): string[] {
  return [...organizations, ...teams.map((team) => team.split(':')[0] ?? '')]
}

function plain(name: string): string {
  return name.toLowerCase()
}
