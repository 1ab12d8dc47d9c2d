import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Page, ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { addAccounts } from './support/accounts.ts'
import { createAuthenticator, type Lies } from './support/authenticator.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'

const password = 'correct horse battery staple'
let gatehouse: Gatehouse
before(async () => {
  gatehouse = await startGatehouse({
    config: (port) => `issuer: http://localhost:${port}\nlisten: { port: ${port} }\n`,
  })
  await addAccounts(gatehouse, ['anna', 'bert', 'carl', 'dora', 'emil', 'frey'], password)
})
after(() => gatehouse.stop())

/** The options that a page gives to the script, and the fields that come back with the answer. */
function questionOn({ body }: Page): { options: string; question: string } {
  const options = (/data-options="([^"]+)"/.exec(body)?.[1] ?? '{}').replaceAll('&quot;', '"')
  return { options, question: /name="question" value="([^"]+)"/.exec(body)?.[1] ?? '' }
}

async function withPassword(username: string) {
  const browser = new ScriptedBrowser()
  const page = await browser.submitForm(await browser.open(`${gatehouse.url}/login`), { username, password })
  return { browser, page }
}

function post(browser: ScriptedBrowser, path: string, fields: Record<string, string>): Promise<Page> {
  return browser.open(gatehouse.url + path, { method: 'POST', body: new URLSearchParams(fields) })
}

/** Somebody adds a passkey, with a browser that may lie. */
async function added(username: string, lies: Lies = {}) {
  const { browser } = await withPassword(username)
  const page = await post(browser, '/account/passkeys', { step: 'begin', password })
  const { options, question } = questionOn(page)
  const authenticator = createAuthenticator(gatehouse.url)
  const fields = { step: 'add', question, answer: authenticator.create(options, lies), name: 'Phone of the test' }
  const done = await post(browser, '/account/passkeys', fields)
  return { browser, authenticator, done, fields }
}

/** A sign-in with the passkey, in a browser that may lie. */
async function signedIn(authenticator: ReturnType<typeof createAuthenticator>, lies: Lies = {}) {
  const browser = new ScriptedBrowser()
  const { options, question } = questionOn(await browser.open(`${gatehouse.url}/login/passkey`))
  const answer = authenticator.get(options, lies)
  return { browser, question, answer, page: await post(browser, '/login/passkey', { question, answer }) }
}

