import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Clock } from '../clock.ts'
import type { PayloadTable } from '../store/payloads.ts'
import type { Turns } from '../turns.ts'
import { lifetimes } from './lifetimes.ts'

/** Records that belong to a grant and end with it. An interaction only remembers its grant. */
const grantable = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode'])

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
  /** Undefined: nobody is signed in in this browser, or no browser asks. */
  currentLogin: () => CurrentLogin | undefined
  clock: Clock
  turns: Turns
}

/**
 * Keeps oidc-provider's records in the store. Ids give access (codes, tokens, session cookies), so they are stored as digests,
 * and the copy inside the record is removed, and restored on reading.
 */
export function createAdapter(input: AdapterInput): (kind: string) => Adapter {
  const sessions = sessionAdapter(input)
  return (kind) => (kind === 'Session' ? sessions : recordAdapter(kind, input))
}

function recordAdapter(kind: string, { payloads, clock, turns }: AdapterInput): Adapter {
  const restore = (payload: Record<string, unknown> | undefined, id?: string): AdapterPayload | undefined =>
    payload && (id === undefined ? payload : { ...payload, jti: id })

  return {
    upsert: async (id, { jti: _, ...payload }, expiresIn) => {
      await turns.pause()
      await payloads.upsert(kind, id, {
        payload,
        grantId: kind === 'Grant' ? id : grantable.has(kind) ? payload.grantId : undefined,
        uid: payload.uid,
        userCode: payload.userCode,
        accountId: payload.accountId,
        expiresAt: expiresIn ? clock.now() + expiresIn * 1000 : undefined,
      })
    },
    find: async (id) => {
      // Reads are synchronous: without a pause a request would block the event loop up to its first write.
      await turns.pause()
      return restore(await payloads.find(kind, id), id)
    },
    findByUid: async (uid) => restore(await payloads.findByUid(kind, uid)),
    findByUserCode: async (userCode) => restore(await payloads.findByUserCode(kind, userCode)),
    consume: async (id) => {
      if (await payloads.consume(kind, id, clock.now())) return
      // oidc-provider looked before another request won. The loser has a copy: the whole grant ends (RFC 9700 section 4.14).
      const lost = await payloads.find(kind, id)
      if (typeof lost?.['grantId'] === 'string') await payloads.removeGrant(lost['grantId'])
      throw new errors.InvalidGrant('the code or token has been used already')
    },
    destroy: (id) => payloads.remove(kind, id),
    revokeByGrantId: (grantId) => payloads.removeGrant(grantId),
  }
}

/**
 * The provider's own sessions. With somebody in it, a session is stored under the login session of the browser that asks, and found
 * by that browser only while it has the same login session; by its uid (for tokens) only while that login session lives. So there is
 * no way to hold one of the two without the other.
 */
function sessionAdapter({ payloads, currentLogin, clock, turns }: AdapterInput): Adapter {
  const none = async () => undefined
  return {
    upsert: async (id, payload, expiresIn) => {
      await turns.pause()
      const { uid, accountId } = payload
      // Found by its uid, a session needs its own id to be saved again.
      const expiresAt = clock.now() + (expiresIn ?? lifetimes.session) * 1000
      const record = { payload: { ...payload, jti: id }, uid, accountId, expiresAt }
      if (accountId === undefined) return payloads.upsert('Session', id, record)
      const login = currentLogin()
      const stored = login?.userId === accountId && (await payloads.upsertSession(id, record, login.idHash))
      if (!stored) throw new errors.SessionNotFound('the login session has ended')
    },
    find: async (id) => {
      await turns.pause()
      const found = await payloads.findSession(id, clock.now())
      if (found?.accountId === undefined) return found?.payload
      return found.login && found.login.idHash === currentLogin()?.idHash ? found.payload : undefined
    },
    findByUid: async (uid) => (await payloads.findLivingSession(uid, clock.now()))?.payload,
    findByUserCode: none,
    consume: none,
    destroy: (id) => payloads.remove('Session', id),
    revokeByGrantId: none,
  }
}
