import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { generate } from 'otplib'
import { type Page, ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { addAccounts } from './support/accounts.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'

const password = 'correct horse battery staple'
let gatehouse: Gatehouse
let strict: Gatehouse
before(async () => {
  const started = (policy: string) =>
    startGatehouse({
      config: (port) =>
        `issuer: http://localhost:${port}\nlisten: { port: ${port} }\nlocalAccounts: { secondFactor: ${policy} }\n`,
    })
  ;[gatehouse, strict] = await Promise.all([started('optional'), started('required')])
  await addAccounts(gatehouse, ['anna', 'bert', 'carl', 'dora', 'gina'], password)
  await addAccounts(strict, ['emil', 'frey', 'hans'], password)
})
after(() => Promise.all([gatehouse.stop(), strict.stop()]))

/** The code of an app at another time, in seconds from now. */
function codeOf(secret: string, seconds = 0): Promise<string> {
  return generate({ secret, epoch: Math.floor(Date.now() / 1000) + seconds })
}

/** The key that a page shows to people. */
function keyOn(page: Page): string {
  return (/<code>([A-Z2-7 ]{32,})<\/code>/.exec(page.body)?.[1] ?? '').replaceAll(' ', '')
}

function codesOn(page: Page): string[] {
  return [...page.body.matchAll(/<li><code>([0-9a-z-]+)<\/code>/g)].map(([, code]) => code ?? '')
}

async function withPassword(at: Gatehouse, username: string, browser = new ScriptedBrowser()) {
  const page = await browser.submitForm(await browser.open(`${at.url}/login`), { username, password })
  return { browser, page }
}

/** Somebody signs in and adds an app. */
async function enrolled(username: string) {
  const { browser } = await withPassword(gatehouse, username)
  const begun = await browser.submitForm(await browser.open(`${gatehouse.url}/account/second-factor`), { password })
  const secret = keyOn(begun)
  // The code of the step before: those of now and later are still good for the tests.
  const done = await browser.submitForm(begun, { code: await codeOf(secret, -30) })
  return { browser, secret, codes: codesOn(done), done }
}

describe('an authenticator app', () => {
  it('is asked for after the password, and only a code of it signs in', async () => {
    const { secret, codes } = await enrolled('anna')
    assert.equal(codes.length, 10)

    const { browser, page } = await withPassword(gatehouse, 'anna')
    const home = await browser.send(`${gatehouse.url}/`)
    const wrong = await browser.submitForm(page, { code: '000000' })
    const right = await browser.submitForm(wrong, { code: await codeOf(secret) })

    assert.match(page.body, /Your second factor/)
    assert.equal(home.status, 303, 'a password alone is no session')
    assert.equal(wrong.status, 401)
    assert.match(wrong.body, /This code is not right/)
    assert.match(right.body, /You are signed in as anna/)
  })

  it('gives codes that work once: a replay is refused, in another browser and process as well [totp-replay]', async () => {
    const { secret } = await enrolled('bert')
    const code = await codeOf(secret)
    const first = await withPassword(gatehouse, 'bert')
    const second = await withPassword(gatehouse, 'bert')

    const [one, other] = await Promise.all([
      first.browser.submitForm(first.page, { code: `${code.slice(0, 3)} ${code.slice(3)}` }),
      second.browser.submitForm(second.page, { code }),
    ])
    const before = await withPassword(gatehouse, 'bert')
    const older = await before.browser.submitForm(before.page, { code: await codeOf(secret, -30) })
    const next = await before.browser.submitForm(older, { code: await codeOf(secret, 30) })

    assert.deepEqual([one.status, other.status].sort(), [200, 401])
    assert.equal(older.status, 401, 'a code of before the last one')
    assert.match(next.body, /You are signed in as bert/)
  })

  it('can be lost: a recovery code works once, in any spelling, and an administrator takes the factor away', async () => {
    const { browser, codes } = await enrolled('carl')
    const [first = '', second = ''] = codes
    const here = await withPassword(gatehouse, 'carl')
    const signedIn = await here.browser.submitForm(here.page, { code: ` ${first.toUpperCase().replaceAll('-', ' ')}` })
    const again = await withPassword(gatehouse, 'carl')
    const refused = await again.browser.submitForm(again.page, { code: first })

    assert.match(signedIn.body, /You are signed in as carl/)
    assert.equal(refused.status, 401)

    const removed = await gatehouse.cli(['users', 'second-factor', 'carl', '--remove'])
    const ended = await browser.send(`${gatehouse.url}/`)
    const plain = await withPassword(gatehouse, 'carl')
    const audit = await gatehouse.cli(['audit', '--json', '--user', 'carl'])

    assert.match(removed.stdout, /no second factor any more; every session has ended/)
    assert.equal(ended.status, 303)
    assert.match(plain.page.body, /You are signed in as carl/)
    assert.match(audit.stdout, /user\.second-factor-removed/)
    assert.ok(!audit.stdout.includes(second))
  })

  it('is stored sealed, its recovery codes as digests, and neither is in the log', async () => {
    const { secret, codes } = await enrolled('dora')
    const file = readFileSync(join(gatehouse.folder, 'gatehouse.db-wal')).toString('latin1')

    for (const text of [file, gatehouse.log()]) {
      assert.ok(!text.includes(secret))
      for (const code of codes) assert.ok(!text.includes(code) && !text.includes(code.replaceAll('-', '')))
    }
    assert.ok(file.includes('dora'), 'the file is the one')
  })

  it('is not guessed at: after some wrong codes there are pauses, also for the right one', async () => {
    const { secret } = await enrolled('gina')
    let { browser, page } = await withPassword(gatehouse, 'gina')
    for (let guess = 0; guess < 6; guess++) page = await browser.submitForm(page, { code: `00000${guess}` })
    const paused = await browser.submitForm(page, { code: await codeOf(secret) })

    assert.equal(paused.status, 429)
    assert.match(paused.body, /Try again in \d+ second/)
    assert.ok(Number(paused.headers.get('retry-after')) > 0)
  })

  it('is not changed by whoever finds an open browser: each change asks for the password', async () => {
    const { browser } = await withPassword(gatehouse, 'carl')
    const page = await browser.open(`${gatehouse.url}/account/second-factor`)

    const refused = await browser.submitForm(page, { password: 'not the password' })
    const forged = await browser.send(`${gatehouse.url}/account/second-factor`, {
      method: 'POST',
      body: new URLSearchParams({ step: 'enrol', enrolment: 'made.up', code: '123456' }),
    })
    const crossSite = await browser.send(`${gatehouse.url}/account/second-factor`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' },
      body: new URLSearchParams({ step: 'remove', password }),
    })

    assert.equal(refused.status, 401)
    assert.equal(keyOn(refused), '')
    assert.equal(forged.status, 401)
    assert.equal(crossSite.status, 403)
  })
})

