import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostile, oneLine, pyValue } from '../test/support/hostile-text.ts'
import { fc, runs } from '../test/support/properties.ts'
import {
  expandGrafana,
  expandSmallRye,
  type HclRead,
  type PyRead,
  readCodeSpans,
  readEnv,
  readHcl,
  readIni,
  readJson,
  readProperties,
  readPython,
  readShell,
  readToml,
  readXml,
  readYaml,
  splitSmallRye,
  type TomlRead,
} from '../test/support/read-formats.ts'
import {
  airliftVariable,
  comment,
  type Data,
  envEntry,
  envVariable,
  hclAttribute,
  hclBlock,
  hclReference,
  iniKey,
  iniSection,
  isHclText,
  isIniText,
  javaExactly,
  javaReplacement,
  javaText,
  mdCode,
  mdText,
  property,
  propertyJson,
  pyAssign,
  pyCode,
  pyDict,
  pyEnvironment,
  pyFrom,
  pyImport,
  pyLiteral,
  pyName,
  pySet,
  shellCommand,
  shellVariable,
  shellWord,
  smallRyeList,
  smallRyeText,
  smallRyeVariable,
  tomlKey,
  tomlTable,
  tomlTables,
  UnwritableValue,
  writeEnv,
  writeHcl,
  writeIni,
  writeJson,
  writeProperties,
  writePython,
  writeShell,
  writeToml,
  writeXml,
  writeYaml,
  writeYamlDocuments,
  xmlElement,
  yamlComment,
} from './formats.ts'
import { druidProperty, isDruidText } from './products/druid/expanded-properties.ts'
import { grafanaVariable } from './products/grafana/variable.ts'

const often = { numRuns: runs(250) }

test('a properties file is read back with the same keys and values, whatever they are', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hostile, hostile)), (entries) => {
      const file = writeProperties(entries.map(([key, value]) => property(key === '' ? 'k' : key, value)))

      assert.deepEqual(
        readProperties(file),
        entries.map(([key, value]) => [key === '' ? 'k' : key, value]),
      )
      assert.match(file, /^[ -~\n]*$/, 'ASCII only: Java reads it as ISO 8859-1')
    }),
    often,
  )
})

test('a variable of Trino stands in the file as Trino expands it', () => {
  assert.equal(writeProperties([property('a', airliftVariable('X_1'))]), 'a=${ENV:X_1}\n')
  assert.throws(() => airliftVariable('X}\nb=c'), UnwritableValue)
})

test('SmallRye Config reads texts and lists back, whatever they are', () => {
  const none = new Map<string, string>()
  fc.assert(
    fc.property(hostile, fc.array(hostile.filter((item) => item !== '')), (text, list) => {
      const file = writeProperties([property('text', smallRyeText(text)), property('list', smallRyeList(list))])

      const [[, readText = ''] = [], [, readList = ''] = []] = readProperties(file)
      assert.equal(expandSmallRye(readText, none), text)
      assert.deepEqual(splitSmallRye(expandSmallRye(readList, none)), list)
    }),
    often,
  )
})

test('a variable stands in a file for SmallRye Config as that expands it', () => {
  const file = writeProperties([property('a', smallRyeVariable('X_1'))])

  assert.equal(file, 'a=${X_1}\n')
  assert.equal(writeProperties([property('a', smallRyeVariable('X_1', 'none'))]), 'a=${X_1:none}\n')
  assert.throws(() => smallRyeVariable('X_1', 'a}b'), UnwritableValue)
  assert.throws(() => smallRyeVariable('X}\nb=c'), UnwritableValue)
  assert.throws(() => smallRyeList(['a', '']), UnwritableValue)
})

test('an expression of Java matches the text that it was made of, and no other', () => {
  assert.equal(javaExactly('a.*|b$1'), '\\Aa\\.\\*\\|b\\$1\\z')
  fc.assert(
    fc.property(
      hostile.filter((text) => text.isWellFormed()),
      (text) => {
        // JavaScript reads these escapes as Java does.
        assert.equal(new RegExp(`^(?:${javaText(text)})$`, 'u').exec(text)?.[0], text)
        assert.equal(javaReplacement(text).replace(/\\(.)/gsu, '$1'), text)
      },
    ),
    often,
  )
})

