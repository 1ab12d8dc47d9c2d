import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Clock } from '../clock.ts'
import type { SessionEnd } from '../sessions/end.ts'
import type { PassingRecord, PayloadTable, ProviderPayload } from '../store/payloads.ts'
import type { SingleUseTable } from '../store/single-use.ts'
import type { Turns } from '../turns.ts'
import { lifetimes } from './lifetimes.ts'
import type { RefreshGrace } from './refresh-grace.ts'
import type { ReuseLog } from './reuse.ts'

/** Records that belong to a grant and end with it. An interaction only remembers its grant. */
const grantable = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode'])

/** Records that give no access by themselves, and are removed without a word to anybody. */
const passing: ReadonlySet<string> = new Set<PassingRecord>([
  'AuthorizationCode',
  'Interaction',
  'PushedAuthorizationRequest',
  'ReplayDetection',
])

/** The login session of the browser whose request is being answered. */
export interface CurrentLogin {
  /** Its name in the store. */
  idHash: string
  userId: string
  /** Milliseconds since the epoch. */
  expiresAt: number
}

export interface AdapterInput {
  payloads: PayloadTable
  /** Ends what gives access, and tells every cache. */
  ending: Pick<SessionEnd, 'endGrant' | 'endProviderWithId' | 'endReusedGrant' | 'endToken'>
  refreshGrace: Omit<RefreshGrace, 'nextId'>
  /** Told of codes and refresh tokens that came a second time, before everything of their grant ends. */
  noteReuse: ReuseLog
  /** Another object for each request. Undefined: nobody is signed in in this browser, or no browser asks. */
  currentLogin: () => CurrentLogin | undefined
  /** Clients that are not in the list that oidc-provider has. */
  publishedClients: Pick<Adapter, 'find'>
  singleUse: Pick<SingleUseTable, 'claim'>
  clock: Clock
  turns: Turns
}

/**
 * Keeps oidc-provider's records in the store. Ids give access (codes, tokens, session cookies), so they are stored as digests,
 * and the copy inside the record is removed, and restored on reading. A record is stored only while what it depends on lives: the user,
 * the login session, the grant, the provider's session. Otherwise the request is refused, and nothing is left.
 */
export function createAdapter(input: AdapterInput): (kind: string) => Adapter {
  const read = createReadRecords(input.currentLogin)
  const sessions = sessionAdapter(input, read)
  return (kind) => {
    if (kind === 'Session') return sessions
    const records = recordAdapter(kind, input, read)
    if (kind === 'Client') return { ...records, ...input.publishedClients }
    return kind === 'ReplayDetection' ? { ...records, ...usedProofs(input) } : records
  }
}

/**
 * Proofs of clients (RFC 7523 section 3): each counts once. oidc-provider looks first and writes then; here the statement that writes says
 * who came first.
 */
function usedProofs({ singleUse, clock }: AdapterInput): Pick<Adapter, 'find' | 'upsert'> {
  return {
    find: async () => undefined,
    upsert: async (id, _payload, expiresIn) => {
      if (await singleUse.claim('client-proof', id, clock.now() + (expiresIn ?? lifetimes.interaction) * 1000)) return
      throw new errors.InvalidClientAuth('client assertion tokens must only be used once')
    },
  }
}

function recordAdapter(kind: string, input: AdapterInput, read: ReadRecords): Adapter {
  const { payloads, ending, refreshGrace, currentLogin, clock, turns } = input
  const restore = (payload: Record<string, unknown> | undefined, id?: string): AdapterPayload | undefined =>
    payload && (id === undefined ? payload : { ...payload, jti: id })
  const marks = kind === 'RefreshToken' ? refreshGrace.marks : undefined

  return {
    upsert: async (id, { jti: _, ...payload }, expiresIn) => {
      await turns.pause()
      const parents = parentsOf(id, payload)
      const stored =
        parents !== undefined &&
        (await payloads.upsert(kind, id, {
          ...parents,
          payload: { ...payload, ...marks },
          grantId: kind === 'Grant' ? id : grantable.has(kind) ? payload.grantId : undefined,
          uid: payload.uid,
          userCode: payload.userCode,
          accountId: payload.accountId,
          expiresAt: expiresIn ? clock.now() + expiresIn * 1000 : undefined,
        }))
      if (!stored && !(await lostToReuse(payload))) throw refusal(kind)
    },
    find: async (id) => {
      // Reads are synchronous: without a pause a request would block the event loop up to its first write.
      await turns.pause()
      const found = await payloads.find(kind, id)
      if (found) read.note(kind, id)
      return restore(found && (await asShown(id, found)), id)
    },
    findByUid: async (uid) => restore(await payloads.findByUid(kind, uid)),
    findByUserCode: async (userCode) => restore(await payloads.findByUserCode(kind, userCode)),
    consume: async (id) => {
      const won = await payloads.consume(kind, id, clock.now())
      if (won && kind === 'RefreshToken') await refreshGrace.used(id)
      if (won) return
      const lost = await payloads.find(kind, id)
      if (kind === 'RefreshToken' && lost && (await refreshGrace.mayComeAgain(id, lost)))
        return refreshGrace.used(id, lost)
      // oidc-provider looked before another request won. The loser has a copy: the whole grant ends (RFC 9700 section 4.14).
      if (typeof lost?.['grantId'] === 'string') await endGrant(lost['grantId'])
      throw new errors.InvalidGrant('the code or token has been used already')
    },
    destroy: (id) => {
      if (passing.has(kind)) return payloads.remove(kind as PassingRecord, id)
      return kind === 'Grant' ? endGrant(id) : ending.endToken(kind, id)
    },
    revokeByGrantId: endGrant,
  }

  /** The token endpoint ends a grant for one reason only: a code or a refresh token came a second time. */
  function endGrant(grantId: string): Promise<void> {
    const { ctx } = Provider
    if (!ctx || !isAtTokenEndpoint()) return ending.endGrant(grantId)
    const { RefreshToken, AuthorizationCode } = ctx.oidc.entities
    input.noteReuse({ ...(RefreshToken ?? AuthorizationCode) }, ctx)
    return ending.endReusedGrant(grantId)
  }

  /** At the token endpoint a used refresh token counts as a good one while it may come again; `consume` then decides once more. */
  async function asShown(id: string, found: Record<string, unknown>): Promise<Record<string, unknown>> {
    if (kind !== 'RefreshToken' || found['consumed'] === undefined || !isAtTokenEndpoint()) return found
    if (!(await refreshGrace.mayComeAgain(id, found))) return found
    const { consumed: _, ...good } = found
    return good
  }

  /**
   * Whether a token is not stored because somebody else has shown the same code or refresh token meanwhile. Whoever came first is told so as
   * ever, and what it gets is dead: so it is when the second one comes a moment later (RFC 9700 section 4.14).
   */
  async function lostToReuse({ grantId }: AdapterPayload): Promise<boolean> {
    return isToken(kind) && grantId !== undefined && payloads.wasReused(grantId, clock.now())
  }

  /** What a record depends on. Undefined when that is a login that is not there. */
  function parentsOf(
    id: string,
    { accountId, expiresWithSession, sessionUid, gty }: AdapterPayload,
  ): Pick<ProviderPayload, 'known' | 'login' | 'outlivesLogin' | 'sessionUid'> | undefined {
    if (accountId === undefined) return {}
    if (kind === 'Grant') return read.has(kind, id) ? { known: true } : underLogin(accountId)
    if (!grantable.has(kind)) return {}
    // The provider stores its session after what it gives through the browser: that depends on the login itself.
    if (kind === 'AuthorizationCode' || gty === 'implicit') {
      const login = underLogin(accountId)
      return login && { ...login, outlivesLogin: !expiresWithSession }
    }
    if (!expiresWithSession) return { outlivesLogin: true }
    return sessionUid === undefined ? {} : { sessionUid }
  }

  function underLogin(accountId: string) {
    return loginOf(accountId, currentLogin(), clock)
  }
}

