import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingsBelow, shownBelow, shownSetting } from './shown-setting.ts'

test('a setting is shown with its value', () => {
  assert.equal(shownSetting('cookie_expire', '12h'), 'cookie_expire = "12h"')
  assert.equal(shownSetting('web.https', '0.0.0.0:5554', ':'), 'web.https: "0.0.0.0:5554"')
  assert.equal(shownSetting('userNameKey', 'email', ':'), 'userNameKey: "email"')
  assert.equal(shownSetting('pass_access_token', true), 'pass_access_token = true')
  assert.equal(
    shownSetting('tenant', '11111111-2222-3333-4444-555555555555'),
    'tenant = "11111111-2222-3333-4444-555555555555"',
  )
})

test('a secret is not, by its name or by what it looks like', () => {
  for (const [name, value] of [
    ['redis_password', 'hunter2'],
    ['basic_auth_password', 4711],
    ['redis_connection_url', 'redis://:hunter2@redis:6379'],
    ['redis_sentinel_connection_urls', ['redis://a:hunter2@one', 'redis://two']],
    ['database', 'host=db password=hunter2'],
    ['where', 'https://example.com/?api_key=hunter2'],
    ['headers', ['Authorization: Bearer hunter2']],
    ['extra', 'hunter2hunter2hunter2hunter2hunter2'],
    ['users', '$2a$10$hunter2'],
    ['ca', '-----BEGIN PRIVATE KEY-----\nhunter2'],
  ] as const) {
    assert.equal(shownSetting(name, value), `${name} = …`)
  }
})

test('maps are shown setting by setting', () => {
  assert.deepEqual(settingsBelow('oauth2', { passwordConnector: 'local', a: [{ b: 1 }], c: ['d', 'e'] }), [
    ['oauth2.passwordConnector', 'local'],
    ['oauth2.a[0].b', 1],
    ['oauth2.c', ['d', 'e']],
  ])
})

test('below a name that stands already, it is not repeated', () => {
  assert.equal(shownBelow('expiry', { idTokens: '1h', keys: { a: 1 } }), 'idTokens: "1h", keys.a: …')
  assert.equal(shownBelow('acrValues', ['gold']), '["gold"]')
  assert.equal(shownBelow('secrets', { a: 'hunter2' }), 'a: …')
})
