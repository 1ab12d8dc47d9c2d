/**
 * Sessions: of people at Gatehouse, at services behind the gate, and of the OpenID Provider. This part starts, finds, hands off
 * and ends them, and tells every cache what has ended. It knows no HTTP: cookies belong to login and the gate.
 */
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/index.ts'
import type { Sealer } from '../store/sealing.ts'
import { createSessionEnd, type SessionEnd } from './end.ts'
import { createFindIdentity, type FindIdentity } from './identity.ts'
import { createLoginSessions, type LoginSessions } from './login-sessions.ts'
import { createRemovals, type Removals } from './removals.ts'
import { createRevocations, type Revocations } from './revocations.ts'
import { createServiceSessions, type ServiceSessions } from './service-sessions.ts'

export interface Sessions {
  logins: LoginSessions
  services: ServiceSessions
  ending: SessionEnd
  removals: Removals
  revocations: Revocations
  findIdentity: FindIdentity
}

export function createSessions({
  store,
  sealer,
  clock,
  log,
}: {
  store: Store
  sealer: Sealer
  clock: Clock
  log: Logger
}): Sessions {
  const revocations = createRevocations({ store, log })
  const findIdentity = createFindIdentity(store.users)
  const ending = createSessionEnd({ store, revocations, clock })
  return {
    revocations,
    findIdentity,
    ending,
    removals: createRemovals({ store, revocations, clock }),
    logins: createLoginSessions({ store, ending, revocations, sealer, clock }),
    services: createServiceSessions({ store, findIdentity, clock }),
  }
}
