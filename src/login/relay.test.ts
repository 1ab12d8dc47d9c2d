/** Answers that come in a fragment, or as a form of the provider, which brings no cookie of ours. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { parseForms } from '../../test/e2e/support/html-forms.ts'
import { type LoginTestbed, startLogin } from '../../test/support/login-testbed.ts'
import type { RedirectConnector } from '../connectors/contract.ts'

const provider = 'https://sso.example.test'
const came: URL[] = []
const corp: RedirectConnector = {
  kind: 'redirect',
  name: 'corp',
  answersInForm: true,
  signOutOrigins: [],
  authorizationUrl: async ({ checks }) => new URL(`${provider}/authorize?state=${checks.state}`),
  identify: async ({ callbackUrl }) => {
    came.push(callbackUrl)
    const key = { issuer: provider, subject: 'alice' }
    return { key, principal: 'alice', email: undefined, emailVerified: undefined, name: undefined, groups: [] }
  },
}
const byCode: RedirectConnector = { ...corp, name: 'code', answersInForm: false }

let bed: LoginTestbed
before(async () => {
  const login = [{ authenticationClass: 'corp' }, { authenticationClass: 'code' }]
  bed = await startLogin({ login, connectors: [corp, byCode] })
})
after(() => bed.close())

async function begin(): Promise<{ state: string; cookie: string }> {
  const start = await bed.ask('/login/start?provider=corp')
  const cookie = start.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')
  return { state: new URL(start.headers.get('location') ?? '').searchParams.get('state') ?? '', cookie }
}
const isSignedIn = (response: Response) =>
  response.headers.getSetCookie().some((line) => line.startsWith('gatehouse_login='))

test('a form of the provider is sent again as one of ours, with what an answer may have and nothing else', async () => {
  const { state, cookie } = await begin()
  const fields = { state, id_token: 'a"<b>.b.c', access_token: 'x', evil: 'y', session_state: 'z' }

  const relayed = await bed.ask('/callback/corp', { fields, origin: provider })
  const body = await relayed.text()
  const [form] = parseForms(body)

  assert.equal(relayed.status, 200)
  assert.deepEqual(relayed.headers.getSetCookie(), [])
  assert.doesNotMatch(body, /<b>/)
  assert.match(relayed.headers.get('content-security-policy') ?? '', /script-src 'sha256-/)
  assert.deepEqual(
    [
      form?.action,
      Object.fromEntries((form?.fields ?? []).flatMap(({ name, value }) => (name ? [[name, value]] : []))),
    ],
    ['/callback/corp', { state, id_token: 'a"<b>.b.c', access_token: 'x' }],
  )

  const done = await bed.ask('/callback/corp', { fields, cookie })
  assert.ok(isSignedIn(done))
  assert.equal(came.at(-1)?.searchParams.get('id_token'), fields.id_token)
})

test('a form of another site signs nobody in, also with the cookies of the browser [state-login-csrf]', async () => {
  const { state, cookie } = await begin()

  for (const origin of [provider, 'https://evil.test', 'null']) {
    const answer = await bed.ask('/callback/corp', { fields: { state, id_token: 'x' }, cookie, origin })
    assert.ok(!isSignedIn(answer), origin)
  }
  assert.ok(!isSignedIn(await bed.ask('/callback/corp', { fields: { state, id_token: 'x' } })), 'without its cookie')
  assert.ok(isSignedIn(await bed.ask('/callback/corp', { fields: { state, id_token: 'x' }, cookie })))
  assert.ok(!isSignedIn(await bed.ask('/callback/corp', { fields: { state, id_token: 'x' }, cookie })), 'twice')
})

test('a fragment is read by the one script that the page may run, which takes it out of the address', async () => {
  const page = await bed.ask('/callback/corp')
  const body = await page.text()
  const script = /<script>([\s\S]*?)<\/script>/.exec(body)?.[1] ?? assert.fail(body)

  assert.equal(page.status, 200)
  assert.ok(page.headers.get('content-security-policy')?.includes(`'sha256-${hash('sha256', script, 'base64')}'`))
  assert.match(script, /history\.replaceState/)
  assert.equal(parseForms(body)[0]?.action, '/callback/corp')
  assert.deepEqual(page.headers.getSetCookie(), [])
})

test('a refusal in the address is one as ever, and a way in by a code takes no form', async () => {
  const { state, cookie } = await begin()

  assert.ok(
    isSignedIn(await bed.ask(`/callback/corp?state=${state}&error=access_denied`, { cookie })),
    'the connector decides',
  )
  assert.equal((await bed.ask('/callback/code', { fields: { state: 'x', id_token: 'x' } })).status, 405)
  assert.equal((await bed.ask('/callback/nobody', { fields: { state: 'x' } })).status, 404)
})
