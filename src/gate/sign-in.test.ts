import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, navigation, type Testbed, testbed } from '../../test/support/gate-testbed.ts'
import type { Rule } from '../config/schema.ts'

const patience = { timeout: 5000 }
const rules: Rule[] = [{ path: '/', allow: 'authenticated' }]
const services = {
  app: { url: 'https://app.test', rules, upstream: true },
  dev: { url: 'http://dev.test:8080', rules },
}
const bed = () => testbed({ services })

interface Attempt {
  state: string
  returnTo: string
  cookie: string
  attributes: string
}

function attemptOf(answer: Answer): Attempt {
  assert.equal(answer.status, 302)
  const location = new URL(answer.headers.location ?? '')
  assert.equal(location.origin, 'https://id.example.test')
  const [cookie = '', ...attributes] = (answer.headers['set-cookie']?.[0] ?? '').split('; ')
  return {
    state: location.searchParams.get('state') ?? '',
    returnTo: location.searchParams.get('returnTo') ?? '',
    cookie,
    attributes: attributes.join('; '),
  }
}

/** What the issuer does when someone has signed in. */
function issueCode(gate: Testbed, { state, returnTo }: Attempt, service = 'app'): string {
  const { id, session } = gate.signIn(service)
  const code = `code-${gate.codes.size}`
  gate.codes.set(code, { sessionId: id, session, returnTo, service, state })
  return code
}

const callback = (code: string, state: string) => `/oauth2/callback?${new URLSearchParams({ code, state })}`

test('a sign-in begins at the issuer and ends where it began, with a session', patience, async () => {
  await using gate = await bed()

  const begun = await gate.ask({ path: '/oauth2/start?rd=%2Fx%3Fa%3D1%26b%3D2', headers: navigation })
  const attempt = attemptOf(begun)
  const code = issueCode(gate, attempt)
  const done = await gate.ask({
    path: callback(code, attempt.state),
    headers: { ...navigation, cookie: attempt.cookie },
  })
  const [session = '', gone = ''] = done.headers['set-cookie'] ?? []
  const inside = await gate.ask({ path: '/x', headers: { cookie: session.split(';')[0] ?? '' } })

  assert.equal(begun.headers['cache-control'], 'no-store')
  assert.equal(attempt.attributes, 'Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=600')
  assert.match(attempt.cookie, /^__Host-gatehouse_state_/)
  assert.equal(done.headers.location, 'https://app.test/x?a=1&b=2')
  assert.equal(done.headers['cache-control'], 'no-store')
  assert.match(session, /^__Host-gatehouse_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=3600$/)
  assert.ok(gone.startsWith(`${attempt.cookie.split('=')[0]}=; `) && gone.endsWith('Max-Age=0'))
  assert.equal(inside.status, 200)
})

/** Opens a page without a session and signs in: where it ends, and where the issuer was told to come back to. */
async function detour(gate: Testbed, path: string, between: () => void = () => {}) {
  const refused = await gate.ask({ path, headers: navigation })
  assert.equal(refused.status, 302)
  const start = new URL(refused.headers.location ?? '')
  assert.equal(start.origin, 'https://app.test')
  const begun = await gate.ask({ path: start.pathname + start.search, headers: navigation })
  const attempt = attemptOf(begun)
  const code = issueCode(gate, attempt)
  between()
  const done = await gate.ask({
    path: callback(code, attempt.state),
    headers: { ...navigation, cookie: attempt.cookie },
  })
  const shortened = new URL(begun.headers.location ?? '').searchParams.get('shortened')
  const longest = Math.max(...[refused, begun].map(({ raw }) => raw.join('').length))
  return { ends: done.headers.location, told: attempt.returnTo, shortened, longest }
}

