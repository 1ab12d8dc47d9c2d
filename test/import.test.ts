/**
 * test/import/<tool>/<case>/: files as people really have them, imported, checked and rendered. Next to `case.yaml` and `input/` stand the
 * goldens: gatehouse.yaml, losses.txt (what import says), check.txt, and rendered/ without what is alike in all. UPDATE_GOLDEN=1 rewrites
 * them; read the diff afterwards.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { after, before, test } from 'node:test'
import { parse } from 'yaml'
import { loadConfig } from '../src/config/load.ts'
import type { Problem } from '../src/config/problem.ts'
import { effects, importSources } from '../src/importers/contract.ts'
import { allFiles, renderProduct } from '../src/products/render-product.ts'
import { type DexText, refusedByDex } from './support/dex-keys.ts'
import { corpus, type ImportCase, importCases, valueAt } from './support/import-cases.ts'
import { type InProcessRun, runInProcess } from './support/run-in-process.ts'

const update = process.env['UPDATE_GOLDEN'] === '1'
const inputs = ['case.yaml', 'input']
/** Long files that are nearly the same in every case; test/golden has them. */
const alike = ['REGISTER.md', 'gatehouse_amundsen.py']

const raw: string[] = []
const listen = (warning: Error) => raw.push(String(warning))
before(() => process.on('warning', listen))
after(() => {
  process.off('warning', listen)
})

for (const tool of importSources) {
  for (const found of importCases(tool)) {
    test(`${found.name}: ${found.says}`, async () => {
      const run = await inFolder(join(found.folder, 'input'), () =>
        runInProcess(['import', tool, ...found.inputs, ...found.arguments]),
      )

      if (found.refused === undefined) await isImported(found, run)
      else isRefused(found, run)
      // Node tells of a warning in the next turn.
      await new Promise(setImmediate)
      assert.deepEqual(raw.splice(0), [], 'no raw warning of a parser')
    })
  }
}

test('every tool has at least 15 cases, and every folder is of a tool', () => {
  assert.deepEqual(readdirSync(corpus).sort(), [...importSources].sort())
  for (const tool of importSources) {
    const { length } = importCases(tool)
    assert.ok(length >= 15, `${tool} has ${length} cases`)
  }
})

test('losses come in the order of what they change, each group under its heading, and with their effect as JSON', async () => {
  const { folder, inputs, tool } = importCases('dex').find(({ name }) => name === 'dex/one-github') ?? assert.fail()
  const call = ['import', tool, ...inputs]

  const text = await inFolder(join(folder, 'input'), () => runInProcess(call))
  const json = await inFolder(join(folder, 'input'), () => runInProcess([...call, '--json']))

  const { config, notCarried, toComplete } = JSON.parse(json.stdout) as {
    config: unknown
    notCarried: { where: string; effect: (typeof effects)[number] }[]
    toComplete: string[]
  }
  const order = notCarried.map(({ effect }) => effects.indexOf(effect))
  assert.deepEqual(config, parse(text.stdout))
  assert.deepEqual(toComplete, [])
  assert.ok(order.length > 1 && !order.includes(-1))
  assert.deepEqual(order, order.toSorted())
  assert.equal(json.stderr, '')
  const headings = text.stderr.split('\n').filter((line) => /^[A-Z].*:$/.test(line))
  assert.equal(headings.length, 1 + new Set(order).size, text.stderr)
  const places = notCarried.map(({ where }) => text.stderr.indexOf(`\n${where}: `))
  assert.ok(!places.includes(-1), text.stderr)
})

test('what check would refuse is said by import, also as JSON', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-import-'))
  writeFileSync(join(folder, 'dex.yaml'), 'connectors: []\n')

  const text = await inFolder(folder, () => runInProcess(['import', 'dex', 'dex.yaml']))
  const json = await inFolder(folder, () => runInProcess(['import', 'dex', 'dex.yaml', '--json']))
  rmSync(folder, { recursive: true })

  assert.match(
    text.stderr,
    /To complete before `gatehouse check` passes:\ngatehouse\.yaml products\.dex\.url: is missing\n/,
  )
  assert.match(json.stdout, /"toComplete":\["gatehouse\.yaml products\.dex\.url: is missing"/)
})

test('a file of PowerShell, in UTF-16, is read like any other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-import-'))
  const text = 'issuer: https://dex.example.com\nconnectors: []\n'
  writeFileSync(join(folder, 'dex.yaml'), text)
  const plain = await inFolder(folder, () => runInProcess(['import', 'dex', 'dex.yaml']))

  writeFileSync(join(folder, 'dex.yaml'), Buffer.from(`\uFEFF${text}`, 'utf16le'))
  const little = await inFolder(folder, () => runInProcess(['import', 'dex', 'dex.yaml']))
  writeFileSync(join(folder, 'dex.yaml'), Buffer.from(`\uFEFF${text}`, 'utf16le').swap16())
  const big = await inFolder(folder, () => runInProcess(['import', 'dex', 'dex.yaml']))
  rmSync(folder, { recursive: true })

  assert.match(plain.stdout, /dex\.example\.com/)
  assert.deepEqual([little, big], [plain, plain])
})

