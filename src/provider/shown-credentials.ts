import type { KoaContextWithOIDC } from 'oidc-provider'
import type { SessionEnd } from '../sessions/end.ts'
import type { PayloadTable } from '../store/payloads.ts'
import { usedOtherMethod } from './client-authentication.ts'
import type { ReuseLog } from './reuse.ts'

type Record = Awaited<ReturnType<PayloadTable['find']>>

/**
 * A code that is shown and refused has been seen by somebody who should not have it, or is tried out: it ends with its grant and
 * everything that was given for it (RFC 9700 section 4.5, after RFC 6749 section 4.1.2). A refresh token ends so when another client
 * shows it. oidc-provider refuses both and leaves them as they are.
 */
export function createBurning({
  payloads,
  ending,
  noteReuse,
}: {
  payloads: Pick<PayloadTable, 'find'>
  ending: Pick<SessionEnd, 'endReusedGrant'>
  noteReuse: ReuseLog
}): (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void> {
  return async (ctx, next) => {
    await next()
    if (ctx.path !== '/token' || ctx.status < 400 || ctx.status >= 500) return
    const { code, refresh_token: refreshToken } = ctx.oidc?.body ?? {}
    for (const shown of textsOf(code)) await burn(ctx, 'AuthorizationCode', shown, (record) => !isOwnTrial(ctx, record))
    for (const shown of textsOf(refreshToken))
      await burn(ctx, 'RefreshToken', shown, (record) => isForeign(ctx, record))
  }

  async function burn(
    ctx: KoaContextWithOIDC,
    kind: string,
    id: string,
    when: (record: NonNullable<Record>) => boolean,
  ): Promise<void> {
    const record = await payloads.find(kind, id)
    if (!record || !when(record)) return
    noteReuse(record, ctx)
    // With the grant goes everything under it, and the caches hear of it.
    if (typeof record['grantId'] === 'string') await ending.endReusedGrant(record['grantId'])
  }
}

/** The client of the code sent its secret in another way than registered; it tries the right one next, with the same code. */
function isOwnTrial(ctx: KoaContextWithOIDC, record: NonNullable<Record>): boolean {
  return usedOtherMethod(ctx) && ctx.oidc.client?.clientId === record['clientId']
}

function isForeign({ oidc, status }: KoaContextWithOIDC, record: NonNullable<Record>): boolean {
  return status !== 401 && oidc.client !== undefined && oidc.client.clientId !== record['clientId']
}

/** A parameter that comes twice is refused, and each of its values has been shown. */
function textsOf(parameter: unknown): string[] {
  return [parameter].flat().filter((value): value is string => typeof value === 'string')
}
