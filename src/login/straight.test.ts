/** Sign-ins that begin without the page: where there is one way in, and where a provider begins them. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type LoginTestbed, startLogin } from '../../test/support/login-testbed.ts'
import type { RedirectConnector } from '../connectors/contract.ts'
import { AppError } from '../errors.ts'

const issuer = 'https://sso.example.test'
let answer: () => Promise<Awaited<ReturnType<RedirectConnector['identify']>>>
const corp: RedirectConnector = {
  kind: 'redirect',
  name: 'corp',
  issuer,
  signOutOrigins: [],
  authorizationUrl: async ({ checks, hints }) =>
    new URL(`${issuer}/authorize?${new URLSearchParams({ state: checks.state, hint: hints?.loginHint ?? '' })}`),
  identify: () => answer(),
}
const alice = async () => ({
  key: { issuer, subject: 'alice' },
  principal: 'alice',
  email: undefined,
  emailVerified: undefined,
  name: 'Alice',
  groups: [],
})

/** The cookies that a browser has after these answers. */
function cookiesAfter(...answers: Response[]): string {
  const kept = new Map<string, string>()
  for (const line of answers.flatMap(({ headers }) => headers.getSetCookie())) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (/max-age=0\b/i.test(line)) kept.delete(name)
    else kept.set(name, value)
  }
  return [...kept].map((pair) => pair.join('=')).join('; ')
}
const placeOf = (response: Response) => response.headers.get('location') ?? ''

let straight: LoginTestbed
let several: LoginTestbed
before(async () => {
  const entry = { authenticationClass: 'corp' }
  const allowedReturn = (text: string) => (text.startsWith('https://app.example.test/') ? text : undefined)
  straight = await startLogin({ login: [{ ...entry, auto: true }], connectors: [corp], allowedReturn })
  several = await startLogin({ login: [entry, { local: {} }], connectors: [corp], allowedReturn })
})
after(async () => {
  await straight.close()
  await several.close()
})

/** Goes to the provider and back, as the provider answers. */
async function goAndComeBack(bed: LoginTestbed, path = '/login/start?provider=corp'): Promise<Response[]> {
  const start = await bed.ask(path)
  const state = new URL(placeOf(start)).searchParams.get('state')
  return [start, await bed.ask(`/callback/corp?state=${state}&code=c`, { cookie: cookiesAfter(start) })]
}

describe('the only way in, with auto', () => {
  test('is where somebody goes at once, and keeps where they were going', async () => {
    const service = 'service=app&return_to=https%3A%2F%2Fapp.example.test%2F&state=s'

    assert.equal(placeOf(await straight.ask('/login')), '/login/start?provider=corp')
    assert.equal(placeOf(await straight.ask(`/login?${service}`)), `/login/start?provider=corp&${service}`)
    assert.equal((await several.ask('/login')).status, 200)
  })

  test('shows the page after a failure and after Cancel, until somebody has signed in', async () => {
    for (const code of ['provider-unreachable', 'sign-in-cancelled'] as const) {
      answer = () => Promise.reject(new AppError(code))
      const failed = await goAndComeBack(straight)
      const page = await straight.ask('/login', { cookie: cookiesAfter(...failed) })
      assert.equal(page.status, 200, code)
      assert.match(await page.text(), /href="\/login\/start\?provider=corp"/)

      answer = alice
      const start = await straight.ask('/login/start?provider=corp', { cookie: cookiesAfter(...failed) })
      const state = new URL(placeOf(start)).searchParams.get('state')
      const cookie = cookiesAfter(...failed, start)
      const done = await straight.ask(`/callback/corp?state=${state}&code=c`, { cookie })
      assert.doesNotMatch(cookiesAfter(...failed, start, done), /gatehouse_ways/)
    }
  })

  test('shows the page after a sign-out, and after a session that has ended', async () => {
    answer = alice
    const signedIn = await goAndComeBack(straight)
    const cookie = cookiesAfter(...signedIn)
    const out = await straight.ask('/login/sign-out', { fields: {}, cookie })

    assert.equal((await straight.ask('/login', { cookie: cookiesAfter(...signedIn, out) })).status, 200)
    const ended = await straight.ask('/login', { cookie })
    assert.equal(ended.status, 200)
    assert.match(placeOf(await straight.ask('/login', { cookie: cookiesAfter(...signedIn, ended) })), /login\/start/)
  })

  test('is not gone to by somebody who wants to be someone else', async () => {
    assert.equal((await straight.ask('/login?prompt=login')).status, 200)
  })
})

