/** What `render` may read from its environment, and what may reach a rendered file, is a list: docs/guides/render.md. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { createReveal } from '../src/cli/render/reveal.ts'
import { render } from '../src/cli/render.ts'
import { loadConfig } from '../src/config/load.ts'
import { readSources } from '../src/config/read.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-render-env-'))
after(() => rmSync(folder, { recursive: true }))

const canary = 'CANARYrealsecret'
writeFileSync(join(folder, 'shadow'), canary)

/** Everything that a call says and writes, and the names of the variables that it looked at. */
function rendered(text: string, { withSecrets = false, env = {} as Record<string, string> } = {}) {
  const output = mkdtempSync(join(folder, 'out-'))
  const file = join(output, 'input.yaml')
  writeFileSync(file, text)
  const looked = new Set<string>()
  const watched = new Proxy(env, {
    get: (target, name) => {
      looked.add(String(name))
      return target[String(name)]
    },
  })
  const said: string[] = []
  const request = { files: [file], products: [], output: join(output, 'rendered'), format: 'files' as const }
  const status = render(
    { ...request, withSecrets, diff: false, against: undefined, check: false },
    {
      stdout: (part) => said.push(part),
      stderr: (part) => said.push(part),
      color: false,
      load: (files) => loadConfig(readSources(files), watched),
      reveal: (loaded) => (withSecrets ? createReveal({ ...loaded, env: watched }) : undefined),
    },
  )
  const files = readdirSync(output, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'input.yaml')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  return { status, all: [...said, ...files].join('\n'), said: said.join(''), looked: [...looked] }
}

const manifests = ({
  hostname = 'sso.example.com',
  claim = 'preferred_username',
  more = '',
  clientId = 'lake',
} = {}) => `apiVersion: authentication.stackable.tech/v1alpha1
kind: AuthenticationClass
metadata: { name: corp }
spec:
  provider:
    oidc:
      hostname: ${JSON.stringify(hostname)}
      rootPath: /realms/data
      principalClaim: ${JSON.stringify(claim)}
      scopes: [openid]
      ${more}
      tls: { verification: { server: { caCert: { webPki: {} } } } }
---
apiVersion: v1
kind: Secret
metadata: { name: lake-client }
stringData: { clientId: ${JSON.stringify(clientId)}, clientSecret: "\${env:AWS_SECRET}" }
---
apiVersion: superset.stackable.tech/v1alpha1
kind: SupersetCluster
metadata: { name: lake, annotations: { gatehouse/url: "https://lake.example.com" } }
spec:
  image: { productVersion: 6.0.0 }
  clusterConfig: { authentication: [{ authenticationClass: corp, oidc: { clientCredentialsSecret: lake-client } }] }
`
const secretsOfLake = {
  SUPERSET_SECRET_KEY: 'made-by-us',
  LAKE_CLIENT_SECRET: 'made-by-us',
}

describe('a manifest', () => {
  const env = { AWS_SECRET: canary, ADMIN_TOKEN: canary, KEYCLOAK_HOSTNAME: 'sso.example.com', HOST: 'sso.example.com' }

  it('with a reference to the environment or a file keeps it to the letter [render-env-expansion]', () => {
    for (const reference of ['${env:AWS_SECRET}', '${env:ADMIN_TOKEN}', `\${file:${join(folder, 'shadow')}}`]) {
      for (const input of [{ claim: reference }, { clientId: reference }, { more: `groupsClaim: "${reference}"` }]) {
        for (const withSecrets of [false, true]) {
          const { all, looked } = rendered(manifests(input), { withSecrets, env: { ...env, ...secretsOfLake } })
          assert.ok(!all.includes(canary), JSON.stringify(input))
          assert.ok(!looked.includes('AWS_SECRET') && !looked.includes('ADMIN_TOKEN'), String(looked))
        }
      }
    }
  })

  it('reads by $NAME a host and nothing else, and no variable that is named like a secret [render-env-expansion]', () => {
    for (const input of [
      { hostname: '$AWS_SECRET' },
      { hostname: '${ADMIN_TOKEN}' },
      { hostname: '$SECRET_HOST' },
      { hostname: '$PATH' },
      { claim: '$ADMIN_TOKEN' },
      { claim: '${KEYCLOAK_HOSTNAME}' },
      { more: 'groupsClaim: $AWS_SECRET' },
      { more: 'endpoints: { token: $AWS_SECRET }' },
    ]) {
      const { all, status, looked } = rendered(manifests(input), { env: { ...env, PATH: canary, SECRET_HOST: canary } })
      assert.equal(status, 2, JSON.stringify(input))
      assert.ok(!all.includes(canary), all)
      assert.deepEqual(looked, [], JSON.stringify(input))
    }
    const filled = rendered(manifests({ hostname: '$KEYCLOAK_HOSTNAME' }), { env })
    assert.equal(filled.status, 0, filled.said)
    assert.match(filled.all, /sso\.example\.com/)
    const wrong = rendered(manifests({ hostname: '$KEYCLOAK_HOSTNAME' }), { env: { KEYCLOAK_HOSTNAME: `${canary} x` } })
    assert.equal(wrong.status, 2)
    assert.ok(!wrong.all.includes(canary), wrong.all)
  })

  it('with accounts names no file outside of their Secret [render-path-escape]', () => {
    const accounts = (key: string) => `apiVersion: authentication.stackable.tech/v1alpha1
kind: AuthenticationClass
metadata: { name: accounts }
spec: { provider: { static: { userCredentialsSecret: { name: users } } } }
---
apiVersion: v1
kind: Secret
metadata: { name: users }
stringData: { ${JSON.stringify(key)}: hunter22 }
`
    const load = (key: string) => loadConfig({ files: [{ name: 'x.yaml', text: accounts(key) }], baseDir: folder }, {})

    for (const key of ['../../../etc/shadow', '/etc/shadow', '..', 'a}b', 'a\0b', 'a/b'])
      assert.match(
        load(key)
          .problems.map(({ message }) => message)
          .join(),
        /no Secret of Kubernetes can have/,
        key,
      )
    assert.deepEqual(load('alice.b_c-d').problems, [])
  })
})

