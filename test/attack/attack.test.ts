import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { rows } from './rows.ts'
import { attackTable, attackTests, testsIn } from './table.ts'

const tableFile = fileURLToPath(new URL('../../docs/security/attack-table.md', import.meta.url))
const tests = attackTests()
const covered = new Set(tests.flatMap(({ rowIds }) => rowIds))

/** Rows whose tests are still to be written. Nothing may be added. */
const awaited: readonly string[] = [
  'redirect-userinfo-at',
  'redirect-regex-dot',
  'redirect-loopback-only-port',
  'redirect-script-scheme',
  'redirect-invalid-client-no-redirect',
  'redirect-param-repeated',
  'return-scheme-relative',
  'return-domain-suffix',
  'return-revalidated-at-use',
  'post-logout-exact',
  'state-login-csrf',
  'state-server-issued',
  'state-single-use',
  'nonce-bound',
  'mixup-iss',
  'idp-disabled-mid-flow',
  'code-other-client',
  'code-race',
  'code-from-foreign-page',
  'refresh-race',
  'refresh-vs-revoke-race',
  'refresh-reuse-after-restart',
  'refresh-rechecks-user',
  'pkce-downgrade',
  'scope-not-configured',
  'flow-switched-by-client-data',
  'purpose-cross-use',
  'key-separation',
  'id-token-as-access',
  'introspect-foreign-audience',
  'cache-key-confusion',
  'alg-confusion',
  'upstream-jwt-aud-exp',
  'bearer-json-trusted',
  'cookie-padding-oracle',
  'assertion-unsigned-header',
  'dcr-anonymous',
  'secret-compare-timing',
  'fixation-login',
  'session-id-reused',
  'logout-server-side',
  'malformed-cookie-allows',
  'cookie-flags',
  'step-up-any-method',
  'xfu-untrusted',
  'trust-default-empty',
  'public-rule-query',
  'path-normalisation-diff',
  'health-by-user-agent',
  'malformed-uri-2xx',
  'identity-header-spoof',
  'identity-header-alias',
  'xff-parse-bypass',
  'host-poisoned-urls',
  'rule-edge-mismatch',
  'config-option-ignored',
  'token-to-wrong-upstream',
  'smuggle-cl-te',
  'hop-by-hop-strips-identity',
  'ws-origin',
  'ws-after-revocation',
  'noauth-email',
  'link-unverified-upstream',
  'prehijack-local',
  'idp-out-of-domain',
  'inactive-via-source',
  'recycled-identifier',
  'username-squat',
  'link-replay',
  'register-when-off',
  'lockout-other-grants',
  'lockout-alias-split',
  'lockout-as-dos',
  'enumeration',
  'ssrf-request-uri',
  'ssrf-client-metadata',
  'ssrf-webhook-connector',
  'ssrf-denylist-bypass',
  'render-properties-newline',
  'render-python-escape',
  'render-xml-escape',
  'render-input-yaml-bomb',
  'render-path-escape',
  'render-env-expansion',
  'render-default-secret',
  'render-unsafe-product-flag',
  'expression-escape',
  'canary-everywhere',
  'error-discloses-internals',
  'metrics-pprof-open',
  'browser-cache-history',
  'cookie-chunk-count',
  'empty-post-crash',
  'jwe-p2c-bomb',
  'argon2-flood',
  'cache-growth',
  'redos',
  'slow-and-many',
  'xss-reflected-pages',
  'csrf-state-changing',
  'clickjack',
  'tls-config-discarded',
  'tls-verify-every-client',
  'ca-scope',
  'npm-install-script',
  'known-vulnerable-dep',
]

describe('the table of attacks', () => {
  it('knows every row that a test names', () => {
    const known = new Set(rows.map(({ id }) => id))

    const unknown = tests.filter(({ rowIds }) => rowIds.some((id) => !known.has(id)))

    assert.deepEqual(unknown, [])
  })

  it('has a test for every row that the features of today have', () => {
    const without = rows.filter(({ id, until }) => until === undefined && !covered.has(id) && !awaited.includes(id))

    assert.deepEqual(
      without.map(({ id }) => id),
      [],
    )
  })

  it('lets no row wait for a feature whose attack has a test', () => {
    assert.deepEqual(
      rows.filter(({ id, until }) => until !== undefined && covered.has(id)),
      [],
    )
  })

  it('is that of the tests: `npm run generate` writes it', () => {
    assert.equal(existsSync(tableFile) && readFileSync(tableFile, 'utf8'), attackTable())
  })

  it('reads titles of calls only, with what templates fill in as an ellipsis', () => {
    const source = [
      "test('a thing is refused [one-row] [other]', async () => {})",
      'for (const way of ways) it(`${way}: ${way === "{" ? `}` : 1} [one-row]`, () => {})',
      '  it(`${JSON.stringify({ a: 1 })} holds [one-row]`, () => {})',
      "// test('not this [one-row]', () => {})",
      "it.skip('nor this [one-row]', () => {})",
      "it('nor [one-row] this', () => {})",
    ].join('\n')

    assert.deepEqual(testsIn('x.test.ts', source), [
      { file: 'x.test.ts', title: 'a thing is refused', rowIds: ['one-row', 'other'] },
      { file: 'x.test.ts', title: '… holds', rowIds: ['one-row'] },
    ])
  })
})
