/** What Gatehouse writes is read back by the readers that products use: python3, java.util.Properties, sh; diffs by patch. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { unifiedDiff } from '../../src/cli/unified-diff.ts'
import { envEntry, type PyValue, property, pyLiteral, writeEnv, writeProperties } from '../../src/formats.ts'
import { nasty, oneLine, pyValue, text } from '../support/hostile-text.ts'

const names = { before: 'a', after: 'b' }

function run(command: string, args: string[], input: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  assert.equal(status, 0, `${command} is needed here: ${error?.message ?? stderr}`)
  return stdout
}

test('python3 reads the same values', () => {
  const values = [...fc.sample(pyValue, 500), ...nasty].filter((value) => !hasLoneSurrogate(value))
  const script = 'import ast, json, sys\nprint(json.dumps([ast.literal_eval(s) for s in json.load(sys.stdin)]))'

  const answer: unknown = JSON.parse(
    run('python3', ['-c', script], JSON.stringify(values.map((value) => pyLiteral(value)))),
  )

  assert.deepEqual(answer, JSON.parse(JSON.stringify(values.map(plain))))
})

/** json.dumps writes them, but sys.stdin cannot read what Node's UTF-8 makes of them. */
function hasLoneSurrogate(value: PyValue): boolean {
  return !JSON.stringify(plain(value)).isWellFormed() || /\\ud[89a-f]/.test(JSON.stringify(plain(value)))
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  return value instanceof Map ? Object.fromEntries([...value].map(([key, item]) => [key, plain(item)])) : value
}

test('java.util.Properties reads the same values', () => {
  const values = [...fc.sample(text, 500), ...nasty]
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-properties-'))
  const program = join(folder, 'Read.java')
  writeFileSync(
    program,
    `class Read { public static void main(String[] a) throws Exception {
      var p = new java.util.Properties(); p.load(System.in);
      for (int i = 0; i < Integer.parseInt(a[0]); i++) {
        var line = new StringBuilder();
        for (char c : p.getProperty("k " + i).toCharArray()) line.append(String.format("%04x", (int) c));
        System.out.println(line); } } }`,
  )

  const file = writeProperties(values.map((value, index) => property(`k ${index}`, value)))
  const answer = run('java', [program, String(values.length)], file)
    .split('\n')
    .slice(0, values.length)
  rmSync(folder, { recursive: true })

  const units = (value: string) =>
    [...Array(value.length).keys()].map((at) => value.charCodeAt(at).toString(16).padStart(4, '0')).join('')
  assert.deepEqual(answer, values.map(units))
})

test('sh reads the same values', () => {
  const values = [
    ...fc.sample(oneLine, 300),
    ...nasty.filter((value) => value.isWellFormed() && !/[\0\n\r]/.test(value)),
  ]
  const file = writeEnv(values.map((value, index) => envEntry(`V${index}`, value)))
  const print = values.map((_, index) => `printf '%s\\0' "$V${index}"`).join('\n')

  assert.deepEqual(run('sh', [], `${file}${print}\n`).split('\0').slice(0, -1), values)
})

test('patch turns the old text into the new one with it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-diff-'))
  const file = join(folder, 'file')
  const lines = fc
    .array(fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n', '\n'), { minLength: 1, maxLength: 30 })
    .map((found) => found.join(''))
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      writeFileSync(file, before)
      const input = unifiedDiff(before, after, names)
        .map((line) => `${line}\n`)
        .join('')
      if (input !== '') assert.equal(spawnSync('patch', ['--quiet', file], { input }).status, 0)
      assert.equal(readFileSync(file, 'utf8'), after)
    }),
  )
  rmSync(folder, { recursive: true })
})
