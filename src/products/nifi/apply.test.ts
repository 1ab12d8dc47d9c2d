/** The script that fills secrets into NiFi's files, run by the shell of this machine. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readProperties, readXml } from '../../../test/support/read-formats.ts'
import { applyFile } from './apply.ts'

const secret = ` p'a"s\\s &<>$(id)\`%${'x'.repeat(100)}`

interface Folders {
  rendered: string
  conf: string
}

function folders(t: TestContext, files: Readonly<Record<string, string>>): Folders {
  const root = mkdtempSync(join(tmpdir(), 'gatehouse nifi-'))
  t.after(() => rmSync(root, { recursive: true }))
  const found = { rendered: join(root, 'rendered'), conf: join(root, 'conf') }
  mkdirSync(found.rendered)
  mkdirSync(found.conf)
  writeFileSync(join(found.rendered, applyFile.path), applyFile.content)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(found.rendered, name), content)
  return found
}

function apply({ rendered, conf }: Folders, env: Record<string, string>) {
  return spawnSync('sh', [join(rendered, 'apply.sh'), conf], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  })
}

const rendered = {
  'nifi.properties': [
    '# Sign-in.',
    'nifi.security.user.oidc.client.id=a\\\\b',
    'nifi.security.user.oidc.client.secret=${env:NIFI_CLIENT_SECRET}',
    '',
  ].join('\n'),
  'authorizers.xml':
    '<?xml version="1.0" encoding="UTF-8"?>\n<authorizers><property name="x">${env:NIFI_CLIENT_SECRET} &amp;</property></authorizers>\n',
}
const own =
  'nifi.web.https.port=8443\nnifi.security.user.oidc.client.secret=old\n# mine\nnifi.security.user.oidc.client.id = old\n'

test('secrets arrive as they are, in properties and in XML, and what is not rendered stays', (t) => {
  const found = folders(t, rendered)
  writeFileSync(join(found.conf, 'nifi.properties'), own)

  const { status, stderr } = apply(found, { NIFI_CLIENT_SECRET: secret })

  assert.equal(status, 0, stderr)
  const text = readFileSync(join(found.conf, 'nifi.properties'), 'utf8')
  assert.deepEqual(readProperties(text), [
    ['nifi.web.https.port', '8443'],
    ['nifi.security.user.oidc.client.id', 'a\\b'],
    ['nifi.security.user.oidc.client.secret', secret],
  ])
  assert.match(text, /^# mine$/m)
  const [property] = readXml(readFileSync(join(found.conf, 'authorizers.xml'), 'utf8')).children
  assert.equal(property?.text, `${secret} &`)
})

test('the files are for their owner alone', (t) => {
  const found = folders(t, rendered)
  writeFileSync(join(found.conf, 'nifi.properties'), own, { mode: 0o644 })

  apply(found, { NIFI_CLIENT_SECRET: 'x' })

  for (const name of ['nifi.properties', 'authorizers.xml']) {
    assert.equal(statSync(join(found.conf, name)).mode & 0o777, 0o600, name)
  }
})

test('without the folder it says how it is called', (t) => {
  const { rendered: folder } = folders(t, rendered)

  const { status, stderr } = spawnSync('sh', [join(folder, 'apply.sh')], { encoding: 'utf8' })

  assert.equal(status, 2)
  assert.equal(stderr, 'usage: sh apply.sh CONF (the conf folder of NiFi)\n')
})

test('a second time changes nothing more', (t) => {
  const found = folders(t, rendered)
  writeFileSync(join(found.conf, 'nifi.properties'), own)
  apply(found, { NIFI_CLIENT_SECRET: secret })
  const once = readFileSync(join(found.conf, 'nifi.properties'), 'utf8')

  apply(found, { NIFI_CLIENT_SECRET: secret })

  assert.equal(readFileSync(join(found.conf, 'nifi.properties'), 'utf8'), once)
})

test('a variable that is missing, or that no file could hold, is named and nothing is written', (t) => {
  const found = folders(t, rendered)
  writeFileSync(join(found.conf, 'nifi.properties'), own)

  const missing = apply(found, {})
  const lines = apply(found, { NIFI_CLIENT_SECRET: 'a\nb' })

  assert.equal(missing.status, 1)
  assert.match(missing.stderr, /the variable NIFI_CLIENT_SECRET is not set/)
  assert.equal(lines.status, 1)
  assert.match(lines.stderr, /NIFI_CLIENT_SECRET contains characters other than/)
  assert.equal(readFileSync(join(found.conf, 'nifi.properties'), 'utf8'), own)
})