test('an ordinary property is written without escapes', () => {
  const file = writeProperties([property('oauth2.issuer', 'https://sso.example.com/realms/a=b#c')])

  assert.equal(file, 'oauth2.issuer=https://sso.example.com/realms/a=b#c\n')
})

test('a comment never becomes a key, a statement or a variable', () => {
  fc.assert(
    fc.property(hostile, (value) => {
      assert.deepEqual(readProperties(writeProperties([comment(value)])), [])
      assert.deepEqual(readEnv(writeEnv([comment(value)])), [])
      assert.deepEqual(readPython(writePython([comment(value)])).values, new Map())
    }),
    often,
  )
})

test('a Python value is read back equal, whatever is in it', () => {
  fc.assert(
    fc.property(pyValue, (value) => {
      const module = readPython(writePython([pyAssign('X', value)]))

      assert.deepEqual(module.values, new Map([['X', value]]))
    }),
    often,
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
  assert.equal(pyLiteral('a"b\\\n'), '"a\\"b\\\\\\n"')
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
    often,
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
    often,
  )
})

test('text in Markdown cannot become markup', () => {
  assert.equal(mdText('<img src=x> [a](b) *c*\n# d'), '\\<img src=x\\> \\[a\\]\\(b\\) \\*c\\* \\# d')
})

// --- The files of products: whatever the texts are, they are refused or read back equal, in every position. ---

/** What was written, or undefined where the format has no form for it. Any other error fails the test. */
function written(write: () => string): string | undefined {
  try {
    return write()
  } catch (error) {
    if (error instanceof UnwritableValue) return undefined
    throw error
  }
}

/** Reads back what was written; answers whether anything was. */
function readBack<T>(write: () => string, read: (file: string) => T, expected: T): boolean {
  const file = written(write)
  if (file !== undefined) assert.deepEqual(read(file), expected)
  return file !== undefined
}

const number = fc
  .oneof(fc.maxSafeInteger(), fc.integer(), fc.double({ noNaN: true }), fc.constant(0.5))
  .map((n) => n + 0)
const leaf = fc.oneof({ weight: 5, arbitrary: hostile }, fc.boolean(), fc.constant(null), number)
const data = fc.letrec<{ data: Data }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie('data'), { maxLength: 4 }),
    fc.array(fc.tuple(hostile, tie('data')), { maxLength: 4 }).map((entries) => new Map(entries)),
  ),
})).data
const items = fc.array(fc.oneof(hostile, fc.boolean(), fc.maxSafeInteger()), { maxLength: 4 })

test('a format has no form for a lone surrogate, save Python and Java, whose texts can hold one', () => {
  const lone = '\ud800'

  assert.throws(() => writeJson(lone), UnwritableValue)
  assert.throws(() => writeYaml({ [lone]: 1 }), UnwritableValue)
  assert.throws(() => writeXml(xmlElement('a', { b: lone })), UnwritableValue)
  assert.throws(() => writeToml([tomlKey('a', [lone])]), UnwritableValue)
  assert.throws(() => writeIni([iniKey('a', lone)]), UnwritableValue)
  assert.throws(() => writeHcl([hclAttribute('a', lone)]), UnwritableValue)
  assert.throws(() => shellWord(lone), UnwritableValue)
  assert.equal(pyLiteral(lone), '"\\ud800"')
})

test('well-formed texts are written as JSON, YAML, TOML and Python without exception', () => {
  fc.assert(
    fc.property(
      hostile.filter((value) => value.isWellFormed()),
      (value) => {
        assert.ok(readBack(() => writeJson([value]), readJson, [value]))
        assert.ok(readBack(() => writeYaml([value]), readYaml, [[value]]))
        assert.ok(readBack(() => writeToml([tomlKey('a', value)]), readToml, new Map([['a', value]])))
        assert.ok(
          readBack(
            () => writePython([pyAssign('a', value)]),
            (file) => readPython(file).values.get('a'),
            value,
          ),
        )
      },
    ),
    often,
  )
})

