/** What Gatehouse writes is read back by the readers that products use, in Python, Java, Go and sh; diffs by patch, patterns by Go. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { unifiedDiff } from '../../src/cli/unified-diff.ts'
import {
  comment,
  type Data,
  envEntry,
  envVariable,
  hclAttribute,
  hclBlock,
  hclReference,
  iniKey,
  iniSection,
  type PyValue,
  property,
  propertyJson,
  pyAssign,
  pyCode,
  pyDict,
  pyFrom,
  pyLiteral,
  pySet,
  shellCommand,
  shellVariable,
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
  writeYamlDocuments,
  xmlElement,
  yamlComment,
} from '../../src/formats.ts'
import { druidProperty } from '../../src/products/druid/expanded-properties.ts'
import { isGoPattern } from '../../src/products/writing/go-pattern.ts'
import { hostile, nasty, oneLine, pyValue, text } from '../support/hostile-text.ts'
import { fc } from '../support/properties.ts'
import { readJson } from '../support/read-formats.ts'
import { ensureCommand } from './support/apt.ts'
import { cached, run as execute } from './support/cache.ts'
import { fetchArtifact } from './support/maven.ts'
import { pythonEnvironment } from './support/python.ts'

const names = { before: 'a', after: 'b' }

function run(command: string, args: string[], input: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  assert.equal(status, 0, `${command} is needed here: ${error?.message ?? stderr}`)
  return stdout
}

test('python3 reads the same values', () => {
  const values = [...fc.sample(pyValue, 500), ...nasty].filter((value) => !hasLoneSurrogate(value))
  const script = 'import ast, json, sys\nprint(json.dumps([ast.literal_eval(s) for s in json.load(sys.stdin)]))'

  const answer = readJson(run('python3', ['-c', script], JSON.stringify(values.map((value) => pyLiteral(value)))))

  assert.deepEqual(answer, values)
})

/** json.dumps writes them, but sys.stdin cannot read what Node's UTF-8 makes of them. */
function hasLoneSurrogate(value: PyValue): boolean {
  return /\\ud[89a-f]/.test(pyLiteral(value))
}

/** Objects as readJson answers them. */
function maps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maps)
  const entries =
    value instanceof Map ? [...value] : typeof value === 'object' && value !== null ? Object.entries(value) : undefined
  return entries === undefined ? value : new Map(entries.map(([key, item]) => [key, maps(item)]))
}

/** What a program that answers in JSON said, by reader. */
function answers(text: string): Map<string, unknown> {
  const read = readJson(text)
  assert.ok(read instanceof Map)
  return read
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

const count = 400

/** Files of one writer, each with what a reader has to find in it. What the format has no form for is left out. */
function samples<T>(arbitrary: fc.Arbitrary<T>, write: (value: T) => string): { file: string; value: T }[] {
  const found = fc.sample(arbitrary, count).flatMap((value) => {
    try {
      return { file: write(value), value }
    } catch (error) {
      if (error instanceof UnwritableValue) return []
      throw error
    }
  })
  assert.ok(found.length > count / 10, `only ${found.length} of ${count} could be written`)
  return found
}

const texts = fc.array(
  hostile.filter((value) => value.isWellFormed()),
  { maxLength: 4 },
)
const data = fc.letrec<{ data: Data }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 3 },
    { weight: 4, arbitrary: hostile.filter((value) => value.isWellFormed()) },
    fc.constantFrom(true, false, null, 0, -1, 0.5, 9007199254740991, -1.25),
    fc.array(tie('data'), { maxLength: 4 }),
    fc
      .array(
        fc.tuple(
          hostile.filter((value) => value.isWellFormed()),
          tie('data'),
        ),
        { maxLength: 4 },
      )
      .map((entries) => new Map(entries)),
  ),
})).data

const yamlFiles = samples(data, (value) =>
  writeYamlDocuments([
    { value, comment: 'coding: utf-7 \u202e' },
    { value: new Map([['k', yamlComment('%YAML 1.1\n--- x\u0085a: b', [yamlComment('c', value)])]]) },
  ]),
)
const xmlFiles = samples(fc.tuple(hostile, hostile, hostile), ([attribute, content, note]) =>
  writeXml(xmlElement('a', {}, [comment(note), xmlElement('b', { name: attribute }, content)]), [comment(note)]),
)
const tomlFiles = samples(fc.tuple(hostile, texts, hostile), ([key, values, note]) => {
  const body = [comment(note), tomlKey(key, values), ...values.map((value, at) => tomlKey(`k${at}`, value))]
  return writeToml([...body, tomlTables('list', [body, body]), tomlTable('table', [tomlTable(key, body)])])
})
const tomlValues = tomlFiles.map(({ value: [key, values] }) => {
  const body = Object.fromEntries([[key, values], ...values.map((value, at) => [`k${at}`, value])])
  return { ...body, list: [body, body], table: Object.fromEntries([[key, body]]) }
})
const jsonFiles = samples(data, writeJson)

