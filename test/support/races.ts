/**
 * What is made while what it hangs on ends. Each check runs rounds of the two at once, on two servers of one store, and then asks the store
 * and both servers: nothing may be left that somebody could use, and nothing that nobody can end.
 */
import assert from 'node:assert/strict'
import * as oidc from 'openid-client'
import { systemClock } from '../../src/clock.ts'
import { createDirectory } from '../../src/directory/index.ts'
import { createLogger } from '../../src/log.ts'
import { createRevocations } from '../../src/sessions/revocations.ts'
import type { Store } from '../../src/store/index.ts'
import { ScriptedBrowser } from '../e2e/support/scripted-browser.ts'
import { ask } from './gate-testbed.ts'
import type { Gatehouse } from './gatehouse.ts'
import { type Pair, signInAs, within } from './lost-team.ts'
import { type RelyingParty, relyingParty, walkToCallback } from './relying-party.ts'

const redirectUri = 'http://localhost:1/cb'
const password = 'correct horse battery staple'

export interface Race {
  title: string
  check(pair: Pair, store: Store): Promise<void>
}

interface Walk {
  pair: Pair
  store: Store
  rp: RelyingParty
}

/** How often two things meet: `npm test` has no time for more than a third, `npm run e2e`, which draws a seed, has. */
const rounds = (all: number) => (process.env['GATEHOUSE_SEED'] === undefined ? Math.ceil(all / 3) : all)

/** Somebody new, who has just signed in. */
let people = 0
const newName = (what: string) => `${what}-${++people}`

async function walkOf(pair: Pair, store: Store): Promise<Walk> {
  const { stdout } = await pair.first.cli(['clients', 'secret', 'app'])
  const rp = await relyingParty({
    issuer: pair.first.url,
    clientId: 'app',
    clientSecret: stdout.trim(),
    redirectUri,
  })
  return { pair, store, rp }
}

const naming = { owner: undefined, classes: [], classOfDomain: new Map() }

function directoryOf(store: Store) {
  const revocations = createRevocations({ store, log: createLogger({ level: 'silent' }) })
  return createDirectory({ store, teams: {}, naming, revocations, clock: systemClock })
}

async function deactivate(store: Store, name: string): Promise<void> {
  const user = await store.users.findByName(name)
  assert.ok(user, name)
  await directoryOf(store).people.change('test', user.id, { active: false })
}

/** What is left of somebody in the store: sessions, and records of the provider that give access. */
async function left(store: Store, name: string): Promise<string[]> {
  const user = await store.users.findByName(name)
  const db = store.engine.kysely
  const sessions = await db
    .selectFrom('sessions')
    .select('kind')
    .where('user_id', '=', user?.id ?? '')
    .execute()
  const records = await db
    .selectFrom('provider_payloads')
    .select('kind')
    .where('account_id', '=', user?.id ?? '')
    .execute()
  return [...sessions, ...records].map(({ kind }) => kind)
}

function signOut(pair: Pair, browser: ScriptedBrowser) {
  const { origin } = new URL(pair.first.url)
  return browser.send(`${pair.first.url}/login/sign-out`, {
    method: 'POST',
    body: new URLSearchParams(),
    headers: { origin, 'sec-fetch-site': 'same-origin' },
  })
}

/** A code of the product, and what redeems it. */
async function codeOf({ rp }: Walk, browser: ScriptedBrowser, parameters: Record<string, string> = {}) {
  const request = await rp.request(parameters)
  const callback = await walkToCallback(browser, await browser.send(request.url), redirectUri)
  return {
    grant_type: 'authorization_code',
    code: new URL(callback).searchParams.get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier: request.codeVerifier,
  }
}

const serviceOf = (pair: Pair) => `http://wiki.localhost:${pair.first.port}`

