import type { CompiledQuery, Selectable } from 'kysely'
import { digest, randomId } from './digest.ts'
import { type Engine, expecting, type Part } from './engine.ts'
import { prepare } from './prepare.ts'
import { holding } from './row-locks.ts'
import type { SessionsTable } from './schema.ts'

export interface Session {
  /** Digest of the id that the browser holds. */
  idHash: string
  kind: 'login' | 'service'
  service: string | undefined
  parentHash: string | undefined
  userId: string
  authenticationClass: string
  authenticatedAt: number
  expiresAt: number
  sealedIdToken: string | undefined
  /** The authorization request that the person signed in for. */
  signedInFor: string | undefined
}

export type NewSession = Omit<Session, 'idHash'>

/** Sessions of people at Gatehouse (`login`) and at services behind the gate (`service`). */
export function createSessionTable(engine: Engine) {
  const db = engine.kysely
  const byHash = prepare<{ idHash: string; kind: string; now: number }, Selectable<SessionsTable>>((value) =>
    db
      .selectFrom('sessions')
      .selectAll()
      .where('id_hash', '=', value('idHash'))
      .where('kind', '=', value('kind') as 'login')
      .where('expires_at', '>', value('now')),
  )
  const columns = [
    'id_hash',
    'kind',
    'service',
    'parent_hash',
    'user_id',
    'authentication_class',
    'authenticated_at',
    'created_at',
    'expires_at',
    'sealed_id_token',
    'signed_in_for',
    'browser_hash',
  ] as const
  type InsertValues = Pick<SessionsTable, (typeof columns)[number]>
  // If the parent ends or the user is deactivated meanwhile, the session is created before that and ends with it, or is not created.
  const insertUnder = (parent: 'user' | 'login') =>
    prepare<InsertValues, { id_hash: string }>((value) => {
      const active = db
        .selectFrom('users')
        .select('users.id')
        .where('users.id', '=', value('user_id'))
        .where('users.active', '=', 1)
      const login = db
        .selectFrom('sessions as login')
        .select('login.id_hash')
        .where('login.kind', '=', 'login')
        .where('login.id_hash', '=', value('parent_hash') ?? '')
      return db
        .insertInto('sessions')
        .columns([...columns])
        .expression(
          db
            .selectNoFrom((build) => columns.map((column) => build.val(value(column)).as(column)))
            .where(({ exists, and }) =>
              and([exists(holding(engine, active)), ...(parent === 'login' ? [exists(holding(engine, login))] : [])]),
            ),
        )
        .returning('id_hash')
    })
  const insertLogin = insertUnder('user')
  const insertService = insertUnder('login')
  const loginsOf = prepare<{ idHash: string; browserHash: string }, Selectable<SessionsTable>>((value) =>
    db
      .selectFrom('sessions')
      .selectAll()
      .where('kind', '=', 'login')
      .where((where) =>
        where.or([where('id_hash', '=', value('idHash')), where('browser_hash', '=', value('browserHash'))]),
      ),
  )
  const insert = (idHash: string, session: NewSession, at: number, browserHash: string | null) =>
    (session.parentHash === undefined ? insertLogin : insertService)({
      id_hash: idHash,
      kind: session.kind,
      service: session.service ?? null,
      parent_hash: session.parentHash ?? null,
      user_id: session.userId,
      authentication_class: session.authenticationClass,
      authenticated_at: session.authenticatedAt,
      created_at: at,
      expires_at: session.expiresAt,
      sealed_id_token: session.sealedIdToken ?? null,
      signed_in_for: session.signedInFor ?? null,
      browser_hash: browserHash,
    })
  const find = async (kind: 'login' | 'service', id: string, now: number) => {
    const [row] = await engine.read(byHash({ idHash: digest(id), kind, now }))
    return row && toSession(row)
  }

  // What depended on the old session depends on the new one.
  const replace = (oldHash: string, newHash: string): Part[] => [
    db.updateTable('sessions').set({ parent_hash: newHash }).where('parent_hash', '=', oldHash).compile(),
    db.updateTable('provider_payloads').set({ login_hash: newHash }).where('login_hash', '=', oldHash).compile(),
    db.deleteFrom('sessions').where('id_hash', '=', oldHash).compile(),
  ]

  return {
    /**
     * Creates a session under a new random id, which is returned once and stored as a digest. Undefined when the user is not active, or the
     * login on which it would depend has ended.
     */
    create: async (session: NewSession, at: number): Promise<{ id: string; session: Session } | undefined> => {
      const id = randomId()
      const idHash = digest(id)
      const [made] = await engine.write([insert(idHash, session, at, null)])
      return made?.length === 1 ? { id, session: { ...session, idHash } } : undefined
    },

    findLogin: (id: string, now: number) => find('login', id, now),

    /** The session with that id, only at its service. */
    findService: async (id: string, service: string, now: number): Promise<Session | undefined> => {
      const session = await find('service', id, now)
      return session?.service === service ? session : undefined
    },

    findByHash: async (kind: 'login' | 'service', idHash: string, now: number): Promise<Session | undefined> => {
      const [row] = await engine.read(byHash({ idHash, kind, now }))
      return row && toSession(row)
    },

    /** The login sessions of a browser, by what it holds: the id of one, and its own name. Expired ones too, while they are there. */
    loginsOfBrowser: async (id: string, browser: string): Promise<Session[]> => {
      const rows = await engine.read(loginsOf({ idHash: digest(id), browserHash: digest(browser) }))
      return rows.map(toSession)
    },

    /** Digests of the sessions that depend on a login session. */
    childrenOf: async (idHash: string): Promise<string[]> => {
      const rows = await db.selectFrom('sessions').select('id_hash').where('parent_hash', '=', idHash).execute()
      return rows.map((row) => row.id_hash)
    },

    /** Statements that take access away. Only sessions/ and directory/ use them, in units that tell every cache. */
    statements: {
      /**
       * Creates the login session of a browser, and moves to it what depends on those of the same person that it replaces. The unit is
       * refused with StaleError when the user is not active, and with ConflictError when the browser has another session meanwhile.
       */
      start: (
        session: NewSession,
        { at, browser, replaced }: { at: number; browser: string; replaced: readonly string[] },
      ): { id: string; session: Session; parts: Part[] } => {
        const id = randomId()
        const idHash = digest(id)
        const free = db.updateTable('sessions').set({ browser_hash: null })
        return {
          id,
          session: { ...session, idHash },
          parts: [
            ...replaced.map((old) => free.where('id_hash', '=', old).compile()),
            expecting(1, insert(idHash, session, at, digest(browser))),
            ...replaced.flatMap((old) => replace(old, idHash)),
          ],
        }
      },

      /** Ends a session and those that depend on it, in this order (row-locks.ts). */
      remove: (idHash: string): CompiledQuery<unknown>[] => [
        db.deleteFrom('sessions').where('id_hash', '=', idHash).compile(),
        db.deleteFrom('sessions').where('parent_hash', '=', idHash).compile(),
      ],

      removeOfUser: (userId: string): CompiledQuery<unknown> =>
        db.deleteFrom('sessions').where('user_id', '=', userId).compile(),
    },
  }
}
export type SessionTable = ReturnType<typeof createSessionTable>

function toSession(row: Selectable<SessionsTable>): Session {
  return {
    idHash: row.id_hash,
    kind: row.kind,
    service: row.service ?? undefined,
    parentHash: row.parent_hash ?? undefined,
    userId: row.user_id,
    authenticationClass: row.authentication_class,
    authenticatedAt: row.authenticated_at,
    expiresAt: row.expires_at,
    sealedIdToken: row.sealed_id_token ?? undefined,
    signedInFor: row.signed_in_for ?? undefined,
  }
}
