import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Ask, alice, navigation, type Testbed, testbed } from '../../test/support/gate-testbed.ts'
import type { Rule } from '../config/schema.ts'

const rules: Rule[] = [
  { path: '/healthcheck', allow: 'everyone' },
  { path: '/admin', allow: ['team:admins'] },
  { path: '/', allow: 'authenticated' },
]
const plain: Rule[] = [{ path: '/', allow: 'authenticated' }]
const services = {
  app: { url: 'https://app.test', rules },
  plain: { url: 'https://plain.test', rules: plain },
  methods: {
    url: 'https://methods.test',
    rules: [{ path: '/', methods: ['GET'], allow: 'everyone' }] satisfies Rule[],
  },
  port: { url: 'http://port.test:9201', rules: plain },
}
const bed = () => testbed({ services, trustedProxies: ['127.0.0.0/8'] })
const cookie = (id: string) => `__Host-gatehouse_session=${id}`

/** As our nginx file asks. */
function nginx(target: string, { method = 'GET', headers = {}, host = 'app.test' }: Ask = {}): Ask {
  return {
    host: 'gatehouse.internal:8080',
    path: '/oauth2/auth',
    headers: { 'x-original-url': `https://${host}${target}`, 'x-original-method': method, ...headers },
  }
}

/** As Traefik asks. */
function traefik(target: string, { method = 'GET', headers = {}, host = 'app.test' }: Ask = {}): Ask {
  return {
    host: 'gatehouse.internal:8080',
    path: '/oauth2/auth/traefik',
    headers: {
      'x-forwarded-host': host,
      'x-forwarded-uri': target,
      'x-forwarded-method': method,
      'x-forwarded-proto': 'https',
      ...headers,
    },
  }
}