describe('a passkey', () => {
  it('signs in without a name and a password, and is shown to its owner', async () => {
    const { authenticator, done } = await added('anna')
    const { page } = await signedIn(authenticator)
    const again = await signedIn(authenticator)

    assert.equal(done.status, 200)
    assert.match(done.body, /Phone of the test/)
    for (const { status, body } of [page, again.page]) {
      assert.equal(status, 200, body)
      assert.match(body, /anna/)
    }
    assert.equal((await again.browser.send(`${gatehouse.url}/`)).status, 200)
  })

  it('is refused from elsewhere: another origin, host, challenge, kind of answer or person, or without a check of its owner [passkey-elsewhere]', async () => {
    const { authenticator } = await added('bert')
    const wrong: Record<string, Lies> = {
      'another origin': { origin: 'https://evil.test' },
      'another port': { origin: 'http://localhost:1' },
      'another scheme': { origin: gatehouse.url.replace('http:', 'https:') },
      'a host below': { origin: gatehouse.url.replace('localhost', 'evil.localhost') },
      'another RP id': { rpId: 'evil.test' },
      'a challenge of another site': { challenge: Buffer.alloc(32, 7).toString('base64url') },
      'an answer to another question': { type: 'webauthn.create' },
      'no check of the owner': { verified: false },
      'the handle of somebody else': { userHandle: Buffer.from('u_somebody').toString('base64url') },
    }

    for (const [what, lies] of Object.entries(wrong)) {
      const { browser, page } = await signedIn(authenticator, lies)
      assert.equal(page.status, 401, what)
      assert.match(page.body, /This passkey was not taken/, what)
      assert.equal((await browser.send(`${gatehouse.url}/`)).status, 303, what)
    }
    assert.equal((await signedIn(authenticator)).page.status, 200)
    const stranger = createAuthenticator(gatehouse.url)
    assert.equal((await signedIn(stranger)).page.status, 401, 'a passkey that nobody has here')
  })

  it('answers a question once, and a counter that does not grow is that of a copy [passkey-elsewhere]', async () => {
    const { authenticator } = await added('carl')
    // Most authenticators do not count: only the question says that the answer is old.
    const { question, answer, page } = await signedIn(authenticator, { counter: 0 })
    assert.equal(page.status, 200)
    const replays = await Promise.all(
      [1, 2, 3].map(() => post(new ScriptedBrowser(), '/login/passkey', { question, answer })),
    )
    assert.equal((await signedIn(authenticator, { counter: 7 })).page.status, 200)
    const copy = await signedIn(authenticator, { counter: 7 })
    const older = await signedIn(authenticator, { counter: 3 })
    const next = await signedIn(authenticator, { counter: 8 })

    assert.deepEqual(
      replays.map(({ status }) => status),
      [401, 401, 401],
    )
    assert.deepEqual(
      [copy, older, next].map(({ page }) => page.status),
      [401, 401, 200],
    )
  })

  it('is added with the password and for this person only', async () => {
    const { browser } = await withPassword('emil')
    const without = await post(browser, '/account/passkeys', { step: 'begin', password: 'not the password' })
    const foreign = await added('emil', { origin: 'https://evil.test' })
    const unchecked = await added('emil', { verified: false })
    const good = await added('emil')
    const replayed = await post(good.browser, '/account/passkeys', good.fields)
    const other = await withPassword('frey')
    const stolen = questionOn(await post(other.browser, '/account/passkeys', { step: 'begin', password }))
    const forAnother = await post(good.browser, '/account/passkeys', {
      ...good.fields,
      question: stolen.question,
      answer: createAuthenticator(gatehouse.url).create(stolen.options),
    })

    assert.equal(without.status, 401)
    assert.equal(questionOn(without).question, '')
    assert.equal(good.done.status, 200)
    for (const { status } of [foreign.done, unchecked.done, replayed, forAnother]) assert.equal(status, 401)
  })

  it('is the second factor of whoever has no app, and an administrator takes it away', async () => {
    const { browser, authenticator } = await added('dora')
    const asked = await withPassword('dora')
    const home = await asked.browser.send(`${gatehouse.url}/`)
    const shown = await gatehouse.cli(['users', 'second-factor', 'dora'])
    const whole = await gatehouse.cli(['users', 'show', 'dora'])
    const removed = await gatehouse.cli(['users', 'second-factor', 'dora', '--remove'])
    const ended = await browser.send(`${gatehouse.url}/`)
    const refused = await signedIn(authenticator)
    const plain = await withPassword('dora')

    assert.match(asked.page.body, /Sign in with a passkey/)
    assert.equal(home.status, 303)
    for (const { stdout } of [shown, whole]) assert.match(stdout, /the passkey Phone of the test/)
    assert.match(removed.stdout, /every session has ended/)
    assert.equal(ended.status, 303)
    assert.equal(refused.page.status, 401)
    assert.equal((await plain.browser.send(`${gatehouse.url}/`)).status, 200)
  })

  it('has a page with one script of ours, which the policy names by its hash', async () => {
    const { headers, body } = await new ScriptedBrowser().open(`${gatehouse.url}/login/passkey`)
    const policy = headers.get('content-security-policy') ?? ''

    assert.match(policy, /default-src 'none'; script-src 'sha256-[^']+';/)
    assert.ok(!policy.includes('unsafe'))
    assert.equal(body.match(/<script/g)?.length, 1)
  })
})
