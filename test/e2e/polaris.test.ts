/** Rendered settings of Apache Polaris, read by its own classes and its Quarkus. No Polaris is started: no registry has one. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readClaimPath } from '../../src/claim-path.ts'
import { allFiles } from '../../src/products/render-product.ts'
import { goldenFiles } from '../support/accepted-keys.ts'
import { renderData } from '../support/golden-cases.ts'
import { hostile } from '../support/hostile-text.ts'
import { fc } from '../support/properties.ts'
import { type ReadSettings, readSettings, type SettingsRequest } from './support/polaris.ts'
import { tempFolder } from './support/temp.ts'

const golden = goldenFiles('polaris', 'application.properties')
const env = {
  POLARIS_CLIENT_ID: 'id-of-the-environment',
  GATEHOUSE_KEYCLOAK_TRUST_STORE_PASSWORD: 'a password',
}

function goldenRequest(path: string, tokens: SettingsRequest['tokens'] = []): SettingsRequest {
  return { path: join(import.meta.dirname, '../golden', path), env, tokens }
}

test('every rendered file is taken, and says what the configuration says', async () => {
  const answers = await readSettings(golden.map(({ path }) => goldenRequest(path)))

  for (const [index, { path }] of golden.entries()) {
    const { error, ...settings } = answers[index] ?? assert.fail()
    const clientId = path.includes('/client-id-variable/') ? env.POLARIS_CLIENT_ID : 'polaris'
    assert.equal(error, undefined, path)
    assert.equal(settings.type, path.includes('/mixed/') ? 'MIXED' : 'EXTERNAL', path)
    assert.equal(settings.tenantEnabled, true, path)
    assert.equal(settings.introspects, false, path)
    assert.deepEqual([settings.clientId, settings.audience], [clientId, [clientId]], path)
    assert.equal(settings.trustStore, path.includes('/own-ca/') ? '/etc/polaris/keycloak.p12' : null, path)
    assert.match(
      settings.server,
      path.includes('/inner-address/') ? /^http:\/\/keycloak\.auth\.svc:8080\// : /^https:\/\//,
      path,
    )
  }
})

test('no key of a rendered file goes unread: others are refused, and so is each with a letter more', async () => {
  const [{ path } = assert.fail()] = golden.filter((file) => file.path.includes('/keycloak-roles/'))
  const text = readFileSync(goldenRequest(path).path, 'utf8')
  const keys = [...text.matchAll(/^([\w.[\]-]+)=/gm)].map(([, key = '']) => key)
  const folder = tempFolder('keys')
  const requests = keys.map((key, index): SettingsRequest => {
    const file = join(folder, `${index}.properties`)
    writeFileSync(file, text.replace(`${key}=`, `${key}x=`))
    return { path: file, env, tokens: [] }
  })

  const answers = await readSettings(requests)

  assert.ok(keys.length > 14)
  assert.ok(keys.every((key) => /^(polaris\.(authentication|oidc)|quarkus\.oidc)\./.test(key)))
  assert.deepEqual(
    keys.filter((_, index) => answers[index]?.error === undefined),
    [],
  )
})

test('where the variable of the client id is missing, tokens are for nobody and not for anybody', async () => {
  const request = goldenRequest('polaris/client-id-variable/application.properties')

  const [answer] = await readSettings([{ ...request, env: {} }])

  assert.deepEqual(answer?.audience, ['POLARIS_CLIENT_ID-is-not-set'])
})

test('groups become principal roles, and a group called like one becomes none', async () => {
  const groups = [
    'analysts',
    'data-admins',
    'others',
    'PRINCIPAL_ROLE:service_admin',
    'PRINCIPAL_ROLE:ALL',
    'analysts\n',
  ]
  const token = { preferred_username: 'ann', groups }

  const [roles, withoutRoles] = await readSettings([
    goldenRequest('polaris/keycloak-roles/application.properties', [
      token,
      { ...token, groups: ['others', 'PRINCIPAL_ROLE:ALL'] },
      { preferred_username: 'ann' },
    ]),
    goldenRequest('polaris/keycloak/application.properties', [token, { preferred_username: 'ann of mars' }]),
  ])

  assert.deepEqual(roles?.people, [
    { name: 'ann', roles: ['PRINCIPAL_ROLE:analyst', 'PRINCIPAL_ROLE:service_admin'] },
    { name: 'ann', roles: [] },
    { name: 'ann', roles: [] },
  ])
  assert.deepEqual(withoutRoles?.people, [
    { name: 'ann', roles: ['PRINCIPAL_ROLE:ALL'] },
    { name: 'ann of mars', roles: ['PRINCIPAL_ROLE:ALL'] },
  ])
})

interface Chosen {
  clientId: string
  principalClaim: string
  groupsClaim: string
  groups: [string, string][]
}

const chosen: fc.Arbitrary<Chosen> = fc
  .record({
    clientId: hostile,
    principalClaim: hostile,
    groupsClaim: hostile,
    groups: fc.array(fc.tuple(hostile, hostile), { minLength: 1, maxLength: 3 }),
  })
  // One claim cannot hold both.
  .filter(
    ({ principalClaim, groupsClaim }) => readClaimPath(groupsClaim, { nestsDots: true }).path[0] !== principalClaim,
  )

function configurationOf({ clientId, principalClaim, groupsClaim, groups }: Chosen): unknown {
  const tls = { verification: { server: { caCert: { webPki: {} } } } }
  const oidc = {
    hostname: 'sso.example.com',
    rootPath: '/realms/data',
    scopes: ['openid'],
    principalClaim,
    groupsClaim,
    tls,
  }
  const credentials = { clientCredentialsSecret: 'client', extraScopes: ['groups'] }
  return {
    authenticationClasses: { keycloak: { oidc: { ...oidc, providerHint: 'Keycloak' } } },
    products: {
      polaris: {
        product: 'polaris',
        url: 'https://polaris.example.com',
        authentication: [{ authenticationClass: 'keycloak', oidc: credentials }],
        roles: Object.fromEntries(groups.map(([group, role]) => [group, [role]])),
      },
    },
    secrets: { client: { clientId, clientSecret: '${env:POLARIS_CLIENT_SECRET}' } },
  }
}

test('whatever texts are in the configuration, Polaris reads the same ones', async () => {
  const folder = tempFolder('hostile')
  mkdirSync(folder, { recursive: true })
  const written = fc.sample(chosen, 3_000).flatMap((choice, index) => {
    const rendered = renderData(configurationOf(choice))
    const file = rendered && allFiles(rendered).find(({ path }) => path === 'application.properties')
    if (!file) return []
    const path = join(folder, `${index}.properties`)
    writeFileSync(path, file.content)
    return [{ choice, path }]
  })

  const answers = await readSettings(written.map(({ choice, path }) => ({ path, env, tokens: [tokenOf(choice)] })))

  assert.ok(written.length > 100, `only ${written.length} were rendered`)
  for (const [index, { choice }] of written.entries()) {
    assert.deepEqual(whatMatters(answers[index]), expected(choice), JSON.stringify(choice))
  }
})

/** Somebody in all of the groups, and in those of nobody. */
function tokenOf({ principalClaim, groupsClaim, groups }: Chosen): Record<string, unknown> {
  const names = groups.map(([group]) => group)
  const value = [...names, ...names.map((name) => `${name}x`), 'PRINCIPAL_ROLE:ALL']
  const [first, ...rest] = readClaimPath(groupsClaim, { nestsDots: true }).path
  return {
    [principalClaim]: 'ann',
    [first]: rest.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value),
  }
}

function whatMatters(answer: ReadSettings | undefined): unknown {
  if (!answer || answer.error !== undefined) return answer
  return { clientId: answer.clientId, audience: answer.audience, people: answer.people }
}

function expected({ clientId, groups }: Chosen): unknown {
  const roles = new Set(new Map(groups).values().map((role) => `PRINCIPAL_ROLE:${role}`))
  return { clientId, audience: [clientId], people: [{ name: 'ann', roles: [...roles].sort() }] }
}