for (const [name, asked] of [
  ['nginx', nginx],
  ['traefik', traefik],
] as const) {
  test(`${name}: an allow is a 200 with every identity header`, async () => {
    await using gate = await bed()
    const { id } = gate.signIn('app')

    const answer = await gate.ask(asked('/x?y', { headers: { cookie: cookie(id) } }))

    assert.equal(answer.status, 200)
    assert.equal(answer.headers['x-auth-request-user'], 'alice')
    assert.equal(answer.headers['x-auth-request-email'], 'alice@example.test')
    assert.equal(answer.headers['x-auth-request-preferred-username'], 'alice')
    assert.equal(answer.headers['x-auth-request-groups'], 'analysts,%C3%9Cn%C3%AFcode%2C team')
  })

  test(`${name}: an open path is a 200 with empty identity headers, so that a proxy overwrites the client's`, async () => {
    await using gate = await bed()

    const answer = await gate.ask(asked('/healthcheck'))

    assert.equal(answer.status, 200)
    for (const header of ['user', 'email', 'preferred-username', 'groups'])
      assert.equal(answer.headers[`x-auth-request-${header}`], '')
  })

  test(`${name}: an API call without a session is a 401 without a redirect`, async () => {
    await using gate = await bed()

    const answer = await gate.ask(asked('/x', { headers: { accept: 'application/json' } }))

    assert.equal(answer.status, 401)
    assert.equal(answer.headers['www-authenticate'], 'Bearer realm="https://app.test"')
    assert.equal(answer.headers.location, undefined)
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(JSON.parse(answer.body).error, 'sign-in-required')
  })

  test(`${name}: a denied POST of a browser is a 401 without a redirect`, async () => {
    await using gate = await bed()

    const answer = await gate.ask(asked('/x', { method: 'POST', headers: navigation }))

    assert.equal(answer.status, 401)
    assert.equal(answer.headers.location, undefined)
  })

  test(`${name}: someone signed in but not allowed gets a 403`, async () => {
    await using gate = await bed()
    const { id } = gate.signIn('app')

    const answer = await gate.ask(asked('/admin', { headers: { cookie: cookie(id) } }))

    assert.equal(answer.status, 403)
  })

  test(`${name}: a proxy that is not trusted never gets a 200 [xfu-untrusted]`, async () => {
    await using gate = await testbed({ services })
    const { id } = gate.signIn('app')

    const answers = await Promise.all([
      gate.ask(asked('/healthcheck')),
      gate.ask(asked('/x', { headers: { cookie: cookie(id) } })),
      gate.ask({ ...asked('/healthcheck'), host: 'app.test' }),
    ])

    for (const answer of answers) {
      assert.equal(answer.status, 403)
      assert.equal(JSON.parse(answer.body).error, 'proxy-not-trusted')
    }
  })

  test(`${name}: a host that is no service is refused`, async () => {
    await using gate = await bed()

    const answer = await gate.ask(asked('/healthcheck', { host: 'evil.test' }))

    assert.ok(answer.status === 403 || answer.status === 421)
  })

  test(`${name}: an address that is read in several ways is judged in each: it passes where all pass, and is refused where they differ [path-normalisation-diff]`, async () => {
    await using gate = await bed()
    const { id } = gate.signIn('app')
    const { id: admin } = gate.signIn('app', { username: 'boss', teams: ['admins'] })
    const statusOf = async (target: string, headers: Record<string, string>) =>
      (await gate.ask(asked(target, { headers }))).status
    const refused = name === 'nginx' ? 403 : 400

    for (const target of [
      '/table/hive://gold.core/x',
      '/api/vhosts/%2F/permissions',
      '/projects/group%2frepo',
      '/a\\b',
      '//x',
    ]) {
      assert.equal(await statusOf(target, { cookie: cookie(id) }), 200, target)
      assert.equal(await statusOf(target, {}), 401, target)
    }
    for (const target of ['//admin', '/admin%2Fusers', '/admin;x', '/%2561dmin', '/\\admin']) {
      assert.equal(await statusOf(target, { cookie: cookie(id) }), refused, target)
      assert.equal(await statusOf(target, { cookie: cookie(admin) }), 200, target)
    }
    for (const target of ['/healthcheck%2Fx', '//healthcheck', '/healthcheck;x']) {
      assert.equal(await statusOf(target, {}), refused, target)
      assert.equal(await statusOf(target, { cookie: cookie(id) }), 200, target)
    }
    assert.equal(await statusOf('/healthcheck//x', {}), 200)
  })

  test(`${name}: targets that are malformed, or leave a folder, are refused, with a session as well as without [malformed-uri-2xx]`, async () => {
    await using gate = await bed()
    const { id } = gate.signIn('app')
    const targets = [
      '/healthcheck/../admin',
      '//healthcheck/../admin',
      '/healthcheck/%2e%2e/admin',
      '/healthcheck%2f..%2fadmin',
      '/healthcheck;/../admin',
      '/healthcheck#/x',
      '/%',
      'http://[',
      '/\u00e9',
      '/healthcheck%00',
    ]

    for (const target of targets) {
      for (const headers of [{}, { cookie: cookie(id) }, navigation]) {
        const { status } = await gate.ask(asked(target, { headers }))
        assert.equal(status, name === 'nginx' ? 403 : 400, target)
      }
    }
  })
}

test('nginx: a page navigation is a 401 with an absolute Location whose rd is encoded', async () => {
  await using gate = await bed()

  const answer = await gate.ask(nginx('/x?a=1&b=2', { headers: navigation }))

  assert.equal(answer.status, 401)
  assert.equal(answer.headers.location, 'https://app.test/oauth2/start?rd=%2Fx%3Fa%3D1%26b%3D2')
})

test('traefik: a page navigation is redirected to an absolute address, uncached', async () => {
  await using gate = await bed()

  const answer = await gate.ask(traefik('/x?a=1&b=2', { headers: navigation }))

  assert.equal(answer.status, 302)
  assert.equal(answer.headers.location, 'https://app.test/oauth2/start?rd=%2Fx%3Fa%3D1%26b%3D2')
  assert.equal(answer.headers['cache-control'], 'no-store')
})

test('traefik: X-Original-URL of the client is not looked at', async () => {
  await using gate = await bed()

  const answer = await gate.ask(traefik('/admin', { headers: { 'x-original-url': 'https://app.test/healthcheck' } }))

  assert.equal(answer.status, 401)
})

test('traefik: without the headers that Traefik always sets nothing is allowed', async () => {
  await using gate = await bed()

  for (const missing of ['x-forwarded-host', 'x-forwarded-uri', 'x-forwarded-method']) {
    const { [missing]: _, ...headers } = traefik('/healthcheck').headers ?? {}
    const answer = await gate.ask({ host: 'app.test', path: '/oauth2/auth/traefik', headers })
    assert.equal(answer.status, 400)
  }
})

