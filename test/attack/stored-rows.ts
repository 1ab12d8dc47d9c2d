import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** What only somebody who has proved something may make: how many there are, by kind. Reads the file of a running server. */
export function storedRows(folder: string): Readonly<Record<string, number>> {
  const database = new DatabaseSync(join(folder, 'gatehouse.db'), { readOnly: true })
  try {
    const count = (sql: string) => Number(database.prepare(`select count(*) as n ${sql}`).get()?.['n'])
    // A session of the provider without an account is the memory of a form, such as that of sign-out.
    const kinds = ['AccessToken', 'AuthorizationCode', 'RefreshToken', 'ClientCredentials', 'Grant']
    const payloads = [
      ...kinds.map((kind) => [kind, count(`from provider_payloads where kind = '${kind}'`)] as const),
      ['Session', count(`from provider_payloads where kind = 'Session' and account_id is not null`)] as const,
    ]
    const tables = ['users', 'identities', 'teams', 'memberships', 'sessions', 'signing_keys', 'revocations', 'audit']
    return Object.fromEntries([...tables.map((table) => [table, count(`from ${table}`)] as const), ...payloads])
  } finally {
    database.close()
  }
}
