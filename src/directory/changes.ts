import type { IdentityKey } from '../connectors/contract.ts'
import { otherSpelling } from '../issuer-text.ts'
import type { Taking } from '../store/ending.ts'
import type { Part } from '../store/engine.ts'
import {
  type Membership,
  type NewIdentity,
  type Person,
  type TakingColumns,
  toColumn,
  type User,
  type UserColumns,
  type UserTable,
  usernameKey,
} from '../store/users.ts'
import { emailKey } from '../username.ts'
import { keyOfIdentity } from './linking.ts'

/** What a person is called and where they are reached. */
export interface Profile {
  email: string | undefined
  /** Undefined: nobody has said anything about the address. */
  emailVerified: boolean | undefined
  name: string | undefined
  /** The parts of the name, where a provider sends parts. */
  givenName?: string | undefined
  familyName?: string | undefined
}

/** What can change about a person; omitted fields stay. Several changes at once are one unit and one audit row. */
export interface ChangeOfPerson {
  profile?: Profile
  /** For each source named, its teams replace those that it gave before. */
  teams?: Readonly<Record<string, readonly string[]>>
  /** What a provider says about one of the identities: its groups, and its name if none has been stored. */
  received?: NewIdentity
  /** A lasting key in the place of the one under which an older version stored an identity. */
  renewedKey?: { from: IdentityKey; to: IdentityKey }
  /** Null takes the password away: the person signs in at a provider only. */
  passwordHash?: string | null
  active?: boolean
  /** In its one spelling; whose name it is, names.ts decides. */
  username?: string
  isAdmin?: boolean
  /** Ends every session, grant and token, whatever else changes. */
  endsEverything?: boolean
  /** Something about second factors or passkeys. */
  secondFactor?: ChangeOfFactors
}

/** A change of what somebody proves besides, or in the place of, a password. */
export interface ChangeOfFactors {
  /** The word in the audit log. */
  action: `user.${'second-factor' | 'passkey'}-${'added' | 'removed'}` | 'user.recovery-codes-made'
  after: Readonly<Record<string, unknown>>
  parts: (now: number) => Part[]
  /** Every session, grant and token ends: whoever is signed in may not be who should be. */
  endsEverything?: boolean
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
  /** One administrator fewer: somebody else must be one, unless it is forced. */
  losesAdmin?: boolean
}

type Facet = (person: Person, change: ChangeOfPerson) => FacetChange | undefined

const profile: Facet = ({ user, identities }, { profile: wanted }) => {
  if (!wanted) return undefined
  const { email, emailVerified, name, givenName, familyName } = wanted
  const same = profileFields.every((field) => wanted[field] === user[field])
  if (same) return undefined
  return {
    action: 'user.profile-changed',
    before: toldProfile(user),
    after: toldProfile(wanted),
    effect: 'shows',
    columns: {
      email: email ?? null,
      email_key: emailKey(email ?? '') ?? null,
      sign_in_email: isKeptHere(user, identities) ? (emailKey(email ?? '') ?? null) : null,
      email_verified: toColumn(emailVerified),
      name: name ?? null,
      given_name: givenName ?? null,
      family_name: familyName ?? null,
    },
    user: { email, emailVerified, name, givenName, familyName },
  }
}

const profileFields = ['email', 'emailVerified', 'name', 'givenName', 'familyName'] as const

/** As the audit log has it: parts of a name only where there are some. */
export function toldProfile({ email, emailVerified, name, givenName, familyName }: Profile): Record<string, unknown> {
  return {
    email: email ?? null,
    emailVerified: emailVerified ?? null,
    name: name ?? null,
    ...(givenName === undefined ? {} : { givenName }),
    ...(familyName === undefined ? {} : { familyName }),
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
  if (!wanted) return undefined
  // It may have been stored with a slash at the end of the issuer, or without (see `findByIdentity`).
  const at = (spelling: string) =>
    identities.find(({ issuer, subject }) => issuer === spelling && subject === wanted.subject)
  const known = at(wanted.issuer) ?? at(otherSpelling(wanted.issuer))
  if (!known) return undefined
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
    parts: (statements, now) => [statements.receive({ ...wanted, issuer: known.issuer, ownName }, now)],
  }
}

