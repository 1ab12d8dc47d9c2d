/** The golden cases as data, for tests that change one thing in them and look at the result. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { referenceProblems } from '../../src/config/references.ts'
import { Config } from '../../src/config/schema.ts'
import { allFiles, type RenderedProduct, renderProduct } from '../../src/products/render-product.ts'

const golden = join(import.meta.dirname, '../golden')

export interface GoldenCase {
  /** `trino/keycloak` */
  name: string
  data: Record<string, unknown>
}

const casesRead = new Map<string, GoldenCase[]>()

/** Every case of a kind that has a gatehouse.yaml from which files are rendered. A copy each time: tests change it. */
export function goldenCases(kind: string): GoldenCase[] {
  const cases = casesRead.get(kind) ?? readCases(kind)
  casesRead.set(kind, cases)
  return structuredClone(cases)
}

function readCases(kind: string): GoldenCase[] {
  return readdirSync(join(golden, kind))
    .map((name) => ({ name: `${kind}/${name}`, file: join(golden, kind, name, 'gatehouse.yaml') }))
    .filter(({ file }) => existsSync(file))
    .map(({ name, file }) => ({ name, data: parse(readFileSync(file, 'utf8')) as Record<string, unknown> }))
    .filter(({ data }) => rendersFiles(data))
}

function rendersFiles(data: unknown): boolean {
  const rendered = renderData(data)
  return rendered !== undefined && allFiles(rendered).length > 0
}

/** What is rendered of the one product of a configuration; undefined when the configuration is not valid. */
export function renderData(data: unknown): RenderedProduct | undefined {
  const { data: config } = Config.safeParse(data)
  if (!config || referenceProblems(data as Record<string, unknown>).length > 0) return undefined
  const [name = ''] = Object.keys(config.products)
  return renderProduct(config, name)
}

/** A text of the configuration: a value, or a key that people choose. */
export interface Leaf {
  path: readonly (string | number)[]
  isKey: boolean
}

/** Maps whose keys are not ours. */
const freeKeys = new Set(['roles', 'authorizationParameters'])

export function leavesOf(data: unknown, path: readonly (string | number)[] = []): Leaf[] {
  if (typeof data === 'string') return [{ path, isKey: false }]
  if (Array.isArray(data)) return data.flatMap((item, index) => leavesOf(item, [...path, index]))
  if (typeof data !== 'object' || data === null) return []
  return Object.entries(data).flatMap(([key, value]) => {
    const at = [...path, key]
    const keys = freeKeys.has(String(path.at(-1))) ? [{ path: at, isKey: true }] : []
    return [...keys, ...leavesOf(value, at)]
  })
}

/** The data with another text at a leaf. */
export function withText(data: unknown, { path, isKey }: Leaf, change: (text: string) => string): unknown {
  const [first, ...rest] = path
  if (first === undefined) return change(String(data))
  const inside = { path: rest, isKey }
  if (Array.isArray(data)) return data.map((item, index) => (index === first ? withText(item, inside, change) : item))
  const entries = Object.entries(data as object).map(([key, value]): [string, unknown] => {
    if (key !== first) return [key, value]
    if (isKey && rest.length === 0) return [change(key), value]
    return [key, withText(value, inside, change)]
  })
  return Object.fromEntries(entries)
}
