import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkEndpoints } from './endpoints.ts'

const issuer = 'https://sso.example.com'

// biome-ignore format: one table
const inner = ['https://localhost/', 'https://a.localhost:8443/', 'https://localhost./', 'https://127.0.0.1/', 'https://127.1/', 'https://0x7f.1/', 'https://2130706433/', 'https://0177.0.0.1/', 'https://0/', 'https://[::1]/', 'https://[::]/', 'https://[0:0:0:0:0:0:0:1]/', 'https://[::ffff:127.0.0.1]/', 'https://[::ffff:7f00:1]/', 'http://169.254.169.254/latest/', 'https://[::ffff:a9fe:a9fe]/', 'https://[fe80::1]/']
for (const address of inner) {
  test(`a provider elsewhere cannot send this server to ${address} [ssrf-denylist-bypass]`, () => {
    for (const endpoint of ['token_endpoint', 'jwks_uri', 'userinfo_endpoint'])
      assert.throws(() => checkEndpoints({ [endpoint]: address }, issuer), { code: 'provider-answer-refused' })
    assert.doesNotThrow(() => checkEndpoints({ token_endpoint: address }, 'http://127.0.0.1:9000'))
  })
}

test('an endpoint is an http or https address without a user name [ssrf-webhook-connector]', () => {
  for (const address of [
    'javascript:alert(1)',
    'data:,x',
    'file:///etc/passwd',
    'https://a:b@sso.example.com/',
    'x',
    '',
  ])
    for (const endpoint of ['token_endpoint', 'jwks_uri', 'authorization_endpoint', 'end_session_endpoint'])
      assert.throws(() => checkEndpoints({ [endpoint]: address }, issuer), { code: 'provider-answer-refused' }, address)
})

test('endpoints on other hosts are usual, and inner networks are where providers are', () => {
  for (const address of [
    'https://oauth2.googleapis.com/token',
    'https://10.1.2.3/token',
    'https://sso.corp.internal/token',
    'https://192.168.0.2:8443/',
  ])
    assert.doesNotThrow(() => checkEndpoints({ token_endpoint: address, jwks_uri: address }, issuer))
  assert.doesNotThrow(() => checkEndpoints({}, issuer))
})