test('a client that is registered for Astronomer comes back at its address, and no other way in does', async () => {
  answer = alice
  const callbackPath = '/v1/oauth/redirect/' as const
  const oidc = { callbackPath, extraScopes: [], clientAuthenticationMethod: 'client_secret_basic' as const }
  const sentTo: string[] = []
  const astro: RedirectConnector = {
    ...corp,
    authorizationUrl: (input) => {
      sentTo.push(input.redirectUri)
      return corp.authorizationUrl(input)
    },
    identify: async (input) => {
      sentTo.push(input.redirectUri)
      return alice()
    },
  }
  const bed = await startLogin({ login: [{ authenticationClass: 'corp', oidc }], connectors: [astro] })

  const start = await bed.ask('/v1/oauth/start?provider=corp').then((begun) => bed.ask(placeOf(begun)))
  const state = new URL(placeOf(start)).searchParams.get('state')
  const done = await bed.ask(`${callbackPath}?state=${state}&code=c`, { cookie: cookiesAfter(start) })

  assert.match(cookiesAfter(done), /gatehouse_login/)
  assert.deepEqual(
    sentTo.map((uri) => new URL(uri).pathname),
    [callbackPath, callbackPath],
  )
  assert.equal((await bed.ask('/v1/oauth/callback/?state=x')).status, 404)
  assert.equal((await several.ask(`${callbackPath}?state=x`)).status, 404)
  await bed.close()
})

describe('a sign-in that the provider begins', () => {
  const iss = encodeURIComponent(issuer)

  test('leads to the start of an ordinary one at the way in that it names, with its hint', async () => {
    for (const path of ['/login/initiate', '/v1/oauth/start']) {
      for (const query of [`iss=${iss}`, `iss=${iss}%2F`, 'provider=corp', `provider=corp&iss=${iss}`]) {
        const begun = await several.ask(`${path}?${query}&login_hint=alice%40example.test`)
        const start = await several.ask(placeOf(begun))

        assert.equal(new URL(placeOf(start)).searchParams.get('hint'), 'alice@example.test', `${path} ${query}`)
        assert.match(cookiesAfter(start), /gatehouse_tx_/)
      }
    }
  })

  test('may come as a form of the provider, and no other form may', async () => {
    const fields = { iss: issuer, login_hint: 'alice' }
    const posted = await several.ask('/login/initiate', { fields, origin: issuer })

    assert.equal(posted.status, 303)
    assert.match(placeOf(posted), /^\/login\/initiate\?iss=/)
    assert.deepEqual(posted.headers.getSetCookie(), [])
    assert.equal((await several.ask('/login', { fields, origin: issuer })).status, 403)
  })

  test('is refused for a provider that is no way in, or another one than it says [state-login-csrf]', async () => {
    for (const query of [
      '',
      'iss=https%3A%2F%2Fevil.test',
      'provider=evil',
      'provider=local',
      `provider=local&iss=${iss}`,
      'provider=corp&iss=https%3A%2F%2Fevil.test',
    ]) {
      const refused = await several.ask(`/login/initiate?${query}`)
      assert.ok(refused.status >= 400 && refused.status < 500, query)
      assert.deepEqual(refused.headers.getSetCookie(), [], query)
    }
  })

  test('puts nobody in the place of somebody who is signed in [state-login-csrf]', async () => {
    answer = alice
    const cookie = cookiesAfter(...(await goAndComeBack(several)))

    const begun = await several.ask(`/login/initiate?iss=${iss}&login_hint=mallory`, { cookie })

    assert.equal(placeOf(begun), '/')
    assert.deepEqual(begun.headers.getSetCookie(), [])
  })

  test('goes on to an own address, and to no other one [return-domain-suffix]', async () => {
    answer = alice
    const own = 'https://app.example.test/report?x=1'
    const begun = await several.ask(`/login/initiate?iss=${iss}&target_link_uri=${encodeURIComponent(own)}`)
    const cameBack = await goAndComeBack(several, placeOf(begun))
    const cookie = cookiesAfter(...cameBack)
    const page = await cameBack[1]?.text()
    const place = `/login/place?${new URLSearchParams({ target: own })}`
    assert.ok(placeOf(cameBack[1] as Response) === place || page?.includes('/login/place?target='), page)
    assert.ok(
      `${placeOf(await several.ask(place, { cookie }))} ${await (await several.ask(place, { cookie })).text()}`.includes(
        'app.example.test/report',
      ),
    )

    for (const target of [
      'https://evil.test/',
      '//evil.test',
      'javascript:alert(1)',
      'https://app.example.test.evil.test/',
    ]) {
      const query = new URLSearchParams({ iss: issuer, target_link_uri: target })
      assert.doesNotMatch(placeOf(await several.ask(`/login/initiate?${query}`)), /target/, target)
      const forged = await several.ask(`/login/place?${new URLSearchParams({ target })}`, { cookie })
      assert.equal(placeOf(forged), '/', target)
    }
  })
})