/**
 * The provider's own sessions. With somebody in it, a session is stored under the login session of the browser that asks, and found
 * by that browser only while it has the same login session; by its uid (for tokens) only while that login session lives. So there is
 * no way to hold one of the two without the other.
 */
function sessionAdapter({ payloads, ending, currentLogin, clock, turns }: AdapterInput, read: ReadRecords): Adapter {
  const none = async () => undefined
  return {
    upsert: async (id, payload, expiresIn) => {
      await turns.pause()
      const { uid, accountId } = payload
      // Found by its uid, a session needs its own id to be saved again.
      const expiresAt = clock.now() + (expiresIn ?? lifetimes.session) * 1000
      const record = { payload: { ...payload, jti: id }, uid, accountId, expiresAt }
      if (accountId === undefined) {
        await payloads.upsert('Session', id, record)
        return
      }
      const parents = loginOf(accountId, currentLogin(), clock)
      const known = read.has('Session', id)
      if (!parents || !(await payloads.storeSession(id, { ...record, ...parents, known }))) throw refusal('Session')
    },
    find: async (id) => {
      await turns.pause()
      const found = await payloads.findSession(id, clock.now())
      if (found?.accountId === undefined) return found?.payload
      if (!found.login || found.login.idHash !== currentLogin()?.idHash) return undefined
      read.note('Session', id)
      return found.payload
    },
    findByUid: async (uid) => (await payloads.findLivingSession(uid, clock.now()))?.payload,
    findByUserCode: none,
    consume: none,
    destroy: (id) => {
      const session = Provider.ctx?.oidc?.session
      // Under another id it goes on: oidc-provider removes the former one before it stores that.
      if (session !== undefined && session.jti !== id) return payloads.removeFormerSession(id)
      return ending.endProviderWithId(id)
    },
    revokeByGrantId: none,
  }
}

function loginOf(
  accountId: string,
  login: CurrentLogin | undefined,
  clock: Clock,
): Pick<ProviderPayload, 'login'> | undefined {
  return login?.userId === accountId ? { login: { idHash: login.idHash, at: clock.now() } } : undefined
}

/** Records that a request has read. What it stores under their ids is not new: when it was removed meanwhile it must not come back. */
interface ReadRecords {
  note(kind: string, id: string): void
  has(kind: string, id: string): boolean
}

function createReadRecords(currentLogin: () => CurrentLogin | undefined): ReadRecords {
  const ofRequest = new WeakMap<CurrentLogin, Set<string>>()
  return {
    note: (kind, id) => {
      const login = currentLogin()
      if (!login) return
      const names = ofRequest.get(login) ?? new Set()
      ofRequest.set(login, names.add(`${kind} ${id}`))
    },
    has: (kind, id) => {
      const login = currentLogin()
      return login !== undefined && (ofRequest.get(login)?.has(`${kind} ${id}`) ?? false)
    },
  }
}

function isAtTokenEndpoint(): boolean {
  return Provider.ctx?.oidc?.route === 'token'
}

/** A browser signs in again (OpenID Connect Core section 3.1.2.6); a program has lost its grant (RFC 6749 section 5.2). */
function refusal(kind: string): Error {
  if (isToken(kind)) return new errors.InvalidGrant('the sign-in or the grant has just ended')
  return new errors.LoginRequired('the sign-in has just ended')
}

function isToken(kind: string): boolean {
  return kind === 'AccessToken' || kind === 'RefreshToken'
}