describe('our own configuration', () => {
  const config = (more = '') => `issuer: https://id.example.com
authenticationClasses:
  corp: { oidc: { hostname: sso.example.com, principalClaim: "\${env:AWS_SECRET}", tls: { verification: { server: { caCert: { webPki: {} } } } } } }
network: { proxy: "\${env:HTTPS_PROXY}" }
products:
  app:
    product: oidc
    url: https://app.example.com
    redirectUris: [https://app.example.com/cb]
    title: "\${env:AWS_SECRET}"
    authentication: [{ authenticationClass: corp, oidc: { clientCredentialsSecret: c, authorizationParameters: { audience: "\${env:AWS_SECRET}" } } }]
secrets: { c: { clientId: "\${env:AWS_SECRET}", clientSecret: "\${env:APP_SECRET}"${more} } }
`

  it('is filled from the environment in its secrets only, and only when their values are asked for [render-env-expansion]', () => {
    const env = { AWS_SECRET: canary, HTTPS_PROXY: `http://u:${canary}@proxy:3128`, APP_SECRET: 'value-of-the-client' }

    const plain = rendered(config(), { env })
    const full = rendered(config(), { env, withSecrets: true })

    assert.deepEqual([plain.looked, full.looked], [[], ['APP_SECRET']])
    assert.ok(!(plain.all + full.all).includes(canary))
    assert.ok(!plain.all.includes('value-of-the-client'))
    assert.match(full.all, /value-of-the-client/)
  })

  it('with a secret in clear text renders files without it', () => {
    const { all } = rendered(config().replace('${env:APP_SECRET}', canary))

    assert.ok(!all.includes(canary), all)
  })
})

describe('a difference', () => {
  const config = `authenticationClasses:
  corp: { oidc: { hostname: sso.example.com, principalClaim: sub, tls: { verification: { server: { caCert: { webPki: {} } } } } } }
products:
  app: { product: oidc, url: https://app.example.com, redirectUris: [https://app.example.com/cb], authentication: [{ authenticationClass: corp, oidc: { clientCredentialsSecret: c } }] }
  lake: { product: trino, url: https://lake.example.com, authentication: [{ authenticationClass: corp, oidc: { clientCredentialsSecret: c } }] }
secrets: { c: { clientId: app, clientSecret: "\${env:APP_ONE}" } }
`

  it('shows no secret that was written with --with-secrets, nor one that somebody wrote by hand [canary-everywhere]', () => {
    const output = mkdtempSync(join(folder, 'diff-'))
    const file = join(output, 'gatehouse.yaml')
    writeFileSync(file, config)
    const env = { APP_ONE: canary, TRINO_SHARED_SECRET: canary }
    const said: string[] = []
    const run = (format: 'env' | 'files', withSecrets: boolean, diff: boolean) =>
      render(
        {
          files: [file],
          products: format === 'env' ? ['app'] : [],
          output,
          format,
          withSecrets,
          diff,
          against: undefined,
          check: false,
        },
        {
          stdout: (part) => said.push(part),
          stderr: (part) => said.push(part),
          color: false,
          load: (files) => loadConfig(readSources(files), env),
          reveal: (loaded) => createReveal({ ...loaded, env: { ...env, LAKE_SHARED_SECRET: canary } }),
        },
      )

    assert.equal(run('env', true, false), 0, said.join(''))
    assert.equal(run('env', false, true), 1)
    const properties = join(output, 'lake', 'config.properties')
    assert.equal(run('files', false, false), 0)
    const text = readFileSync(properties, 'utf8')
    writeFileSync(properties, text.replace(/(client-secret=).*/, `$1${canary}`))
    assert.match(readFileSync(properties, 'utf8'), /CANARY/)
    assert.equal(run('files', false, true), 1)

    assert.ok(!said.join('').includes(canary), said.join(''))
    assert.match(said.join(''), /-APP_ONE=…/)
    assert.match(said.join(''), /-http-server\.authentication\.oauth2\.client-secret=…/)
  })
})