for (const path of [
  '/q?re=\\d+',
  '/q?user=DOMAIN\\bob&x=%5C%09',
  '/table/hive://gold.core/x?y=//z',
  '/projects/group%2Frepo?a=1&b={"c":1}',
  `/app/dashboards?_g=(${'filters:!(),'.repeat(100)})`,
  `/superset/explore/?form_data=${'%7B%22a%22%3A1%7D'.repeat(300)}`,
]) {
  test(`the address that somebody opened is the one to come back to: ${path.slice(0, 60)}`, patience, async () => {
    await using gate = await bed()

    const { ends, longest } = await detour(gate, path)

    const expected = path.replaceAll('\\', '%5C').replaceAll('"', '%22')
    assert.equal(ends, `https://app.test${expected}`)
    assert.ok(longest < 3800, `${longest} bytes of head: proxies read 4 kB`)
  })
}

test(
  'behind a proxy no head of an answer is longer than it reads: the page leads to a long address',
  patience,
  async () => {
    await using gate = await bed()
    const path = `/page?${'x'.repeat(6000)}`
    const start = new URL((await gate.ask({ path, headers: navigation })).headers.location ?? '')
    const attempt = attemptOf(await gate.ask({ path: start.pathname + start.search, headers: navigation }))
    const headers = { ...navigation, cookie: attempt.cookie, 'x-forwarded-for': '192.0.2.1' }

    const done = await gate.ask({ path: callback(issueCode(gate, attempt), attempt.state), headers })
    const signedOut = await gate.ask({ path: `/oauth2/sign_out?rd=${encodeURIComponent(path)}`, headers: navigation })

    assert.equal(done.status, 200)
    assert.ok(done.body.includes(`<meta http-equiv="refresh" content="0; url=https://app.test${path}">`))
    assert.match(String(done.headers['set-cookie']), /gatehouse_session=/)
    assert.ok(done.raw.join('').length < 3800)
    assert.equal(new URL(signedOut.headers.location ?? '').searchParams.get('returnTo'), 'https://app.test/page')
  },
)

test('an address that begins with slashes is no other host, and comes back to its path', patience, async () => {
  await using gate = await bed()

  assert.equal((await detour(gate, '//evil.test/x?y')).ends, 'https://app.test/evil.test/x?y')
  assert.equal((await detour(gate, '/\\evil.test')).ends, 'https://app.test/evil.test')
})

test('an address that cannot be kept comes back to its path, and the issuer is told so', patience, async () => {
  await using gate = await bed()
  const query = 'x'.repeat(3000)

  const tooLong = await detour(gate, `/page?${query.repeat(3)}`)
  const lost = await detour(gate, `/page?${query}`, () => {
    gate.clock.time += 599_000
  })
  const short = await detour(gate, '/page?x')
  const keptNowhere = await gate.ask({ path: `/oauth2/start?rd=%2Fpage&kept=AAAAAAAAAAAAAAAAAAAAAA` })

  assert.deepEqual([tooLong.ends, tooLong.shortened], ['https://app.test/page', 'true'])
  assert.deepEqual([lost.ends, lost.shortened], [`https://app.test/page?${query}`, 'false'])
  assert.deepEqual([short.ends, short.shortened], ['https://app.test/page?x', 'false'])
  assert.equal(new URL(keptNowhere.headers.location ?? '').searchParams.get('shortened'), 'true')
})

test('whoever wants to be somebody else says so to the issuer, and nobody else does', patience, async () => {
  await using gate = await bed()
  const asked = async (query: string) =>
    new URL((await gate.ask({ path: `/oauth2/start?rd=%2Fx${query}` })).headers.location ?? '').searchParams.get(
      'someoneElse',
    )

  assert.equal(await asked('&prompt=login'), 'true')
  assert.equal(await asked(''), 'false')
  assert.equal(await asked('&prompt=none'), 'false')
})

test('a long address is not kept for a network that fills the memory, and its path is', patience, async () => {
  await using gate = await bed()
  const path = `/page?${'x'.repeat(8000)}`

  const kept: boolean[] = []
  for (let n = 0; n < 40; n++) {
    const { headers } = await gate.ask({ path, headers: navigation })
    kept.push((headers.location ?? '').includes('kept='))
  }

  assert.deepEqual([kept[0], kept.at(-1)], [true, false])
  assert.ok(kept.filter(Boolean).length * 8000 < 300_000)
})

