/**
 * Teams: those of the configuration, and later those of SCIM connections and administrators, are one thing with a source. What
 * people have follows the configuration: at the start of a server the memberships of everybody are made anew from the groups that
 * providers named at the last sign-in, where `teams` says something else than before.
 */
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { AppError } from '../errors.ts'
import { own } from '../maps.ts'
import type { Revocations } from '../sessions/revocations.ts'
import type { AuditTable } from '../store/audit.ts'
import { ConflictError, type Part, StaleError } from '../store/engine.ts'
import type { GivenBy, StoredTeam, TeamTable } from '../store/teams.ts'
import type { Person, UserTable } from '../store/users.ts'
import type { People, TeamsBySource } from './people.ts'

/** Rounds in which another server, which starts at the same time, may come first. */
const maxRounds = 10
/** People that are looked at at once. */
const batchSize = 50

type ConfiguredTeams = Config['teams']

/** The teams that a provider's groups give, by the `teams` of the configuration. */
export function teamsOf(teams: ConfiguredTeams, authenticationClass: string, groups: readonly string[]): string[] {
  return Object.entries(teams)
    .filter(([, { from }]) =>
      from.some((source) => source.authenticationClass === authenticationClass && groups.includes(source.group)),
    )
    .map(([team]) => team)
}

export interface Teams {
  /**
   * Makes the teams of the configuration those of the store: new ones are added, people get and lose what the groups of their last
   * sign-in give now, and a team that is configured no more goes with its memberships. One read when nothing has changed. May be
   * repeated after a crash at any point.
   */
  follow(configured: ConfiguredTeams): Promise<void>
  /** Adds those of the names that are configured and not there yet, so that somebody can be put into them before a server has started. */
  ensure(configured: ConfiguredTeams, names: readonly string[]): Promise<void>
}

export function createTeams({
  people,
  store: { teams, users, audit },
  revocations,
  clock,
}: {
  people: People
  store: {
    teams: TeamTable
    users: Pick<UserTable, 'withIdentityAt'>
    audit: Pick<AuditTable, 'entry'>
  }
  revocations: Pick<Revocations, 'commit'>
  clock: Clock
}): Teams {
  return {
    follow: async (configured) => {
      for (let round = 0; round < maxRounds; round++) {
        const difference = compare(await teams.list(), configured)
        if (difference.added.length + difference.changed.length + difference.removed.length === 0) return
        if (await settle(difference, configured)) return
      }
      throw new AppError('changed-meanwhile', { what: 'teams' })
    },

    ensure: async (configured, names) => {
      for (let round = 0; round < maxRounds; round++) {
        const existing = await teams.existing(names)
        const { added } = compare([], configured)
        try {
          return await commit(additions(added.filter(({ name }) => names.includes(name) && !existing.includes(name))))
        } catch (error) {
          if (!(error instanceof ConflictError)) throw error
        }
      }
    },
  }

  /** False when another server has come between. */
  async function settle({ added, changed, removed }: Difference, configured: ConfiguredTeams): Promise<boolean> {
    try {
      // First a place for those who join, then the people, at last what is written down as done: a crash in between begins again.
      const now = clock.now()
      await commit(additions(added))
      await moveMembers({ altered: [...added, ...changed.map(({ after }) => after)], removed }, configured)
      await commit([
        ...added.filter(({ givenBy }) => givenBy.length > 0).map((team) => teams.statements.update(team, now)),
        ...changed.flatMap(({ before, after }) => [
          teams.statements.update(after, now),
          entry('team.changed', before, after),
        ]),
        ...removed.flatMap((team) => [teams.statements.remove(team), entry('team.removed', team, undefined)]),
      ])
      return true
    } catch (error) {
      if (error instanceof StaleError || error instanceof ConflictError) return false
      throw error
    }
  }

  async function moveMembers(
    { altered, removed }: { altered: readonly StoredTeam[]; removed: readonly StoredTeam[] },
    configured: ConfiguredTeams,
  ): Promise<void> {
    const names = [...altered, ...removed].map(({ name }) => name)
    const classes = altered.flatMap(({ givenBy }) => givenBy).map(({ authenticationClass }) => authenticationClass)
    const concerned = new Set([
      ...(await teams.membersOf(names)),
      ...(await users.withIdentityAt([...new Set(classes)])),
    ])
    const gone = new Set(removed.map(({ name }) => name))
    for (const batch of batches([...concerned], batchSize)) {
      await Promise.all(
        batch.map((id) => people.change('system', id, (person) => ({ teams: teamsNow(person, configured, gone) }))),
      )
    }
  }

  /** Nobody's groups give the team yet: that is written down when its people have it. */
  function additions(added: readonly StoredTeam[]): Part[] {
    return added.flatMap((team) => [
      teams.statements.insert({ ...team, givenBy: [] }, clock.now()),
      entry('team.created', undefined, team),
    ])
  }

  async function commit(parts: readonly Part[]): Promise<void> {
    // Nobody is in a team that comes or goes here: people were told one by one.
    if (parts.length > 0) await revocations.commit([], parts)
  }

  function entry(action: string, before: StoredTeam | undefined, after: StoredTeam | undefined): Part {
    const subject = `team:${(after ?? before)?.name}`
    const details = { before: before ? told(before) : null, after: after ? told(after) : null }
    return audit.entry({ actor: 'system', action, subject, details }, clock.now())
  }
}

