/**
 * test/golden/<product>/<case>/: a gatehouse.yaml with one product beside the files rendered from it. Warnings stand in
 * warnings.txt, errors (then nothing is rendered) in errors.txt. UPDATE_GOLDEN=1 rewrites them; read the diff afterwards.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../src/config/load.ts'
import { formatProblem } from '../src/config/problem.ts'
import { productKinds } from '../src/config/schema.ts'
import type { RenderedFile } from '../src/products/contract.ts'
import { renderProduct } from '../src/products/render-product.ts'

const golden = join(import.meta.dirname, 'golden')
const update = process.env['UPDATE_GOLDEN'] === '1'

/** What a case's folder must hold beside its gatehouse.yaml. */
function filesOf(folder: string): RenderedFile[] {
  const { config, problems, locate } = loadConfig({ files: [join(folder, 'gatehouse.yaml')], env: {} })
  assert.deepEqual(problems, [], `${folder}/gatehouse.yaml must have no problems of its own`)
  assert.ok(config)
  const [name, ...others] = Object.keys(config.products)
  assert.ok(name !== undefined && others.length === 0, `${folder}/gatehouse.yaml must have one product`)

  const rendered = renderProduct(config, name)

  const texts = { error: '', warning: '' }
  for (const { path, ...problem } of rendered.problems) {
    const place = { ...locate(path), file: 'gatehouse.yaml', path: path.join('.') }
    texts[problem.severity] += `${formatProblem({ ...problem, ...place })}\n`
  }
  return [
    ...(rendered.files ?? []),
    ...(texts.error === '' ? [] : [{ path: 'errors.txt', content: texts.error }]),
    ...(texts.warning === '' ? [] : [{ path: 'warnings.txt', content: texts.warning }]),
  ]
}

function rewrite(folder: string, files: readonly RenderedFile[]): void {
  for (const name of readdirSync(folder)) {
    if (name !== 'gatehouse.yaml') rmSync(join(folder, name))
  }
  for (const { path, content } of files) writeFileSync(join(folder, path), content)
}

for (const kind of readdirSync(golden).sort()) {
  test(`test/golden/${kind} is a folder of a known product`, () => {
    assert.ok(productKinds.some((known) => known === kind))
  })
  for (const name of readdirSync(join(golden, kind)).sort()) {
    test(`${kind}/${name} renders to the byte`, () => {
      const folder = join(golden, kind, name)
      const files = filesOf(folder)
      if (update) rewrite(folder, files)

      for (const { path, content } of files) {
        assert.equal(readFileSync(join(folder, path), 'utf8'), content, `${kind}/${name}/${path}`)
      }
      const expected = ['gatehouse.yaml', ...files.map(({ path }) => path)].sort()
      assert.deepEqual(readdirSync(folder).sort(), expected, 'a file here is rendered by nothing')
    })
  }
}

test('every kind of product has goldens', () => {
  assert.deepEqual(readdirSync(golden).sort(), [...productKinds].sort())
})

/** Settings that switch a protection off: no configuration may lead to them (cve-classes render-unsafe-product-flag). */
const forbidden = [
  /verify"?\s*[:=]\s*"?false/i,
  /allow-insecure/i,
  /web-ui\.authentication\.type=(?!OAUTH2\b)/,
  /WTF_CSRF_ENABLED\s*=\s*False/,
  /TALISMAN_ENABLED\s*=\s*False/,
  /AUTH_USER_REGISTRATION_ROLE = "(?!Public")/,
  /SECRET_KEY = (?!os\.environ\[)/,
  /client-secret=(?!\$\{ENV:)/,
]

test('no golden file switches a protection off or holds a secret', () => {
  for (const entry of readdirSync(golden, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'gatehouse.yaml' || entry.name.endsWith('.txt')) continue
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8')
    for (const pattern of forbidden) assert.doesNotMatch(text, pattern, join(entry.parentPath, entry.name))
  }
})

/** `<!-- golden: trino/keycloak/config.properties -->` and the code block below it. */
const quote = /<!-- golden: (\S+) -->\n```\w*\n(.*?)```\n/gs

for (const kind of productKinds) {
  test(`the guide of ${kind} quotes golden files as they are`, () => {
    const guide = readFileSync(join(import.meta.dirname, `../docs/guides/products/${kind}.md`), 'utf8')
    const quotes = [...guide.matchAll(quote)]

    assert.equal(quotes.length, guide.match(/<!-- golden:/g)?.length, 'each mark has a code block below it')
    for (const [, path = '', text] of quotes) {
      const content = readFileSync(join(golden, path), 'utf8')
      assert.equal(text, content, `docs/guides/products/${kind}.md quotes ${path}`)
    }
  })
}
