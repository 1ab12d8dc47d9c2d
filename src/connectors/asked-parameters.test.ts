import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askedParameters } from './asked-parameters.ts'

test('a provider is asked for a new sign-in, or to let people choose, in words that it knows', () => {
  const keycloak = ['none', 'login', 'consent']
  const promptOf = (asked: { fresh: boolean; chooses?: boolean }, known?: readonly string[]) =>
    askedParameters(asked, known)['prompt']

  assert.equal(promptOf({ fresh: false, chooses: true }), 'select_account')
  assert.equal(promptOf({ fresh: false, chooses: true }, [...keycloak, 'select_account']), 'select_account')
  assert.equal(promptOf({ fresh: false, chooses: true }, keycloak), 'login')
  assert.equal(promptOf({ fresh: false, chooses: true }, []), 'select_account')
  assert.equal(promptOf({ fresh: true, chooses: true }), 'login')
  assert.equal(promptOf({ fresh: false }), undefined)
  assert.deepEqual(askedParameters({ fresh: true }), { prompt: 'login', max_age: '0' })
})

test('hints are handed on, and nothing is made up for those that are absent', () => {
  assert.deepEqual(askedParameters({ fresh: false, hints: { loginHint: 'a', uiLocales: 'fr', acrValues: 'gold' } }), {
    login_hint: 'a',
    ui_locales: 'fr',
    acr_values: 'gold',
  })
  assert.deepEqual(askedParameters({ fresh: false, hints: { loginHint: undefined } }), {})
})
