/** The seam for proxies, shown by one that is no proxy of ours: it asks like Envoy's ext_authz. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { navigation, testbed } from '../../test/support/gate-testbed.ts'
import type { Rule } from '../config/schema.ts'
import type { Dialect } from './dialects/dialect.ts'
import { createDialectFinder } from './dialects/dialect-finder.ts'
import { dialects } from './dialects/index.ts'

/** It puts the original path and query behind the prefix, and keeps the method and Host of the original request. */
const appending: Dialect = {
  prefix: '/oauth2/auth/appending',
  takesRest: true,
  signIn: 'redirect',
  passesErrors: true,
  original: ({ head, method, rest }) => ({ host: head.host, target: rest, method }),
}

const rules: Rule[] = [
  { path: '/public', allow: 'everyone' },
  { path: '/', methods: ['GET'], allow: 'authenticated' },
  { path: '/', methods: ['DELETE'], allow: ['team:admins'] },
]
const services = { app: { url: 'http://app.test', rules } }
const patience = { timeout: 5000 }
const withAppending = { services, trustedProxies: ['127.0.0.1'], dialects: [...dialects, appending] }

test('the path behind the prefix and the method of the question are the original ones', patience, async () => {
  await using gate = await testbed(withAppending)
  const { prefix } = appending
  const analyst = `gatehouse_session=${gate.signIn('app', { teams: ['analysts'] }).id}`
  const admin = `gatehouse_session=${gate.signIn('app', { teams: ['admins'] }).id}`

  const open = await gate.ask({ path: `${prefix}/public/a?b=c` })
  const page = await gate.ask({ path: `${prefix}/x?y=/public`, headers: navigation })
  const read = await gate.ask({ path: `${prefix}/x`, headers: { cookie: analyst } })
  const refused = await gate.ask({ path: `${prefix}/x`, method: 'DELETE', headers: { cookie: analyst } })
  const removed = await gate.ask({ path: `${prefix}/x`, method: 'DELETE', headers: { cookie: admin } })

  assert.equal(open.status, 200)
  assert.equal(page.headers.location, 'http://app.test/oauth2/start?rd=%2Fx%3Fy%3D%2Fpublic')
  assert.deepEqual([read.status, refused.status, removed.status], [200, 403, 200])
})

test('what stands behind the prefix is judged like any path', patience, async () => {
  await using gate = await testbed(withAppending)
  const { prefix } = appending

  for (const rest of [
    '',
    '?a=/public',
    '/',
    '/public/../x',
    '/public/..;/x',
    '//public',
    '/public%2f..%2fx',
    '/PUBLIC',
  ]) {
    const { status } = await gate.ask({ path: prefix + rest })
    assert.ok(status === 400 || status === 401, `${rest}: ${status}`)
  }
})

test('a prefix ends where a segment ends', patience, async () => {
  await using gate = await testbed(withAppending)

  assert.equal((await gate.ask({ path: `${appending.prefix}x/public` })).status, 421)
  assert.equal((await gate.ask({ path: `${appending.prefix}%2fpublic` })).status, 421)
})

test('nginx and Traefik ask at their prefix and nowhere below it', patience, async () => {
  await using gate = await testbed(withAppending)
  const headers = { 'x-forwarded-host': 'app.test', 'x-forwarded-uri': '/public', 'x-forwarded-method': 'GET' }

  for (const prefix of ['/oauth2/auth', '/oauth2/auth/traefik']) {
    assert.equal((await gate.ask({ path: prefix, headers })).status, 200)
    assert.equal((await gate.ask({ path: `${prefix}?x=/y`, headers })).status, 200)
    for (const below of ['/', '/public', 'x', '/traefik/public'])
      assert.equal((await gate.ask({ path: prefix + below, headers })).status, 421, prefix + below)
  }
})

test('the longest prefix wins, whatever the order', () => {
  const named = (prefix: string, takesRest: boolean): Dialect => ({ ...appending, prefix, takesRest })
  const short = named('/oauth2/auth', true)
  const long = named('/oauth2/auth/long', true)
  const exact = named('/oauth2/auth/exact', false)

  for (const list of [
    [short, long, exact],
    [exact, long, short],
  ]) {
    const find = createDialectFinder(list)
    assert.equal(find('/oauth2/auth'), short)
    assert.equal(find('/oauth2/auth/other'), short)
    assert.equal(find('/oauth2/auth/long'), long)
    assert.equal(find('/oauth2/auth/long/x'), long)
    assert.equal(find('/oauth2/auth/longer'), short)
    assert.equal(find('/oauth2/auth/exact'), exact)
    assert.equal(find('/oauth2/auth/exact/x'), undefined)
    assert.equal(find('/oauth2/authx'), undefined)
  }
})

test('every dialect asks below /oauth2/, beside the pages of the gate', () => {
  for (const { prefix } of dialects) assert.match(prefix, /^\/oauth2\/auth(\/[a-z]+)*$/)
})