test('on plain http the cookies have no prefix and are not Secure', patience, async () => {
  await using gate = await bed()

  const attempt = attemptOf(await gate.ask({ host: 'dev.test:8080', path: '/oauth2/start?rd=/' }))

  assert.match(attempt.cookie, /^gatehouse_state_/)
  assert.equal(attempt.attributes, 'Path=/; HttpOnly; SameSite=Lax; Max-Age=600')
})

test('parallel tabs finish in any order', patience, async () => {
  await using gate = await bed()
  const one = attemptOf(await gate.ask({ path: '/oauth2/start?rd=/one' }))
  const two = attemptOf(await gate.ask({ path: '/oauth2/start?rd=/two', headers: { cookie: one.cookie } }))
  const cookie = `${one.cookie}; ${two.cookie}`

  const second = await gate.ask({ path: callback(issueCode(gate, two), two.state), headers: { cookie } })
  const first = await gate.ask({ path: callback(issueCode(gate, one), one.state), headers: { cookie } })

  assert.equal(second.headers.location, 'https://app.test/two')
  assert.equal(first.headers.location, 'https://app.test/one')
})

test('a lost state starts the sign-in once more, to the same place, and then is an error', patience, async () => {
  await using gate = await bed()
  const first = attemptOf(await gate.ask({ path: '/oauth2/start?rd=/deep%3Fx' }))

  const again = attemptOf(await gate.ask({ path: callback(issueCode(gate, first), first.state) }))
  const third = await gate.ask({ path: callback(issueCode(gate, again), again.state), headers: navigation })

  assert.equal(again.returnTo, 'https://app.test/deep?x')
  assert.notEqual(again.cookie, first.cookie)
  assert.deepEqual([third.status, third.body], [400, '<h1>login-expired</h1>'])
  assert.equal(third.headers['cache-control'], 'no-store')
  assert.equal(gate.codes.size, 2, 'a code is not redeemed without the state')
})

test('a second sign-in after a lost state succeeds', patience, async () => {
  await using gate = await bed()
  const first = attemptOf(await gate.ask({ path: '/oauth2/start?rd=/deep' }))
  const again = attemptOf(await gate.ask({ path: callback('x', first.state) }))

  const done = await gate.ask({
    path: callback(issueCode(gate, again), again.state),
    headers: { cookie: again.cookie },
  })

  assert.equal(done.headers.location, 'https://app.test/deep')
})

test('a code that has been used signs nobody in', patience, async () => {
  await using gate = await bed()
  const attempt = attemptOf(await gate.ask({ path: '/oauth2/start?rd=/' }))
  const path = callback(issueCode(gate, attempt), attempt.state)
  await gate.ask({ path, headers: { cookie: attempt.cookie } })

  const replayed = await gate.ask({ path, headers: { cookie: attempt.cookie } })

  assert.ok(!JSON.stringify(replayed.headers['set-cookie']).includes('gatehouse_session'))
})

test(
  'a code of an attacker signs nobody in: the state belongs to the browser [code-from-foreign-page]',
  patience,
  async () => {
    await using gate = await bed()
    const attacker = attemptOf(await gate.ask({ path: '/oauth2/start?rd=/' }))
    const victim = attemptOf(await gate.ask({ path: '/oauth2/start?rd=/' }))
    const code = issueCode(gate, attacker)

    for (const state of [attacker.state, victim.state]) {
      const answer = await gate.ask({ path: callback(code, state), headers: { cookie: victim.cookie } })
      assert.ok(!JSON.stringify(answer.headers['set-cookie'] ?? []).includes('gatehouse_session='))
    }
  },
)

test('a state that is older than ten minutes is lost', patience, async () => {
  await using gate = await bed()
  const attempt = attemptOf(await gate.ask({ path: '/oauth2/start?rd=/' }))
  gate.clock.time += 601_000

  const answer = await gate.ask({
    path: callback(issueCode(gate, attempt), attempt.state),
    headers: { cookie: attempt.cookie },
  })

  assert.equal(new URL(answer.headers.location ?? '').origin, 'https://id.example.test')
})

