/**
 * Every change of a person is one unit of the store: the rows, the audit row with the state before and
 * after, and the revocation if access shrinks. A change is decided from what was read, against the version read with it;
 * if another change comes between, everything is read and decided again.
 */
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { Revocations } from '../sessions/revocations.ts'
import type { AuditEntry, AuditTable } from '../store/audit.ts'
import type { Ending } from '../store/ending.ts'
import { ConflictError, type Part, StaleError } from '../store/engine.ts'
import type { SessionTable } from '../store/sessions.ts'
import type { TeamTable } from '../store/teams.ts'
import {
  type NewIdentity,
  type NewUser,
  newUserId,
  type Person,
  type TakingColumns,
  type User,
  type UserColumns,
  type UserTable,
} from '../store/users.ts'
import { readUsername } from '../username.ts'
import { type ChangeOfPerson, changesOf, type FacetChange } from './changes.ts'
import { type IdentityToLink, keyOfIdentity, linking } from './linking.ts'

/** Rounds in which others may come first. The loser reads again, so each round commits somebody's change. */
const maxRounds = 20

/** Teams by their source: an authentication class, or `local`. */
export type TeamsBySource = Readonly<Record<string, readonly string[]>>

export interface NewPerson extends NewUser {
  identity?: NewIdentity
  teams?: TeamsBySource
}

/** A change, or a function that decides it from the person as they are now. It may run again, and may throw to refuse. */
export type Decision = ChangeOfPerson | ((person: Person) => ChangeOfPerson)

export interface People {
  /**
   * Creates a person with teams, identity and audit row, under the one spelling of the name. Throws `username-refused`, `team-unknown` and
   * `changed-meanwhile`; rejects with ConflictError when the name or the identity is taken. Whose name it is, names.ts decides.
   *
   * @param takes what is used up by it, such as a set-up link, in the same unit; throws when that is gone. It may run again.
   */
  create(actor: string, person: NewPerson, takes?: () => Promise<readonly Part[]>): Promise<User>
  /**
   * Changes a person; writes nothing when nothing changes. Answers with the changed user. Throws `user-unknown`, `team-unknown`,
   * `last-administrator` and `changed-meanwhile`; rejects with ConflictError when the name or the address is taken.
   */
  change(actor: string, userId: string, decision: Decision, options?: ChangeOptions): Promise<User>
  /**
   * Says that an identity is this person: takes it from whoever has it, and lets it take the place of those that the person had at the same
   * class or provider. Ends every session of both. Answers with the person and with whoever had the identity before. Throws `user-unknown`
   * and `changed-meanwhile`.
   */
  link(actor: string, userId: string, identity: IdentityToLink): Promise<{ user: User; before: User | undefined }>
  /** Removes a person, with identities, memberships, sessions and grants. Throws `user-unknown`, `last-administrator` and `changed-meanwhile`. */
  remove(actor: string, userId: string, options?: AdminOptions): Promise<User>
}

export interface AdminOptions {
  /** Lets the last active administrator go. */
  evenLastAdmin?: boolean
}

export interface ChangeOptions extends AdminOptions {
  /** What is used up by the change, in the same unit, such as a link; throws when that is gone. It may run again. */
  takes?: () => Promise<readonly Part[]>
}

export interface PeopleTables {
  users: Pick<UserTable, 'findPerson' | 'findByIdentity' | 'hasOtherAdmin' | 'statements'>
  teams: Pick<TeamTable, 'existing'>
  sessions: Pick<SessionTable, 'statements'>
  audit: Pick<AuditTable, 'entry'>
}