test('PyYAML, ruamel.yaml, expat, tomllib and json of Python read the same values', async () => {
  const folder = await pythonEnvironment('formats-python-1', 'python3.11', ['pyyaml==6.0.2', 'ruamel.yaml==0.18.6'])
  const script = `
import io, json, sys, tomllib, yaml, xml.etree.ElementTree as tree
from ruamel.yaml import YAML
files = json.load(sys.stdin)
def element(e): return [e.tag, e.attrib, e.text or '', [element(c) for c in e]]
json.dump({
  'pyyaml': [list(yaml.safe_load_all(f.encode())) for f in files['yaml']],
  'ruamel': [list(YAML(typ='safe', pure=True).load_all(f)) for f in files['yaml']],
  'xml': [element(tree.fromstring(f.encode())) for f in files['xml']],
  'toml': [tomllib.load(io.BytesIO(f.encode())) for f in files['toml']],
  'json': [json.loads(f.encode()) for f in files['json']],
}, sys.stdout)`

  const answer = answers(
    run(
      join(folder, 'bin/python'),
      ['-X', 'utf8', '-c', script],
      JSON.stringify({
        yaml: yamlFiles.map(({ file }) => file),
        xml: xmlFiles.map(({ file }) => file),
        toml: tomlFiles.map(({ file }) => file),
        json: jsonFiles.map(({ file }) => file),
      }),
    ),
  )

  const yamlValues = yamlFiles.map(({ value }) => [value, new Map([['k', [value]]])])
  assert.deepEqual(answer.get('pyyaml'), yamlValues)
  assert.deepEqual(answer.get('ruamel'), yamlValues)
  // The root's own text is the indentation of its children.
  const withoutIndent = (found: unknown) => (Array.isArray(found) ? found.with(2, '') : found)
  assert.deepEqual(
    (answer.get('xml') as unknown[]).map(withoutIndent),
    maps(xmlFiles.map(({ value: [name, content] }) => ['a', {}, '', [['b', { name }, content, []]]])),
  )
  assert.deepEqual(answer.get('toml'), maps(tomlValues))
  assert.deepEqual(
    answer.get('json'),
    jsonFiles.map(({ value }) => value),
  )
})

test("Go's yaml.v2, yaml.v3, BurntSushi/toml, ini.v1 and HashiCorp's hcl read the same values", async () => {
  const iniFiles = samples(fc.tuple(texts, hostile), ([values, note]) => {
    const keys = values.map((value, at) => iniKey(`k${at}`, value))
    return writeIni([
      iniKey('x', 'bait'),
      comment(note),
      iniSection('auth.x', [comment(note), ...keys, iniKey('last', 1)]),
    ])
  })
  const hclFiles = samples(fc.tuple(data, hostile, hostile), ([value, key, note]) =>
    writeHcl([
      comment(note),
      hclAttribute('a', [value, hclReference('var.x')]),
      hclBlock('resource', ['b', 'c'], [comment(note), hclAttribute('d', new Map([[key, value]]))]),
    ]),
  )
  const files = { yaml: yamlFiles, toml: tomlFiles, ini: iniFiles, hcl: hclFiles }

  const answer = answers(
    run(
      join(await goReaders(), 'readers'),
      [],
      JSON.stringify(
        Object.fromEntries(Object.entries(files).map(([key, list]) => [key, list.map(({ file }) => file)])),
      ),
    ),
  )

  const yamlValues = yamlFiles.map(({ value }) => [value, new Map([['k', [value]]])])
  assert.deepEqual(answer.get('yaml2'), yamlValues)
  assert.deepEqual(answer.get('yaml3'), yamlValues)
  assert.deepEqual(answer.get('toml'), maps(tomlValues))
  assert.deepEqual(
    answer.get('ini'),
    maps(
      iniFiles.map(({ value: [values] }) => ({
        DEFAULT: { x: 'bait' },
        'auth.x': { ...Object.fromEntries(values.map((value, at) => [`k${at}`, value])), last: '1' },
      })),
    ),
  )
  assert.deepEqual(
    answer.get('hcl'),
    hclFiles.map(({ value: [value, key] }) => [[value, 'the value of x'], new Map([[key, value]])]),
  )
})