const key: Facet = ({ user, identities }, { renewedKey }) => {
  if (!renewedKey) return undefined
  const { from, to } = renewedKey
  const spellings = [from.issuer, otherSpelling(from.issuer)]
  const known = identities.find(({ issuer, subject }) => spellings.includes(issuer) && subject === from.subject)
  if (!known) return undefined
  return {
    action: 'user.identity-renewed',
    before: { identities: identities.map(keyOfIdentity) },
    after: { identities: identities.map((each) => keyOfIdentity(each === known ? { ...each, ...to } : each)) },
    effect: 'nothing',
    parts: (statements) => [statements.rekeyIdentity(user.id, known, to)],
  }
}

const password: Facet = ({ user, identities }, { passwordHash }) => {
  if (passwordHash === undefined || (passwordHash === null && user.passwordHash === undefined)) return undefined
  // The first password of an account that is kept here: from now on it signs in with its address.
  const isFirst = user.passwordHash === undefined && identities.length === 0
  return {
    action: passwordHash === null ? 'user.password-removed' : 'user.password-set',
    before: { password: user.passwordHash === undefined ? 'none' : 'old' },
    after: { password: passwordHash === null ? 'none' : 'new' },
    effect: 'ends-everything',
    ...(isFirst ? { columns: { sign_in_email: emailKey(user.email ?? '') ?? null } } : {}),
    takingColumns: { password_hash: passwordHash },
    user: { passwordHash: passwordHash ?? undefined },
  }
}

const activity: Facet = ({ user }, { active }) => {
  if (active === undefined || active === user.active) return undefined
  return {
    action: active ? 'user.activated' : 'user.deactivated',
    before: { active: user.active },
    after: { active },
    effect: active ? 'nothing' : 'ends-everything',
    ...(active ? { columns: { active: 1 } } : { takingColumns: { active: 0 }, losesAdmin: user.isAdmin }),
    user: { active },
  }
}

const rename: Facet = ({ user }, { username }) => {
  if (username === undefined || username === user.username) return undefined
  return {
    action: 'user.renamed',
    before: { username: user.username },
    after: { username },
    // Rules that name the person allow nothing any more.
    effect: 'shrinks',
    columns: { username, username_key: usernameKey(username) },
    user: { username },
  }
}

const administration: Facet = ({ user }, { isAdmin }) => {
  if (isAdmin === undefined || isAdmin === user.isAdmin) return undefined
  return {
    action: isAdmin ? 'user.admin-given' : 'user.admin-taken',
    before: { isAdmin: user.isAdmin },
    after: { isAdmin },
    effect: isAdmin ? 'shows' : 'shrinks',
    ...(isAdmin ? { columns: { is_admin: 1 } } : { takingColumns: { is_admin: 0 }, losesAdmin: user.active }),
    user: { isAdmin },
  }
}

const everything: Facet = (_, { endsEverything }) => {
  if (!endsEverything) return undefined
  return { action: 'user.sessions-ended', before: {}, after: {}, effect: 'ends-everything' }
}

const secondFactor: Facet = (_, { secondFactor: wanted }) => {
  if (!wanted) return undefined
  return {
    action: wanted.action,
    before: {},
    after: wanted.after,
    effect: wanted.endsEverything ? 'ends-everything' : 'nothing',
    parts: (_statements, now) => wanted.parts(now),
  }
}

const facets: readonly Facet[] = [
  profile,
  teams,
  received,
  key,
  password,
  activity,
  rename,
  administration,
  everything,
  secondFactor,
]

/** What actually changes about a person, facet by facet. */
export function changesOf(person: Person, change: ChangeOfPerson): FacetChange[] {
  return facets.flatMap((facet) => facet(person, change) ?? [])
}

/** Whether Gatehouse itself keeps the account: it has a password and no identity at a provider. */
export function isKeptHere({ passwordHash }: Pick<User, 'passwordHash'>, identities: readonly unknown[]): boolean {
  return passwordHash !== undefined && identities.length === 0
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
