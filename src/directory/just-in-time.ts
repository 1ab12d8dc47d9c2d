import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { Identity } from '../connectors/contract.ts'
import { AppError } from '../errors.ts'
import { ConflictError } from '../store/engine.ts'
import type { Store } from '../store/index.ts'
import type { User } from '../store/users.ts'

/** The teams that a provider's groups give, by the `teams` of the configuration. */
export function teamsOf(teams: Config['teams'], authenticationClass: string, groups: readonly string[]): string[] {
  return Object.entries(teams)
    .filter(([, { from }]) =>
      from.some((source) => source.authenticationClass === authenticationClass && groups.includes(source.group)),
    )
    .map(([team]) => team)
}

export interface JustInTime {
  /**
   * The user behind an identity: found by (issuer, subject), else made. Profile and teams become what the provider said now.
   * Never links by e-mail. Throws `account-deactivated`.
   */
  userFor(identity: Identity, authenticationClass: string): Promise<User>
}

/** Users that appear when they first sign in. */
export function createJustInTime({
  store,
  teams,
  clock,
}: {
  store: Store
  teams: Config['teams']
  clock: Clock
}): JustInTime {
  return {
    userFor: async (identity, authenticationClass) => {
      const known = await store.users.findByIdentity(identity.issuer, identity.subject)
      if (known && !known.active) throw new AppError('account-deactivated', { user: known.id })

      const user = known ?? (await createUser(identity, authenticationClass))
      await store.users.refresh(
        user,
        { email: identity.email, emailVerified: identity.emailVerified, name: identity.name },
        { source: authenticationClass, teams: teamsOf(teams, authenticationClass, identity.groups) },
        clock.now(),
      )
      return (await store.users.find(user.id)) ?? user
    },
  }

  async function createUser(identity: Identity, authenticationClass: string): Promise<User> {
    const { issuer, subject, principal } = identity
    // A second provider's "admin" must not become the first one's: products know people by this name.
    for (const username of [principal, `${principal}@${authenticationClass}`]) {
      try {
        const user = await store.users.create(
          { username, email: identity.email, emailVerified: identity.emailVerified, name: identity.name },
          clock.now(),
          { issuer, subject, authenticationClass },
        )
        const details = { username, authenticationClass }
        const entry = { actor: 'system', action: 'user.created', subject: user.id, details }
        await store.engine.write([store.audit.entry(entry, clock.now())])
        return user
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error
        // Two tabs at the first sign-in: the other one made the user.
        const other = await store.users.findByIdentity(issuer, subject)
        if (other) return other
      }
    }
    throw new AppError('account-exists', { username: principal, authenticationClass })
  }
}
