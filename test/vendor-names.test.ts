/** Facts about vendors are in src/vendors/. Code elsewhere that compares a vendor's name is about a product, and is listed here. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { vendors } from '../src/vendors/index.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Code that knows vendors by name: in how many lines at most, and for what purpose. */
const allowed: Readonly<Record<string, readonly [lines: number, why: string]>> = {
  'src/importers': [8, 'names of the tools that are read, both ways; the connector `microsoft` of Dex'],
  'src/products/amundsen': [
    4,
    'names that flaskoidc knows, what the older chart makes itself, the console of Entra ID',
  ],
  'src/products/astronomer': [6, "Houston's names and settings of providers"],
  'src/products/contract.ts': [1, 'providers whose groups a product fetches by itself'],
  'src/products/grafana': [3, 'sections of Grafana, and that it asks Google for groups'],
  'src/products/kafbat': [1, 'Kafbat reads the groups of Cognito its own way'],
  'src/products/oauth2-proxy': [1, 'its names of providers'],
  'src/products/openmetadata': [1, 'its names of providers'],
  'src/products/resolve.ts': [1, 'the class `gatehouse`'],
  'src/products/trino': [1, 'what to do in the console of Entra ID for Trino'],
}

const names = Object.values(vendors).flatMap(({ kind, hint }) => (hint === undefined ? [kind] : [kind, hint]))
const name = `'(?:${names.join('|')})'`
const type = "(?:VendorKind|ProviderHint|Provider\\['kind'\\])"

/**
 * The kind of a vendor or its hint compared or looked for in a list, a table or a list by vendor, or one vendor taken out of the
 * table. A product's own words, such as a section of Grafana, are not names of vendors.
 */
const comparison = new RegExp(
  [
    `\\b(?:kind|hint|providerHint) ?[!=]== ?${name}`,
    `\\bcase ${name}`,
    `\\[[^\\]]*${name}[^\\]]*\\]\\.includes\\([\\w.]*(?:kind|hint)`,
    `Record<(?:string, )?${type}[,>]`,
    `${type}\\[\\]`,
    `fetchesGroups: \\[`,
    `\\bvendors\\.\\w+`,
  ].join('|'),
  'i',
)

test('a vendor is compared by name only where a product does so, and in no more than 30 lines', () => {
  const files = globSync('src/**/*.ts', { cwd: root }).filter(
    (file) => !/\.test\.ts$|^src\/(?:vendors|products\/registration)\//.test(file),
  )

  const lines = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .filter((line) => comparison.test(line))
      .map((line) => ({ place: placeOf(file), line: `${file}: ${line.trim()}` })),
  )

  const tooMany = [...Map.groupBy(lines, ({ place }) => place)]
    .filter(([place, found]) => found.length > (allowed[place]?.[0] ?? 0))
    .flatMap(([, found]) => found.map(({ line }) => line))
  assert.deepEqual(tooMany, [], 'is it a fact of the vendor? Then it belongs in src/vendors/')
  assert.ok(lines.length <= 30, `${lines.length} lines`)
})

/** A part, or a folder or file of products/. */
function placeOf(file: string): string {
  return file
    .split('/')
    .slice(0, file.startsWith('src/products/') ? 3 : 2)
    .join('/')
}

test('the pattern knows the ways to compare', () => {
  const comparisons = [
    "if (provider.kind === 'keycloak') return",
    "({ kind }) => kind !== 'gatehouse'",
    "['entra', 'adfs'].includes(provider.kind)",
    'const names: Readonly<Partial<Record<VendorKind, string>>> = {',
    "providerHint === 'Cognito' ? 1 : 2",
    'provider.vendor === vendors.okta',
    "const some: readonly Provider['kind'][] = [",
  ]
  const others = [
    "found.type === 'github'",
    "tls.kind === 'own-ca'",
    "if (className === 'gatehouse') return",
    "if (section === 'google') return",
  ]

  assert.deepEqual(
    comparisons.filter((line) => !comparison.test(line)),
    [],
  )
  assert.deepEqual(
    others.filter((line) => comparison.test(line)),
    [],
  )
})