test('a folder, and a file that is not there, are named as what they are', async () => {
  const folder = await inFolder(corpus, () => runInProcess(['import', 'dex', 'dex']))
  const nothing = await inFolder(corpus, () => runInProcess(['import', 'dex', 'nothing.yaml']))

  assert.deepEqual([folder.status, nothing.status], [2, 2])
  assert.equal(folder.stderr, 'dex cannot be read: it is a folder. Name the files in it\n')
  assert.equal(nothing.stderr, 'nothing.yaml cannot be read: there is no such file\n')
})

test('an answer that is none is refused', async () => {
  for (const wrong of [
    ['--url', 'app.example.com'],
    ['--url', 'ftp://app.example.com'],
    ['--issuer', 'https://user:secret-of-us@sso.example.com'],
    ['--client-id', ' '],
  ]) {
    const { status, stderr } = await runInProcess(['import', 'dex', 'nothing.yaml', ...wrong])
    assert.equal(status, 2)
    assert.match(stderr, new RegExp(wrong[0] ?? ''))
    assert.doesNotMatch(stderr, /secret-of-us/)
  }
})

/** The names of files in messages are those of the call. */
async function inFolder<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  const old = process.cwd()
  process.chdir(folder)
  try {
    return await work()
  } finally {
    process.chdir(old)
  }
}

function isRefused(found: ImportCase, { status, stdout, stderr }: InProcessRun): void {
  assert.equal(status, 2, stdout)
  assert.equal(stdout, '')
  assert.ok(stderr.includes(found.refused ?? ''), stderr)
  for (const text of found.not) assert.ok(!stderr.includes(text), `${text} is not said\n${stderr}`)
}

async function isImported(found: ImportCase, { status, stdout, stderr }: InProcessRun): Promise<void> {
  assert.equal(status, 0, stderr)
  const data: unknown = parse(stdout)
  const checked = await checkedText(found, stdout)
  const files = new Map([
    ['gatehouse.yaml', stdout],
    ['losses.txt', stderr],
    ['check.txt', checked.text],
    ...renderedFiles(stdout),
  ])
  if (update) rewrite(found.folder, files)
  for (const [path, content] of files) {
    if (path.endsWith('/dex.yaml')) assert.deepEqual(refusedByDex(parse(content) as DexText), [], `Dex takes ${path}`)
  }

  for (const [path, value] of Object.entries(found.carried)) {
    assert.deepEqual(valueAt(data, path), value, `${path} of\n${stdout}`)
  }
  for (const text of found.lost) assert.ok(stderr.includes(text), `${text} is among the losses\n${stderr}`)
  for (const text of found.not)
    assert.ok(!`${stdout}${stderr}`.includes(text), `${text} is not said\n${stdout}${stderr}`)
  for (const message of checked.errors)
    assert.ok(stderr.includes(message), `import says before check: ${message}\n${stderr}`)
  if (found.check !== undefined) assert.equal(checked.level, found.check, checked.text)
  for (const [path, content] of files) {
    assert.equal(readFileSync(join(found.folder, path), 'utf8'), content, `${found.name}/${path}`)
  }
  assert.deepEqual(goldensOf(found.folder), [...files.keys()].sort(), 'a file here is written by nothing')
}

/** What `check` says of the result, every variable of which is set. */
async function checkedText(
  { folder }: ImportCase,
  text: string,
): Promise<{ text: string; level: NonNullable<ImportCase['check']>; errors: string[] }> {
  const name = 'gatehouse.yaml'
  const file = join(folder, name)
  const old = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  if (old !== text && !update) assert.equal(text, old ?? '', `${file}: UPDATE_GOLDEN=1 writes it`)
  if (old !== text) writeFileSync(file, text)
  const env = Object.fromEntries([...text.matchAll(/\$\{env:([^}]+)\}/g)].map(([, variable]) => [variable, 'is set']))
  return inFolder(folder, async () => {
    const { stdout: json } = await runInProcess(['check', '--json', name], { env })
    const { stdout, stderr } = await runInProcess(['check', name], { env })
    const problems = JSON.parse(json) as Problem[]
    const errors = problems.filter(({ severity }) => severity === 'error').map(({ message }) => message)
    const hasWarnings = problems.some(({ severity }) => severity === 'warning')
    return { text: stderr + stdout, level: errors.length > 0 ? 'errors' : hasWarnings ? 'warnings' : 'fine', errors }
  })
}

function renderedFiles(text: string): [string, string][] {
  const { config } = loadConfig({ files: [{ name: 'gatehouse.yaml', text }], baseDir: '/' }, {})
  if (!config) return []
  return Object.keys(config.products).flatMap((name) =>
    allFiles(renderProduct(config, name))
      .filter(({ path }) => !alike.includes(path))
      .map(({ path, content }): [string, string] => [join('rendered', name, path), content]),
  )
}

function goldensOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !inputs.includes(path.split('/')[0] ?? ''))
    .sort()
}

function rewrite(folder: string, files: ReadonlyMap<string, string>): void {
  for (const path of goldensOf(folder)) if (!files.has(path)) rmSync(join(folder, path))
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}
