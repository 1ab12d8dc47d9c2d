import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Harmless, settingsBelow, shownBelow, shownSetting } from './shown-setting.ts'

const harmless: Harmless = new Set([
  'cookie_expire',
  'web.http',
  'userNameKey',
  'tenant',
  'orgs.name',
  'orgs.teams',
  'tlsKey',
  'upstreams',
  'expiry.idTokens',
])

test('a setting that the tool knows as harmless is shown with its value', () => {
  assert.equal(shownSetting('cookie_expire', '12h', { harmless }), 'cookie_expire = "12h"')
  assert.equal(shownSetting('web.http', '0.0.0.0:5554', { harmless, sign: ':' }), 'web.http: "0.0.0.0:5554"')
  assert.equal(shownSetting('orgs[1].teams', ['a', 'b'], { harmless }), 'orgs[1].teams = ["a","b"]')
  assert.equal(shownSetting('connectors[0].orgs[2].name', 'acme', { harmless }), 'connectors[0].orgs[2].name = "acme"')
  assert.equal(shownSetting('tlsKey', '/etc/tls.key', { harmless }), 'tlsKey = "/etc/tls.key"')
  assert.equal(
    shownSetting('tenant', '11111111-2222-3333-4444-555555555555', { harmless }),
    'tenant = "11111111-2222-3333-4444-555555555555"',
  )
})

test('every other is not, whatever it is called and holds', () => {
  for (const [name, value] of [
    ['redis_requirepass', 'hunter2'],
    ['passcode', 'hunter2'],
    ['authCode', 'hunter2'],
    ['pin', 4711],
    ['anything', true],
    ['timeout', '12h'],
    ['cookie_expire.foo', '12h'],
    ['name', 'hunter2'],
    ['orgs', [{ name: 'a', secretOf: 'b' }]],
  ] as const) {
    assert.equal(shownSetting(name, value, { harmless }), `${name} = …`)
  }
})

test('nor is what looks like a secret under a harmless name', () => {
  for (const value of [
    'redis://:hunter2@redis:6379',
    ['redis://a:hunter2@one', 'redis://two'],
    'host=db password=hunter2',
    'https://example.com/?api_key=hunter2',
    ['Authorization: Bearer hunter2'],
    'hunter2hunter2hunter2hunter2hunter2',
    '$2a$10$hunter2',
    '-----BEGIN PRIVATE KEY-----\nhunter2',
  ]) {
    assert.equal(shownSetting('upstreams', value, { harmless }), 'upstreams = …')
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
  assert.equal(shownBelow('expiry', { idTokens: '1h', keys: { a: 1 } }, { harmless }), 'idTokens: "1h", keys.a: …')
  assert.equal(shownBelow('tenant', ['gold'], { harmless }), '["gold"]')
  assert.equal(shownBelow('secrets', { a: 'hunter2' }, { harmless }), 'a: …')
})
