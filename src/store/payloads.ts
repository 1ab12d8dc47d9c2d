import type { CompiledQuery } from 'kysely'
import { digest } from './digest.ts'
import { type Ending, ending } from './ending.ts'
import { type Engine, expecting, StaleError } from './engine.ts'
import { activeUser, liveLogin } from './parents.ts'
import { prepare } from './prepare.ts'
import type { Revocation } from './revocations.ts'
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
  /** The user: nothing is stored for one who may not sign in. */
  accountId?: string | undefined
  /** The login session on which it depends, by its digest: nothing is stored when that has ended by then. */
  login?: { idHash: string; at: number } | undefined
  /** The session of the provider on which a token depends: nothing is stored when that has ended. */
  sessionUid?: string | undefined
  /** It was read before: when it has been removed meanwhile it stays so. */
  known?: boolean
  /** What is issued here is meant to outlive the login: from now on the grant does. */
  outlivesLogin?: boolean
  expiresAt?: number | undefined
}

/** Records of the provider that are a passing state and give no access by themselves. */
export type PassingRecord = 'AuthorizationCode' | 'Interaction' | 'PushedAuthorizationRequest' | 'ReplayDetection'

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

/** Milliseconds: longer than any request for tokens takes. */
const reuseRemembered = 60_000

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
  type Values = Pick<ProviderPayloadsTable, (typeof columns)[number]> & {
    session_uid: string
    on_login: string
    login_at: number
  }
  type Value = <Name extends keyof Values>(name: Name) => Values[Name]
  const columns = [
    'kind',
    'id_hash',
    'payload',
    'grant_key',
    'grant_id',
    'uid',
    'user_code',
    'account_id',
    'login_hash',
    'expires_at',
  ] as const
  // A consumed record stays consumed, and what a record depends on never changes here.
  const updated = ['payload', 'uid', 'user_code', 'expires_at'] as const

  // What a record is built on is said in the statement that stores it. If that ends meanwhile, the record was stored before and ends with
  // it, or is not stored.
  const parents = {
    user: (value: Value) => activeUser(engine, value('account_id') as string),
    login: (value: Value) =>
      liveLogin(engine, {
        idHash: value('on_login'),
        userId: value('account_id') as string,
        at: value('login_at'),
      }),
    grant: (value: Value) =>
      holding(
        engine,
        db
          .selectFrom('provider_payloads as granted')
          .select('granted.kind')
          .where('granted.grant_key', '=', value('grant_id')),
      ),
    session: (value: Value) =>
      holding(
        engine,
        db
          .selectFrom('provider_payloads as begun')
          .select('begun.kind')
          .where('begun.kind', '=', 'Session')
          .where('begun.uid', '=', value('session_uid')),
      ),
  }
  type Parent = keyof typeof parents
  const insertUnder = keptByKey((names: readonly Parent[]) =>
    prepare<Values, { id_hash: string }>((value) =>
      db
        .insertInto('provider_payloads')
        .columns([...columns])
        .expression(
          db
            .selectNoFrom((build) => columns.map((column) => build.val(value(column)).as(column)))
            .where(({ and, exists }) => and(names.map((name) => exists(parents[name](value))))),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['kind', 'id_hash'])
            .doUpdateSet((row) => Object.fromEntries(updated.map((column) => [column, row.ref(`excluded.${column}`)]))),
        )
        .returning('id_hash'),
    ),
  )
  const update = prepare<Values, { id_hash: string }>((value) =>
    db
      .updateTable('provider_payloads')
      .set(Object.fromEntries(updated.map((column) => [column, value(column)])))
      .where('kind', '=', value('kind'))
      .where('id_hash', '=', value('id_hash'))
      .returning('id_hash'),
  )
  const updateSession = prepare<
    { idHash: string; payload: string; expiresAt: number | null; seen: string },
    { id_hash: string }
  >((value) =>
    db
      .updateTable('provider_payloads')
      .set({ payload: value('payload'), expires_at: value('expiresAt') })
      .where('kind', '=', 'Session')
      .where('id_hash', '=', value('idHash'))
      .where('payload', '=', value('seen'))
      .returning('id_hash'),
  )
  const outliveLogin = prepare<{ grantId: string }, unknown>((value) =>
    db.updateTable('provider_payloads').set({ login_hash: null }).where('grant_key', '=', value('grantId')),
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

  // What has no row of its own, but is remembered for a while: a JWT that was revoked, a grant of which something came twice.
  type Remembered = { purpose: 'reused-grant' | 'revoked-jwt'; hash: string }
  const remember = prepare<Remembered & { expiresAt: number }, unknown>((value) =>
    db
      .insertInto('single_use')
      .values({ purpose: value('purpose'), hash: value('hash'), data: '', expires_at: value('expiresAt') })
      .onConflict((conflict) => conflict.doNothing()),
  )
  const remembered = prepare<Remembered & { now: number }, { hash: string }>((value) =>
    db
      .selectFrom('single_use')
      .select('hash')
      .where('purpose', '=', value('purpose'))
      .where('hash', '=', value('hash'))
      .where('expires_at', '>', value('now')),
  )
  const byGrant = prepare<{ grantId: string }, { kind: string }>((value) =>
    db.selectFrom('provider_payloads').select('kind').where('grant_key', '=', value('grantId')),
  )

  // Endings. The caches hear of what there is to end: whoever ends it a second time tells nobody.
  type Ended = { name: string; at: number }
  type Told = {
    record: string
    by: 'grant_key' | 'id_hash' | 'uid'
    kind: Revocation['kind']
    subject: 'grant_key' | 'login_hash'
  }
  const tell = ({ record, by, kind, subject }: Told) =>
    prepare<Ended, Revocation>((value) =>
      engine.revocations.entries(
        db
          .selectFrom('provider_payloads')
          .select(({ val, ref }) => [val(value('at')).as('at'), val(kind).as('kind'), ref(subject).as('subject')])
          .where('kind', '=', record)
          .where(by, '=', value('name'))
          .where(subject, 'is not', null),
      ),
    )
  // Changes nothing, but waits for those who are storing something under it (row-locks.ts).
  const touch = (by: 'grant_key' | 'uid' | 'id_hash', record: string) =>
    prepare<{ name: string }, unknown>((value) =>
      db
        .updateTable('provider_payloads')
        .set(({ ref }) => ({ expires_at: ref('expires_at') }))
        .where('kind', '=', record)
        .where(by, '=', value('name')),
    )
  const removeBy = (by: 'grant_key' | 'uid' | 'id_hash', record: string) =>
    prepare<{ name: string }, unknown>((value) =>
      db.deleteFrom('provider_payloads').where('kind', '=', record).where(by, '=', value('name')),
    )
  const grantEnding = {
    touch: touch('grant_key', 'Grant'),
    tell: tell({ record: 'Grant', by: 'grant_key', kind: 'grant', subject: 'grant_key' }),
    remove: removeBy('grant_key', 'Grant'),
  }
  /** The grants that hang on the same login as a session of the provider. */
  const grantsBeside = (by: 'uid' | 'id_hash', name: string) =>
    db
      .selectFrom('provider_payloads as session')
      .innerJoin('provider_payloads as given', 'given.login_hash', 'session.login_hash')
      .select('given.grant_key')
      .where('session.kind', '=', 'Session')
      .where(`session.${by}`, '=', name)
      .where('given.kind', '=', 'Grant')
  const sessionEnding = (by: 'uid' | 'id_hash') => ({
    touch: touch(by, 'Session'),
    // Caches know tokens by the login session.
    tell: tell({ record: 'Session', by, kind: 'session', subject: 'login_hash' }),
    tellGrants: prepare<Ended, Revocation>((value) =>
      engine.revocations.entries(
        db
          .selectFrom('provider_payloads')
          .select(({ val, ref }) => [
            val(value('at')).as('at'),
            val('grant').as('kind'),
            ref('grant_key').as('subject'),
          ])
          .where('grant_key', 'in', grantsBeside(by, value('name'))),
      ),
    ),
    removeGrants: prepare<{ name: string }, unknown>((value) =>
      db.deleteFrom('provider_payloads').where('grant_key', 'in', grantsBeside(by, value('name'))),
    ),
    remove: removeBy(by, 'Session'),
  })
  const sessionEndings = { uid: sessionEnding('uid'), id_hash: sessionEnding('id_hash') }
  const endSession = (by: 'uid' | 'id_hash', name: string, at: number): Ending => {
    const steps = sessionEndings[by]
    return ending({
      locks: [steps.touch({ name })],
      tells: [steps.tell({ name, at }), steps.tellGrants({ name, at })],
      takes: [steps.removeGrants({ name }), steps.remove({ name })],
    })
  }
  const one = async (query: CompiledQuery<Found>) => {
    const [row] = await engine.read(query)
    if (!row) return undefined
    const payload = JSON.parse(row.payload) as Record<string, unknown>
    if (row.consumed_at === null) return payload
    // For oidc-provider in seconds, and for us to the millisecond.
    return { ...payload, consumed: Math.floor(row.consumed_at / 1000), usedAt: row.consumed_at }
  }

  async function store(kind: string, id: string, record: ProviderPayload): Promise<boolean> {
    const { accountId, login, sessionUid, grantId } = record
    const underGrant = kind !== 'Grant' && grantId !== undefined
    const under = [
      ...(accountId === undefined ? [] : ['user' as const]),
      ...(login === undefined ? [] : ['login' as const]),
      ...(underGrant ? ['grant' as const] : []),
      ...(sessionUid === undefined ? [] : ['session' as const]),
    ]
    const statementFor = record.known ? update : insertUnder(under)
    const statement = statementFor({
      kind,
      id_hash: digest(id),
      payload: JSON.stringify(record.payload),
      grant_key: kind === 'Grant' ? (grantId ?? id) : null,
      grant_id: grantId ?? null,
      uid: record.uid ?? null,
      user_code: record.userCode ?? null,
      account_id: accountId ?? null,
      login_hash: kind === 'Session' || kind === 'Grant' ? (login?.idHash ?? null) : null,
      expires_at: record.expiresAt ?? null,
      session_uid: sessionUid ?? '',
      login_at: login?.at ?? 0,
      on_login: login?.idHash ?? '',
    })
    const outlives = underGrant && record.outlivesLogin ? [outliveLogin({ grantId })] : []
    try {
      await engine.write([expecting(1, statement), ...outlives])
      return true
    } catch (error) {
      if (error instanceof StaleError) return false
      throw error
    }
  }

  return {
    find: (kind: string, id: string) => one(byId({ kind, idHash: digest(id) })),
    findByUid: (kind: string, uid: string) => one(byUid({ kind, uid })),
    findByUserCode: (kind: string, userCode: string) => one(byUserCode({ kind, userCode })),

    /** Stores a record. False, and nothing is kept, when what it depends on has ended. */
    upsert: (kind: string, id: string, record: ProviderPayload): Promise<boolean> => store(kind, id, record),

    /**
     * Stores a session of the provider with somebody in it. What other requests of the browser have authorized meanwhile stays in it. False,
     * and nothing is kept, when its login has ended, or the session itself, if it was read before.
     */
    storeSession: async (id: string, record: ProviderPayload): Promise<boolean> => {
      const idHash = digest(id)
      const stored = async () => (await engine.read(sessionById({ idHash })))[0]
      for (let seen = await stored(); ; ) {
        if (!seen) return record.known ? false : store('Session', id, record)
        const payload = JSON.stringify(withAuthorizationsOf(seen, record.payload))
        const update = { idHash, payload, expiresAt: record.expiresAt ?? null, seen: seen.payload }
        const [rows] = await engine.write([updateSession(update)])
        if (rows?.length === 1) return true
        const now = await stored()
        if (!now || now.payload === seen.payload) return false
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

    /** Whether the grant has ended lately because a code or a refresh token under it came a second time. */
    wasReused: async (grantId: string, now: number): Promise<boolean> =>
      (await engine.read(remembered({ purpose: 'reused-grant', hash: digest(grantId), now }))).length > 0,

    /** Whether a grant lives. */
    hasGrant: async (grantId: string): Promise<boolean> => (await engine.read(byGrant({ grantId }))).length > 0,

    /**
     * Ids of the grants that people gave to a client, a few at a time. Whose a grant is only its record says, so all are read: this is for
     * a client that is removed.
     */
    grantsOfClient: async function* (clientId: string, atOnce: number): AsyncGenerator<string[]> {
      for (let after = ''; ; ) {
        const rows = await db
          .selectFrom('provider_payloads')
          .select(['grant_key', 'payload'])
          .where('kind', '=', 'Grant')
          .where('grant_key', '>', after)
          .orderBy('grant_key')
          .limit(atOnce)
          .execute()
        const last = rows.at(-1)?.grant_key
        if (last == null) return
        after = last
        const own = rows.filter(({ payload }) => JSON.parse(payload).clientId === clientId)
        if (own.length > 0) yield own.flatMap(({ grant_key: grant }) => grant ?? [])
        // Embedded reads answer in the same turn: others have theirs in between.
        await new Promise(setImmediate)
      }
    },

    /** Whether a JWT was revoked, by its `jti`. */
    wasRevoked: async (jti: string, now: number): Promise<boolean> =>
      (await engine.read(remembered({ purpose: 'revoked-jwt', hash: digest(jti), now }))).length > 0,

    /** The session goes on under another id: it is stored under that next. */
    removeFormerSession: async (id: string): Promise<void> => {
      await engine.write([remove({ kind: 'Session', idHash: digest(id) })])
    },

    /** Removes a record that gives no access by itself. Everything else ends, and the caches hear of it. */
    remove: async (kind: PassingRecord, id: string): Promise<void> => {
      await engine.write([remove({ kind, idHash: digest(id) })])
    },

    /** Statements that take access away, each with those that tell every cache. */
    statements: {
      /** Ends a grant, with every code and token under it. */
      removeGrant: (grantId: string, at: number): Ending =>
        ending({
          locks: [grantEnding.touch({ name: grantId })],
          tells: [grantEnding.tell({ name: grantId, at })],
          takes: [grantEnding.remove({ name: grantId })],
        }),

      /** The same for a grant of which a code or a refresh token came a second time; that is remembered for a minute. */
      removeReusedGrant: (grantId: string, at: number): Ending =>
        ending({
          locks: [grantEnding.touch({ name: grantId })],
          tells: [grantEnding.tell({ name: grantId, at })],
          takes: [
            grantEnding.remove({ name: grantId }),
            remember({ purpose: 'reused-grant', hash: digest(grantId), expiresAt: at + reuseRemembered }),
          ],
        }),

      /** Ends a session of the provider, with the grants given in it, except those meant to outlive it (offline_access). */
      removeSession: (uid: string, at: number): Ending => endSession('uid', uid, at),

      /** The same, by the id that the browser holds. */
      removeSessionWithId: (id: string, at: number): Ending => endSession('id_hash', digest(id), at),

      /** Ends a JWT, which has no row: it is remembered until it expires. The caches hear of the digest of its `jti`. */
      revokeJwt: ({ jti, expiresAt }: { jti: string; expiresAt: number }, at: number): Ending => {
        const hash = digest(jti)
        return ending({
          tells: [engine.revocations.entry({ kind: 'token', subject: hash }, at)],
          takes: [remember({ purpose: 'revoked-jwt', hash, expiresAt })],
        })
      },

      /** Ends one token; its grant goes on. */
      removeToken: (kind: string, id: string, at: number): Ending => {
        const idHash = digest(id)
        return ending({
          tells: [engine.revocations.entry({ kind: 'token', subject: idHash }, at)],
          takes: [remove({ kind, idHash })],
        })
      },
    },
  }
}
export type PayloadTable = ReturnType<typeof createPayloadTable>

/** Makes one value for each list of words. */
function keptByKey<Word extends string, Value>(
  make: (words: readonly Word[]) => Value,
): (words: readonly Word[]) => Value {
  const made = new Map<string, Value>()
  return (words) => {
    const key = words.join(' ')
    const known = made.get(key)
    if (known !== undefined) return known
    const value = make(words)
    made.set(key, value)
    return value
  }
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
