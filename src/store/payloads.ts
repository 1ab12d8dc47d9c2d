import type { CompiledQuery } from 'kysely'
import { digest } from './digest.ts'
import type { Engine } from './engine.ts'
import { prepare } from './prepare.ts'
import { holding } from './row-locks.ts'
import type { ProviderPayloadsTable } from './schema.ts'

/** One record of the OpenID Provider: a code, a refresh token, a grant, its own session ... */
export interface ProviderPayload {
  /** The record without its id: an id gives access, so only its digest is stored. */
  payload: Record<string, unknown>
  /** The grant to which it belongs; for a grant, its own id. */
  grantId?: string | undefined
  uid?: string | undefined
  userCode?: string | undefined
  accountId?: string | undefined
  expiresAt?: number | undefined
}

/** A session of the OpenID Provider itself. */
export interface ProviderSession {
  payload: Record<string, unknown>
  uid: string
  /** Whose it is; undefined before somebody has signed in. */
  accountId: string | undefined
  /** The login session to which it belongs, while that lives. Without one it is worth nothing to its account. */
  login: { idHash: string; expiresAt: number } | undefined
}

type SessionRow = {
  payload: string
  uid: string | null
  account_id: string | null
  login_hash: string | null
  login_expires_at: number | null
}
type Authorization = { grantId?: string; persistsLogout?: boolean }
type Found = { payload: string; consumed_at: number | null }

