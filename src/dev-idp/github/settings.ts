import type { Faults } from '../contract.ts'
import type { GitHubAccount } from './accounts.ts'
import type { Grants } from './grants.ts'

/** Faults on purpose; a test may change them while it runs. */
export interface GitHubFaults
  extends Pick<Faults, 'certificate' | 'redirect' | 'unreachable' | 'slow' | 'serverError'> {
  /** Organisations that show their members to nobody who has not signed in to them (SAML). */
  saml?: readonly string[]
  /** Organisations that have not approved the application: they are missing, and nothing says so. */
  restricted?: readonly string[]
  /** The person has had too many calls. */
  rateLimit?: boolean
  /** The person has taken the authorisation away: no token is good any more. */
  revoked?: boolean
}

export interface Settings {
  clientId: string
  clientSecret: string
  accounts: readonly GitHubAccount[]
  /** By login. */
  passwords: Readonly<Record<string, string>>
  /** Undefined: any on loopback. */
  redirectUris: readonly string[] | undefined
  grants: Grants
  faults: GitHubFaults
}
