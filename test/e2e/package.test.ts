/** The published package: packed, installed into an empty folder, and run by plain Node 24. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { freePort } from '../support/gatehouse.ts'
import { relyingParty, walkToCallback } from '../support/relying-party.ts'
import { repositoryRoot, run } from './support/cache.ts'
import { filledIn, parseForms } from './support/html-forms.ts'
import { oldNode } from './support/old-node.ts'
import { startProcess } from './support/processes.ts'
import { ScriptedBrowser } from './support/scripted-browser.ts'
import { tempFolder } from './support/temp.ts'

// npx takes the first node on the path; the package wants 24, whatever the machine has.
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
const redirectUri = 'http://localhost:1/cb'
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
    const inside = join(folder, 'node_modules/@gatehouse-id/gatehouse')

    assert.deepEqual(globSync('**/*.ts', { cwd: inside }), [])
    assert.ok(existsSync(join(inside, 'schema/config.schema.json')))
    assert.match(readFileSync(join(inside, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8'), /oidc-provider \d/)
  })

  for (const version of ['18', '20', '22']) {
    it(`says in one line on Node.js ${version} which one it needs`, async () => {
      const program = join(await oldNode(version), 'node_modules/node/bin/node')
      const command = 'node_modules/@gatehouse-id/gatehouse/bin/gatehouse.cjs'

      const { status, stdout, stderr } = spawnSync(program, [command, 'serve'], { cwd: folder, encoding: 'utf8' })

      assert.deepEqual({ status, stdout }, { status: 2, stdout: '' })
      const said = `^Gatehouse needs Node\\.js 24 or newer, and this is v${version}\\.\\S+ \\(.*\\): install it .*\n$`
      assert.match(stderr, new RegExp(said))
    })
  }

  it('prints help, and explains a code', async () => {
    assert.match(await npx(['--help']), /render\s+write every product's own\s+configuration\s+files/)
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

  it('serves, makes users, signs them in and gives products their tokens', async () => {
    const port = await freePort()
    writeFileSync(
      join(folder, 'serve.yaml'),
      `issuer: http://localhost:${port}
listen: { port: ${port} }
products:
  app: { product: oidc, url: "http://localhost:1", redirectUris: ["${redirectUri}"], authentication: [{ authenticationClass: gatehouse }] }
`,
    )
    const user = JSON.parse(await npx(['users', 'add', 'alice', '-c', 'serve.yaml', '--json'])) as { password: string }
    const clientSecret = (await npx(['clients', 'secret', 'app', '-c', 'serve.yaml'])).trim()
    const server = await startProcess({
      name: 'gatehouse',
      command: process.execPath,
      args: ['node_modules/@gatehouse-id/gatehouse/bin/gatehouse.cjs', 'serve', '-c', 'serve.yaml'],
      cwd: folder,
      env,
      ready: (log) => log().includes('ready at'),
      within: 20_000,
    })
    stops.push(() => server.stop())

    const issuer = `http://localhost:${port}`
    const rp = await relyingParty({ issuer, clientId: 'app', clientSecret, redirectUri })
    const browser = new ScriptedBrowser()
    const request = await rp.request()
    const page = await browser.open(request.url)
    const [form] = parseForms(page.body)
    assert.ok(form, page.body)
    const body = filledIn(form, { username: 'alice', password: user.password })
    const posted = await browser.send(new URL(form.action, page.url).href, { method: 'POST', body })
    const tokens = await rp.redeem(await walkToCallback(browser, posted, redirectUri), request)
    const refreshed = await rp.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' })

    assert.equal(tokens.claims()?.['preferred_username'], 'alice')
    assert.equal(refreshed.status, 200)
    assert.equal((await rp.introspect(String(refreshed.body['access_token']))).active, true)
  })
})