test('JSON is read back equal', () => {
  fc.assert(
    fc.property(data, (value) => {
      readBack(() => writeJson(value), readJson, value)
    }),
    often,
  )
})

test('a JSON file is indented, ends with a newline and shows what would hide', () => {
  assert.equal(
    writeJson({ a: [1, { b: 'Ä\u2028\u202e😀' }], c: {}, d: [] }),
    '{\n  "a": [\n    1,\n    {\n      "b": "Ä\\u2028\\u202e\\ud83d\\ude00"\n    }\n  ],\n  "c": {},\n  "d": []\n}\n',
  )
  assert.throws(() => writeJson(Number.NaN), UnwritableValue)
})

test('YAML is read back equal by readers of 1.1 and of 1.2, and its comments never become content', () => {
  fc.assert(
    fc.property(
      data,
      hostile,
      fc.array(fc.tuple(hostile, hostile, data), { maxLength: 3 }),
      (value, above, entries) => {
        const commented = new Map(
          entries.map(([key, text, item]) => [key, yamlComment(text, [yamlComment(text, item)])]),
        )
        const bare = new Map(entries.map(([key, , item]) => [key, [item]]))

        readBack(() => writeYaml(value, { comment: above }), readYaml, [value])
        readBack(() => writeYamlDocuments([{ value: commented, comment: above }, { value }]), readYaml, [bare, value])
      },
    ),
    often,
  )
})

test('what YAML 1.1 takes for a boolean, a number, a date or a merge is quoted; ordinary texts are not', () => {
  for (const text of 'yes No on OFF y N true null ~ 1e3 0o7 0777 1_000 12:30:45 2024-01-01 = << .inf 0x1f -1 +1 1. .5'.split(
    ' ',
  ))
    assert.equal(writeYaml({ a: text }), `a: "${text}"\n`)
  for (const text of ['https://sso.example.com/realms/a', 'openid email', 'system:admin', 'a-b_c.d', '/etc/x@y'])
    assert.equal(writeYaml({ a: text }), `a: ${text}\n`)
  assert.equal(writeYaml({ a: 'x\n\ny: #1\n' }), 'a: |\n  x\n\n  y: #1\n')
  // Readers of YAML 1.1 ask for an indent that the root does not have.
  assert.equal(writeYaml('x\ny\n'), '"x\\ny\\n"\n')
})

test('a YAML value that stands twice is written twice, and long texts are not folded', () => {
  const shared = { a: `${'word '.repeat(100)}end` }

  const file = writeYaml([shared, shared])

  assert.equal(file, `- a: ${shared.a}\n- a: ${shared.a}\n`)
})

test('data cannot pose as a comment, a reference or code', () => {
  const posing = { text: 'x', value: 1, kind: 'name', path: 'var.x', name: 'os' }

  assert.deepEqual(readYaml(writeYaml(posing)), [new Map(Object.entries(posing))])
  assert.deepEqual(readHcl(writeHcl([hclAttribute('a', posing)])).attributes.get('a'), new Map(Object.entries(posing)))
})

test('XML is read back equal, and its comments never become content', () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, (attribute, content, note) => {
      const child = xmlElement('property', { name: attribute }, content)
      const root = xmlElement('provider', {}, [comment(note), child, xmlElement('empty'), comment(note)])
      const read = (file: string) => readXml(file).children

      readBack(() => writeXml(root, [comment(note)]), read, [
        { name: 'property', attributes: new Map([['name', attribute]]), text: content, children: [] },
        { name: 'empty', attributes: new Map(), text: '', children: [] },
      ])
    }),
    often,
  )
})

test('XML takes every text of its characters, and only names for names', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const isXml = text.isWellFormed() && !/(?![\t\n\r\x7f-\x9f])\p{Cc}|[\ufffe\uffff]/u.test(text)
      assert.equal(written(() => writeXml(xmlElement('a', {}, text))) !== undefined, isXml)
      if (!/^[a-z]+$/i.test(text))
        readBack(
          () => writeXml(xmlElement(text)),
          (file) => readXml(file).name,
          text,
        )
    }),
    often,
  )
  assert.throws(() => writeXml(xmlElement('a><b')), UnwritableValue)
  assert.throws(() => writeXml(xmlElement('a', { 'b="" c': '' })), UnwritableValue)
})

