import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type InProcessRun, runInProcess } from '../../test/support/run-in-process.ts'
import type { DevIdpDescription } from '../dev-idp/index.ts'

/** `gatehouse dev-idp`, which is stopped as soon as it is ready. */
function devIdp(...args: string[]): Promise<InProcessRun> {
  return runInProcess(['dev-idp', ...args], { stopped: () => Promise.resolve() })
}

test('options of a look-alike are in what it prints: somebody in many groups, and the word for many tenants', async () => {
  const { stdout, status } = await devIdp('--like', 'entra', '--many-groups', '250', '--tenant', 'common')
  const { users, authenticationClass } = JSON.parse(stdout) as DevIdpDescription

  assert.equal(status, 0)
  assert.deepEqual(
    users.map(({ username, groups }) => [username, groups.length]),
    [
      ['alice', 2],
      ['bob', 1],
      ['carol', 250],
      ['ada', 1],
    ],
  )
  assert.equal(authenticationClass.oidc['rootPath'], '/common/v2.0')
})

test('what cannot be is refused with a word about what can', async () => {
  for (const [args, said] of [
    [['--like', 'google', '--tenant', 'common'], /Google has no such word for tenants/],
    [
      ['--like', 'dex', '--client-auth', 'private_key_jwt'],
      /--client-jwks; problem: is missing: private_key_jwt needs keys/,
    ],
    [['--like', 'keycloak', '--many-groups', 'many'], /--many-groups must be a number from 0 to 10000/],
    [['--like', 'keycloak', '--break', 'everything'], /everything is not a known fault; known: issuer/],
    [['--like', 'nobody'], /nobody is unknown; known: keycloak, okta/],
  ] as const) {
    const { status, stderr, stdout } = await devIdp(...args)

    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, said)
  }
})

test('keys of a client are public ones, and nothing of a private one is shown', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dev-idp-keys-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const withKey = async (key: typeof publicKey) => {
    const file = join(folder, 'jwks.json')
    writeFileSync(file, JSON.stringify({ keys: [key.export({ format: 'jwk' })] }))
    return devIdp('--like', 'okta', '--client-auth', 'private_key_jwt', '--client-jwks', file)
  }

  const good = await withKey(publicKey)
  const bad = await withKey(privateKey)

  assert.equal(good.status, 0, good.stderr)
  assert.equal(bad.status, 2)
  assert.match(bad.stderr, /JSON Web Key Set of public keys/)
  assert.ok(!bad.stderr.includes(String(privateKey.export({ format: 'jwk' }).d)))
})