export function createPeople({
  store,
  revocations,
  clock,
}: {
  store: PeopleTables
  revocations: Pick<Revocations, 'commit'>
  clock: Clock
}): People {
  const { users, audit } = store

  return {
    create: async (actor, { identity, teams = {}, ...wanted }, takes) => {
      const { username, problem } = readUsername(wanted.username)
      if (problem !== undefined)
        throw new AppError('username-refused', { username: wanted.username.slice(0, 100), problem })
      const user = { ...wanted, username }
      const id = newUserId()
      const joined = Object.entries(teams)
        .map(([source, names]) => [source, [...new Set(names)]] as const)
        .filter(([, names]) => names.length > 0)
      const after = {
        username: user.username,
        ...(user.email === undefined ? {} : { email: user.email, emailVerified: user.emailVerified ?? null }),
        ...(user.name === undefined ? {} : { name: user.name }),
        ...(user.givenName === undefined ? {} : { givenName: user.givenName }),
        ...(user.familyName === undefined ? {} : { familyName: user.familyName }),
        isAdmin: user.isAdmin ?? false,
        ...(user.passwordHash === undefined ? {} : { password: 'set' }),
        ...(identity ? { authenticationClass: identity.authenticationClass } : {}),
        teams: Object.fromEntries(joined),
      }
      await untilNobodyIsBetween(user.username, async () => {
        const now = clock.now()
        await refuseUnknown(joined.flatMap(([, names]) => names))
        await revocations.commit([
          ...((await takes?.()) ?? []),
          users.statements.insert(id, user, now),
          ...(identity ? [users.statements.addIdentity(id, identity, now)] : []),
          ...joined.map(([source, names]) => users.statements.join(id, source, names)),
          audit.entry({ actor, action: 'user.created', subject: id, details: { after } }, now),
        ])
      })
      return {
        id,
        username: user.username,
        email: user.email,
        emailVerified: user.emailVerified,
        name: user.name,
        givenName: user.givenName,
        familyName: user.familyName,
        passwordHash: user.passwordHash,
        isAdmin: user.isAdmin ?? false,
        active: true,
      }
    },

    change: (actor, userId, decision, options) =>
      untilNobodyIsBetween(userId, async () => {
        const person = await personWith(userId)
        const changes = changesOf(person, typeof decision === 'function' ? decision(person) : decision)
        await refuseUnknown(changes.flatMap(({ joins }) => joins ?? []))
        const unit = unitOf(actor, person, changes)
        if (!unit) return person.user
        const loses = changes.some(({ losesAdmin }) => losesAdmin === true)
        await revocations.commit([
          ...((await options?.takes?.()) ?? []),
          ...(loses ? await anotherAdmin(person.user, options) : []),
          ...unit.parts,
        ])
        return unit.after
      }),

    link: (actor, userId, identity) =>
      untilNobodyIsBetween(userId, async () => {
        const person = await personWith(userId)
        const holder = await users.findByIdentity(identity.issuer, identity.subject)
        if (holder?.id === userId) return { user: person.user, before: undefined }
        const before = holder && (await personWith(holder.id))
        const parts = linking({ actor, person, before, identity, now: clock.now() }, store)
        await revocations.commit(parts).catch((error: unknown) => {
          // The identity has just signed in for the first time, and is somebody now.
          throw error instanceof ConflictError ? new StaleError({ expected: 1, touched: 0 }) : error
        })
        return { user: person.user, before: before?.user }
      }),

    remove: (actor, userId, options) =>
      untilNobodyIsBetween(userId, async () => {
        const person = await personWith(userId)
        const { user, version, identities, memberships } = person
        const now = clock.now()
        const told = {
          username: user.username,
          email: user.email ?? null,
          isAdmin: user.isAdmin,
          identities: identities.map(keyOfIdentity),
          teams: memberships.map(({ team }) => team),
        }
        const takes = [...store.sessions.statements.allOfUser(userId), users.statements.drop(userId)]
        await revocations.commit([
          ...(user.isAdmin && user.active ? await anotherAdmin(user, options) : []),
          users.statements.takeAway({ id: userId, version }, {}, now, takes),
          audit.entry({ actor, action: 'user.removed', subject: userId, details: { before: told } }, now),
        ])
        return user
      }),
  }

  async function personWith(userId: string): Promise<Person> {
    const person = await users.findPerson(userId)
    if (!person) throw new AppError('user-unknown', { user: userId })
    return person
  }

  /** What a unit that takes an administrator away must begin with. Throws `last-administrator`. */
  async function anotherAdmin({ id, username }: User, { evenLastAdmin = false }: AdminOptions = {}): Promise<Part[]> {
    if (evenLastAdmin) return []
    if (!(await users.hasOtherAdmin(id))) throw new AppError('last-administrator', { username })
    return [users.statements.anotherAdmin(id)]
  }

  /** The unit that turns the person as read into the person as decided. Undefined when nothing changes. */
  function unitOf(actor: string, person: Person, changes: readonly FacetChange[]): Unit | undefined {
    if (changes.length === 0) return undefined
    const { user } = person
    const now = clock.now()
    const entry = auditEntry(actor, user.id, changes)
    return {
      parts: [
        ...changeOfUser(person, changes, now),
        ...changes.flatMap(({ parts }) => parts?.(users.statements, now) ?? []),
        ...(entry ? [audit.entry(entry, now)] : []),
      ],
      after: Object.assign({}, user, ...changes.map((facet) => facet.user)),
    }
  }

  /** The statement that everything else of the unit waits for, with what goes, and what the caches hear. */
  function changeOfUser({ user, version }: Person, changes: readonly FacetChange[], now: number): (Part | Ending)[] {
    const person = { id: user.id, version }
    const columns: UserColumns = Object.assign({}, ...changes.map((facet) => facet.columns))
    const takes = changes.flatMap((facet) => facet.takes?.(users.statements) ?? [])
    const effects = new Set(changes.map(({ effect }) => effect))
    if (effects.has('ends-everything') || effects.has('shrinks')) {
      const taking: TakingColumns = Object.assign({}, ...changes.map((facet) => facet.takingColumns))
      const everything = effects.has('ends-everything') ? store.sessions.statements.allOfUser(user.id) : []
      return [users.statements.takeAway(person, Object.assign({}, columns, taking), now, [...takes, ...everything])]
    }
    if (effects.has('shows')) return [users.statements.rearrange(person, columns, now, takes)]
    return [users.statements.change(person, columns, now)]
  }

  async function refuseUnknown(names: readonly string[]): Promise<void> {
    const existing = await store.teams.existing(names)
    const unknown = names.filter((name) => !existing.includes(name))
    if (unknown.length > 0) throw new AppError('team-unknown', { team: unknown.join(', ') })
  }
}

/** Repeats a function that reads and commits, while other changes come between the two. */
async function untilNobodyIsBetween<Result>(user: string, work: () => Promise<Result>): Promise<Result> {
  for (let round = 0; round < maxRounds; round++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StaleError)) throw error
    }
  }
  throw new AppError('changed-meanwhile', { user })
}

interface Unit {
  parts: (Part | Ending)[]
  after: User
}

/** One row for all simultaneous changes, under the word of the change if there is only one. */
function auditEntry(actor: string, userId: string, changes: readonly FacetChange[]): AuditEntry | undefined {
  const told = changes.filter(({ action }) => action !== undefined)
  const [only, more] = told
  if (!only) return undefined
  return {
    actor,
    action: more ? 'user.changed' : (only.action ?? 'user.changed'),
    subject: userId,
    details: {
      before: Object.assign({}, ...told.map(({ before }) => before)),
      after: Object.assign({}, ...told.map(({ after }) => after)),
    },
  }
}