test('NiFi finds its properties in an indented file', () => {
  const file = writeXml(
    xmlElement('provider', {}, [comment('a -- b'), xmlElement('property', { name: 'Url' }, 'ldap://x?a&b')]),
  )

  assert.equal(
    file,
    `<?xml version="1.0" encoding="UTF-8"?>
<provider>
  <!-- a - - b -->
  <property name="Url">ldap://x?a&amp;b</property>
</provider>
`,
  )
})

test('TOML is read back equal, before and after Grafana expanded it, and its comments never become content', () => {
  fc.assert(
    fc.property(hostile, hostile, items, fc.array(hostile), (key, note, values, texts) => {
      const body = [comment(note), tomlKey(key, texts), ...values.map((value, at) => tomlKey(`k${at}`, value))]
      const expected = new Map<string, TomlRead>([
        [key, texts],
        ...values.map((value, at) => [`k${at}`, value] as const),
      ])
      const write = () =>
        writeToml([...body, tomlTables(`${key}s`, [body, body]), tomlTable('t', [tomlTable(key, body)])])
      const whole = new Map<string, TomlRead>([
        ...expected,
        [`${key}s`, [expected, expected]],
        ['t', new Map([[key, expected]])],
      ])

      readBack(write, readToml, whole)
      readBack(write, (file) => readToml(expandGrafana(file, new Map())), whole)
    }),
    often,
  )
})

test('TOML refuses what would land in another table or twice in one', () => {
  assert.throws(() => writeToml([tomlTable('a', []), tomlKey('b', 1)]), UnwritableValue)
  assert.throws(() => writeToml([tomlKey('a', 1), tomlKey('a', 2)]), UnwritableValue)
  assert.throws(() => writeToml([tomlKey('a', 1.5)]), UnwritableValue)
})

test("a secret from Grafana's environment is one text in ldap.toml, whatever quotes it has", () => {
  const file = writeToml([tomlTables('servers', [[tomlKey('bind_password', grafanaVariable('LDAP_SECRET'))]])])

  assert.equal(file, "\n[[servers]]\nbind_password = '''$__env{LDAP_SECRET}'''\n")
  assert.deepEqual(
    readToml(expandGrafana(file, new Map([['LDAP_SECRET', 'a"b\\c\'d#']]))),
    new Map([['servers', [new Map([['bind_password', 'a"b\\c\'d#']])]]]),
  )
})

test('INI is read back equal after every expansion, and its comments never become content', () => {
  fc.assert(
    fc.property(hostile, items, fc.maxSafeInteger(), (note, values, last) => {
      const entries = values.map((value, at) => iniKey(`k${at}`, value))
      const keys = new Map(values.map((value, at) => [`k${at}`, String(value)]))
      // Keys by the names that hostile texts ask for.
      const bait = [iniKey('x', 'expanded'), comment(note)]
      const write = () => writeIni([...bait, iniSection('auth.x', [comment(note), ...entries, iniKey('last', last)])])

      readBack(
        write,
        readIni,
        new Map([
          ['DEFAULT', new Map([['x', 'expanded']])],
          ['auth.x', keys.set('last', String(last))],
        ]),
      )
    }),
    often,
  )
})

test('INI takes what isIniText says, which is every text without an expansion', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      assert.equal(
        isIniText(text),
        readBack(() => writeIni([iniKey('a', text)]), readIni, new Map([['DEFAULT', new Map([['a', text]])]])),
      )
      if (text.isWellFormed() && !/[$%\n]/.test(text)) assert.ok(isIniText(text))
    }),
    often,
  )
  for (const text of ['${HOME}', '$__env{A}', '$__file{/etc/passwd}', '$__vault{x}', 'a%(b)sc'])
    assert.ok(!isIniText(text))
  assert.throws(() => writeIni([iniKey('a', '$__file{/etc/passwd}')]), UnwritableValue)
})

