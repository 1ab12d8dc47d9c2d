import type { User, UserTable } from '../store/users.ts'

/** A user as the gate, its services and the provider see them, without absent values. */
export interface KnownIdentity {
  userId: string
  username: string
  email?: string
  name?: string
  teams: readonly string[]
}

export type FindIdentity = (userId: string) => Promise<KnownIdentity | undefined>

/** Looks up whose session or token it is; undefined when the user is gone or deactivated. */
export function createFindIdentity(users: Pick<UserTable, 'find' | 'teams'>): FindIdentity {
  return async (userId) => {
    const user = await users.find(userId)
    return user?.active ? identityOf(user, await users.teams(user.id)) : undefined
  }
}

function identityOf({ id, username, email, name }: User, teams: readonly string[]): KnownIdentity {
  return {
    userId: id,
    username,
    ...(email === undefined ? {} : { email }),
    ...(name === undefined ? {} : { name }),
    teams,
  }
}