/** A program that reads files of each format by the libraries that Grafana, oauth2-proxy, Kubernetes and Terraform use. */
async function goReaders(): Promise<string> {
  const go = await ensureCommand('go', ['golang-go'])
  return cached('formats-go-1', async (folder) => {
    writeFileSync(join(folder, 'main.go'), goProgram)
    writeFileSync(join(folder, 'go.mod'), goModule)
    await execute(go, ['build', '-mod=mod', '-o', 'readers', '.'], { cwd: folder })
  })
}

const goModule = `module readers

go 1.18

require (
	github.com/BurntSushi/toml v1.4.0
	github.com/hashicorp/hcl/v2 v2.23.0
	github.com/zclconf/go-cty v1.13.0
	gopkg.in/ini.v1 v1.67.0
	gopkg.in/yaml.v2 v2.4.0
	gopkg.in/yaml.v3 v3.0.1
)
`

const goProgram = `package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"gopkg.in/ini.v1"
	yaml2 "gopkg.in/yaml.v2"
	yaml3 "gopkg.in/yaml.v3"
)

type decoder interface{ Decode(v interface{}) error }

func check(err error, file string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v in %q\\n", err, file)
		os.Exit(1)
	}
}

func documents(d decoder, file string) []interface{} {
	found := []interface{}{}
	for {
		var value interface{}
		err := d.Decode(&value)
		if err == io.EOF {
			return found
		}
		check(err, file)
		found = append(found, withTextKeys(value))
	}
}

// JSON has texts for keys only; yaml.v2 reads any.
func withTextKeys(value interface{}) interface{} {
	switch v := value.(type) {
	case map[interface{}]interface{}:
		m := map[string]interface{}{}
		for k, item := range v {
			m[k.(string)] = withTextKeys(item)
		}
		return m
	case map[string]interface{}:
		for k, item := range v {
			v[k] = withTextKeys(item)
		}
	case []interface{}:
		for i, item := range v {
			v[i] = withTextKeys(item)
		}
	}
	return value
}

var grafana = regexp.MustCompile("\\\\$(|__\\\\w+){([^}]+)}")

func readIni(file string) interface{} {
	f, err := ini.Load([]byte(file))
	check(err, file)
	all := map[string]map[string]string{}
	for _, section := range f.Sections() {
		all[section.Name()] = map[string]string{}
		for _, key := range section.Keys() {
			if grafana.MatchString(key.Value()) {
				check(fmt.Errorf("Grafana would expand"), file)
			}
			all[section.Name()][key.Name()] = key.String()
		}
	}
	return all
}

func readHcl(file string) interface{} {
	f, diagnostics := hclsyntax.ParseConfig([]byte(file), "x.tf", hcl.InitialPos)
	if diagnostics.HasErrors() {
		check(diagnostics, file)
	}
	context := &hcl.EvalContext{Variables: map[string]cty.Value{
		"var": cty.ObjectVal(map[string]cty.Value{"x": cty.StringVal("the value of x")}),
	}}
	body := f.Body.(*hclsyntax.Body)
	if len(body.Attributes) != 1 || len(body.Blocks) != 1 || len(body.Blocks[0].Body.Attributes) != 1 {
		check(fmt.Errorf("more or less than was written"), file)
	}
	found := []ctyjson.SimpleJSONValue{}
	for _, attribute := range []*hclsyntax.Attribute{body.Attributes["a"], body.Blocks[0].Body.Attributes["d"]} {
		value, diagnostics := attribute.Expr.Value(context)
		if diagnostics.HasErrors() {
			check(diagnostics, file)
		}
		found = append(found, ctyjson.SimpleJSONValue{Value: value})
	}
	return found
}

func main() {
	var files map[string][]string
	check(json.NewDecoder(os.Stdin).Decode(&files), "")
	answer := map[string][]interface{}{}
	add := func(reader string, value interface{}) { answer[reader] = append(answer[reader], value) }
	for _, file := range files["yaml"] {
		add("yaml2", documents(yaml2.NewDecoder(strings.NewReader(file)), file))
		add("yaml3", documents(yaml3.NewDecoder(bytes.NewReader([]byte(file))), file))
	}
	for _, file := range files["toml"] {
		var value map[string]interface{}
		_, err := toml.Decode(file, &value)
		check(err, file)
		add("toml", value)
	}
	for _, file := range files["ini"] {
		add("ini", readIni(file))
	}
	for _, file := range files["hcl"] {
		add("hcl", readHcl(file))
	}
	check(json.NewEncoder(os.Stdout).Encode(answer), "")
}
`