test('at most eight sign-ins are open in one browser, the oldest gives way', patience, async () => {
  await using gate = await bed()
  const jar = new Map<string, string>()
  let first = ''
  for (let n = 0; n < 12; n++) {
    gate.clock.time += 1000
    const answer = await gate.ask({
      path: '/oauth2/start?rd=/',
      headers: jar.size ? { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') } : {},
    })
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
      if (line.includes('Max-Age=0')) jar.delete(name)
      else jar.set(name, value)
      first ||= name
    }
  }

  assert.equal(jar.size, 8)
  assert.ok(!jar.has(first))
})

test('hundreds of state cookies are no work [cookie-chunk-count]', patience, async () => {
  await using gate = await bed()
  const cookie = Array.from({ length: 400 }, (_, n) => `__Host-gatehouse_state_${String(n).padStart(8, '0')}=x`).join(
    '; ',
  )

  const answer = await gate.ask({ path: '/oauth2/start?rd=/', headers: { cookie: cookie.slice(0, 12_000) } })

  assert.ok((answer.headers['set-cookie']?.length ?? 0) <= 33)
})

for (const rd of [
  '//evil.test',
  '/\\evil.test',
  '/%09/evil.test',
  'https:evil.test',
  'https://app.test@evil.test',
  'javascript:alert(1)',
  '/..//evil.test/x',
  'http://app.test/',
]) {
  test(`a sign-in does not begin for ${rd}`, patience, async () => {
    await using gate = await bed()

    const answer = await gate.ask({ path: `/oauth2/start?${new URLSearchParams({ rd })}`, headers: navigation })

    // An escaped tab is data in a path of ours; everything else leads away.
    if (rd === '/%09/evil.test') assert.equal(attemptOf(answer).returnTo, 'https://app.test/%09/evil.test')
    else assert.deepEqual([answer.status, answer.body], [400, '<h1>return-url-not-allowed</h1>'])
  })
}

test('a place to return to is read again when it is used [return-revalidated-at-use]', patience, async () => {
  await using gate = await bed()
  const attempt = attemptOf(await gate.ask({ path: '/oauth2/start?rd=/' }))
  const code = issueCode(gate, { ...attempt, returnTo: 'https://evil.test/' })

  const answer = await gate.ask({ path: callback(code, attempt.state), headers: { cookie: attempt.cookie } })

  assert.equal(answer.headers.location, 'https://app.test/')
})

test('the hint in a forged state leads nowhere else [return-revalidated-at-use]', patience, async () => {
  await using gate = await bed()
  const forged = `${'A'.repeat(32)}.0.${Buffer.from('//evil.test').toString('base64url')}`

  const attempt = attemptOf(await gate.ask({ path: callback('x', forged) }))

  assert.equal(attempt.returnTo, 'https://app.test/')
})

test('coming back to an endpoint of the gate would be a loop, so it is the front page', patience, async () => {
  await using gate = await bed()

  const attempt = attemptOf(await gate.ask({ path: '/oauth2/start?rd=/oauth2/sign_out' }))

  assert.equal(attempt.returnTo, 'https://app.test/')
})

test('two return addresses, and a callback without a state, are refused', patience, async () => {
  await using gate = await bed()

  assert.equal((await gate.ask({ path: '/oauth2/start?rd=/&rd=/x' })).status, 400)
  assert.equal((await gate.ask({ path: '/oauth2/callback?code=x' })).status, 400)
  assert.equal((await gate.ask({ path: '/oauth2/callback?code=x&state=y' })).status, 400)
})

test('userinfo tells who it is, or 401', patience, async () => {
  await using gate = await bed()
  const { id } = gate.signIn('app')

  const known = await gate.ask({ path: '/oauth2/userinfo', headers: { cookie: `__Host-gatehouse_session=${id}` } })
  const unknown = await gate.ask({ path: '/oauth2/userinfo' })

  assert.deepEqual(JSON.parse(known.body), {
    user: 'alice',
    email: 'alice@example.test',
    preferredUsername: 'alice',
    groups: ['analysts', 'Ünïcode, team'],
  })
  assert.equal(unknown.status, 401)
})

