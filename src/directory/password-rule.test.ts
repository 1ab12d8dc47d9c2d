import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPasswordRule } from './password-rule.ts'

const owner = { username: 'Kestrel-Anna', email: 'anna.long@example.test' }

describe('the rule for new passwords', () => {
  for (const [what, password] of [
    ['as it is on the list', 'password1'],
    ['in another letter case', 'PassWord1'],
    ['between blanks', ' letmein1 '],
    ['in wide letters', 'ｐａｓｓｗｏｒｄ'],
    ['of letters for digits', 'p@ssw0rd'],
    ['in German', 'passwort'],
    ['of keys in a row', 'qwertyuiop'],
  ] as const) {
    it(`refuses one that is guessed first: ${what}`, async () => {
      assert.match((await createPasswordRule().problemIn(password, owner)) ?? '', /guessed first/)
    })
  }

  for (const password of ['kestrel-anna', ' Kestrel-Anna', 'anna.long', 'ANNA.LONG@example.test']) {
    it(`refuses the name or the address of the account: ${password}`, async () => {
      assert.match((await createPasswordRule().problemIn(password, owner)) ?? '', /the name or the address/)
    })
  }

  it('asks for as many characters as the configuration says, and counts people’s characters', async () => {
    const rule = createPasswordRule({ minLength: 12 })

    assert.match((await rule.problemIn('eleven char', owner)) ?? '', /at least 12 characters/)
    assert.match((await rule.problemIn('🔑'.repeat(11), owner)) ?? '', /at least 12 characters/)
    assert.equal(await rule.problemIn('twelve chars', owner), undefined)
    assert.equal(await rule.problemIn('🔑'.repeat(12), owner), undefined)
  })

  it('takes long sentences of common words, and what nobody guesses', async () => {
    for (const password of ['correct horse battery staple', 'kestrel-22', 'kestrel-anna!'])
      assert.equal(await createPasswordRule().problemIn(password, owner), undefined, password)
  })
})
