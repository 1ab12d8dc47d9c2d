/** `authorization: elsewhere`: somebody else decides who may do what, so that nobody is asked for roles or a first administrator. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { productKinds } from '../src/config/schema.ts'
import { goldenCases, renderData } from './support/golden-cases.ts'

const missed = /has no roles|initialAdmin is missing|makes nobody an administrator/
/** Kinds that miss something when nobody decides. */
const missing = ['superset', 'airflow', 'nifi', 'jupyterhub', 'mlflow', 'nessie', 'kafbat', 'minio', 'argo-workflows']

interface Product {
  authorization?: string
  roles?: unknown
  nifi?: { initialAdmin?: string; initialAdminGroup?: string }
}

/** The problems of a case whose product gives no roles, with or without the key. */
function problemsOf(data: Record<string, unknown>, authorization: string | undefined): string[] {
  const copy = structuredClone(data) as { products: Record<string, Product> }
  for (const product of Object.values(copy.products)) {
    delete product.roles
    delete product.nifi?.initialAdmin
    delete product.nifi?.initialAdminGroup
    if (authorization !== undefined) product.authorization = authorization
  }
  return renderData(copy)?.problems.map(({ message }) => message) ?? []
}

for (const kind of productKinds) {
  const cases = goldenCases(kind).slice(0, 5)

  test(`where something else decides, ${kind} misses neither roles nor an administrator`, () => {
    const without = cases.flatMap(({ data }) => problemsOf(data, undefined)).filter((message) => missed.test(message))
    const elsewhere = cases.flatMap(({ data }) => problemsOf(data, 'elsewhere'))

    assert.deepEqual(without.length > 0, missing.includes(kind), without.join('\n'))
    assert.deepEqual(
      elsewhere.filter((message) => missed.test(message)),
      [],
    )
  })
}

test('nothing that something else decides is written over', () => {
  const [nifi, druid] = [goldenCases('nifi'), goldenCases('druid')].map(
    (cases) => cases.find(({ name }) => name.endsWith('/authorization-elsewhere')) ?? assert.fail('no case'),
  )
  const texts = (data: unknown) => (renderData(data)?.files ?? []).map(({ path, content }) => [path, content] as const)
  const properties = new Map(texts(nifi?.data)).get('nifi.properties') ?? ''
  const runtime = new Map(texts(druid?.data)).get('common.runtime.properties') ?? ''

  assert.doesNotMatch(properties, /user\.authorizer/)
  assert.ok(!texts(nifi?.data).some(([path]) => path === 'authorizers.xml'))
  assert.doesNotMatch(runtime, /^druid\.auth\.authorizer\.OidcAuthorizer\.type/m)
  assert.match(runtime, /DruidSystemAuthorizer\.type=allowAll/)
})

test('roles beside somebody else who decides are refused', () => {
  const [found] = goldenCases('superset').filter(({ name }) => name.endsWith('/keycloak-roles'))
  const data = found?.data as { products: Record<string, Product> }
  const [product] = Object.values(data.products)
  assert.ok(product)
  assert.equal(renderData(data)?.problems.filter(({ severity }) => severity === 'error').length, 0)

  product.authorization = 'elsewhere'

  assert.match(
    renderData(data)
      ?.problems.map(({ message }) => message)
      .join() ?? '',
    /remove one of the two/,
  )
})
