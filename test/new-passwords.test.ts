import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'

const refused: readonly (readonly [what: string, password: string, says: RegExp])[] = [
  ['seven characters', 'hunter2', /needs at least 8 characters/],
  ['one character', 'x', /needs at least 8 characters/],
  ['four characters that are eight code units', '🔑🔑🔑🔑', /needs at least 8 characters/],
  ['1,100 characters', 'a'.repeat(1100), /at most 1,024 bytes/],
  ['1,026 bytes in 513 characters', 'ü'.repeat(513), /at most 1,024 bytes/],
  ['a word that is guessed first', 'BaseBall', /guessed first/],
  ['a tab', 'correct\thorse', /no line breaks or other control characters/],
]

describe('a new password', () => {
  let gatehouse: Gatehouse
  before(async () => {
    gatehouse = await startGatehouse({
      config: (port) => `issuer: http://localhost:${port}\nlisten: { port: ${port} }\n`,
    })
  })
  after(() => gatehouse.stop())

  it('that is refused does not use up the set-up link', async () => {
    const setup = gatehouse.setupUrl ?? ''
    const browser = new ScriptedBrowser()

    for (const [what, password, says] of refused) {
      const page = await browser.submitForm(await browser.open(setup), {
        username: 'root',
        password,
        repeat: password,
        email: '',
      })
      assert.equal(page.status, 400, what)
      assert.match(page.body, says, what)
      assert.ok(!page.body.includes(password) || password.length === 1, what)
    }
    const differs = await browser.submitForm(await browser.open(setup), {
      username: 'root',
      password: '8 letters',
      repeat: '8 lettres',
      email: '',
    })
    assert.equal(differs.status, 400)
    assert.match(differs.body, /The two passwords differ/)
    assert.match(differs.body, /value="root"/)
    const page = await browser.submitForm(differs, {
      username: ' root ',
      password: '8 letters',
      repeat: '8 letters',
      email: '',
    })

    assert.match(page.body, /You are signed in as root/)
  })

  for (const [what, password, says] of refused) {
    it(`of ${what} is refused by users add and users password, and not repeated`, async () => {
      const added = await gatehouse.cli(['users', 'add', 'alice', '--password-stdin'], password)
      const changed = await gatehouse.cli(['users', 'password', 'root', '--password-stdin'], password)

      for (const { status, stdout, stderr } of [added, changed]) {
        assert.equal(status, 1)
        assert.match(stderr, says)
        assert.ok(password.length === 1 || !(stdout + stderr).includes(password))
      }
    })
  }

  it('of eight characters is taken by users add and users password', async () => {
    const added = await gatehouse.cli(['users', 'add', 'bob', '--password-stdin'], 'kestrel-22\n')
    const changed = await gatehouse.cli(['users', 'password', 'bob', '--password-stdin'], 'ü'.repeat(512))

    assert.deepEqual([added.status, changed.status], [0, 0], added.stderr + changed.stderr)
  })
})
