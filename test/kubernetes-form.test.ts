/**
 * `render --format kubernetes`, over golden cases of all kinds of products: objects that Kubernetes can read, with names that it takes,
 * and a REGISTER.md that speaks of nothing but them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import * as z from 'zod'
import { productKinds } from '../src/config/schema.ts'
import { formatProduct, type OutputFile } from '../src/products/output/format.ts'
import { allFiles, type RenderedProduct } from '../src/products/render-product.ts'
import { type GoldenCase, goldenCases, renderData } from './support/golden-cases.ts'

const dnsLabel = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
const dnsSubdomain = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)
const key = z.string().regex(/^[-._a-zA-Z0-9]{1,253}$/)
/** Objects of RBAC may have colons in their names. */
const objectName = z.union([dnsSubdomain, z.string().regex(/^[a-z0-9]([-.:a-z0-9]*[a-z0-9])?$/)])
const metadata = z.looseObject({
  name: objectName,
  namespace: dnsLabel.optional(),
  labels: z.record(z.string(), z.string().max(63)).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
})
const object = z.looseObject({ apiVersion: z.string().min(1), kind: z.string().regex(/^[A-Z]\w+$/), metadata })

const secretKeyRef = z.strictObject({ name: dnsSubdomain, key })
const variable = z.union([
  z.strictObject({ name: z.string().regex(/^[A-Za-z_]\w*$/), value: z.string() }),
  z.strictObject({ name: z.string().regex(/^[A-Za-z_]\w*$/), valueFrom: z.strictObject({ secretKeyRef }) }),
])
const workload = (kind: string) =>
  z.strictObject({
    apiVersion: z.literal('apps/v1'),
    kind: z.literal(kind),
    metadata: z.strictObject({ name: dnsSubdomain }),
    spec: z.strictObject({
      template: z.strictObject({
        spec: z.strictObject({
          containers: z.array(z.strictObject({ name: dnsLabel, env: z.array(variable).min(1) })).length(1),
        }),
      }),
    }),
  })
/** The shapes of the objects that Gatehouse writes for every kind; those of products have shapes of their own. */
const shapes: Readonly<Record<string, z.ZodType>> = {
  ConfigMap: object.extend({ apiVersion: z.literal('v1'), data: z.record(key, z.string()) }).strict(),
  Secret: object.extend({
    apiVersion: z.literal('v1'),
    type: z.string().optional(),
    stringData: z.record(key, z.string()).optional(),
  }),
  Deployment: workload('Deployment'),
  StatefulSet: workload('StatefulSet'),
}
/** Read by tools in the form of Kubernetes; not stored by it. */
const configurations = ['Config', 'ClusterConfiguration', 'InitConfiguration', 'AuthenticationConfiguration']

function manifestsOf(rendered: RenderedProduct): OutputFile[] {
  return formatProduct(rendered, 'kubernetes', () => 'a value')
}

function nameOf({ path }: { path: string }): string {
  return path.slice(path.indexOf('/') + 1)
}

/** Whether a text names the file, not one whose name it is a part of, nor the key below `extra` of that name. */
function speaksOf(text: string, path: string): boolean {
  return new RegExp(`(?<!extra of |[\\w.-])${path.replaceAll('.', '\\.')}(?![\\w-]|\\.\\w)`).test(text)
}

/** Every third case: the kinds differ more than their cases do. */
function someCases(kind: string): GoldenCase[] {
  return goldenCases(kind).filter((_, index) => index % 3 === 0)
}

for (const kind of productKinds) {
  test(`for Kubernetes, ${kind} is objects with valid names, and a REGISTER.md that names no other files`, () => {
    let objects = 0
    for (const { name, data } of someCases(kind)) {
      const rendered = renderData(data)
      assert.ok(rendered)
      const written = manifestsOf(rendered)

      objects += objectsIn(name, written)
      const keys = written.filter((file) => nameOf(file) === 'configmap.yaml').flatMap(keysOf)
      const known = new Set([...written.map(nameOf), ...keys])
      const register = written.find((file) => nameOf(file) === 'REGISTER.md')?.content ?? assert.fail('no REGISTER.md')
      const others = ['secrets.env', ...allFiles(rendered).map(({ path }) => path)].filter((path) => !known.has(path))
      assert.deepEqual(
        others.filter((path) => speaksOf(register, path)),
        [],
        name,
      )
    }
    assert.ok(objects > 0, 'there are manifests to look at')
  })
}

/** Checks every object of some files, and says how many there are. */
function objectsIn(name: string, files: readonly OutputFile[]): number {
  const texts = files.filter(({ path, manifest }) => /\.ya?ml$/.test(path) && manifest !== 'values')
  const objects = texts.flatMap(({ content }) => parseAllDocuments(content).map((document): unknown => document.toJS()))
  for (const value of objects) {
    const kind = (value as { kind?: string }).kind ?? ''
    if (configurations.includes(kind)) continue
    assert.equal(
      (shapes[kind] ?? object).safeParse(value).error?.message,
      undefined,
      `${name}: ${JSON.stringify(value)}`,
    )
  }
  return objects.length
}

function keysOf({ content }: OutputFile): string[] {
  const map = parse(content) as { data: Record<string, string> }
  return Object.keys(map.data)
}

test('the page of the form for files does name files that the form for Kubernetes does not write', () => {
  const [found] = goldenCases('trino')
  const rendered = renderData(found?.data)
  assert.ok(rendered)
  const page = allFiles(rendered).find(({ path }) => path === 'REGISTER.md')?.content ?? ''

  assert.ok(speaksOf(page, 'secrets.env.example'))
  assert.ok(!speaksOf(page, 'secrets.env'))
})

test('a name or key that Kubernetes cannot have is made one', () => {
  const { name, data } =
    goldenCases('trino').find((found) => found.name.endsWith('/oidc-and-passwords')) ?? assert.fail()
  const odd = JSON.parse(
    JSON.stringify(data).replaceAll('"alice"', '"alice@example.com"').replaceAll('staff-passwords', 'staff..passwords'),
  )
  const rendered = renderData(odd)
  assert.ok(rendered)

  assert.ok(objectsIn(name, manifestsOf(rendered)) > 0)
  assert.match(JSON.stringify(manifestsOf(rendered)), /staff\.passwords/)
})
