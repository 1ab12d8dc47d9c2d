import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { systemClock } from '../../src/clock.ts'
import { namingOf } from '../../src/config/names.ts'
import { Config } from '../../src/config/schema.ts'
import type { Connector } from '../../src/connectors/contract.ts'
import { waysInOf } from '../../src/connectors/index.ts'
import { createLocalConnector } from '../../src/connectors/local.ts'
import { createDirectory, type Directory } from '../../src/directory/index.ts'
import { createPasswordResets } from '../../src/directory/password-resets.ts'
import { createSecondFactors } from '../../src/directory/second-factors.ts'
import { AppError } from '../../src/errors.ts'
import { createLogger } from '../../src/log.ts'
import { createLogin } from '../../src/login/app.ts'
import { createBrowserSessions } from '../../src/login/browser-sessions.ts'
import type { AuthorizationFlow } from '../../src/login/desk.ts'
import { createFailedSignIns } from '../../src/login/failed-sign-ins.ts'
import { createKnownDevices } from '../../src/login/known-devices.ts'
import { createRefusedPasswords } from '../../src/login/refused-passwords.ts'
import { createSecondSteps } from '../../src/login/second-steps.ts'
import { createSetupLink } from '../../src/login/setup-link.ts'
import { createSignOut } from '../../src/login/sign-out.ts'
import { createTraces } from '../../src/login/traces.ts'
import { createTransactions } from '../../src/login/transaction.ts'
import { createSessions } from '../../src/sessions/index.ts'
import { openStore, type Store } from '../../src/store/index.ts'
import { createSealer } from '../../src/store/sealing.ts'
import { createBrand } from '../../src/web/brand.ts'
import { createLooks } from '../../src/web/look.ts'

const issuer = 'http://localhost:9'

export interface LoginTestbed {
  store: Store
  directory: Directory
  /** One request to the pages; a form when there are fields. */
  ask(
    path: string,
    options?: { fields?: Record<string, string>; cookie?: string; origin?: string; headers?: Record<string, string> },
  ): Promise<Response>
  close(): Promise<void>
}

/** The pages alone, in this process, over their own store. The test creates `connectors`; local accounts are enabled. */
export async function startLogin({
  login,
  connectors,
  allowedReturn = () => undefined,
}: {
  login: Config['login']
  connectors: readonly Connector[]
  allowedReturn?: (returnTo: string) => string | undefined
}): Promise<LoginTestbed> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-login-'))
  const clock = systemClock
  const log = createLogger({ level: 'silent' })
  const store = await openStore('sqlite:store.db', folder)
  const sealer = createSealer(Buffer.alloc(32, 1))
  const config = { ...Config.parse({}), issuer, login }
  const { users, singleUse } = store
  const { logins, services, ending, revocations } = createSessions({ store, sealer, clock, log })
  const directory = createDirectory({ store, teams: {}, naming: namingOf(config), revocations, clock })
  const { accounts, justInTime } = directory
  const waysIn = waysInOf(login, [...connectors, createLocalConnector(accounts)])
  const app = createLogin({
    config,
    waysIn,
    signOutOrigins: [],
    accounts,
    passwordResets: createPasswordResets({ accounts, ...store, revocations, clock }),
    mailer: undefined,
    passkeys: undefined,
    secondFactors: createSecondFactors({
      policy: config.localAccounts.secondFactor,
      issuer: 'localhost',
      people: directory.people,
      table: store.secondFactors,
      hasPasskeys: async () => false,
      loginAttempts: store.loginAttempts,
      sealer,
      clock,
    }),
    secondSteps: createSecondSteps({ sealer, clock, secure: false }),
    users,
    justInTime,
    sessions: createBrowserSessions({ logins, secure: false }),
    signOut: createSignOut({ ending, services, singleUse, sealer, waysIn, clock, log, signedOutUrl: `${issuer}/bye` }),
    services,
    transactions: createTransactions({ sealer, singleUse, clock, secure: false }),
    knownDevices: createKnownDevices({ sealer, clock, secure: false }),
    refusedPasswords: createRefusedPasswords({ sealer, clock, log }),
    traces: createTraces({ table: store.traces, clock, log }),
    flow: noProducts,
    setupLink: createSetupLink({ users, singleUse, clock }),
    looks: createLooks({ brand: createBrand({}, { issuer }), secure: false }),
    mayOpen: async () => true,
    clock,
    log,
    secure: false,
    networkOf: () => '192.0.2.1',
    senderOf: async () => '192.0.2.1',
    addressOf: () => '192.0.2.1',
    failedSignIns: createFailedSignIns({ audit: store.audit, clock, log }),
    allowedReturn,
  })
  /** A form arrives in Node's request, as at the server. */
  const bindings = (body: string, headers: Record<string, string>) => ({
    incoming: Object.assign(Readable.from(body === '' ? [] : [Buffer.from(body)]), {
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    }) as unknown as IncomingMessage,
    outgoing: {} as ServerResponse,
  })

  return {
    store,
    directory,
    ask: async (path, { fields, cookie, origin = issuer, headers: more = {} } = {}) => {
      const headers = { ...more, origin, ...(cookie === undefined ? {} : { cookie }) }
      const body = new URLSearchParams(fields).toString()
      return app.request(`${issuer}${path}`, { headers, ...(fields && { method: 'POST' }) }, bindings(body, headers))
    },
    close: async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

const noProduct = async (): Promise<never> => {
  throw new AppError('not-found')
}
const noProducts: AuthorizationFlow = {
  pending: noProduct,
  describe: async () => undefined,
  signedIn: noProduct,
  restart: noProduct,
  agreed: noProduct,
  refused: noProduct,
}
