import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Clock } from '../clock.ts'
import type { PayloadTable } from '../store/payloads.ts'
import type { Turns } from '../turns.ts'

/** Records that belong to a grant and end with it. An interaction only remembers its grant. */
const grantable = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode'])

/**
 * Keeps oidc-provider's records in the store. Ids give access (codes, tokens, session cookies), so they are stored as digests,
 * and the copy inside the record is removed, and restored on reading.
 */
export function createAdapter({
  payloads,
  clock,
  turns,
}: {
  payloads: PayloadTable
  clock: Clock
  turns: Turns
}): (kind: string) => Adapter {
  return (kind) => {
    const restore = (payload: Record<string, unknown> | undefined, id?: string): AdapterPayload | undefined =>
      payload && (id === undefined ? payload : { ...payload, jti: id })

    return {
      upsert: async (id, { jti: _, ...payload }, expiresIn) => {
        await turns.pause()
        await payloads.upsert(kind, id, {
          // A session is also found by its uid, and then needs its own id to be saved again.
          payload: kind === 'Session' ? { ...payload, jti: id } : payload,
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
}