test('INI refuses a name that would be another line, section or key', () => {
  for (const name of ['a\nb', 'a]', 'a=b', '', '-', '#a', '[x]', '"a"', '`a`', ' a']) {
    assert.throws(() => writeIni([iniKey(name, 'x')]), UnwritableValue)
    assert.throws(() => writeIni([iniSection(name, [])]), UnwritableValue)
  }
  assert.throws(() => writeIni([iniSection('a', []), iniKey('b', 1)]), UnwritableValue)
  assert.throws(() => writeIni([iniSection('a', [iniKey('b', 1), iniKey('b', 2)])]), UnwritableValue)
})

test('grafana.ini has plain values, quoted ones and the environment', () => {
  const file = writeIni([
    comment('Who signs in'),
    iniSection('auth.generic_oauth', [
      iniKey('enabled', true),
      iniKey('scopes', 'openid email'),
      iniKey('client_secret', grafanaVariable('SECRET')),
      iniKey('role_attribute_path', "contains(groups[*], 'a;b') && 'Admin'"),
    ]),
  ])

  assert.equal(
    file,
    `# Who signs in

[auth.generic_oauth]
enabled = true
scopes = openid email
client_secret = $__env{SECRET}
role_attribute_path = \`contains(groups[*], 'a;b') && 'Admin'\`
`,
  )
  assert.equal(
    readIni(file, new Map([['SECRET', 's;#']]))
      .get('auth.generic_oauth')
      ?.get('client_secret'),
    's;#',
  )
})

test('HCL is read back equal, and its comments never become content', () => {
  fc.assert(
    fc.property(data, hostile, hostile, (value, key, note) => {
      const body = [comment(note), hclAttribute('a', value), hclAttribute('b', new Map([[key, value]]))]
      const read = {
        attributes: new Map<string, HclRead>([
          ['a', value as HclRead],
          ['b', new Map([[key, value as HclRead]])],
        ]),
        blocks: [],
      }

      readBack(() => writeHcl([...body, hclBlock('resource', ['x', 'y'], body)]), readHcl, {
        ...read,
        blocks: [{ type: 'resource', labels: ['x', 'y'], body: read }],
      })
    }),
    often,
  )
})

test('HCL takes every text in form NFC', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      assert.equal(
        isHclText(text),
        readBack(
          () => writeHcl([hclAttribute('a', text)]),
          (file) => readHcl(file).attributes.get('a'),
          text,
        ),
      )
      readBack(
        () => writeHcl([hclBlock(text, [text], [hclAttribute(text, 1)])]),
        (file) => readHcl(file).blocks[0]?.type,
        text,
      )
    }),
    often,
  )
  assert.ok(!isHclText('e\u0301'))
})

test('HCL has references where they are meant, and templates nowhere', () => {
  const file = writeHcl([
    hclBlock(
      'resource',
      ['keycloak_realm', 'main'],
      [
        hclAttribute('realm', hclReference('var.realm')),
        hclAttribute('names', ['${a}', '%{b}', '$${c}', hclReference('local.names[0]')]),
      ],
    ),
  ])

  assert.equal(
    file,
    `resource "keycloak_realm" "main" {
  realm = var.realm
  names = [
    "$\${a}",
    "%%{b}",
    "\\u0024$\${c}",
    local.names[0],
  ]
}
`,
  )
  for (const path of ['var', 'true', 'var.x}', 'file("/etc/passwd")', 'var.x\ny = 1', 'var.*'])
    assert.throws(() => hclReference(path), UnwritableValue)
})

test('a shell reads the same words, and its comments never become commands', () => {
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 1, maxLength: 4 }), hostile, (words, note) => {
      const joined = [words[0] ?? '', shellVariable('SECRET'), words[0] ?? '']
      const write = () =>
        writeShell([
          comment(note),
          shellCommand(...words),
          comment(note),
          shellCommand('run', joined),
          shellCommand(joined),
        ])
      const value = `${words[0]}s e$c*${words[0]}`

      readBack(write, (file) => readShell(file, new Map([['SECRET', 's e$c*']])), [
        ['set', '-eu'],
        words,
        ['run', value],
        [value],
      ])
    }),
    often,
  )
})

