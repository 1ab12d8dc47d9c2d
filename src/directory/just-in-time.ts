import type { Config } from '../config/schema.ts'
import type { UpstreamIdentity } from '../connectors/contract.ts'
import { AppError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { ConflictError } from '../store/engine.ts'
import type { TeamTable } from '../store/teams.ts'
import type { NewIdentity, User, UserTable } from '../store/users.ts'
import { readDisplayName, readEmail } from '../username.ts'
import type { ChangeOfPerson } from './changes.ts'
import { type Names, refuseForbidden } from './names.ts'
import type { People, TeamsBySource } from './people.ts'
import { teamsOf } from './teams.ts'

export interface JustInTime {
  /**
   * The user behind an identity: found by (issuer, subject), else created. Profile and teams become what the provider just said; the name
   * stays. Never links by e-mail. Throws `account-deactivated`, `username-refused`, `email-not-verified` and `account-exists`.
   */
  userFor(identity: UpstreamIdentity, authenticationClass: string): Promise<User>
}

type IdentityKey = UpstreamIdentity['key']

interface Seen {
  profile: NonNullable<ChangeOfPerson['profile']>
  received: NewIdentity
  teams: TeamsBySource
}

/** Users that appear when they first sign in. */
export function createJustInTime({
  people,
  users,
  existingTeams,
  names,
  teams,
  log,
}: {
  people: People
  users: Pick<UserTable, 'findByIdentity' | 'hasNamesake'>
  existingTeams: TeamTable['existing']
  names: Names
  teams: Config['teams']
  log: Pick<Logger, 'warn'>
}): JustInTime {
  return {
    userFor: async (identity, authenticationClass) => {
      const seen = await seenAt(identity, authenticationClass)
      const known = (await find(identity.key)) ?? (await knownBefore(identity))
      if (known) return refresh(known, await withOwnName(seen, identity, authenticationClass))
      const { own, usernames } = names.given(identity, authenticationClass)
      for (const username of usernames) {
        try {
          const { profile, received, teams: given } = seen
          const ownName = await freeAt(authenticationClass, own, identity.key)
          const user = await people.create('system', {
            username,
            ...profile,
            identity: { ...received, ownName },
            teams: given,
          })
          if (ownName === undefined) sayNamesake(user, own, received)
          return user
        } catch (error) {
          if (!(error instanceof ConflictError)) throw error
          // Two tabs at the first sign-in: the other one created the user.
          const other = await find(identity.key)
          if (other) return refresh(other, seen)
        }
      }
      const { issuer, subject } = identity.key
      throw new AppError('account-exists', { username: identity.principal, authenticationClass, issuer, subject })
    },
  }

  function find({ issuer, subject }: IdentityKey): Promise<User | undefined> {
    return users.findByIdentity(issuer, subject)
  }

  /** Whom an older version stored under another key. From now on the lasting one is theirs, whoever is deactivated included. */
  async function knownBefore({ key, formerKey }: UpstreamIdentity): Promise<User | undefined> {
    const before = formerKey && (await find(formerKey))
    if (!before) return undefined
    await people.change('system', before.id, { renewedKey: { from: formerKey, to: key } }).catch((error: unknown) => {
      if (!(error instanceof ConflictError)) throw error
    })
    // Whose it is now: another tab, or an administrator, may have come first.
    const renewed = await find(key)
    if (!renewed) throw new AppError('changed-meanwhile', { user: before.id })
    return renewed
  }

  /** Perhaps it is the same person, who was made anew at the provider: only an administrator knows. */
  function sayNamesake(user: User, name: string, { authenticationClass, subject }: NewIdentity): void {
    log.warn(
      { user: user.id, username: user.username, name, authenticationClass, subject },
      'somebody else of this class had the name before: if it is the same person, run `gatehouse users link`',
    )
  }

  async function refresh({ id, username }: User, seen: Seen): Promise<User> {
    refuseForbidden(username)
    return people.change('system', id, ({ user }) => {
      if (!user.active) throw new AppError('account-deactivated', { user: id })
      return seen
    })
  }

  /** For identities that an older version created: their names at the class become known at the next sign-in. */
  async function withOwnName(seen: Seen, identity: UpstreamIdentity, authenticationClass: string): Promise<Seen> {
    const own = names.own(identity, authenticationClass)
    const ownName = own && (await freeAt(authenticationClass, own, identity.key))
    return { ...seen, received: { ...seen.received, ownName } }
  }

  /** The name at the class, unless somebody else had it before: whoever gets a name again is not the person of the rules. */
  async function freeAt(authenticationClass: string, own: string, key: IdentityKey): Promise<string | undefined> {
    return (await users.hasNamesake(key, authenticationClass, own)) ? undefined : own
  }

  async function seenAt(identity: UpstreamIdentity, authenticationClass: string): Promise<Seen> {
    const { key, groups } = identity
    const email = readEmail(identity.email ?? '')?.address
    const emailVerified = names.vouches(identity, authenticationClass)
    // While servers get a new configuration one after another, a team of this server may already be gone.
    const given = await existingTeams(teamsOf(teams, authenticationClass, groups))
    return {
      profile: {
        email,
        emailVerified,
        name: readDisplayName(identity.name ?? ''),
        givenName: readDisplayName(identity.givenName ?? ''),
        familyName: readDisplayName(identity.familyName ?? ''),
      },
      received: { ...key, authenticationClass, receivedGroups: groups },
      teams: { [authenticationClass]: given },
    }
  }
}
