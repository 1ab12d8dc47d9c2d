import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { addAccounts } from './support/accounts.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import { linkIn, type MailServer, startMailServer } from './support/mail-server.ts'

const password = 'correct horse battery staple'
const next = 'another sentence of words'
let mail: MailServer
let gatehouse: Gatehouse
before(async () => {
  mail = await startMailServer()
  gatehouse = await startGatehouse({
    config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
mail: { from: Gatehouse <no-reply@example.test>, host: localhost, port: ${mail.port}, security: none }
`,
  })
  await addAccounts(gatehouse, ['anna', 'bert', 'carl', 'dora'], password)
})
after(async () => {
  await gatehouse.stop()
  await mail.close()
})

async function ask(username: string, headers: Record<string, string> = {}, browser = new ScriptedBrowser()) {
  const body = new URLSearchParams({ username })
  return browser.send(`${gatehouse.url}/login/forgotten`, { method: 'POST', headers, body })
}

async function signIn(username: string, word: string) {
  const browser = new ScriptedBrowser()
  const page = await browser.submitForm(await browser.open(`${gatehouse.url}/login`), { username, password: word })
  return { browser, page }
}

async function linkFor(username: string): Promise<string> {
  const { stdout } = await gatehouse.cli(['users', 'reset', username, '--json'])
  return String(JSON.parse(stdout).url)
}

describe('a forgotten password', () => {
  it('is set anew with the link of a letter, which works once and ends every session [reset-link-twice]', async () => {
    const before = await signIn('anna', password)
    const asking = new ScriptedBrowser()
    const form = await asking.open(`${gatehouse.url}/login`)
    assert.match(form.body, /Forgotten your password\?/)
    await asking.submitForm(await asking.open(`${gatehouse.url}/login/forgotten`), { username: ' ANNA@Example.Test ' })
    const letter = await mail.letter(1)
    const link = linkIn(letter)
    const looked = await new ScriptedBrowser().open(link)
    const browser = new ScriptedBrowser()
    const weak = await browser.submitForm(await browser.open(link), { password: 'password1', repeat: 'password1' })
    const done = await browser.submitForm(weak, { password: next, repeat: next })
    const again = await new ScriptedBrowser().send(link)
    const posted = await new ScriptedBrowser().send(link, {
      method: 'POST',
      body: new URLSearchParams({ password: 'a third sentence of words' }),
    })

    assert.deepEqual(letter.to, ['anna@example.test'])
    assert.match(looked.body, /Choose a new password/, 'looking at a link does not use it up')
    assert.equal(weak.status, 400)
    assert.match(weak.body, /guessed first/)
    assert.match(done.body, /anna/)
    assert.equal((await browser.send(`${gatehouse.url}/`)).status, 200)
    assert.deepEqual([again.status, posted.status], [403, 403])
    assert.equal((await before.browser.send(`${gatehouse.url}/`)).status, 303, 'the sessions of before have ended')
    assert.equal((await signIn('anna', password)).page.status, 401)
    assert.equal((await signIn('anna', 'a third sentence of words')).page.status, 401)
    assert.match((await mail.letter(2)).raw, /password.*was changed/i)
  })

  it('is answered alike whether there is an account or not [reset-enumeration]', async () => {
    const before = mail.letters.length
    const pages = []
    for (const name of [
      'bert',
      'bert@example.test',
      'nobody',
      'nobody@example.test',
      '',
      '<b>',
      'a\r\nBcc: x@evil.test',
    ])
      pages.push(await ask(name))

    await mail.letter(before + 2)
    await sleep(100)
    assert.equal(mail.letters.length, before + 2)
    assert.deepEqual(new Set(pages.map(({ status }) => status)), new Set([200]))
    assert.equal(new Set(pages.map(({ body }) => body)).size, 1)
  })

  it('gives links to the address of the configuration, whatever host a request names [host-poisoned-urls]', async () => {
    const before = mail.letters.length
    await ask('carl', { 'x-forwarded-host': 'evil.test', forwarded: 'host=evil.test', 'x-forwarded-proto': 'https' })
    const { raw } = await mail.letter(before + 1)

    assert.ok(linkIn({ to: [], raw }).startsWith(`${gatehouse.url}/login/reset?token=`))
    assert.ok(!raw.includes('evil.test'))
  })

  it('does not fill a mailbox: after three letters there are pauses, and nobody is told', async () => {
    const before = mail.letters.length
    const answers = []
    for (let round = 0; round < 6; round++) answers.push((await ask('dora')).status)

    await mail.letter(before + 3)
    await sleep(200)
    assert.equal(mail.letters.length, before + 3)
    assert.ok(answers.every((status) => status === 200 || status === 429))
    assert.ok(!gatehouse.log().includes('token='))
  })

  it('by a link of an administrator: one that is used, or a new password, ends the others', async () => {
    const [first, second] = [await linkFor('bert'), await linkFor('bert')]
    const browser = new ScriptedBrowser()
    const done = await browser.submitForm(await browser.open(first), { password: next, repeat: next })
    const other = await new ScriptedBrowser().send(second)
    const third = await linkFor('bert')
    await gatehouse.cli(['users', 'password', 'bert', '--password-stdin'], password)
    const stale = await new ScriptedBrowser().send(third)
    const audit = await gatehouse.cli(['audit', '--json', '--user', 'bert'])

    assert.match(done.body, /bert/)
    assert.deepEqual([other.status, stale.status], [403, 403])
    assert.match(audit.stdout, /user\.reset-link-made/)
    assert.ok(!audit.stdout.includes(new URL(third).searchParams.get('token') ?? 'no token'))
  })

  it('is taken once of requests that come at once', async () => {
    const link = await linkFor('carl')
    const words = ['the first sentence', 'the second sentence', 'the third sentence', 'the fourth sentence']
    const answers = await Promise.all(
      words.map((word) =>
        new ScriptedBrowser().send(link, {
          method: 'POST',
          body: new URLSearchParams({ password: word, repeat: word }),
        }),
      ),
    )

    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 403, 403, 403])
  })
})