/** The records of the OpenID Provider. */
export function createPayloadTable(engine: Engine) {
  const db = engine.kysely
  const select = () => db.selectFrom('provider_payloads').select(['payload', 'consumed_at'])
  const byId = prepare<{ kind: string; idHash: string }, Found>((value) =>
    select().where('kind', '=', value('kind')).where('id_hash', '=', value('idHash')),
  )
  const byUid = prepare<{ kind: string; uid: string }, Found>((value) =>
    select().where('uid', '=', value('uid')).where('kind', '=', value('kind')),
  )
  const byUserCode = prepare<{ kind: string; userCode: string }, Found>((value) =>
    select().where('user_code', '=', value('userCode')).where('kind', '=', value('kind')),
  )
  type Values = { [Column in keyof ProviderPayloadsTable]: ProviderPayloadsTable[Column] }
  const columns = [
    'kind',
    'id_hash',
    'payload',
    'grant_id',
    'uid',
    'user_code',
    'account_id',
    'consumed_at',
    'expires_at',
    'login_hash',
  ] as const
  // Everything but `consumed_at`: a consumed record stays consumed.
  const updated = columns.filter((column) => column !== 'kind' && column !== 'id_hash' && column !== 'consumed_at')
  const upsert = prepare<Values, unknown>((value) =>
    db
      .insertInto('provider_payloads')
      .values({
        kind: value('kind'),
        id_hash: value('id_hash'),
        payload: value('payload'),
        grant_id: value('grant_id'),
        uid: value('uid'),
        user_code: value('user_code'),
        account_id: value('account_id'),
        consumed_at: null,
        expires_at: value('expires_at'),
        login_hash: value('login_hash'),
      })
      .onConflict((conflict) =>
        conflict
          .columns(['kind', 'id_hash'])
          .doUpdateSet((row) => Object.fromEntries(updated.map((column) => [column, row.ref(`excluded.${column}`)]))),
      ),
  )
  const sessionRows = () =>
    db
      .selectFrom('provider_payloads as own')
      .leftJoin('sessions as login', (join) =>
        join
          .onRef('login.id_hash', '=', 'own.login_hash')
          .onRef('login.user_id', '=', 'own.account_id')
          .on('login.kind', '=', 'login'),
      )
      .select([
        'own.payload',
        'own.uid',
        'own.account_id',
        'login.id_hash as login_hash',
        'login.expires_at as login_expires_at',
      ])
      .where('own.kind', '=', 'Session')
  const sessionById = prepare<{ idHash: string }, SessionRow>((value) =>
    sessionRows().where('own.id_hash', '=', value('idHash')),
  )
  const sessionsByUid = prepare<{ uid: string }, SessionRow>((value) =>
    sessionRows().where('own.uid', '=', value('uid')),
  )
  const sessionsByLogin = prepare<{ loginHash: string }, SessionRow>((value) =>
    sessionRows().where('own.login_hash', '=', value('loginHash')),
  )
  // A session of the provider is stored under the living login session of the same person, or not at all.
  const upsertUnderLogin = prepare<Values & { seen: string }, { id_hash: string }>((value) =>
    db
      .insertInto('provider_payloads')
      .columns([...columns])
      .expression(
        db
          .selectNoFrom((build) => columns.map((column) => build.val(value(column)).as(column)))
          .where((where) =>
            where.exists(
              holding(
                engine,
                db
                  .selectFrom('sessions as login')
                  .select('login.id_hash')
                  .where('login.kind', '=', 'login')
                  .where('login.id_hash', '=', value('login_hash') ?? '')
                  .where('login.user_id', '=', value('account_id') ?? ''),
              ),
            ),
          ),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['kind', 'id_hash'])
          .doUpdateSet((row) => Object.fromEntries(updated.map((column) => [column, row.ref(`excluded.${column}`)])))
          .where('provider_payloads.payload', '=', value('seen')),
      )
      .returning('id_hash'),
  )
  // A token must not outlive its grant: while the grant is being revoked nothing is stored, and the token is invalid.
  const upsertUnderGrant = prepare<Values, unknown>((value) =>
    db
      .insertInto('provider_payloads')
      .columns([...columns])
      .expression(
        db
          .selectNoFrom((build) => columns.map((column) => build.val(value(column)).as(column)))
          .where((where) =>
            where.exists(
              holding(
                engine,
                db
                  .selectFrom('provider_payloads as granted')
                  .select('granted.kind')
                  .where('granted.kind', '=', 'Grant')
                  .where('granted.grant_id', '=', value('grant_id')),
              ),
            ),
          ),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['kind', 'id_hash'])
          .doUpdateSet((row) => Object.fromEntries(updated.map((column) => [column, row.ref(`excluded.${column}`)]))),
      ),
  )
  const consume = prepare<{ kind: string; idHash: string; at: number }, { id_hash: string }>((value) =>
    db
      .updateTable('provider_payloads')
      .set({ consumed_at: value('at') })
      .where('kind', '=', value('kind'))
      .where('id_hash', '=', value('idHash'))
      .where('consumed_at', 'is', null)
      .returning('id_hash'),
  )
  const remove = prepare<{ kind: string; idHash: string }, unknown>((value) =>
    db.deleteFrom('provider_payloads').where('kind', '=', value('kind')).where('id_hash', '=', value('idHash')),
  )
  const removeGrantItself = prepare<{ grantId: string }, unknown>((value) =>
    db.deleteFrom('provider_payloads').where('kind', '=', 'Grant').where('grant_id', '=', value('grantId')),
  )
  const removeUnderGrant = prepare<{ grantId: string }, unknown>((value) =>
    db.deleteFrom('provider_payloads').where('grant_id', '=', value('grantId')),
  )
  // The grant first (row-locks.ts): a record under it is stored by then, or never.
  const removeGrant = (grantId: string): CompiledQuery<unknown>[] => [
    removeGrantItself({ grantId }),
    removeUnderGrant({ grantId }),
  ]
  const one = async (query: CompiledQuery<Found>) => {
    const [row] = await engine.read(query)
    if (!row) return undefined
    const payload = JSON.parse(row.payload) as Record<string, unknown>
    return row.consumed_at === null ? payload : { ...payload, consumed: Math.floor(row.consumed_at / 1000) }
  }

  return {
    find: (kind: string, id: string) => one(byId({ kind, idHash: digest(id) })),
    findByUid: (kind: string, uid: string) => one(byUid({ kind, uid })),
    findByUserCode: (kind: string, userCode: string) => one(byUserCode({ kind, userCode })),

    upsert: async (kind: string, id: string, record: ProviderPayload): Promise<void> => {
      const statement = record.grantId !== undefined && kind !== 'Grant' ? upsertUnderGrant : upsert
      await engine.write([statement(valuesOf(kind, id, record, null))])
    },

    /**
     * Stores a session of the provider under the login session of its account. What other requests of the browser have authorized
     * meanwhile stays in it. False: the login session has ended, and nothing is stored.
     */
    upsertSession: async (id: string, record: ProviderPayload, loginHash: string): Promise<boolean> => {
      const stored = async () => (await engine.read(sessionById({ idHash: digest(id) })))[0]
      for (let seen = await stored(); ; ) {
        const payload = withAuthorizationsOf(seen, record.payload)
        const values = valuesOf('Session', id, { ...record, payload }, loginHash)
        const [rows] = await engine.write([upsertUnderLogin({ ...values, seen: seen?.payload ?? '' })])
        if (rows?.length === 1) return true
        const now = await stored()
        if (now?.payload === seen?.payload) return false
        seen = now
      }
    },

    /** A session of the provider by its id. */
    findSession: async (id: string, now: number): Promise<ProviderSession | undefined> => {
      const [row] = await engine.read(sessionById({ idHash: digest(id) }))
      return row && toProviderSession(row, now)
    },

    /** A session of the provider by its uid, while the login session to which it belongs lives. */
    findLivingSession: async (uid: string, now: number): Promise<ProviderSession | undefined> => {
      // There are two of one uid after two requests have renewed its id at once: each knows what it authorized itself.
      const [first, ...others] = (await engine.read(sessionsByUid({ uid })))
        .map((row) => ({ row, session: toProviderSession(row, now) }))
        .filter(({ session }) => session.login !== undefined)
      if (!first) return undefined
      const { session } = first
      return { ...session, payload: others.reduce((all, { row }) => withAuthorizationsOf(row, all), session.payload) }
    },

    /** True for the one caller that consumes it; false for all others. */
    consume: async (kind: string, id: string, at: number): Promise<boolean> => {
      const [rows] = await engine.write([consume({ kind, idHash: digest(id), at })])
      return rows?.length === 1
    },

    remove: async (kind: string, id: string): Promise<void> => {
      await engine.write([remove({ kind, idHash: digest(id) })])
    },

    removeGrant: async (grantId: string): Promise<void> => {
      await engine.write(removeGrant(grantId))
    },

    /** What ends with a session of the provider: itself, and its grants except those meant to outlive it (offline_access). */
    dependentOnSession: async (uid: string): Promise<Dependent[]> =>
      (await engine.read(sessionsByUid({ uid }))).map(toDependent),

    /** The same for all sessions of the provider that belong to a login session. */
    dependentOnLogin: async (loginHash: string): Promise<Dependent[]> =>
      (await engine.read(sessionsByLogin({ loginHash }))).map(toDependent),

    /** Statements that take access away. Only sessions/ and directory/ use them, in units that tell every cache. */
    statements: {
      /** Ends everything that the provider issued for a user. */
      removeOfUser: (userId: string): CompiledQuery<unknown>[] => [
        db.deleteFrom('provider_payloads').where('kind', '=', 'Grant').where('account_id', '=', userId).compile(),
        db.deleteFrom('provider_payloads').where('account_id', '=', userId).compile(),
      ],

      removeSession: (uid: string): CompiledQuery<unknown> =>
        db.deleteFrom('provider_payloads').where('kind', '=', 'Session').where('uid', '=', uid).compile(),

      removeGrant,
    },
  }
}
export type PayloadTable = ReturnType<typeof createPayloadTable>

