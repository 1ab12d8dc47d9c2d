import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome, ProviderContext } from '../contract.ts'
import { issuer } from './issuer.ts'

async function outcomeOf(configured: string, published: string, clients: readonly 'login'[] | readonly 'product'[]) {
  const context = {
    provider: {
      className: 'idp',
      issuer: configured,
      path: 'authenticationClasses.idp.oidc',
      clients: clients.map((kind) => ({ isLogin: kind === 'login' })),
    },
    probe: { document: { issuer: published } },
  } as unknown as ProviderContext
  return (await issuer.run(context)) as Outcome & { remedy?: string; code?: string }
}

const path = 'https://auth.example.com/application/o/x'

test('an issuer that differs by the slash at its end is fine for ways in, which go by the document', async () => {
  for (const [configured, published] of [
    [path, `${path}/`],
    [`${path}/`, path],
    ['https://a.example.com/', 'https://a.example.com'],
  ] as const)
    assert.equal((await outcomeOf(configured, published, ['login'])).status, 'ok')
})

test('for products, whose files have the configured one, it is a warning with the value to write', async () => {
  const remedies = {
    [`${path}/`]: [path, 'rootPath: /application/o/x/ below authenticationClasses.idp.oidc'],
    [path]: [`${path}/`, 'rootPath: /application/o/x below'],
    'https://a.example.com': ['https://a.example.com/', 'rootPath: "" below'],
    'https://a.example.com/': ['https://a.example.com', 'rootPath: / below'],
  } as const
  for (const [published, [configured, said]] of Object.entries(remedies)) {
    const { status, code, remedy } = await outcomeOf(configured, published, ['product'])

    assert.deepEqual([status, code], ['warning', 'issuer-mismatch'])
    assert.ok(remedy?.includes(`Write ${said}`), remedy)
  }
})

test('more than a slash is a problem', async () => {
  for (const published of [`${path}//`, `${path}/y`, 'https://auth.example.com/application/o/X'])
    assert.equal((await outcomeOf(path, published, ['login'])).status, 'problem', published)
})

test('a document of many tenants asks for the id of one, and never for {tenantid}', async () => {
  const published = 'https://login.microsoftonline.com/{tenantid}/v2.0'
  for (const configured of [
    'https://login.microsoftonline.com/common/v2.0',
    'https://login.microsoftonline.com/%7Btenantid%7D/v2.0',
  ]) {
    const { status, code, remedy = '' } = await outcomeOf(configured, published, ['login'])

    assert.deepEqual([status, code], ['problem', 'tenant-not-named'])
    assert.match(remedy, /rootPath: \/<tenant id>\/v2\.0/)
    assert.doesNotMatch(remedy, /rootPath: \/(?:%7B|\{)/)
  }
})