test('a shell script is readable, and stops at the first failure', () => {
  const file = writeShell([
    comment('The client'),
    shellCommand('kcadm.sh', 'create', '-s', 'clientId=a', '-s', ['secret=', shellVariable('SECRET')], "it's"),
    shellCommand('if', 'x'),
  ])

  assert.equal(
    file,
    `#!/bin/sh
set -eu
# The client
kcadm.sh create -s clientId=a -s secret="\${SECRET}" 'it'\\''s'
'if' x
`,
  )
  assert.throws(() => shellVariable('A}; id; : ${B'), UnwritableValue)
  assert.throws(() => shellWord('a\0b'), UnwritableValue)
})

test('Druid reads its properties as they are meant', () => {
  fc.assert(
    fc.property(hostile, data, (text, value) => {
      const file = written(() => writeProperties([druidProperty('a', text)]))
      assert.equal(file !== undefined, isDruidText(text))
      if (file !== undefined) assert.deepEqual(readProperties(file), [['a', text]])

      const json = written(() => writeProperties([druidProperty('a', propertyJson(value))]))
      const [[, read] = []] = readProperties(json ?? '')
      assert.ok(read === undefined || !read.includes('$'))
      if (read !== undefined) assert.deepEqual(readJson(read), value)
    }),
    often,
  )
  assert.equal(writeProperties([druidProperty('a', envVariable('X'))]), 'a=${env:X}\n')
  for (const text of ['${env:HOME}', '$${x}', '[1]', '{"a":1}']) assert.ok(!isDruidText(text))
})

test('a Python module imports several names, assigns attributes and has sets', () => {
  const file = writePython([
    pyImport('os'),
    pyFrom('oauthenticator.generic', 'GenericOAuthenticator', ['Thing', 'Other']),
    pyAssign('c.GenericOAuthenticator.admin_groups', pySet(['a', '"b'])),
    pyAssign('c.GenericOAuthenticator.nobody', pySet([])),
    pyAssign('x', [1, pyName('Other'), pyEnvironment('X'), pyDict([['a', [true]]])]),
  ])
  const module = readPython(file)

  assert.deepEqual(module.imports, [
    'import os',
    'from oauthenticator.generic import GenericOAuthenticator , Thing as Other',
  ])
  assert.deepEqual(module.values.get('c.GenericOAuthenticator.admin_groups'), new Set(['a', '"b']))
  assert.deepEqual(module.values.get('c.GenericOAuthenticator.nobody'), {
    call: 'set',
    values: [],
    keywords: new Map(),
  })
  assert.deepEqual(module.values.get('x'), [1, { name: 'Other' }, { environ: 'X' }, new Map([['a', [true]]])])
})

test('Python takes texts in lists, sets and comments as texts, and names for names only', () => {
  fc.assert(
    fc.property(hostile, hostile, (text, note) => {
      const module = readPython(writePython([comment(note), pyAssign('a.b', [text]), pyAssign('s', pySet([text]))]))

      assert.deepEqual(
        module.values,
        new Map<string, PyRead>([
          ['a.b', [text]],
          ['s', new Set([text])],
        ]),
      )
      readBack(
        () => writePython([pyAssign(text, 1)]),
        (file) => [...readPython(file).values.keys()],
        [text],
      )
    }),
    often,
  )
  for (const name of ['class', 'a.class', 'a..b', 'a.', 'a(b)']) assert.throws(() => pyAssign(name, 1), UnwritableValue)
})

test('a comment cannot declare the encoding of a Python file', () => {
  assert.equal(
    writePython([comment('-*- coding: utf-7 -*-'), comment('vim: fileencoding=utf-7')]),
    '# -*- coding : utf-7 -*-\n# vim: fileencoding =utf-7\n',
  )
})

test('Python code of this repository stands as it is', () => {
  const file = writePython([
    pyCode`
def f(x):
    return "\n" + x
`,
  ])

  assert.equal(file, 'def f(x):\n    return "\\n" + x\n')
})

test('a comment shows what would hide or reorder it', () => {
  assert.equal(writeEnv([comment('a\u202eb\ufeff\0\u2028c …😀\td')]), '# a\\u202eb\\ufeff\\u0000\n# c …😀\td\n')
})
