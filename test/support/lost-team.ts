import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../../src/store/index.ts'
import { ScriptedBrowser } from '../e2e/support/scripted-browser.ts'
import { type AnyUserIdp, startAnyUserIdp } from './any-user-idp.ts'
import { startEchoUpstream } from './echo-upstream.ts'
import { ask } from './gate-testbed.ts'
import { type Gatehouse, startGatehouse } from './gatehouse.ts'
import { relyingParty, walkToCallback } from './relying-party.ts'

const redirectUri = 'http://localhost:1/cb'

/** Servers of one issuer on one store, with a service that is open to the team `analysts`, which a group of the provider gives. */
export interface Pair {
  idp: AnyUserIdp
  first: Gatehouse
  /** On an SQLite file, which is for one server, the same one. */
  second: Gatehouse
  /** The status of an answer of the service, asked through that server. */
  askService(server: Gatehouse, headers: Record<string, string>): Promise<number>
  close(): Promise<void>
}

/** @param settings YAML lines: `store` and `encryptionKey` of a PostgreSQL that two servers share; absent: one server on an SQLite file. */
export async function startPair({ settings }: { settings?: string } = {}): Promise<Pair> {
  const [idp, upstream] = await Promise.all([startAnyUserIdp(), startEchoUpstream()])
  const config = (issuerPort: number, port: number) => `
issuer: http://localhost:${issuerPort}
listen: { port: ${port} }
${settings ?? ''}
authenticationClasses:
  crowd: { oidc: { hostname: localhost, port: ${idp.port}, principalClaim: preferred_username } }
login: [{ authenticationClass: crowd, oidc: { clientCredentialsSecret: crowd } }, { local: {} }]
secrets: { crowd: { clientId: gatehouse, clientSecret: "\${env:CROWD_SECRET}" } }
teams:
  analysts: { from: [{ authenticationClass: crowd, group: data-analysts }] }
  readers: { from: [{ authenticationClass: crowd, group: data-readers }] }
services:
  wiki:
    url: http://wiki.localhost:${issuerPort}
    upstream: http://127.0.0.1:${upstream.port}
    rules: [{ path: /, allow: ["team:analysts"] }]
products:
  app: { product: oidc, url: "http://localhost:1", redirectUris: ["${redirectUri}"], services: [wiki], authentication: [{ authenticationClass: gatehouse }] }
`
  const env = { CROWD_SECRET: 'test-secret' }
  const first = await startGatehouse({ config: (port) => config(port, port), env })
  const second = settings ? await startGatehouse({ config: (port) => config(first.port, port), env }) : first
  return {
    idp,
    first,
    second,
    askService: async (server, headers) => {
      const host = `wiki.localhost:${first.port}`
      return (
        await ask({ port: server.port, host, path: '/page', headers: { accept: 'application/json', ...headers } })
      ).status
    },
    close: async () => {
      await Promise.all([...new Set([first, second])].map((server) => server.stop()))
      await Promise.all([idp.close(), upstream.close()])
    },
  }
}

/** Signs somebody in at the first server, in a browser of their own unless another is given. */
export async function signInAs(
  { idp, first }: Pair,
  name: string,
  groups: readonly string[],
): Promise<ScriptedBrowser> {
  const browser = new ScriptedBrowser()
  idp.next = { name, groups }
  await browser.open(`${first.url}/login/start?provider=crowd`)
  assert.ok(browser.jar.find('gatehouse_login'), `${name} is not signed in`)
  return browser
}

/** The cookie of a session at the service, and a bearer token for it. */
export async function credentialsOf(pair: Pair, browser: ScriptedBrowser): Promise<Record<string, string>[]> {
  const { first } = pair
  await browser.open(`http://wiki.localhost:${first.port}/page`)
  const token = await openProduct(pair, browser)
  return [
    { cookie: `gatehouse_session=${browser.jar.find('gatehouse_session', 'wiki.localhost')?.value}` },
    { authorization: `Bearer ${token}` },
  ]
}

/** Goes to the product, which signs in here without asking anybody. Answers with its access token for the service. */
export async function openProduct({ first }: Pair, browser: ScriptedBrowser): Promise<string> {
  const { stdout } = await first.cli(['clients', 'secret', 'app'])
  const rp = await relyingParty({ issuer: first.url, clientId: 'app', clientSecret: stdout.trim(), redirectUri })
  const request = await rp.request({ resource: `http://wiki.localhost:${first.port}`, scope: 'openid profile' })
  const callback = await walkToCallback(browser, await browser.send(request.url), redirectUri)
  return (await rp.redeem(callback, request)).access_token
}

/**
 * Somebody loses a team at a sign-in in another browser: the session and the bearer token of before, known to the caches of both
 * servers, are refused within a second; a revocation and an audit row with both lists say what happened. `store` is that of the two.
 */
export async function checkLostTeam(pair: Pair, store: Store): Promise<void> {
  const { first, second, askService } = pair
  const credentials = await credentialsOf(pair, await signInAs(pair, 'alice', ['data-analysts', 'data-readers']))
  for (const server of [first, second]) {
    for (const credential of credentials) assert.equal(await askService(server, credential), 200)
  }
  const before = await store.revocations.latestId()

  await signInAs(pair, 'alice', ['data-readers'])

  for (const credential of credentials) {
    assert.equal(await askService(first, credential), 403, 'in the process of the sign-in')
  }
  await within(1000, async () => {
    const statuses = await Promise.all(credentials.map((credential) => askService(second, credential)))
    return statuses.every((status) => status === 403)
  })
  const alice = await store.users.findByName('alice')
  const revoked = await store.revocations.since(before)
  assert.deepEqual(
    revoked.filter(({ kind }) => kind === 'user').map(({ subject }) => subject),
    [alice?.id],
  )
  const changed = (await store.audit.list()).find(({ action }) => action === 'user.teams-changed')
  assert.equal(changed?.subject, alice?.id)
  assert.deepEqual(JSON.parse(changed?.details ?? '{}'), {
    before: { teams: { crowd: ['analysts', 'readers'] } },
    after: { teams: { crowd: ['readers'] } },
  })
}

/** Waits until it holds. */
export async function within(milliseconds: number, holds: () => Promise<boolean>): Promise<void> {
  const start = performance.now()
  while (performance.now() - start < milliseconds) {
    if (await holds()) return
    await sleep(20)
  }
  throw new Error(`does not hold within ${milliseconds} ms`)
}
