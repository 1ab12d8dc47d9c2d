import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { oneLine, pyValue, text } from '../test/support/hostile-text.ts'
import { readCodeSpans, readEnv, readProperties, readPython } from '../test/support/read-formats.ts'
import {
  airliftVariable,
  comment,
  envEntry,
  mdCode,
  mdText,
  property,
  pyAssign,
  pyEnvironment,
  pyImport,
  pyLiteral,
  pyName,
  UnwritableValue,
  writeEnv,
  writeProperties,
  writePython,
} from './formats.ts'

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