interface Alteration {
  before: StoredTeam
  after: StoredTeam
}

interface Difference {
  added: StoredTeam[]
  changed: Alteration[]
  removed: StoredTeam[]
}

function compare(stored: readonly StoredTeam[], configured: ConfiguredTeams): Difference {
  const known = new Map(stored.map((team) => [team.name, team]))
  const wanted = Object.entries(configured).map(([name, { from }]) => configuredTeam(name, from))
  return {
    added: wanted.filter(({ name }) => !known.has(name)),
    changed: wanted.flatMap((after) => {
      const before = known.get(after.name)
      return before && !sameTeam(before, after) ? [{ before, after: { ...after, title: before.title } }] : []
    }),
    removed: stored.filter(({ name, source }) => source === 'configuration' && !Object.hasOwn(configured, name)),
  }
}

function configuredTeam(name: string, from: readonly GivenBy[]): StoredTeam {
  const givenBy = from.map(({ authenticationClass, group }) => ({ authenticationClass, group }))
  return { name, source: 'configuration', title: undefined, givenBy: givenBy.sort(byText) }
}

function byText(one: GivenBy, other: GivenBy): number {
  const [a, b] = [one, other].map(({ authenticationClass, group }) => `${authenticationClass} ${group}`)
  return (a ?? '') < (b ?? '') ? -1 : 1
}

function sameTeam(one: StoredTeam, other: StoredTeam): boolean {
  return one.source === other.source && JSON.stringify(one.givenBy) === JSON.stringify(other.givenBy)
}

function told({ source, givenBy }: StoredTeam) {
  return { source, from: givenBy }
}

/**
 * What each source gives a person now. What somebody gave by hand stays, as long as the team is there. Where the groups of an
 * identity were never recorded, a team stays that the class may still give.
 */
function teamsNow({ identities, memberships }: Person, configured: ConfiguredTeams, gone: ReadonlySet<string>) {
  const classes = new Set(identities.map(({ authenticationClass }) => authenticationClass))
  const sources = new Set([...classes, ...memberships.map(({ source }) => source)])
  const now: Record<string, readonly string[]> = {}
  for (const source of sources) {
    const had = memberships.filter((membership) => membership.source === source).map(({ team }) => team)
    const there = had.filter((team) => !gone.has(team))
    const ofSource = identities.filter(({ authenticationClass }) => authenticationClass === source)
    const received = ofSource.flatMap(({ receivedGroups }) => receivedGroups ?? [])
    const unknown = ofSource.some(({ receivedGroups }) => receivedGroups === undefined)
    const stays = (team: string) => {
      const from = own(configured, team)?.from
      if (!classes.has(source) || from === undefined) return true
      return unknown && from.some(({ authenticationClass }) => authenticationClass === source)
    }
    now[source] = [...new Set([...there.filter(stays), ...teamsOf(configured, source, received)])]
  }
  return now satisfies TeamsBySource
}

function batches<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
