/** The published package: packed, installed into an empty folder, and run by plain Node 24. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { freePort } from '../support/gatehouse.ts'
import { repositoryRoot, run } from './support/cache.ts'
import { startProcess } from './support/processes.ts'
import { tempFolder } from './support/temp.ts'

// npx takes the first node on the path; the package wants 24, whatever the machine has.
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
let folder: string
const stops: (() => Promise<void>)[] = []

before(async () => {
  folder = await tempFolder('package')
  const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: repositoryRoot, env })
  const [tarball] = globSync('gatehouse-*.tgz', { cwd: folder })
  assert.ok(tarball, packed)
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  await run('npm', ['install', '--no-audit', '--no-fund', `./${tarball}`], { cwd: folder, env, within: 120_000 })
})
after(async () => {
  for (const stop of stops) await stop()
})

const npx = (args: string[]) => run('npx', ['--no-install', 'gatehouse', ...args], { cwd: folder, env })

describe('the package', () => {
  it('holds JavaScript only, the schema, and the licences of what is inside', () => {
    const inside = join(folder, 'node_modules/gatehouse')

    assert.deepEqual(globSync('**/*.ts', { cwd: inside }), [])
    assert.ok(existsSync(join(inside, 'schema/config.schema.json')))
    assert.match(readFileSync(join(inside, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8'), /oidc-provider \d/)
  })

  it('prints help, and explains a code', async () => {
    assert.match(await npx(['--help']), /render \[options\] +write every product's own configuration files/)
    assert.match(await npx(['explain', 'issuer-mismatch']), /issuer/)
  })

  it('renders', async () => {
    writeFileSync(
      join(folder, 'gatehouse.yaml'),
      `authenticationClasses:
  keycloak: { oidc: { hostname: sso.example.com, rootPath: /realms/data, principalClaim: preferred_username, providerHint: Keycloak, tls: { verification: { server: { caCert: { webPki: {} } } } } } }
products:
  trino:
    product: trino
    version: "476"
    url: https://trino.example.com
    authentication: [{ authenticationClass: keycloak, oidc: { clientCredentialsSecret: trino } }]
secrets: { trino: { clientId: trino, clientSecret: "\${env:TRINO_CLIENT_SECRET}" } }
`,
    )

    await npx(['render', '-o', 'out'])

    const properties = readFileSync(join(folder, 'out/trino/config.properties'), 'utf8')
    assert.match(properties, /oauth2\.issuer=https(\\)?:\/\/sso\.example\.com\/realms\/data/)
  })

  it('serves, makes users and signs them in', async () => {
    const port = await freePort()
    writeFileSync(join(folder, 'serve.yaml'), `issuer: http://localhost:${port}\nlisten: { port: ${port} }\n`)
    await npx(['users', 'add', 'alice', '-c', 'serve.yaml', '--json'])
    const server = await startProcess({
      name: 'gatehouse',
      command: process.execPath,
      args: ['node_modules/gatehouse/dist/main.js', 'serve', '-c', 'serve.yaml'],
      cwd: folder,
      env,
      ready: (log) => log().includes('ready at'),
      within: 20_000,
    })
    stops.push(() => server.stop())

    const discovery = (await (
      await fetch(`http://localhost:${port}/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>
    const login = await fetch(`http://localhost:${port}/login`)

    assert.equal(discovery['issuer'], `http://localhost:${port}`)
    assert.match(await login.text(), /Sign in/)
  })
})
