/**
 * Why somebody who is signed in was refused by the rules of a service: what the trace of the request says, beside what the store and the
 * configuration say about the person. The rules may have changed since; both times are shown.
 */

import type { Config } from '../config/schema.ts'
import { type NearGroup, nearGroups } from '../directory/near-groups.ts'
import { alignPairs } from '../doctor/report.ts'
import { own } from '../maps.ts'
import { printable } from '../printable.ts'
import type { Trace } from '../store/traces.ts'
import type { Person, StoredIdentity } from '../store/users.ts'
import { teamsNamed } from '../teams-named.ts'

export interface Denial {
  service: string
  path: string
  method: string
  user: string
  /** The rule that decided: its place and path. */
  rule: string
  /** Whom it lets in, as it names them: `team:NAME`, `user:NAME`. */
  openTo: readonly string[]
  /** Those of the person now; those at that time are in the trace. */
  teams: readonly string[]
  identities: readonly {
    authenticationClass: string
    /** Groups of the last sign-in; null when none was recorded. */
    groups: readonly string[] | null
    nearMisses: readonly NearGroup[]
  }[]
  /** What to look at, one sentence each. */
  advice: readonly string[]
}

/** The refusal in a trace; undefined when there is none. */
export function deniedStep({ steps }: Trace): Readonly<Record<string, string>> | undefined {
  return steps.find(({ code }) => code === 'access-denied')?.evidence
}

/** Puts the step of a refusal beside the person, who may be gone by now. */
export function denialOf(
  step: Readonly<Record<string, string>>,
  person: Pick<Person, 'memberships' | 'identities'> | undefined,
  { teams }: Pick<Config, 'teams'>,
): Denial {
  const openTo = listed(step['openTo'])
  const identities = (person?.identities ?? []).map(({ authenticationClass, receivedGroups }: StoredIdentity) => ({
    authenticationClass,
    groups: receivedGroups ?? null,
    nearMisses: nearGroups(teams, authenticationClass, receivedGroups ?? []),
  }))
  const now = person === undefined ? listed(step['teams']) : [...new Set(person.memberships.map(({ team }) => team))]
  const denial = {
    service: step['service'] ?? '',
    path: step['path'] ?? '',
    method: step['method'] ?? '',
    user: step['user'] ?? '',
    rule: step['rule'] ?? '',
    openTo,
    teams: now,
    identities,
  }
  return {
    ...denial,
    advice:
      person === undefined
        ? [`There is nobody called ${denial.user} in the store any more.`]
        : adviceFor(denial, teams),
  }
}

function adviceFor(
  { user, openTo, teams: now, identities }: Omit<Denial, 'advice'>,
  configured: Config['teams'],
): string[] {
  if (openTo.length === 0) return ['No rule lets anybody in at this path: write one under `rules` of the service.']
  const wantedTeams = teamsNamed(openTo)
  if (wantedTeams.length === 0)
    return [`The rule names people, and ${user} is not among them: add ${JSON.stringify(`user:${user}`)} to it.`]
  const got = wantedTeams.filter((team) => now.includes(team))
  if (got.length > 0) return [`${user} is in ${got.join(', ')} by now: open the page again.`]
  const near = identities.flatMap(({ authenticationClass, nearMisses }) =>
    nearMisses.map((miss) => ({ authenticationClass, ...miss })),
  )
  // A team that the rule wants comes first; the other ones may hint at the same slip.
  const wanted = near.filter(({ team }) => wantedTeams.includes(team))
  const misses = wanted.length > 0 ? wanted : near
  if (misses.length > 0)
    return misses.map(
      ({ authenticationClass, team, received, configured: group }) =>
        `teams.${team} is given by the group ${JSON.stringify(group)} of ${authenticationClass}, and ${JSON.stringify(received)} came: did you mean group: ${JSON.stringify(received)}?`,
    )
  return wantedTeams.flatMap((team) => withoutMiss(team, identities, configured))
}

function withoutMiss(team: string, identities: Denial['identities'], teams: Config['teams']): string[] {
  const from = own(teams, team)?.from
  if (from === undefined) return []
  if (from.length === 0)
    return [
      `teams.${team} has no source: only people whom \`gatehouse users change NAME --team ${team}\` puts there are in it.`,
    ]
  const here = identities.filter(({ authenticationClass }) =>
    from.some((source) => source.authenticationClass === authenticationClass),
  )
  if (here.length === 0) return [`teams.${team} comes from ${classesOf(from)}, where this person has never signed in.`]
  return here.map(({ authenticationClass, groups }) => {
    const wanted = from.filter((source) => source.authenticationClass === authenticationClass).map(({ group }) => group)
    return `teams.${team} wants the group ${wanted.map((group) => JSON.stringify(group)).join(' or ')} of ${authenticationClass}, ${whatCame(groups, wanted)}`
  })
}

function whatCame(groups: readonly string[] | null, wanted: readonly string[]): string {
  if (groups === null) return 'and no sign-in has recorded groups: sign in again.'
  if (groups.length === 0)
    return 'and none came: the claim was empty or not sent. The step "groups received" of the sign-in says which; look at its mapper or scope.'
  if (groups.every((group) => guid.test(group)) && !wanted.every((group) => guid.test(group)))
    return 'and ids came in place of names, as Entra sends them: write the Object ID of the group.'
  if (!groups.some((group) => guid.test(group)) && wanted.every((group) => guid.test(group)))
    return 'and names came in place of ids: write the name of the group.'
  return 'which did not come.'
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function classesOf(from: Config['teams'][string]['from']): string {
  return [...new Set(from.map(({ authenticationClass }) => authenticationClass))].join(', ')
}

/** Evidence of a trace is text: a list stands there with commas. */
function listed(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.split(',')
}

/** The paragraph under the trace. */
export function formatDenial({ service, path, method, user, rule, openTo, teams, identities, advice }: Denial): string {
  const rows = {
    service,
    path: `${method} ${path}`,
    rule: `${rule}, open to ${openTo.join(', ') || 'nobody'}`,
    'teams now': teams.join(', ') || 'none',
    ...Object.fromEntries(
      identities.map(({ authenticationClass, groups }) => [
        `groups of ${authenticationClass}`,
        groups === null ? 'none recorded yet' : groups.join(', ') || 'none came at the last sign-in',
      ]),
    ),
  }
  const lines = [
    `Why this is not open to ${printable(user)}:`,
    ...alignPairs(rows).map((line) => `  ${line}`),
    ...advice.map((sentence) => `  → ${printable(sentence)}`),
  ]
  return `\n${lines.join('\n')}\n`
}
