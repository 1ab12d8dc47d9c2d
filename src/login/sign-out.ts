import type { Clock } from '../clock.ts'
import type { WayIn } from '../connectors/contract.ts'
import type { SessionEnd } from '../sessions/end.ts'
import type { ServiceSessions } from '../sessions/service-sessions.ts'
import { randomId } from '../store/digest.ts'
import type { Sealer } from '../store/sealing.ts'
import type { Session } from '../store/sessions.ts'
import type { SingleUseTable } from '../store/single-use.ts'

const stateLifetime = 10 * 60_000

/** Signing out: here, at every service and product, and at the provider that signed the person in. */
export interface SignOut {
  /** Ends a login here. Answers with the address that ends it at the provider too, which then comes back to `returnTo`. */
  login(session: Session, returnTo: string | undefined): Promise<string | undefined>
  /** From a service: ends the login session on which the service session depends, and so the sessions at all services. */
  service(key: string, returnTo: string | undefined): Promise<string | undefined>
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
  signedOutUrl,
}: {
  ending: Pick<SessionEnd, 'end'>
  services: Pick<ServiceSessions, 'withLogin'>
  singleUse: Pick<SingleUseTable, 'put' | 'take'>
  sealer: Pick<Sealer, 'open'>
  waysIn: readonly WayIn[]
  clock: Clock
  /** Where providers return people after signing them out. */
  signedOutUrl: string
}): SignOut {
  const login: SignOut['login'] = async (session, returnTo) => {
    await ending.end(session, session.userId)
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
    service: async (key, returnTo) => {
      const { service, login: behind } = await services.withLogin(key)
      if (behind) return login(behind, returnTo)
      if (service) await ending.end(service, service.userId)
      return undefined
    },
    after: async (state) => (await singleUse.take<{ returnTo: string }>('sign-out', state, clock.now()))?.returnTo,
  }
}