const nginxFiles: [string, Ask][] = [
  ['oauth2-proxy documents', { host: 'app.test', headers: { 'x-forwarded-uri': '/healthcheck' } }],
  ['nginx documents', { host: 'app.test', headers: { 'x-original-uri': '/healthcheck' } }],
  [
    'ingress-nginx writes',
    { host: 'auth.svc', headers: { 'x-original-url': 'https://app.test/healthcheck', 'x-original-method': 'GET' } },
  ],
  [
    'sets everything',
    {
      host: 'app.test',
      headers: {
        'x-original-url': 'https://app.test:443/healthcheck',
        'x-forwarded-uri': '/healthcheck',
        'x-forwarded-host': 'app.test',
        'x-forwarded-method': 'GET',
        'x-original-method': 'GET',
      },
    },
  ],
]
for (const [who, asked] of nginxFiles) {
  test(`nginx: a file as ${who} is understood`, async () => {
    await using gate = await bed()

    const answer = await gate.ask({ path: '/oauth2/auth', ...asked })

    assert.equal(answer.status, 200)
  })

  test(`nginx: with a file as ${who}, a header that the client adds opens nothing`, async () => {
    await using gate = await bed()
    const honest = JSON.parse(JSON.stringify(asked).replaceAll('/healthcheck', '/admin')) as Ask
    const forged: Record<string, string>[] = [
      { 'x-original-url': 'https://app.test/healthcheck' },
      { 'x-original-url': '/healthcheck' },
      { 'x-original-uri': '/healthcheck' },
      { 'x-forwarded-uri': '/healthcheck' },
      { 'x-forwarded-host': 'plain.test' },
      { 'x-rewrite-url': '/healthcheck' },
      { 'x-envoy-original-path': '/healthcheck' },
      { 'x-auth-request-redirect': '/healthcheck' },
    ]

    for (const headers of forged) {
      // What nginx sets itself replaces the client's.
      const { status } = await gate.ask({ path: '/oauth2/auth', ...honest, headers: { ...headers, ...honest.headers } })
      assert.ok(status === 401 || status === 403, JSON.stringify(headers))
    }
  })
}

test('nginx: when the rules need the path or the method and nginx does not tell it, everything is refused', async () => {
  await using gate = await bed()
  const { id } = gate.signIn('app')

  const noPath = await gate.ask({ host: 'app.test', path: '/oauth2/auth', headers: { cookie: cookie(id) } })
  const noMethod = await gate.ask({ host: 'methods.test', path: '/oauth2/auth', headers: { 'x-original-uri': '/' } })
  const both = await gate.ask({
    host: 'methods.test',
    path: '/oauth2/auth',
    headers: { 'x-original-uri': '/', 'x-original-method': 'GET', 'x-forwarded-method': 'POST' },
  })

  assert.deepEqual([noPath.status, noMethod.status, both.status], [403, 403, 403])
})

test('nginx: rules that hold for the whole service need neither path nor method', async () => {
  await using gate = await bed()
  const { id } = gate.signIn('plain')

  const answer = await gate.ask({ host: 'plain.test', path: '/oauth2/auth', headers: { cookie: cookie(id) } })

  assert.equal(answer.status, 200)
})

test('nginx: `Host $host`, which loses the port, names the service all the same', async () => {
  await using gate = await bed()
  const { id } = gate.signIn('port')

  const answer = await gate.ask({
    host: 'port.test',
    path: '/oauth2/auth',
    headers: { cookie: `gatehouse_session=${id}` },
  })

  assert.equal(answer.status, 200)
})

test('nginx: whatever arrives, the answer is 200, 401 or 403 [malformed-uri-2xx]', async () => {
  await using gate = await bed()
  const values = ['', '/', '/healthcheck', '/%00', 'x', 'https://evil.test/', 'https://app.test', '\u00ff', '*', '//']
  for (const url of values) {
    for (const uri of values) {
      const headers = { ...(url ? { 'x-original-url': url } : {}), ...(uri ? { 'x-forwarded-uri': uri } : {}) }
      const { status } = await gate.ask({ host: 'app.test', path: '/oauth2/auth', headers })
      assert.ok([200, 401, 403].includes(status), `${url} ${uri}: ${status}`)
    }
  }
})

