import { type StoredIdentity, type User, type UserTable, usernameKey } from '../store/users.ts'
import { storedUsernameProblem, userEntry } from '../username.ts'

/** A user as the gate, its services and the provider see them, without absent values. */
export interface KnownIdentity {
  userId: string
  username: string
  /** The entries of rules that mean this person: `user:NAME` and `user:CLASS/NAME`. */
  names: readonly string[]
  /**
   * Only one that somebody vouches for: services know people by it, and a header does not say whether it is true. Of an account that is
   * kept here an administrator does.
   */
  email?: string
  name?: string
  teams: readonly string[]
}

export type FindIdentity = (userId: string) => Promise<KnownIdentity | undefined>

/** Looks up whose session or token it is; undefined when the user is gone or deactivated, or has a name with which nobody may go on. */
export function createFindIdentity(users: Pick<UserTable, 'find' | 'teams' | 'identities'>): FindIdentity {
  return async (userId) => {
    const user = await users.find(userId)
    if (!user?.active || storedUsernameProblem(user.username) !== undefined) return undefined
    return identityOf(user, await users.identities(user.id), await users.teams(user.id))
  }
}

function identityOf(
  { id, username, email, emailVerified, name }: User,
  identities: readonly StoredIdentity[],
  teams: readonly string[],
): KnownIdentity {
  const isKeptHere = identities.length === 0 && emailVerified === undefined
  return {
    userId: id,
    username,
    names: namesOf(usernameKey(username), identities),
    ...(email !== undefined && (emailVerified || isKeptHere) ? { email } : {}),
    ...(name === undefined ? {} : { name }),
    teams,
  }
}

/**
 * An account without an identity at a provider is one that is kept here. Older versions stored names with a slash, which as entries
 * would be those of other people, at a class.
 */
function namesOf(key: string, identities: readonly StoredIdentity[]): string[] {
  const here = identities.length === 0 ? [userEntry(key), userEntry(key, 'local')] : [userEntry(key)]
  const atClasses = identities.flatMap(({ authenticationClass, ownName }) =>
    ownName === undefined ? [] : userEntry(ownName, authenticationClass),
  )
  return [...(key.includes('/') ? [] : here), ...atClasses]
}
