import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { readCodeSpans, readEnv, readProperties, readPython } from '../test/support/read-formats.ts'
import {
  airliftVariable,
  comment,
  envEntry,
  mdCode,
  mdText,
  type PyValue,
  property,
  pyAssign,
  pyDict,
  pyEnvironment,
  pyImport,
  pyLiteral,
  pyName,
  UnwritableValue,
  writeEnv,
  writeProperties,
  writePython,
} from './formats.ts'

/** Texts that have broken a writer somewhere. */
const nasty = [
  '', ' ', ' a ', '"', "'", '\\', '\\\\', '\\n', '\n', '\r\n', '\t', '\f', '\v', '\0', '#', '!', '=', ':', 'a=b', '${ENV:HOME}', '$(id)', '`id`',
  '%s', '%', '\\u0041', '"""', "'''", '\u0085', '\u2028', '\u2029', '\u202e', '\ufeff', '\ud800', '\udc00x', 'é', '漢字', '😀', '{{ x }}', '<b>&amp;', '\x7f', '__proto__', '\\',
] // biome-ignore format: a table of texts
const text = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...nasty)).map((parts) => parts.join('')),
)
const oneLine = text.filter((value) => value.isWellFormed()).map((value) => value.replace(/[\0\n\r]/g, ''))

test('a properties file is read back with the same keys and values, whatever they are', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text)), (entries) => {
      const file = writeProperties(entries.map(([key, value]) => property(key === '' ? 'k' : key, value)))

      assert.deepEqual(
        readProperties(file),
        entries.map(([key, value]) => [key === '' ? 'k' : key, value]),
      )
      assert.match(file, /^[ -~\n]*$/, 'ASCII only: Java reads it as ISO 8859-1')
    }),
  )
})

test('a variable of Trino stands in the file as Trino expands it', () => {
  assert.equal(writeProperties([property('a', airliftVariable('X_1'))]), 'a=${ENV:X_1}\n')
  assert.throws(() => airliftVariable('X}\nb=c'), UnwritableValue)
})

test('an ordinary property is written without escapes', () => {
  const file = writeProperties([property('oauth2.issuer', 'https://sso.example.com/realms/a=b#c')])

  assert.equal(file, 'oauth2.issuer=https://sso.example.com/realms/a=b#c\n')
})

test('a comment never becomes a key, a statement or a variable', () => {
  fc.assert(
    fc.property(text, (value) => {
      assert.deepEqual(readProperties(writeProperties([comment(value)])), [])
      assert.deepEqual(readEnv(writeEnv([comment(value)])), [])
      assert.deepEqual(readPython(writePython([comment(value)])).values, new Map())
    }),
  )
})

const pyValue: fc.Arbitrary<PyValue> = fc.letrec<{ value: PyValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.array(fc.tuple(text, tie('value'))).map(pyDict),
  ),
})).value

test('a Python value is read back equal, whatever is in it', () => {
  fc.assert(
    fc.property(pyValue, (value) => {
      const module = readPython(writePython([pyAssign('X', value)]))

      assert.deepEqual(module.values, new Map([['X', value]]))
    }),
  )
})

test('a Python module has its imports, names and variables', () => {
  const module = readPython(
    writePython([
      pyImport('os'),
      pyImport('AUTH_OAUTH', 'flask_appbuilder.security.manager'),
      pyAssign('AUTH_TYPE', pyName('AUTH_OAUTH')),
      pyAssign('SECRET_KEY', pyEnvironment('X"]; import evil')),
    ]),
  )

  assert.deepEqual(module.imports, ['import os', 'from flask_appbuilder.security.manager import AUTH_OAUTH'])
  assert.deepEqual(module.values.get('AUTH_TYPE'), { name: 'AUTH_OAUTH' })
  assert.deepEqual(module.values.get('SECRET_KEY'), { environ: 'X"]; import evil' })
})

test('what is no Python name cannot become code', () => {
  assert.throws(() => pyName('x; import os'), UnwritableValue)
  assert.throws(() => writePython([pyAssign('a b', 1)]), UnwritableValue)
  assert.throws(() => pyLiteral(1.5), UnwritableValue)
})

test('letters of other scripts stay readable in Python, and what hides or reorders text does not stay', () => {
  assert.equal(pyLiteral('Ärzte 漢字'), '"Ärzte 漢字"')
  assert.equal(pyLiteral('a\u202eb\u2028😀'), '"a\\u202eb\\u2028\\U0001f600"')
})

test('an environment file is read back by shell rules with the same values', () => {
  fc.assert(
    fc.property(fc.array(oneLine), (values) => {
      const file = writeEnv(values.map((value, index) => envEntry(`V${index}`, value)))

      assert.deepEqual(
        readEnv(file),
        values.map((value, index) => [`V${index}`, value]),
      )
    }),
  )
})

test('an environment file refuses a name or a value that would reach another line', () => {
  assert.throws(() => writeEnv([envEntry('A', 'x\nB=y')]), UnwritableValue)
  assert.throws(() => writeEnv([envEntry('A=1\nB', 'y')]), UnwritableValue)
})

test('a code span of Markdown shows exactly its text', () => {
  fc.assert(
    fc.property(oneLine, (value) => {
      const shown = value === '' ? ' ' : value.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
      fc.pre(shown.trim() !== '')

      assert.deepEqual(readCodeSpans(mdCode(value)), [shown])
    }),
  )
})

test('text in Markdown cannot become markup', () => {
  assert.equal(mdText('<img src=x> [a](b) *c*\n# d'), '\\<img src=x\\> \\[a\\]\\(b\\) \\*c\\* \\# d')
})

/** The real readers: only in the end-to-end run, because `npm test` needs nothing but npm. */
const real = { skip: process.env['GATEHOUSE_E2E'] ? false : 'set GATEHOUSE_E2E=1 to ask python3, java and sh' }

function run(command: string, args: string[], input: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  assert.equal(status, 0, `${command} is needed here: ${error?.message ?? stderr}`)
  return stdout
}

test('python3 reads the same values', real, () => {
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

test('java.util.Properties reads the same values', real, () => {
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

test('sh reads the same values', real, () => {
  const values = [
    ...fc.sample(oneLine, 300),
    ...nasty.filter((value) => value.isWellFormed() && !/[\0\n\r]/.test(value)),
  ]
  const file = writeEnv(values.map((value, index) => envEntry(`V${index}`, value)))
  const print = values.map((_, index) => `printf '%s\\0' "$V${index}"`).join('\n')

  assert.deepEqual(run('sh', [], `${file}${print}\n`).split('\0').slice(0, -1), values)
})
