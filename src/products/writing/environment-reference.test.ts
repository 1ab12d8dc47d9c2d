import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { writeJson, writeYaml } from '../../formats.ts'
import { environmentReference, type FillOptions, fillScript } from './environment-reference.ts'

const about = 'Fills in.'

/** Runs the script of a file beside it, as a person does. */
function run(file: string, content: string, options: FillOptions, env: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'fill-'))
  try {
    const script = fillScript(file, options)
    writeFileSync(join(folder, file), content)
    writeFileSync(join(folder, script.path), script.content)
    const PATH = process.env['PATH'] ?? ''
    return spawnSync('sh', [script.path], { cwd: folder, env: { PATH, ...env }, encoding: 'utf8' })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('any text of the environment arrives as it is', () => {
  const file = writeJson([
    { a: environmentReference('ONE'), list: [environmentReference('TWO')], b: 'x $ONE "$ONE" y' },
  ])
  const env = { ONE: 'a"b\\c\'d\te$f ü 😀', TWO: '-----BEGIN-----\nline\n-----END-----\n' }

  const { status, stdout } = run('it.json', file, { about }, env)

  assert.equal(status, 0)
  assert.deepEqual(JSON.parse(stdout), [{ a: env.ONE, list: [env.TWO], b: 'x $ONE "$ONE" y' }])
})

test('YAML takes the same texts, only where they are wanted', () => {
  const file = writeYaml({ certificateAuthority: environmentReference('CA'), claim: environmentReference('HOME') })

  const { stdout } = run('it.yaml', file, { about, after: 'certificateAuthority: ' }, { CA: 'a\nb\n', HOME: '/x' })

  assert.deepEqual(parse(stdout), { certificateAuthority: 'a\nb\n', claim: '$HOME' })
})

test('a variable that is missing prints nothing and fails', () => {
  const { status, stdout, stderr } = run('it.json', writeJson([environmentReference('NOT_THERE')]), { about }, {})

  assert.equal(status, 1)
  assert.equal(stdout, '')
  assert.equal(stderr, 'NOT_THERE is not set\n')
})

test('a text that the reader would take for something else prints nothing and fails', () => {
  const refuse = { pattern: '[$]|[{][{]', reason: 'holds what is replaced' }
  for (const SECRET of ['a$b', 'a{{b']) {
    const { status, stdout, stderr } = run(
      'it.json',
      writeJson([environmentReference('SECRET')]),
      { about, refuse },
      { SECRET },
    )

    assert.equal(status, 1)
    assert.equal(stdout, '')
    assert.equal(stderr, 'SECRET holds what is replaced\n')
  }
})
