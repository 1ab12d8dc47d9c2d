/**
 * Teams: those of the configuration, and later those of SCIM connections and administrators, are one kind of row with a source.
 * Memberships follow the configuration: at the start of a server they are rebuilt for everybody from the groups that
 * providers named at the last sign-in, if `teams` has changed.
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

/** Rounds in which another server that starts at the same time may come first. */
const maxRounds = 10
/** People handled at once. */
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
   * Brings the teams of the store in line with the configuration: adds new ones, gives people and takes from them what the groups of
   * their last sign-in say now, and deletes a team that is no longer configured, with its memberships. One read if nothing changed. May be
   * repeated after a crash at any point.
   */
  follow(configured: ConfiguredTeams): Promise<void>
  /**
   * Gives the members of these teams, and takes from them, what the groups of their last sign-in say: for people who signed in while the
   * configuration changed.
   */
  settle(configured: ConfiguredTeams, names: readonly string[]): Promise<void>
  /** Adds those of the names that are configured and missing, so that people can be added to them before a server has started. */
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

    settle: async (configured, names) => {
      const altered = compare([], configured).added.filter(({ name }) => names.includes(name))
      if (altered.length > 0) await moveMembers({ altered, removed: [] }, configured)
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
      // First rows for new teams, then the people, finally the record that it is done: after a crash in between it begins again.
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

  /** The row names no groups yet: they are recorded once the people are in the team. */
  function additions(added: readonly StoredTeam[]): Part[] {
    return added.flatMap((team) => [
      teams.statements.insert({ ...team, givenBy: [] }, clock.now()),
      entry('team.created', undefined, team),
    ])
  }

  async function commit(parts: readonly Part[]): Promise<void> {
    // Nobody is in a team that is added or deleted here: people were handled one by one.
    if (parts.length > 0) await revocations.commit(parts)
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
 * What each source gives a person now. Memberships given by hand stay as long as the team exists. If the groups of an
 * identity were never recorded, a team that the class may still give stays.
 */
function teamsNow({ identities, memberships }: Person, configured: ConfiguredTeams, gone: ReadonlySet<string>) {
  const classes = new Set(identities.map(({ authenticationClass }) => authenticationClass))
  const sources = new Set([...classes, ...memberships.map(({ source }) => source)])
  const now: Record<string, readonly string[]> = {}
  for (const source of sources) {
    const had = memberships.filter((membership) => membership.source === source).map(({ team }) => team)
    const there = had.filter((team) => !gone.has(team))
    const isProvider = source !== 'local'
    const ofClass = identities.filter(({ authenticationClass }) => authenticationClass === source)
    // An identity keeps the name that its class had at first: under another one the same provider has named the groups.
    const ofSource = isProvider && ofClass.length === 0 ? identities : ofClass
    const received = ofSource.flatMap(({ receivedGroups }) => receivedGroups ?? [])
    const unknown = ofSource.some(({ receivedGroups }) => receivedGroups === undefined)
    const stays = (team: string) => {
      const from = own(configured, team)?.from
      if (!isProvider || from === undefined) return true
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