test('Go reads the regular expressions that we take, and no others', async () => {
  const go = await ensureCommand('go', ['golang-go'])
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pattern-'))
  const program = join(folder, 'main.go')
  writeFileSync(program, goPatterns)
  const patterns = fc
    .sample(
      fc.array(fc.constantFrom(...patternParts), { minLength: 1, maxLength: 8 }).map((parts) => parts.join('')),
      20_000,
      // Go alone takes one name for two groups: RE2 refuses it, and so do we.
    )
    .filter((pattern) => !/<(.)>.*<\1>/su.test(pattern))

  const answer = readJson(run(go, ['run', program], JSON.stringify(patterns)))
  rmSync(folder, { recursive: true })

  assert.deepEqual(
    patterns.filter((pattern, index) => (answer as boolean[])[index] !== isGoPattern(pattern)),
    [],
  )
})

const patternParts = [
  'a', '/', '^', '$', '.', '|', '(', ')', '(', ')', '(?:', '(?i)', '(?i:', '(?-s:', '(?P<n>', '(?<n>', '(?P<m>', '(?=', '(?!', '(?<=', '(?>', '(?#', '[', ']', '[^', '-', '[a-z]', '[[:alpha:]]', '[[:foo:]]', '[:^word:]',
  '*', '+', '?', '**', '{2}', '{2,}', '{2,3}', '{3,2}', '{,3}', '{1000}', '{1001}', '{', '}', '\\', '\\d', '\\D', '\\pL', '\\PL', '\\pQ', '\\p{Greek}', '\\p{^Greek}', '\\p{Foo}', '\\Q', '\\E', '\\1', '\\0', '\\07', '\\8', '\\x41', '\\x{10FFFF}',
  '\\x{110000}', '\\xz', '\\C', '\\A', '\\z', '\\Z', '\\b', '\\B', '\\c', '\\G', '\\u0041', '\\_', '\\/', '\\é', 'é', '漢', '😀',
] // biome-ignore format: a table of texts

const goPatterns = `
package main

import (
	"encoding/json"
	"os"
	"regexp"
)

func main() {
	var patterns []string
	if err := json.NewDecoder(os.Stdin).Decode(&patterns); err != nil {
		panic(err)
	}
	answer := []bool{}
	for _, pattern := range patterns {
		_, err := regexp.Compile(pattern)
		answer = append(answer, err == nil)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		panic(err)
	}
}
`

test("Java's DOM parser reads the same XML", () => {
  const program = `
class Read { public static void main(String[] a) throws Exception {
  var base64 = java.util.Base64.getDecoder(); var to = java.util.Base64.getEncoder();
  var in = new java.io.BufferedReader(new java.io.InputStreamReader(System.in));
  for (String line; (line = in.readLine()) != null;) {
    var document = javax.xml.parsers.DocumentBuilderFactory.newInstance().newDocumentBuilder()
      .parse(new java.io.ByteArrayInputStream(base64.decode(line)));
    var all = document.getElementsByTagName("*");
    if (all.getLength() != 2) throw new Exception("elements: " + all.getLength());
    var b = (org.w3c.dom.Element) document.getDocumentElement().getElementsByTagName("b").item(0);
    System.out.println(to.encodeToString(b.getAttribute("name").getBytes("UTF-8")) + " "
      + to.encodeToString(b.getTextContent().getBytes("UTF-8"))); } } }`
  const input = xmlFiles.map(({ file }) => `${Buffer.from(file).toString('base64')}\n`).join('')

  const answer = runJava(program, [], input)

  assert.deepEqual(
    answer
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' ').map((text) => Buffer.from(text, 'base64').toString())),
    xmlFiles.map(({ value: [attribute, content] }) => [attribute, content]),
  )
})

