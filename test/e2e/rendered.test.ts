/** Every golden file is loaded by a real parser of its format: Java, Python, sh; what cannot be started here too. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readProperties } from '../support/read-formats.ts'
import { pythonEnvironment } from './support/python.ts'
import { tempFolder } from './support/temp.ts'

const golden = join(import.meta.dirname, '../golden')
const inputs = /(?:^|\/)(?:gatehouse\.yaml|manifests\.yaml|environment\.env)$/

function goldenFiles(pattern: string): string[] {
  const found = globSync(`*/*/**/${pattern}`, { cwd: golden })
    .filter((file) => !inputs.test(file))
    .sort()
  assert.ok(found.length > 0, `there are golden files ${pattern}`)
  return found.map((file) => join(golden, file))
}

function run(command: string, args: readonly string[], input: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  assert.equal(status, 0, `${command}: ${error?.message ?? stderr}`)
  return stdout
}

test('java.util.Properties loads the properties of Trino, Druid, NiFi and Kafka, with the keys that are meant', () => {
  const files = goldenFiles('*.properties')
  const folder = tempFolder('properties')
  const program = join(folder, 'Keys.java')
  writeFileSync(
    program,
    `class Keys { public static void main(String[] files) throws Exception {
      for (String file : files) {
        var p = new java.util.Properties();
        try (var in = new java.io.FileInputStream(file)) { p.load(in); }
        System.out.println(String.join(" ", new java.util.TreeSet<>(p.stringPropertyNames()))); } } }`,
  )

  const keys = run('java', [program, ...files], '')
    .trimEnd()
    .split('\n')
  rmSync(folder, { recursive: true })

  const expected = files.map((file) => {
    const names = readProperties(readFileSync(file, 'utf8')).map(([name]) => name)
    assert.equal(new Set(names).size, names.length, `${file} says a key twice`)
    return names.sort().join(' ')
  })
  assert.deepEqual(keys, expected)
})

test('Python loads every YAML, JSON, TOML, XML and Python file', async () => {
  const folder = await pythonEnvironment('formats-python-1', 'python3.11', ['pyyaml==6.0.2', 'ruamel.yaml==0.18.6'])
  const files = ['*.yaml', '*.json', '*.toml', '*.cfg', '*.xml', '*.py'].flatMap(goldenFiles)
  const script = `
import ast, json, pathlib, sys, tomllib, yaml, xml.etree.ElementTree as tree
readers = {'.yaml': lambda t: list(yaml.safe_load_all(t)), '.json': json.loads, '.toml': tomllib.loads,
           '.cfg': tomllib.loads, '.xml': tree.fromstring, '.py': ast.parse}
for name in json.load(sys.stdin):
    path = pathlib.Path(name)
    try: readers[path.suffix](path.read_text('utf-8'))
    except Exception as error: sys.exit(f'{name}: {error}')
    print(name)`

  const read = run(join(folder, 'bin/python'), ['-X', 'utf8', '-c', script], JSON.stringify(files))

  assert.deepEqual(read.trimEnd().split('\n'), files)
})

test('sh parses every script, and every file of variables as assignments and nothing else', () => {
  for (const file of goldenFiles('*.sh')) run('sh', ['-n', file], '')
  for (const file of [...goldenFiles('*.env'), ...goldenFiles('*.env.example')]) {
    const output = run('sh', ['-euc', 'PATH=/nowhere; . "$1"', 'sh', file], '')
    assert.equal(output, '', file)
  }
})
