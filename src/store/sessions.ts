import type { CompiledQuery, Selectable, SelectQueryBuilder } from 'kysely'
import { digest, randomId } from './digest.ts'
import { type Ending, ending, type Taking } from './ending.ts'
import { type Engine, type ExpectingPart, expecting, type Part, StaleError } from './engine.ts'
import { activeUser, liveLogin, passkeyOf, userWithPassword } from './parents.ts'
import { prepare } from './prepare.ts'
import type { Revocation } from './revocations.ts'
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
  /** How the person proved who they are (`acr` and `amr` of ID tokens), as far as it is known. */
  acr?: string | undefined
  amr?: readonly string[] | undefined
}

export type NewSession = Omit<Session, 'idHash'> & {
  /** The hash that a password was verified against: there is no session if it is no longer the stored one. */
  verifiedHash?: string | undefined
  /** The passkey that was proved: there is no session if it is gone. */
  verifiedPasskey?: string | undefined
}

/** A session that its statement makes, or not: the unit is stale when what it is built on does not hold any more. */
export interface SessionToMake {
  id: string
  session: Session
  statement: ExpectingPart
}

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
    'acr',
    'amr',
  ] as const
  type Values = Pick<SessionsTable, (typeof columns)[number]> & { verified_hash: string; verified_passkey: string }
  type Value = <Name extends keyof Values>(name: Name) => Values[Name]
  // What it is built on is said in the statement that makes it. If that ends meanwhile, the session was made before and ends with it, or
  // is not made.
  const insertWhere = (conditions: (value: Value) => readonly SelectQueryBuilder<never, never, unknown>[]) =>
    prepare<Values, { id_hash: string }>((value) =>
      db
        .insertInto('sessions')
        .columns([...columns])
        .expression(
          db
            .selectNoFrom((build) => columns.map((column) => build.val(value(column)).as(column)))
            .where(({ exists, and }) => and(conditions(value).map((condition) => exists(condition)))),
        )
        .returning('id_hash'),
    )
  const insertLogin = insertWhere((value) => [activeUser(engine, value('user_id'))])
  const insertByPassword = insertWhere((value) => [userWithPassword(engine, value('user_id'), value('verified_hash'))])
  const insertByPasskey = insertWhere((value) => [
    activeUser(engine, value('user_id')),
    passkeyOf(engine, { id: value('verified_passkey'), userId: value('user_id') }),
  ])
  const insertService = insertWhere((value) => [
    activeUser(engine, value('user_id')),
    liveLogin(engine, {
      idHash: value('parent_hash') as string,
      userId: value('user_id'),
      at: value('created_at'),
    }),
  ])
  const make = (
    { verifiedHash, verifiedPasskey, ...session }: NewSession,
    at: number,
    browser?: string,
  ): SessionToMake => {
    const id = randomId()
    const idHash = digest(id)
    const byProof = verifiedPasskey === undefined ? insertLogin : insertByPasskey
    const underNobody = verifiedHash === undefined ? byProof : insertByPassword
    const insert = session.parentHash === undefined ? underNobody : insertService
    const statement = insert({
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
      browser_hash: browser === undefined ? null : digest(browser),
      acr: session.acr ?? null,
      amr: session.amr?.join(' ') ?? null,
      verified_hash: verifiedHash ?? '',
      verified_passkey: verifiedPasskey ?? '',
    })
    return { id, session: { ...session, idHash }, statement: expecting(1, statement) }
  }
  const loginsOf = prepare<{ idHash: string; browserHash: string }, Selectable<SessionsTable>>((value) =>
    db
      .selectFrom('sessions')
      .selectAll()
      .where('kind', '=', 'login')
      .where((where) =>
        where.or([where('id_hash', '=', value('idHash')), where('browser_hash', '=', value('browserHash'))]),
      ),
  )
  // Its browser gets another one. Waits for those who are making something under it (row-locks.ts).
  const freeBrowser = prepare<{ idHash: string }, unknown>((value) =>
    db.updateTable('sessions').set({ browser_hash: null }).where('id_hash', '=', value('idHash')),
  )
  // Changes nothing, but waits for those who are making something under it (row-locks.ts).
  const touch = prepare<{ idHash: string }, unknown>((value) =>
    db
      .updateTable('sessions')
      .set(({ ref }) => ({ expires_at: ref('expires_at') }))
      .where('id_hash', '=', value('idHash')),
  )
  const signedIn = prepare<{ userId: string; at: number }, unknown>((value) =>
    db
      .updateTable('users')
      .set({ last_sign_in_at: value('at') })
      .where('id', '=', value('userId')),
  )
  const remove = prepare<{ idHash: string }, unknown>((value) =>
    db.deleteFrom('sessions').where('id_hash', '=', value('idHash')),
  )
  type Ended = { idHash: string; at: number }
  const tellSessions = prepare<Ended, Revocation>((value) =>
    engine.revocations.entries(
      db
        .selectFrom('sessions')
        .select(({ val, ref }) => [val(value('at')).as('at'), val('session').as('kind'), ref('id_hash').as('subject')])
        .where(({ or, eb }) => or([eb('id_hash', '=', value('idHash')), eb('parent_hash', '=', value('idHash'))])),
    ),
  )
  const tellGrants = prepare<Ended, Revocation>((value) =>
    engine.revocations.entries(
      db
        .selectFrom('provider_payloads')
        .select(({ val, ref }) => [val(value('at')).as('at'), val('grant').as('kind'), ref('grant_key').as('subject')])
        .where('kind', '=', 'Grant')
        .where('login_hash', '=', value('idHash'))
        .where('grant_key', 'is not', null),
    ),
  )
  // What depended on the old session depends on the new one.
  const replace = (oldHash: string, newHash: string, at: number): Ending =>
    ending({
      locks: [touch({ idHash: oldHash })],
      tells: [engine.revocations.entry({ kind: 'session', subject: oldHash }, at)],
      takes: [
        db.updateTable('sessions').set({ parent_hash: newHash }).where('parent_hash', '=', oldHash).compile(),
        db.updateTable('single_use').set({ login_hash: newHash }).where('login_hash', '=', oldHash).compile(),
        db.updateTable('provider_payloads').set({ login_hash: newHash }).where('login_hash', '=', oldHash).compile(),
        remove({ idHash: oldHash }),
      ],
    })
  const end = (idHash: string, at: number): Ending =>
    ending({
      locks: [touch({ idHash })],
      tells: [tellSessions({ idHash, at }), tellGrants({ idHash, at })],
      takes: [remove({ idHash })],
    })
  const find = async (kind: 'login' | 'service', id: string, now: number) => {
    const [row] = await engine.read(byHash({ idHash: digest(id), kind, now }))
    return row && toSession(row)
  }

  return {
    /**
     * A session under a new random id, which is returned once and stored as a digest. Its statement makes it only if the user is active, the
     * login on which it would depend lives, and the verified password is still the user's.
     */
    make,

    /** Makes it as one unit with other parts. Undefined, and nothing of the unit is kept, when what it is built on has ended. */
    create: async (
      session: NewSession,
      at: number,
      alongside: readonly Part[] = [],
    ): Promise<{ id: string; session: Session } | undefined> => {
      const { statement, ...made } = make(session, at)
      try {
        await engine.write([...alongside, statement])
        return made
      } catch (error) {
        if (error instanceof StaleError) return undefined
        throw error
      }
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

    /** The sessions of a person that have not expired, the oldest first. */
    ofUser: async (userId: string, now: number): Promise<(Session & { createdAt: number })[]> => {
      const ofThem = db.selectFrom('sessions').selectAll().where('user_id', '=', userId).where('expires_at', '>', now)
      const rows = await ofThem.orderBy('created_at').orderBy('id_hash').execute()
      return rows.map((row) => ({ ...toSession(row), createdAt: row.created_at }))
    },

    /** The login sessions of a browser, by what it holds: the id of one, and its own name. Expired ones too, while they are there. */
    loginsOfBrowser: async (id: string, browser: string): Promise<Session[]> => {
      const rows = await engine.read(loginsOf({ idHash: digest(id), browserHash: digest(browser) }))
      return rows.map(toSession)
    },

    /** Statements that take access away, each with those that tell every cache. */
    statements: {
      /**
       * Creates the login session of a browser; what depends on those of the same person that it replaces moves to it, and the others end.
       * The unit is refused with StaleError when the user is not active or the verified password is not the stored one any more, and with
       * ConflictError when the browser has another session meanwhile.
       */
      start: (
        session: NewSession,
        {
          at,
          browser,
          replaced,
          ended,
        }: { at: number; browser: string; replaced: readonly string[]; ended: readonly string[] },
      ): { id: string; session: Session; parts: (Part | Ending)[] } => {
        const { statement, ...made } = make(session, at, browser)
        return {
          ...made,
          parts: [
            // First, as in every unit that changes a person: two of them wait for each other in one order.
            signedIn({ userId: session.userId, at }),
            ...[...replaced, ...ended].map((idHash) => freeBrowser({ idHash })),
            statement,
            ...replaced.map((old) => replace(old, made.session.idHash, at)),
            ...ended.map((old) => end(old, at)),
          ],
        }
      },

      /** Ends a session, with everything that depends on it: sessions at services, the provider's session and its grants, codes. */
      remove: end,

      /** Ends every session at a service. */
      removeAtService: (service: string, at: number): Ending =>
        ending({
          tells: [
            engine.revocations
              .entries(
                db
                  .selectFrom('sessions')
                  .select(({ val, ref }) => [val(at).as('at'), val('session').as('kind'), ref('id_hash').as('subject')])
                  .where('kind', '=', 'service')
                  .where('service', '=', service),
              )
              .compile() as CompiledQuery<unknown>,
          ],
          takes: [db.deleteFrom('sessions').where('kind', '=', 'service').where('service', '=', service).compile()],
        }),

      /** Every session of a user, and everything that the provider issued for them: for an ending of the person. */
      allOfUser: (userId: string): Taking[] => [
        { takes: db.deleteFrom('sessions').where('user_id', '=', userId).compile() },
        { takes: db.deleteFrom('provider_payloads').where('account_id', '=', userId).compile() },
      ],
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
    acr: row.acr ?? undefined,
    amr: row.amr?.split(' '),
  }
}