/** No token of an answer opens anything: no refresh, no claims, no service at either server. */
async function assertDead(walk: Walk, answers: readonly { body: Record<string, unknown> }[]): Promise<void> {
  for (const { body } of answers) {
    const { refresh_token: refreshToken, access_token: accessToken } = body
    if (refreshToken !== undefined) {
      const again = await walk.rp.token({ grant_type: 'refresh_token', refresh_token: String(refreshToken) })
      assert.equal(again.status, 400, 'the refresh token lives')
    }
    if (accessToken === undefined) continue
    const headers = { authorization: `Bearer ${accessToken}` }
    for (const server of [walk.pair.first, walk.pair.second]) {
      assert.notEqual(await statusAt(walk.pair, server, headers), 200, 'the claims are given')
      await within(1_000, async () => (await walk.pair.askService(server, headers)) !== 200)
    }
  }
}

async function statusAt(pair: Pair, server: Gatehouse, headers: Record<string, string>): Promise<number> {
  const { host } = new URL(pair.first.url)
  return (await ask({ port: server.port, host, path: '/userinfo', headers })).status
}

/** What the token endpoint of one of the servers answers to a refresh by `app`. */
async function refreshAt(
  { first }: Pair,
  { port }: Gatehouse,
  { secret, token }: { secret: string; token: unknown },
): Promise<Readonly<Record<string, string>>> {
  const { body } = await ask({
    port,
    host: new URL(first.url).host,
    path: '/token',
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`app:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: String(token) }).toString(),
  })
  return JSON.parse(body) as Record<string, string>
}

export const races: readonly Race[] = [
  {
    title: 'makes no session of an old password while it is being changed [logout-server-side]',
    check: async (pair, store) => {
      const name = newName('pia')
      await pair.first.addUser(name, password, ['--team', 'analysts'])
      const { origin } = new URL(pair.first.url)
      const signIn = (server: Gatehouse, secret: string) =>
        ask({
          port: server.port,
          host: new URL(pair.first.url).host,
          path: '/login',
          method: 'POST',
          headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({ username: name, password: secret }).toString(),
        })
      assert.equal((await signIn(pair.first, password)).status, 303, 'the old one is right before')

      const posts = Array.from({ length: 40 }, (_, n) => signIn(n % 2 ? pair.first : pair.second, password))
      await Promise.race(posts)
      const user = await store.users.findByName(name)
      assert.ok(user)
      await directoryOf(store).accounts.setPassword(user, 'another horse', 'test')
      await Promise.all(posts)

      assert.deepEqual(await left(store, name), [])
      // So many refusals lock the account for a while.
      await store.engine.write([store.engine.kysely.deleteFrom('login_attempts').compile()])
      assert.equal((await signIn(pair.first, 'another horse')).status, 303, 'the new one is right')
    },
  },
  {
    title: 'leaves no session at a service behind when codes are redeemed during a sign-out [logout-server-side]',
    check: async (pair, store) => {
      for (let round = 0; round < rounds(10); round++) {
        const name = newName('olga')
        const browser = await signInAs(pair, name, ['data-analysts'])
        await browser.open(`${serviceOf(pair)}/page`)
        const callbacks = await Promise.all(Array.from({ length: 4 }, () => codeForService(pair, browser)))
        assert.ok((await left(store, name)).includes('service'), 'a session at the service before')

        await Promise.all([...callbacks.map((url) => browser.send(url).catch(() => {})), signOut(pair, browser)])

        assert.deepEqual(await left(store, name), [], `round ${round}`)
      }
    },
  },
  {
    title: 'makes no session of a user who is deactivated during the sign-in at a provider [inactive-via-source]',
    check: async (pair, store) => {
      for (let round = 0; round < rounds(10); round++) {
        const name = newName('dora')
        await signInAs(pair, name, [])
        const browser = new ScriptedBrowser()
        pair.idp.next = { name, groups: [] }
        const callback = await upTo(browser, `${pair.first.url}/login/start?provider=crowd`, '/callback/crowd')

        await Promise.all([browser.send(callback), deactivate(store, name)])

        assert.deepEqual(await left(store, name), [], `round ${round}`)
      }
    },
  },
  {
    title: 'leaves no token alive when a code is redeemed during a sign-out [code-race]',
    check: async (pair, store) => {
      const walk = await walkOf(pair, store)
      for (let round = 0; round < rounds(12); round++) {
        const name = newName('carla')
        const browser = await signInAs(pair, name, ['data-analysts'])
        const code = await codeOf(walk, browser, round % 2 ? { resource: serviceOf(pair) } : {})

        const [answer] = await Promise.all([walk.rp.token(code), signOut(pair, browser)])

        await assertDead(walk, [answer])
        assert.deepEqual(await left(store, name), [], `round ${round}`)
      }
    },
  },
  {
    title: 'gives fifty refreshes at two servers the same new token, which works at both [refresh-race]',
    check: async (pair, store) => {
      const walk = await walkOf(pair, store)
      const { stdout: secret } = await pair.first.cli(['clients', 'secret', 'app'])
      const refresh = (server: Gatehouse, token: unknown) => refreshAt(pair, server, { secret: secret.trim(), token })
      for (let round = 0; round < rounds(6); round++) {
        const browser = await signInAs(pair, newName('tina'), ['data-analysts'])
        const { body } = await walk.rp.token(await codeOf(walk, browser))

        const answers = await Promise.all(
          Array.from({ length: 50 }, (_, n) => refresh(n % 2 ? pair.first : pair.second, body['refresh_token'])),
        )

        const next = new Set(answers.map((answer) => answer.refresh_token))
        assert.deepEqual([next.size, next.has(undefined)], [1, false], JSON.stringify(answers[0]))
        for (const server of [pair.first, pair.second]) {
          const [token] = next
          assert.ok((await refresh(server, token)).access_token, `round ${round}`)
          const headers = { authorization: `Bearer ${answers.at(-1)?.access_token}` }
          assert.equal(await statusAt(pair, server, headers), 200, 'the access token lives')
        }
      }
    },
  },
  ...(['revoke', 'sign-out', 'deactivation'] as const).map(
    (end): Race => ({
      title: `leaves no token alive when one is refreshed during ${end} [refresh-vs-revoke-race]`,
      check: async (pair, store) => {
        const walk = await walkOf(pair, store)
        for (let round = 0; round < rounds(20); round++) {
          const name = newName('rita')
          const browser = await signInAs(pair, name, ['data-analysts'])
          const code = await codeOf(walk, browser, round % 2 ? { resource: serviceOf(pair) } : {})
          const first = await walk.rp.token(code)
          const refreshToken = String(first.body['refresh_token'])

          const [answer] = await Promise.all([
            walk.rp.token({ grant_type: 'refresh_token', refresh_token: refreshToken }),
            end === 'revoke' ? revoke(walk, refreshToken) : undefined,
            end === 'sign-out' ? signOut(pair, browser) : undefined,
            end === 'deactivation' ? deactivate(store, name) : undefined,
          ])

          await assertDead(walk, [first, answer])
          const kinds = await left(store, name)
          const alive = kinds.filter((kind) => kind !== 'Session' && kind !== 'login')
          assert.deepEqual(alive, [], `round ${round}`)
        }
      },
    }),
  ),
]

async function revoke({ rp }: Walk, token: string): Promise<void> {
  await oidc.tokenRevocation(rp.config, token)
}

/** The address at the service that takes a code, without visiting it. */
async function codeForService(pair: Pair, browser: ScriptedBrowser): Promise<string> {
  return upTo(browser, `${serviceOf(pair)}/oauth2/start?rd=%2Fpage`, '/oauth2/callback')
}

/** Walks until the next address has that path, and answers with it. */
async function upTo(browser: ScriptedBrowser, from: string, path: string): Promise<string> {
  let next = from
  for (let hops = 0; hops < 20; hops++) {
    const page = await browser.send(next)
    const location = page.headers.get('location')
    assert.ok(location, `${page.url} ended with ${page.status}: ${page.body.slice(0, 500)}`)
    next = new URL(location, page.url).href
    if (new URL(next).pathname === path) return next
  }
  throw new Error('too many hops')
}
