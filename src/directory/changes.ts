import type { Taking } from '../store/ending.ts'
import type { Part } from '../store/engine.ts'
import type { Membership, NewIdentity, Person, TakingColumns, User, UserColumns, UserTable } from '../store/users.ts'

/** What can change about a person; omitted fields stay. Several changes at once are one unit and one audit row. */
export interface ChangeOfPerson {
  profile?: { email: string | undefined; emailVerified: boolean; name: string | undefined }
  /** For each source named, its teams replace those that it gave before. */
  teams?: Readonly<Record<string, readonly string[]>>
  /** What a provider says about one of the identities: its groups, and its name if none has been stored. */
  received?: NewIdentity
  passwordHash?: string
  active?: boolean
}

/**
 * What a change does to the person's access. `shrinks`: every cache forgets and every connection closes. `ends-everything`: all
 * sessions and grants end as well. `shows`: what services learn is read again; the person loses nothing, so nothing closes.
 */
export type Effect = 'nothing' | 'shows' | 'shrinks' | 'ends-everything'

/** One change of one thing about a person. */
export interface FacetChange {
  /** The word in the audit log, if only this changes; undefined for bookkeeping that is not audited. */
  action: string | undefined
  before: Readonly<Record<string, unknown>>
  after: Readonly<Record<string, unknown>>
  effect: Effect
  /** What changes in the user's row, and in the user that is returned. */
  columns?: UserColumns
  /** What changes there and takes access away; the effect says so. */
  takingColumns?: TakingColumns
  user?: Partial<User>
  /** Changes of other rows. */
  parts?: (statements: UserTable['statements'], now: number) => Part[]
  /** Rows that go. */
  takes?: (statements: UserTable['statements']) => Taking[]
  /** Teams that must exist. */
  joins?: readonly string[]
}

type Facet = (person: Person, change: ChangeOfPerson) => FacetChange | undefined

const profile: Facet = ({ user }, { profile: wanted }) => {
  if (!wanted) return undefined
  const { email, emailVerified, name } = wanted
  if (email === user.email && emailVerified === user.emailVerified && name === user.name) return undefined
  return {
    action: 'user.profile-changed',
    before: { email: user.email ?? null, emailVerified: user.emailVerified, name: user.name ?? null },
    after: { email: email ?? null, emailVerified, name: name ?? null },
    effect: 'shows',
    columns: { email: email ?? null, email_verified: emailVerified ? 1 : 0, name: name ?? null },
    user: { email, emailVerified, name },
  }
}

const teams: Facet = ({ user, memberships }, { teams: wanted = {} }) => {
  const changed = Object.entries(wanted)
    .map(([source, names]) => moves(source, memberships, names))
    .filter(({ joined, left }) => joined.length > 0 || left.length > 0)
  if (changed.length === 0) return undefined
  const kept = memberships.filter(({ source }) => !changed.some((move) => move.source === source))
  const after = new Set([...kept.map(({ team }) => team), ...changed.flatMap((move) => move.after)])
  const loses = memberships.some(({ team }) => !after.has(team))
  return {
    action: 'user.teams-changed',
    before: { teams: Object.fromEntries(changed.map((move) => [move.source, move.before])) },
    after: { teams: Object.fromEntries(changed.map((move) => [move.source, move.after])) },
    effect: loses ? 'shrinks' : 'shows',
    joins: changed.flatMap(({ joined }) => joined),
    takes: (statements) =>
      changed.flatMap(({ source, left }) => (left.length > 0 ? [statements.leave(user.id, source, left)] : [])),
    parts: (statements) =>
      changed.flatMap(({ source, joined }) => (joined.length > 0 ? [statements.join(user.id, source, joined)] : [])),
  }
}

const received: Facet = ({ identities }, { received: wanted }) => {
  const known = identities.find(({ issuer, subject }) => issuer === wanted?.issuer && subject === wanted.subject)
  if (!wanted || !known) return undefined
  // An identity has a name at one class. Another class of the same provider may take names from another claim.
  const isNamed = known.ownName !== undefined || known.authenticationClass !== wanted.authenticationClass
  const ownName = isNamed ? undefined : wanted.ownName
  if (ownName === undefined && sameList(known.receivedGroups, wanted.receivedGroups)) return undefined
  return {
    action: undefined,
    before: {},
    after: {},
    // Rules can name the person from now on.
    effect: ownName === undefined ? 'nothing' : 'shows',
    parts: (statements, now) => [statements.receive({ ...wanted, ownName }, now)],
  }
}

const password: Facet = ({ user }, { passwordHash }) => {
  if (passwordHash === undefined) return undefined
  return {
    action: 'user.password-set',
    before: { password: user.passwordHash === undefined ? 'none' : 'old' },
    after: { password: 'new' },
    effect: 'ends-everything',
    takingColumns: { password_hash: passwordHash },
    user: { passwordHash },
  }
}

const activity: Facet = ({ user }, { active }) => {
  if (active === undefined || active === user.active) return undefined
  return {
    action: active ? 'user.activated' : 'user.deactivated',
    before: { active: user.active },
    after: { active },
    effect: active ? 'nothing' : 'ends-everything',
    ...(active ? { columns: { active: 1 } } : { takingColumns: { active: 0 } }),
    user: { active },
  }
}

const facets: readonly Facet[] = [profile, teams, received, password, activity]

/** What actually changes about a person, facet by facet. */
export function changesOf(person: Person, change: ChangeOfPerson): FacetChange[] {
  return facets.flatMap((facet) => facet(person, change) ?? [])
}

function moves(source: string, memberships: readonly Membership[], wanted: readonly string[]) {
  const before = memberships.filter((membership) => membership.source === source).map(({ team }) => team)
  const after = [...new Set(wanted)].sort()
  return {
    source,
    before,
    after,
    joined: after.filter((team) => !before.includes(team)),
    left: before.filter((team) => !after.includes(team)),
  }
}

function sameList(one: readonly string[] | undefined, other: readonly string[]): boolean {
  return one?.length === other.length && one.every((word, index) => word === other[index])
}