// biome-ignore format: one table
const garbage = [
  '', 'x', '""', '\u00ff'.repeat(43), 'A'.repeat(42), 'A'.repeat(44), 'A'.repeat(43), 'A'.repeat(4096), `${'A'.repeat(42)}=`, `${'A'.repeat(42)}+`, `${'A'.repeat(42)}/`, `${'A'.repeat(42)} `,
  '%41'.repeat(14), `"${'A'.repeat(41)}"`, '__proto__', 'constructor', 'undefined', 'null', '0', '-1', '{}', '[]', 'true', '../../etc/passwd', "' OR 1=1 --", '<script>', 'eyJhbGciOiJub25lIn0.e30.', 'a=b', '=', '==', ',', 'a,b', '\t', '99999999', 'A'.repeat(43).toLowerCase(), '-'.repeat(43), '_'.repeat(43), `${'A'.repeat(21)}\u0080${'A'.repeat(21)}`, 'session', 'deleted',
]

test('no garbage in the session cookie is ever a 2xx [malformed-cookie-allows]', async () => {
  await using gate = await bed()
  const { id } = gate.signIn('app')
  assert.equal((await gate.ask(nginx('/x', { headers: { cookie: cookie(id) } }))).status, 200)

  for (const value of [...garbage, id.slice(1), `${id}A`, id.toLowerCase(), ` ${id}x`]) {
    const { status } = await gate.ask(nginx('/x', { headers: { cookie: cookie(value) } }))
    assert.equal(status, 401, JSON.stringify(value))
  }
})

test('of two cookies of our name none counts, in either order and over two lines', async () => {
  await using gate = await bed()
  const { id } = gate.signIn('app')
  const good = cookie(id)
  const bad = cookie('A'.repeat(43))

  for (const header of [`${good}; ${bad}`, `${bad}; ${good}`, `${good};${good}`, [good, bad], [bad, good]]) {
    const { status } = await gate.ask(nginx('/x', { headers: { cookie: header } }))
    assert.equal(status, 401, JSON.stringify(header))
  }
})

test('cookies of other names do not disturb ours', async () => {
  await using gate = await bed()
  const { id } = gate.signIn('app')

  for (const header of [
    `a=b; ${cookie(id)}`,
    `${cookie(id)};c=d`,
    `x${cookie('z')}; ${cookie(id)}`,
    `a=${cookie('z')}; ${cookie(id)}`,
  ]) {
    const { status } = await gate.ask(nginx('/x', { headers: { cookie: header } }))
    assert.equal(status, 200, header)
  }
})

test('a malformed id is never looked up, a known one only once', async () => {
  await using gate = await bed()
  const { id } = gate.signIn('app')

  for (const value of garbage.filter((one) => !/^[\w-]{43}$/.test(one)))
    await gate.ask(nginx('/x', { headers: { cookie: cookie(value) } }))
  assert.equal(gate.store.lookUps, 0)
  for (let n = 0; n < 3; n++) await gate.ask(nginx('/x', { headers: { cookie: cookie(id) } }))

  assert.equal(gate.store.lookUps, 1)
})

async function statusWith(gate: Testbed, id: string, host = 'app.test'): Promise<number> {
  return (await gate.ask(nginx('/x', { host, headers: { cookie: cookie(id) } }))).status
}

test('a session of one service is none at another, cached or not [cache-key-confusion]', async () => {
  await using gate = await bed()
  const { id } = gate.signIn('app')

  assert.equal(await statusWith(gate, id, 'plain.test'), 401)
  assert.equal(await statusWith(gate, id), 200)
  assert.equal(await statusWith(gate, id, 'plain.test'), 401)
})

test('a revoked session is refused at once', async () => {
  await using gate = await bed()
  const { id, session } = gate.signIn('app')
  assert.equal(await statusWith(gate, id), 200)

  gate.store.sessions.delete(session.key)
  assert.equal(await statusWith(gate, id), 200)
  gate.gate.forgetSession(session.key)

  assert.equal(await statusWith(gate, id), 401)
})