describe('a second factor that is required', () => {
  it('is added at the first sign-in, and nobody is signed in before', async () => {
    const { browser, page } = await withPassword(strict, 'emil')
    assert.match(page.body, /Everybody who signs in here with a password needs a second factor/)
    assert.equal((await browser.send(`${strict.url}/`)).status, 303)

    const wrong = await browser.submitForm(page, { code: '000000' })
    assert.equal(keyOn(wrong), keyOn(page), 'the key stays the one that the app has read')
    const codes = await browser.submitForm(wrong, { code: await codeOf(keyOn(page)) })

    assert.equal(codesOn(codes).length, 10)
    assert.match((await browser.open(`${strict.url}/`)).body, /You are signed in as emil/)
  })

  it('cannot be taken away by the person, and a secret of somebody else adds nothing', async () => {
    const other = await withPassword(strict, 'frey')
    const hans = await withPassword(strict, 'hans')
    const stolen = /name="enrolment" value="([^"]+)"/.exec(other.page.body)?.[1] ?? ''
    const { browser, page } = await withPassword(strict, 'frey')
    const ofAnother = await hans.browser.submitForm(hans.page, {
      code: await codeOf(keyOn(other.page)),
      enrolment: stolen,
    })
    const mine = await browser.submitForm(page, { code: await codeOf(keyOn(page)) })
    const removal = await browser.send(`${strict.url}/account/second-factor`, {
      method: 'POST',
      body: new URLSearchParams({ step: 'remove', password }),
    })

    assert.notEqual(stolen, '')
    assert.equal(ofAnother.status, 401)
    assert.equal(codesOn(mine).length, 10)
    assert.equal(removal.status, 400)
  })
})
