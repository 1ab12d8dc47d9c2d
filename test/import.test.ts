/**
 * test/import/<tool>/<case>/: files as people really have them, imported, checked and rendered. Next to `case.yaml` and `input/` stand the
 * goldens: gatehouse.yaml, losses.txt (what import says), check.txt, and rendered/ without REGISTER.md. UPDATE_GOLDEN=1 rewrites
 * them; read the diff afterwards.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { after, before, test } from 'node:test'
import { parse } from 'yaml'
import { loadConfig } from '../src/config/load.ts'
import type { Problem } from '../src/config/problem.ts'
import { importSources } from '../src/importers/contract.ts'
import { allFiles, renderProduct } from '../src/products/render-product.ts'
import { corpus, type ImportCase, importCases, valueAt } from './support/import-cases.ts'
import { type InProcessRun, runInProcess } from './support/run-in-process.ts'

const update = process.env['UPDATE_GOLDEN'] === '1'
const inputs = ['case.yaml', 'input']

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

test('every tool has cases, and every folder is of a tool', () => {
  assert.deepEqual(readdirSync(corpus).sort(), [...importSources].sort())
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
      .filter(({ path }) => path !== 'REGISTER.md')
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
