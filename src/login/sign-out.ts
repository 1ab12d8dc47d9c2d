import type { Clock } from '../clock.ts'
import type { WayIn } from '../connectors/contract.ts'
import type { Logger } from '../log.ts'
import type { SessionEnd } from '../sessions/end.ts'
import type { ServiceSessions } from '../sessions/service-sessions.ts'
import type { Origin } from '../store/audit.ts'
import { randomId } from '../store/digest.ts'
import type { Sealer } from '../store/sealing.ts'
import type { Session } from '../store/sessions.ts'
import type { SingleUseTable } from '../store/single-use.ts'

const stateLifetime = 10 * 60_000

/** Who signs out, and from where. */
export interface SignedOutBy extends Origin {
  /** The name of the person. */
  user: string
}

/** Signing out: here, at every service and product, and at the provider that signed the person in. */
export interface SignOut {
  /** Ends a login here. Answers with the address that ends it at the provider too, which then comes back to `returnTo`. */
  login(session: Session, returnTo: string | undefined, by: SignedOutBy): Promise<string | undefined>
  /** From a service: ends the login session on which the service session depends, and so the sessions at all services. */
  service(key: string, returnTo: string | undefined, by: SignedOutBy): Promise<string | undefined>
  /** Where people go after signing out at the provider; works once. */
  after(state: string): Promise<string | undefined>
}

export function createSignOut({
  ending,
  services,
  singleUse,
  sealer,
  waysIn,
  clock,
  log,
  signedOutUrl,
}: {
  ending: Pick<SessionEnd, 'end'>
  services: Pick<ServiceSessions, 'withLogin'>
  singleUse: Pick<SingleUseTable, 'put' | 'take'>
  sealer: Pick<Sealer, 'open'>
  waysIn: readonly WayIn[]
  clock: Clock
  log: Pick<Logger, 'info'>
  /** Where providers return people after signing them out. */
  signedOutUrl: string
}): SignOut {
  const end = async (session: Session, { user, ...origin }: SignedOutBy) => {
    await ending.end(session, session.userId, origin)
    const { service, authenticationClass: way } = session
    const { from: address, requestId } = origin
    log.info({ event: 'sign-out', requestId, user, way, service, address }, 'signed out')
  }
  const login: SignOut['login'] = async (session, returnTo, by) => {
    await end(session, by)
    const connector = waysIn.find(({ connector: { name } }) => name === session.authenticationClass)?.connector
    if (connector?.kind !== 'redirect' || !connector.endSessionUrl) return undefined
    const idToken = session.sealedIdToken && (await sealer.open('id-token', session.sealedIdToken))
    const state = randomId()
    const url = await connector.endSessionUrl({
      idToken: idToken || undefined,
      postLogoutRedirectUri: signedOutUrl,
      state,
    })
    if (url && returnTo !== undefined) {
      await singleUse.put('sign-out', state, { returnTo }, clock.now() + stateLifetime)
    }
    return url?.href
  }

  return {
    login,
    service: async (key, returnTo, by) => {
      const { service, login: behind } = await services.withLogin(key)
      if (behind) return login(behind, returnTo, by)
      if (service) await end(service, by)
      return undefined
    },
    after: async (state) => (await singleUse.take<{ returnTo: string }>('sign-out', state, clock.now()))?.returnTo,
  }
}