const signOuts: [string, string, Record<string, string>, number][] = [
  ['a link of our own', 'GET', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' }, 302],
  ['an address that was typed', 'GET', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, 302],
  ['a link of a portal next door', 'GET', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate' }, 302],
  ['a browser without Sec-Fetch', 'GET', { accept: 'text/html' }, 302],
  ['a form of our own', 'POST', { origin: 'https://app.test', 'sec-fetch-site': 'same-origin' }, 302],
  [
    'a link of another site (asked first)',
    'GET',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    200,
  ],
  [
    'an image of another site',
    'GET',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', accept: 'image/*' },
    403,
  ],
  ['a link of another site in an old browser', 'GET', { accept: 'text/html', referer: 'https://evil.test/x' }, 200],
  ['a link of our own in an old browser', 'GET', { accept: 'text/html', referer: 'https://app.test/x' }, 302],
  ['a link of the issuer in an old browser', 'GET', { accept: 'text/html', referer: 'https://id.example.test/' }, 302],
  ['an image in an old browser', 'GET', { accept: 'image/png,*/*' }, 403],
  ['a form of another site', 'POST', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }, 403],
  ['a form of another site in an old browser', 'POST', { origin: 'https://evil.test' }, 403],
]
for (const [what, method, headers, status] of signOuts) {
  test(`sign-out by ${what} is answered with ${status}`, patience, async () => {
    await using gate = await bed()
    const { id, session } = gate.signIn('app')
    const cookie = `__Host-gatehouse_session=${id}`
    await gate.ask({ path: '/x', headers: { cookie } })

    const answer = await gate.ask({ path: '/oauth2/sign_out?rd=%2Fbye', method, headers: { ...headers, cookie } })
    const after = await gate.ask({ path: '/x', headers: { cookie } })

    assert.equal(answer.status, status)
    assert.deepEqual(gate.ended, status === 302 ? [session.key] : [])
    assert.equal(after.status, status === 302 ? 401 : 200)
    if (status !== 302) return
    assert.equal(answer.headers.location, 'https://id.example.test/logout?returnTo=https%3A%2F%2Fapp.test%2Fbye')
    assert.match(answer.headers['set-cookie']?.[0] ?? '', /^__Host-gatehouse_session=; .*Max-Age=0$/)
  })
}

test('sign-out with a foreign return address signs out all the same, and does not lead there', patience, async () => {
  await using gate = await bed()
  const { id } = gate.signIn('app')

  const answer = await gate.ask({
    path: '/oauth2/sign_out?rd=https%3A%2F%2Fevil.test',
    headers: { accept: 'text/html', cookie: `__Host-gatehouse_session=${id}` },
  })

  assert.equal(gate.ended.length, 1)
  assert.equal(answer.headers.location, 'https://id.example.test/logout?')
})

test(
  'no bytes in the state cookie and no parameter of the callback are an error of ours [empty-post-crash]',
  patience,
  async () => {
    await using gate = await bed()
    const { state, cookie } = attemptOf(await gate.ask({ path: '/oauth2/start?rd=/' }))
    const name = cookie.split('=')[0]
    const values = [
      '\xff'.repeat(32),
      `${'a'.repeat(31)}\x80.0`,
      '\xff.\xff',
      '.',
      '"',
      'a'.repeat(64),
      `${'\xe9'.repeat(32)}.zzzz`,
    ]

    const answers = [
      ...(await Promise.all(
        values.map((value) =>
          gate.ask({ path: callback('code', state), headers: { ...navigation, cookie: `${name}=${value}` } }),
        ),
      )),
      ...(await Promise.all(
        ['error=access_denied', 'error=%ff', 'error=&error=x', 'code=', 'code=a&code=b', 'code=%00'].map((query) =>
          gate.ask({ path: `/oauth2/callback?state=${state}&${query}`, headers: { ...navigation, cookie } }),
        ),
      )),
    ]

    assert.deepEqual(
      answers.filter(({ status }) => status >= 500).map(({ status, body }) => [status, body]),
      [],
    )
  },
)
