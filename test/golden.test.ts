/**
 * test/golden/<product>/<case>/: a gatehouse.yaml with one product next to the files rendered from it. Warnings are in
 * warnings.txt, errors (then nothing is rendered) in errors.txt. UPDATE_GOLDEN=1 rewrites them; read the diff afterwards.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../src/config/load.ts'
import { formatProblem } from '../src/config/problem.ts'
import { readSources } from '../src/config/read.ts'
import { Config, productKinds } from '../src/config/schema.ts'
import type { Provider, RenderedFile } from '../src/products/contract.ts'
import { products } from '../src/products/index.ts'
import { allFiles, renderProduct } from '../src/products/render-product.ts'
import { resolveProduct } from '../src/products/resolve.ts'
import { goldenCases } from './support/golden-cases.ts'
import { readEnv } from './support/read-formats.ts'

const golden = join(import.meta.dirname, 'golden')
const update = process.env['UPDATE_GOLDEN'] === '1'

/** What a case is rendered from: our own configuration, manifests of Kubernetes, or both, and the environment if it counts. */
const inputs = ['gatehouse.yaml', 'manifests.yaml', 'environment.env']

/** What a case's folder must contain besides its input. */
function filesOf(folder: string): RenderedFile[] {
  const present = inputs.map((name) => join(folder, name)).filter((file) => existsSync(file))
  const env = present.filter((file) => file.endsWith('.env')).flatMap((file) => readEnv(readFileSync(file, 'utf8')))
  const files = present.filter((file) => file.endsWith('.yaml'))
  const { config, problems, locate } = loadConfig(readSources(files), Object.fromEntries(env))
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
    `${folder} must have no problems of its own`,
  )
  assert.ok(config)
  const [name, ...others] = Object.keys(config.products)
  assert.ok(name !== undefined && others.length === 0, `${folder} must have one product`)

  const rendered = renderProduct(config, name)

  const texts = { error: '', warning: '' }
  for (const { path, ...problem } of rendered.problems) {
    const place = locate(path)
    const at = { ...place, file: basename(place.file), path: path.join('.') }
    texts[problem.severity] += `${formatProblem({ ...problem, ...at })}\n`
  }
  return [
    ...allFiles(rendered),
    ...(texts.error === '' ? [] : [{ path: 'errors.txt', content: texts.error }]),
    ...(texts.warning === '' ? [] : [{ path: 'warnings.txt', content: texts.warning }]),
  ]
}

function rewrite(folder: string, files: readonly RenderedFile[]): void {
  for (const name of readdirSync(folder)) {
    if (!inputs.includes(name)) rmSync(join(folder, name))
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
      const found = readdirSync(folder).filter((file) => !inputs.includes(file))
      assert.deepEqual(found.sort(), files.map(({ path }) => path).sort(), 'a file here is rendered by nothing')
    })
  }
}

test('every kind of product has goldens', () => {
  assert.deepEqual(readdirSync(golden).sort(), [...productKinds].sort())
})

/** Settings that switch a protection off: no configuration may lead to them (cve-classes render-unsafe-product-flag). */
const forbidden = [
  /verify"?\s*[:=]\s*"?false/i,
  /^(?!ldap\.allow-insecure=true$).*allow-insecure/im,
  /web-ui\.authentication\.type=(?!oauth2\b)/i,
  /WTF_CSRF_ENABLED\s*=\s*False/,
  /TALISMAN_ENABLED\s*=\s*False/,
  /AUTH_USER_REGISTRATION_ROLE = "(Admin|Op)"/,
  /SECRET_KEY = (?!os\.environ\[)/,
  /client-secret=(?!\$\{ENV:|\$secret\b)/,
]

test('no golden file switches a protection off or holds a secret', () => {
  for (const entry of readdirSync(golden, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || inputs.includes(entry.name) || entry.name.endsWith('.txt')) continue
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8')
    for (const pattern of forbidden) assert.doesNotMatch(text, pattern, join(entry.parentPath, entry.name))
  }
})

/** `<!-- golden: trino/keycloak/config.properties -->` and the code block below it. */
const quote = /<!-- golden: (\S+) -->\n```\w*\n(.*?)```\n/gs

for (const kind of productKinds) {
  test(`the guide of ${kind} quotes golden files as they are`, () => {
    const file = join(import.meta.dirname, `../docs/guides/products/${kind}.md`)
    if (update) writeFileSync(file, requote(readFileSync(file, 'utf8')))
    const guide = readFileSync(file, 'utf8')
    const quotes = [...guide.matchAll(quote)]

    assert.ok(quotes.length > 0, 'a guide quotes at least one golden file')
    assert.equal(quotes.length, guide.match(/<!-- golden:/g)?.length, 'each mark has a code block below it')
    for (const [, path = '', text] of quotes) {
      const content = readFileSync(join(golden, path), 'utf8')
      assert.equal(text, content, `docs/guides/products/${kind}.md quotes ${path}`)
    }
  })
}

/** The guide with today's golden files. */
function requote(guide: string): string {
  return guide.replace(quote, (whole: string, path: string, text: string) =>
    whole.replace(`\n${text}\`\`\`\n`, () => `\n${readFileSync(join(golden, path), 'utf8')}\`\`\`\n`),
  )
}

const clouds: readonly string[] = ['entra', 'okta', 'auth0', 'cognito', 'google']

for (const kind of productKinds) {
  test(`${kind} has goldens for a Keycloak, Gatehouse and a cloud provider, with groups and without`, () => {
    const found = new Set<string>()
    for (const { data } of goldenCases(kind)) {
      for (const provider of providersOf(data)) {
        const vendor = clouds.includes(provider.kind) ? 'cloud' : provider.kind
        found.add(`${vendor} ${provider.wantsGroups ? 'with' : 'without'} groups`)
      }
    }

    const vendors =
      products[kind].client.takesGatehouse === false ? ['keycloak', 'cloud'] : ['keycloak', 'gatehouse', 'cloud']
    const wanted = vendors.flatMap((vendor) => [`${vendor} with groups`, `${vendor} without groups`])
    assert.deepEqual(
      wanted.filter((name) => !found.has(name)),
      [],
    )
  })
}

function providersOf(data: unknown): readonly Provider[] {
  const config = Config.parse(data)
  const [name = ''] = Object.keys(config.products)
  return resolveProduct(config, name).providers
}
