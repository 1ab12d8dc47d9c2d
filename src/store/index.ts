import { resolve } from 'node:path'
import { parseStoreAddress } from '../store-address.ts'
import { noTurns, type Turns } from '../turns.ts'
import { createAuditTable } from './audit.ts'
import type { Engine } from './engine.ts'
import { createJobTable } from './jobs.ts'
import { createLoginAttemptTable } from './login-attempts.ts'
import { measured, type StoreCounter } from './measured.ts'
import type { Claim, Opening } from './migrate.ts'
import { createPasskeyTable } from './passkeys.ts'
import { createPayloadTable } from './payloads.ts'
import { createRevocationTable } from './revocations.ts'
import { createSecondFactorTable } from './second-factors.ts'
import { createSessionTable } from './sessions.ts'
import { createSigningKeyTable } from './signing-keys.ts'
import { createSingleUseTable } from './single-use.ts'
import { openSqlite } from './sqlite/index.ts'
import { createTeamTable } from './teams.ts'
import { createTraceTable } from './traces.ts'
import { createUserTable } from './users.ts'

/** Every table over one engine. */
export function createStore(engine: Engine) {
  return {
    engine,
    users: createUserTable(engine),
    teams: createTeamTable(engine),
    sessions: createSessionTable(engine),
    singleUse: createSingleUseTable(engine),
    secondFactors: createSecondFactorTable(engine),
    passkeys: createPasskeyTable(engine),
    payloads: createPayloadTable(engine),
    signingKeys: createSigningKeyTable(engine),
    loginAttempts: createLoginAttemptTable(engine),
    revocations: createRevocationTable(engine),
    audit: createAuditTable(engine),
    traces: createTraceTable(engine),
    jobs: createJobTable(engine),

    /** Deletes what has expired. Returns after the commit. */
    removeExpired: async (now: number): Promise<void> => {
      const db = engine.kysely
      await engine.write([
        db.deleteFrom('sessions').where('expires_at', '<=', now).compile(),
        db.deleteFrom('single_use').where('expires_at', '<=', now).compile(),
        db.deleteFrom('provider_payloads').where('expires_at', '<=', now).compile(),
        db.deleteFrom('traces').where('expires_at', '<=', now).compile(),
        db.deleteFrom('trace_requests').where('expires_at', '<=', now).compile(),
        // Followers look every half second; an hour is plenty.
        db
          .deleteFrom('revocations')
          .where('at', '<=', now - 3_600_000)
          .compile(),
        db
          .deleteFrom('login_attempts')
          .where('first_at', '<=', now - 3_600_000)
          .where('locked_until', '<=', now)
          // Wrong codes count for a day (password-attempts.ts). Rows with a single failure are a stranger's, and many.
          .where((row) => row.or([row('failures', '<', 5), row('first_at', '<=', now - 86_400_000)]))
          .compile(),
      ])
    },

    close: () => engine.close(),
  }
}
export type Store = ReturnType<typeof createStore>
/** For queries of a kind of their own. */
export type StoreTables = Engine['kysely']

/** The file of `sqlite:PATH`, relative to the folder of the configuration; undefined for a store that is not a file. */
export function storeFile(address: string, baseDir: string): string | undefined {
  const parsed = parseStoreAddress(address)
  return parsed.kind === 'sqlite' ? resolve(baseDir, parsed.path) : undefined
}

export interface OpeningOptions {
  turns?: Turns
  open?: Opening
  alone?: boolean
  claim?: Claim
  /** Hears of every read and write. */
  count?: StoreCounter | undefined
}

/**
 * Opens the store at an address (store-address.ts), whose references have been resolved. `turns` says when callers that wait for a
 * commit continue. `open: 'existing'` is for readers: it creates or changes no file, folder or schema, and refuses every write. `alone` is for
 * servers: a file is for one of them. `claim` looks at what was opened before anything is kept. Throws AppError `store-unavailable` with the
 * place and the reason, `store-missing`, `store-in-use`, `store-incomplete`, `config-invalid` for a text that is not an address.
 */
export async function openStore(
  address: string,
  baseDir: string,
  { turns = noTurns, open = 'create', alone, claim, count }: OpeningOptions = {},
): Promise<Store> {
  const parsed = parseStoreAddress(address)
  const made = (engine: Engine) => createStore(count === undefined ? engine : measured(engine, count))
  if (parsed.kind === 'sqlite')
    return made(await openSqlite(resolve(baseDir, parsed.path), { turns, open, alone: alone ?? false, claim }))
  // With SQLite the driver is never loaded.
  const { openPostgres } = await import('./postgres/index.ts')
  return made(await openPostgres(parsed, { baseDir, turns, open, claim }))
}