/** A session of the provider, the login session to which it belongs, and the grants that end with it. */
export interface Dependent {
  uid: string
  loginHash: string | undefined
  grantIds: string[]
}

function toDependent({ payload, uid, login_hash: loginHash }: SessionRow): Dependent {
  const { authorizations = {} } = JSON.parse(payload) as { authorizations?: Record<string, Authorization> }
  const grantIds = Object.values(authorizations).flatMap(({ grantId, persistsLogout }) =>
    grantId && !persistsLogout ? [grantId] : [],
  )
  return { uid: uid ?? '', loginHash: loginHash ?? undefined, grantIds }
}

/** The payload, with what it lacks of the grants that a stored session gave to products. */
function withAuthorizationsOf(
  stored: SessionRow | undefined,
  payload: Record<string, unknown>,
): Record<string, unknown> {
  const { authorizations } = JSON.parse(stored?.payload ?? '{}') as { authorizations?: object }
  if (authorizations === undefined || stored?.account_id !== payload['accountId']) return payload
  return { ...payload, authorizations: { ...authorizations, ...(payload['authorizations'] as object | undefined) } }
}

function toProviderSession(row: SessionRow, now: number): ProviderSession {
  const { login_hash: idHash, login_expires_at: expiresAt } = row
  return {
    payload: JSON.parse(row.payload) as Record<string, unknown>,
    uid: row.uid ?? '',
    accountId: row.account_id ?? undefined,
    login: idHash !== null && expiresAt !== null && expiresAt > now ? { idHash, expiresAt } : undefined,
  }
}

function valuesOf(kind: string, id: string, record: ProviderPayload, loginHash: string | null): ProviderPayloadsTable {
  return {
    kind,
    id_hash: digest(id),
    payload: JSON.stringify(record.payload),
    grant_id: record.grantId ?? null,
    uid: record.uid ?? null,
    user_code: record.userCode ?? null,
    account_id: record.accountId ?? null,
    consumed_at: null,
    expires_at: record.expiresAt ?? null,
    login_hash: loginHash,
  }
}