test('commons-text, by which Druid expands its properties, leaves them alone and expands what is meant', async () => {
  const jars = await cached('formats-commons-text-1', async (folder) => {
    for (const artifact of ['commons-text:1.13.1', 'commons-lang3:3.17.0'])
      copyFileSync(
        await fetchArtifact(`org.apache.commons:${artifact}:jar`),
        join(folder, `${artifact.split(':')[0]}.jar`),
      )
  })
  const program = `
import org.apache.commons.text.StringSubstitutor; import org.apache.commons.text.lookup.StringLookupFactory;
class Read { public static void main(String[] a) throws Exception {
  var f = StringLookupFactory.INSTANCE;
  var substitutor = new StringSubstitutor(f.interpolatorStringLookup(java.util.Map.of("sys", f.systemPropertyStringLookup(),
    "env", f.environmentVariableStringLookup(), "file", f.fileStringLookup()), null, false))
    .setEnableSubstitutionInVariables(true).setEnableUndefinedVariableException(true);
  var p = new java.util.Properties(); p.load(System.in);
  for (int i = 0; i < p.size(); i++)
    System.out.println(java.util.Base64.getEncoder().encodeToString(substitutor.replace(p.getProperty("k" + i)).getBytes("UTF-8"))); } }`
  const plainTexts = samples(
    hostile.filter((value) => value.isWellFormed()),
    (value) => writeProperties([druidProperty('k', value)]),
  ).map(({ value }) => value)
  const values = samples(data, (value) => writeProperties([druidProperty('k', propertyJson(value))])).map(
    ({ value }) => value,
  )
  const file = writeProperties(
    [...plainTexts, ...values.map(propertyJson), envVariable('PATH')].map((value, at) =>
      druidProperty(`k${at}`, value),
    ),
  )

  const answer = runJava(program, ['-cp', join(jars, '*')], file)
    .trimEnd()
    .split('\n')
    .map((line) => Buffer.from(line, 'base64').toString())

  assert.deepEqual(answer.slice(0, plainTexts.length), plainTexts)
  assert.deepEqual(answer.slice(plainTexts.length, -1).map(readJson), values)
  assert.equal(answer.at(-1), process.env['PATH'])
})

test('sh gives a command the same words', () => {
  const words = fc.sample(hostile, count).filter((value) => value.isWellFormed() && !value.includes('\0'))
  const script = writeShell([
    comment('a\nexit 1'),
    shellCommand('printf', '%s\\0', ...words),
    shellCommand('printf', '%s\\0', ['a $b', shellVariable('SECRET'), "'"]),
  ])

  const { status, stdout } = spawnSync('sh', [], {
    input: script,
    encoding: 'utf8',
    env: { ...process.env, SECRET: '* "$(id)' },
  })

  assert.equal(status, 0)
  assert.deepEqual(stdout.split('\0').slice(0, -1), [...words, 'a $b* "$(id)\''])
  assert.notEqual(
    spawnSync('sh', [], { input: writeShell([shellCommand('echo', shellVariable('GATEHOUSE_UNSET'))]) }).status,
    0,
  )
})

test('python3 runs a module with the same values, whatever its comments say', () => {
  const modules = samples(fc.tuple(pyValue, hostile, fc.array(hostile, { maxLength: 3 })), ([value, note, items]) =>
    writePython([
      comment(note),
      pyFrom('types', ['SimpleNamespace', 'Config']),
      pyCode`c = Config(Nested=Config())`,
      comment(note),
      pyAssign(
        'c.Nested.value',
        pyDict([
          ['key', value],
          ['items', pySet(items)],
        ]),
      ),
    ]),
  ).filter(({ value }) => !hasLoneSurrogate(value[0]) && value[2].every((item) => item.isWellFormed()))
  const script = `
import base64, json, sys
def read(source):
    names = {}
    exec(compile(base64.b64decode(source), 'x', 'exec'), names)
    value = names['c'].Nested.value
    return [value['key'], sorted(value['items'])]
print(json.dumps([read(s) for s in json.load(sys.stdin)]))`

  const answer = readJson(
    run('python3', ['-c', script], JSON.stringify(modules.map(({ file }) => Buffer.from(file).toString('base64')))),
  )

  assert.deepEqual(
    (answer as [unknown, string[]][]).map(([value, items]) => [value, items.sort()]),
    modules.map(({ value: [value, , items] }) => [value, [...new Set(items)].sort()]),
  )
})

/** Runs a Java program from its source. */
function runJava(program: string, options: string[], input: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-java-'))
  const file = join(folder, 'Read.java')
  writeFileSync(file, program)
  const answer = run('java', [...options, file], input)
  rmSync(folder, { recursive: true })
  return answer
}
