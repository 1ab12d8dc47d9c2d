import type { IncomingMessage } from 'node:http'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Logger } from '../log.ts'
import { requestIdOf } from '../request-record.ts'

/** A code or a refresh token as it is stored. */
type Shown = Readonly<Record<string, unknown>>

export type ReuseLog = (shown: Shown, ctx: KoaContextWithOIDC) => void

/** Logs that a code or a refresh token was shown that is used already, or is another client's: somebody may have stolen it. */
export function createReuseLog(log: Pick<Logger, 'warn'>): ReuseLog {
  // A grant ends record by record.
  const told = new WeakSet<IncomingMessage>()
  return ({ clientId, accountId }, { oidc, req }) => {
    if (told.has(req)) return
    told.add(req)
    log.warn(
      {
        event: 'grant.reused',
        requestId: requestIdOf(req),
        client: clientId,
        user: accountId,
        shownBy: oidc.client?.clientId,
      },
      'a code or a refresh token was shown twice, late, or by another client: everything of its grant ends',
    )
  }
}
