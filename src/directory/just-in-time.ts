import type { Config } from '../config/schema.ts'
import type { UpstreamIdentity } from '../connectors/contract.ts'
import { AppError } from '../errors.ts'
import { ConflictError } from '../store/engine.ts'
import type { TeamTable } from '../store/teams.ts'
import type { User, UserTable } from '../store/users.ts'
import type { People } from './people.ts'
import { teamsOf } from './teams.ts'

export interface JustInTime {
  /**
   * The user behind an identity: found by (issuer, subject), else created. Profile and teams become what the provider just said.
   * Never links by e-mail. Throws `account-deactivated`.
   */
  userFor(identity: UpstreamIdentity, authenticationClass: string): Promise<User>
}

/** Users that appear when they first sign in. */
export function createJustInTime({
  people,
  users,
  existingTeams,
  teams,
}: {
  people: People
  users: Pick<UserTable, 'findByIdentity'>
  existingTeams: TeamTable['existing']
  teams: Config['teams']
}): JustInTime {
  return {
    userFor: async (identity, authenticationClass) => {
      const seen = await seenAt(identity, authenticationClass)
      const known = await users.findByIdentity(identity.key.issuer, identity.key.subject)
      if (known) return refresh(known, seen)
      // The "admin" of a second provider must not become that of the first: products identify people by this name.
      for (const username of [identity.principal, `${identity.principal}@${authenticationClass}`]) {
        try {
          const { profile, received, teams: given } = seen
          return await people.create('system', { username, ...profile, identity: received, teams: given })
        } catch (error) {
          if (!(error instanceof ConflictError)) throw error
          // Two tabs at the first sign-in: the other one created the user.
          const other = await users.findByIdentity(identity.key.issuer, identity.key.subject)
          if (other) return refresh(other, seen)
        }
      }
      throw new AppError('account-exists', { username: identity.principal, authenticationClass })
    },
  }

  function refresh({ id }: User, seen: Seen): Promise<User> {
    return people.change('system', id, ({ user }) => {
      if (!user.active) throw new AppError('account-deactivated', { user: id })
      return seen
    })
  }

  async function seenAt(identity: UpstreamIdentity, authenticationClass: string) {
    const { key, email, emailVerified, name, groups } = identity
    // While servers get a new configuration one after another, a team of this server may already be gone.
    const given = await existingTeams(teamsOf(teams, authenticationClass, groups))
    return {
      profile: { email, emailVerified, name },
      received: { ...key, authenticationClass, receivedGroups: groups },
      teams: { [authenticationClass]: given },
    }
  }
  type Seen = Awaited<ReturnType<typeof seenAt>>
}
