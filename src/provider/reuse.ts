import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Logger } from '../log.ts'

/** A code or a refresh token as it is stored. */
type Shown = Readonly<Record<string, unknown>>

export type ReuseLog = (shown: Shown, ctx: KoaContextWithOIDC) => void

/** Logs that a code or a refresh token was shown that is used already, or is another client's: somebody may have stolen it. */
export function createReuseLog(log: Pick<Logger, 'warn'>): ReuseLog {
  return ({ clientId, accountId }, { oidc }) =>
    log.warn(
      { client: clientId, user: accountId, shownBy: oidc.client?.clientId },
      'a code or a refresh token was shown twice, late, or by another client: everything of its grant ends',
    )
}