test('everything of a revoked user is refused at once, and nobody else', async () => {
  await using gate = await bed()
  const one = gate.signIn('app')
  const two = gate.signIn('plain')
  const other = gate.signIn('app', { userId: 'u-2', username: 'bob' })
  for (const { id, session } of [one, two, other]) await statusWith(gate, id, `${session.service}.test`)
  const before = gate.store.lookUps

  gate.store.sessions.delete(one.session.key)
  gate.store.sessions.delete(two.session.key)
  gate.gate.forgetUser(alice.userId)

  assert.equal(await statusWith(gate, one.id), 401)
  assert.equal(await statusWith(gate, two.id, 'plain.test'), 401)
  assert.equal(await statusWith(gate, other.id), 200)
  assert.equal(gate.store.lookUps, before + 2)
})

test('what has changed of a user is told to the service at the next request', async () => {
  await using gate = await bed()
  const { id, session } = gate.signIn('app')
  await statusWith(gate, id)
  gate.store.sessions.set(session.key, { ...session, identity: { ...session.identity, teams: [] } })
  const before = gate.store.lookUps

  gate.gate.refreshUser(alice.userId)
  await statusWith(gate, id)

  assert.equal(gate.store.lookUps, before + 1)
})

test('an answer of the store that was overtaken by a revocation is not believed', async () => {
  const first = Promise.withResolvers<undefined>()
  const asked = Promise.withResolvers<undefined>()
  let lookUps = 0
  const session = { key: 'k', service: 'app', identity: alice, expiresAt: Date.now() + 60_000 }
  await using gate = await testbed({
    services,
    trustedProxies: ['127.0.0.1'],
    async findSession() {
      lookUps++
      if (lookUps > 1) return undefined
      asked.resolve(undefined)
      await first.promise
      return session
    },
  })

  const status = statusWith(gate, 'A'.repeat(43))
  await asked.promise
  gate.gate.forgetSession('k')
  first.resolve(undefined)

  assert.equal(await status, 401)
  assert.equal(lookUps, 2)
})

test('a session that has expired is refused although it is cached', async () => {
  await using gate = await testbed({ services, trustedProxies: ['127.0.0.1'], cacheFreshness: 10 * 3_600_000 })
  const { id } = gate.signIn('app')
  assert.equal(await statusWith(gate, id), 200)

  gate.clock.time += 3_600_001

  assert.equal(await statusWith(gate, id), 401)
})

test('a cached session is read from the store again after its time', async () => {
  await using gate = await bed()
  const { id, session } = gate.signIn('app')
  await statusWith(gate, id)

  gate.store.sessions.delete(session.key)
  gate.clock.time += 30_000

  assert.equal(await statusWith(gate, id), 401)
})

test('more sessions than the cache holds are all answered', async () => {
  await using gate = await testbed({ services, trustedProxies: ['127.0.0.1'], cacheLimit: 3 })
  const ids = Array.from({ length: 8 }, (_, n) => gate.signIn('app', { userId: `u-${n}` }).id)

  for (const id of [...ids, ...ids]) assert.equal(await statusWith(gate, id), 200)
})

test('when the store is away, closed paths fail and open paths stay open', async () => {
  await using gate = await testbed({
    services,
    trustedProxies: ['127.0.0.1'],
    findSession: () => Promise.reject(new Error('disk')),
  })
  const headers = { cookie: cookie('A'.repeat(43)) }

  assert.equal((await gate.ask(nginx('/x', { headers }))).status, 500)
  assert.equal((await gate.ask(nginx('/healthcheck', { headers }))).status, 200)
})

test('teams that rules name are sent even when a user has thousands, and the head stays under 4 kB', async () => {
  await using gate = await bed()
  const teams = [...Array.from({ length: 3000 }, (_, n) => `group-${n}`), 'admins']
  const { id } = gate.signIn('app', { teams })

  const answer = await gate.ask(nginx('/admin', { headers: { cookie: cookie(id) } }))

  assert.equal(answer.status, 200)
  assert.ok(String(answer.headers['x-auth-request-groups']).startsWith('admins,group-0,'))
  assert.ok(answer.raw.join('').length < 4000)
})
