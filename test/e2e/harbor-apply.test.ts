/** The script that sends the configuration to Harbor, run by the shell of this machine, with a curl that writes down what it gets. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { ensureCommand } from './support/apt.ts'

const golden = join(import.meta.dirname, '../golden/harbor/keycloak')

before(() => ensureCommand('jq', ['jq']))

const curl = `#!/bin/sh
printf '%s\\n' "$@" > "$SEEN/arguments"
cat > "$SEEN/input"
for argument do
  case $argument in @*) cp -p "\${argument#@}" "$SEEN/body"; ls -l "\${argument#@}" > "$SEEN/mode" ;; esac
done
exit "\${CURL_STATUS:-0}"
`

function apply(t: TestContext, env: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), 'gatehouse harbor-'))
  t.after(() => rmSync(root, { recursive: true }))
  const [bin, rendered, seen, temporary] = ['bin', 'rendered', 'seen', 'temporary'].map((name) => join(root, name))
  assert.ok(bin && rendered && seen && temporary)
  for (const folder of [bin, seen, temporary]) mkdirSync(folder)
  cpSync(golden, rendered, { recursive: true })
  writeFileSync(join(bin, 'curl'), curl, { mode: 0o755 })
  const { status, stderr } = spawnSync('sh', ['apply.sh'], {
    cwd: rendered,
    encoding: 'utf8',
    env: { PATH: `${bin}:${process.env['PATH']}`, SEEN: seen, TMPDIR: temporary, ...env },
  })
  const read = (name: string) => readFileSync(join(seen, name), 'utf8')
  return { status, stderr, read, seen: readdirSync(seen), left: readdirSync(temporary) }
}

const password = `p"a\\s's: $(id) \`%ü😀`
const secret = `s"e\\c'r $HOME`

test('passwords reach curl by its standard input and by a file for its owner alone, and no argument', (t) => {
  const { status, stderr, read, left } = apply(t, { HARBOR_ADMIN_PASSWORD: password, HARBOR_KEYCLOAK_SECRET: secret })

  assert.equal(status, 0, stderr)
  const escaped = password.replace(/["\\]/g, '\\$&')
  assert.equal(read('input'), `user = "admin:${escaped}"\n`)
  assert.deepEqual(JSON.parse(read('body')), {
    ...JSON.parse(readFileSync(join(golden, 'configuration.json'), 'utf8')),
    oidc_client_secret: secret,
  })
  assert.match(read('mode'), /^-rw-------/)
  assert.match(read('arguments'), /^--config\n-\n/)
  assert.match(read('arguments'), /\n--\nhttps:\/\/harbor\.example\.com\/api\/v2\.0\/configurations\n$/)
  for (const text of [password, escaped, secret]) assert.ok(!read('arguments').includes(text))
  assert.deepEqual(left, [], 'the file with the secrets is taken away')
})

test('an answer that is an error ends the script with one, and leaves no file', (t) => {
  const { status, left } = apply(t, { HARBOR_ADMIN_PASSWORD: 'x', HARBOR_KEYCLOAK_SECRET: 'y', CURL_STATUS: '22' })

  assert.equal(status, 22)
  assert.deepEqual(left, [])
})

test('a password that no request could hold, or none, sends nothing', (t) => {
  const lines = apply(t, { HARBOR_ADMIN_PASSWORD: 'a\nurl = "https://example.org"', HARBOR_KEYCLOAK_SECRET: 'y' })
  const missing = apply(t, { HARBOR_KEYCLOAK_SECRET: 'y' })

  assert.notEqual(lines.status, 0)
  assert.match(lines.stderr, /HARBOR_ADMIN_PASSWORD contains control characters/)
  assert.deepEqual(lines.seen, [])
  assert.notEqual(missing.status, 0)
  assert.deepEqual(missing.seen, [])
})
