import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { Config } from '../../src/config/schema.ts'
import { createLogger, type Logger } from '../../src/log.ts'
import type { OpenIdProvider, ProviderHost } from '../../src/provider/contract.ts'
import { createProvider } from '../../src/provider/index.ts'
import { createFindIdentity } from '../../src/sessions/identity.ts'
import { openStore } from '../../src/store/index.ts'
import { createSealer } from '../../src/store/sealing.ts'
import { noTurns, type Turns } from '../../src/turns.ts'

/** A host at which nobody is signed in. */
const nobody: ProviderHost = {
  login: async () => undefined,
  errorPage: (error) => ({ status: error.status, headers: {}, body: error.code }),
  selfSendingPage: ({ fields }) => ({ status: 200, headers: {}, body: fields }),
  signOutOrigins: [],
  confirmSignOutPage: async ({ form }) => ({ status: 200, headers: {}, body: form }),
  signOut: async () => ({ setCookie: 'login=', upstream: undefined }),
  signedOutUrl: 'http://localhost:9/login/signed-out',
  told: { failed: () => {}, granted: () => {} },
}

const nothing = async () => {}

/** The provider alone, in this process, over its own store. */
export async function startProvider({
  issuer,
  turns = noTurns,
  log = createLogger({ level: 'silent' }),
}: {
  issuer: string
  turns?: Turns
  log?: Logger
}): Promise<{ provider: OpenIdProvider; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-provider-'))
  const store = await openStore('sqlite:store.db', folder)
  const provider = await createProvider({
    config: { ...Config.parse({}), issuer },
    env: {},
    baseDir: folder,
    store,
    findIdentity: createFindIdentity(store.users),
    ending: {
      endProvider: nothing,
      endProviderWithId: nothing,
      endGrant: nothing,
      endReusedGrant: nothing,
      endJwt: nothing,
      endToken: nothing,
    },
    fetch: async () => new Response(null, { status: 404 }),
    networkOf: () => '192.0.2.1',
    sealer: createSealer(Buffer.alloc(32, 1)),
    clock: systemClock,
    turns,
    log,
    host: {
      ...nobody,
      told: { failed: ({ cause }) => log.error({ err: cause }, 'the provider failed'), granted: () => {} },
    },
  })
  return {
    provider,
    close: async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}
