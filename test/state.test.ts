import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createSealer, readMasterKey } from '../src/store/sealing.ts'
import { freePort, runCli, startGatehouse } from './support/gatehouse.ts'

const lake = `
products:
  trino: { product: trino, version: "476", url: https://trino.example.com, authentication: [{ authenticationClass: gatehouse }] }
`

function folderWith(t: TestContext, config: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-state-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'gatehouse.yaml'), config)
  return folder
}

const cli = (cwd: string, args: readonly string[], env: Record<string, string> = {}) =>
  runCli(args, { cwd, env: { ...process.env, NO_COLOR: '1', ...env }, input: 'correct horse battery staple' })

describe('a folder without a store', () => {
  const cases: readonly [args: string[], status: number, says: RegExp][] = [
    [['clients', 'list'], 0, /trino {2}client id trino/],
    [['clients', 'secret', 'trino'], 1, /client-secret-elsewhere/],
    [['users', 'list'], 1, /store-missing: .*\n {2}store: .*gatehouse\.db\n {2}Run `gatehouse serve`/],
    [['users', 'list', '--json'], 1, /store-missing/],
    [['users', 'activate', 'alice'], 1, /store-missing/],
    [['users', 'show', 'alice'], 1, /store-missing/],
    [['users', 'remove', 'alice', '--force'], 1, /store-missing/],
    [['users', 'deactivate', 'alice'], 1, /store-missing/],
    [['users', 'password', 'alice', '--password-stdin'], 1, /store-missing/],
    [['users', 'add', 'alice', '--team', 'nobodies'], 2, /there is no team nobodies/],
    [['users', 'add', 'al ice', '--password-stdin'], 1, /username-refused/],
    [['explain', 'aaaaaaaaaaaaaaaa'], 1, /neither a code nor the request id/],
    [['render', '--with-secrets', '-o', '../nowhere'], 2, /client-secret-elsewhere/],
    [['doctor'], 1, /reachability/],
  ]
  for (const [args, status, says] of cases) {
    it(`has none after \`${args.join(' ')}\` either`, async (t) => {
      const folder = folderWith(t, `issuer: http://localhost:8080${lake}`)

      const result = await cli(folder, args)

      assert.equal(result.status, status, result.stdout + result.stderr)
      assert.match(result.stdout + result.stderr, says)
      assert.deepEqual(readdirSync(folder), ['gatehouse.yaml'])
    })
  }

  it('gets a store and the key of the server from the first account, so that a secret printed then is right', async (t) => {
    const folder = folderWith(t, `issuer: http://localhost:8080${lake}`)

    const added = await cli(folder, ['users', 'add', 'alice', '--password-stdin'])
    const secret = await cli(folder, ['clients', 'secret', 'trino'])
    const listed = await cli(folder, ['users', 'list'])

    assert.equal(added.status, 0, added.stderr)
    assert.equal(secret.status, 0, secret.stderr)
    assert.match(listed.stdout, /alice/)
    const key = readMasterKey(join(folder, 'gatehouse.db.key'))
    assert.ok(key)
    assert.equal(secret.stdout.trim(), createSealer(key).derive('client-secret:trino'))
  })

  it('prints no secret of another key than that of the store, neither alone nor in a rendered file', async (t) => {
    const key = (byte: number) => Buffer.alloc(32, byte).toString('base64')
    const folder = folderWith(t, `issuer: http://localhost:8080\nencryptionKey: "\${env:KEY}"${lake}`)
    await cli(folder, ['users', 'add', 'alice', '--password-stdin'], { KEY: key(1) })
    const commands = [
      ['clients', 'secret', 'trino'],
      ['render', '--with-secrets', '-o', 'rendered'],
    ]
    const right = createSealer(Buffer.alloc(32, 1)).derive('client-secret:trino')
    const wrong = createSealer(Buffer.alloc(32, 2)).derive('client-secret:trino')
    const everything = (text: string) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.env'))
        .reduce((all, name) => all + readFileSync(join(folder, name), 'utf8'), text)

    for (const args of commands) {
      const refused = await cli(folder, args, { KEY: key(2) })
      const said = everything(refused.stdout + refused.stderr)
      assert.notEqual(refused.status, 0, args.join(' '))
      assert.match(refused.stderr, /encryption-key-wrong: [\s\S]*fingerprints/, args.join(' '))
      assert.ok(!said.includes(wrong) && !said.includes(right), said)

      const printed = await cli(folder, args, { KEY: key(1) })
      assert.equal(printed.status, 0, printed.stderr)
      assert.ok(everything(printed.stdout).includes(right), args.join(' '))
      rmSync(join(folder, 'rendered'), { recursive: true, force: true })
    }
  })

  it('prints a secret beside a store that cannot be read, and says that it has not compared the key', async (t) => {
    const key = Buffer.alloc(32, 1)
    const folder = folderWith(
      t,
      `issuer: http://localhost:8080\nstore: postgres://nobody@127.0.0.1:1/nowhere\nencryptionKey: ${key.toString('base64')}${lake}`,
    )

    const { status, stdout, stderr } = await cli(folder, ['clients', 'secret', 'trino'])

    assert.deepEqual([status, stdout.trim()], [0, createSealer(key).derive('client-secret:trino')], stderr)
    assert.match(stderr, /the key was not compared with the store: store-unavailable/)
  })

  it('prints a secret that is configured, without any key', async (t) => {
    const configured = lake.replace('gatehouse }', 'gatehouse, oidc: { clientCredentialsSecret: lake } }')
    const folder = folderWith(
      t,
      `issuer: http://localhost:8080${configured}secrets: { lake: { clientId: lake, clientSecret: "\${env:LAKE}" } }\n`,
    )

    const { status, stdout } = await cli(folder, ['clients', 'secret', 'trino'], { LAKE: 'from the environment' })
    const listed = await cli(folder, ['clients', 'list'])

    assert.deepEqual([status, stdout], [0, 'from the environment\n'])
    assert.equal(listed.status, 0, listed.stderr)
    assert.match(listed.stdout, /client id lake/)
  })
})

describe('a server that refuses to start', () => {
  const cases: readonly {
    what: string
    config?: string
    env?: Record<string, string>
    prepare?: (folder: string) => void
    code: RegExp
    left?: string[]
  }[] = [
    {
      what: 'a class whose client secret is not there',
      config:
        'authenticationClasses: { idp: { oidc: { hostname: localhost, principalClaim: sub } } }\nlogin: [{ authenticationClass: idp, oidc: { clientCredentialsSecret: us } }]\nsecrets: { us: { clientId: us, clientSecret: "${env:NOT_SET}" } }\n',
      code: /gatehouse\.yaml:5:\d+ secrets\.us\.clientSecret: the variable NOT_SET is not set here[\s\S]*secret-not-found/,
    },
    {
      what: 'a product whose client secret is not there',
      config: `${lake.replace('gatehouse }', 'gatehouse, oidc: { clientCredentialsSecret: lake } }')}secrets: { lake: { clientId: lake, clientSecret: "\${env:NOT_SET}" } }\n`,
      code: /secret-not-found/,
    },
    {
      what: 'an authority that is not there',
      config: `network: { ca: ./nowhere.pem }\nauthenticationClasses: { idp: { oidc: { hostname: sso.example.com, principalClaim: sub, tls: { verification: { server: { caCert: { webPki: {} } } } } } } }\nlogin: [{ authenticationClass: idp, oidc: { clientCredentialsSecret: us } }]\nsecrets: { us: { clientId: us, clientSecret: x } }\n`,
      code: /secret-not-found/,
    },
    {
      what: 'an encryption key that is not there',
      config: 'encryptionKey: "${env:NOT_SET}"\n',
      code: /secret-not-found/,
    },
    {
      what: 'an encryption key that is none',
      config: 'encryptionKey: "${env:SHORT}"\n',
      env: { SHORT: 'c2hvcnQ=' },
      code: /gatehouse\.yaml:3:1 encryptionKey: the variable SHORT has no key of 32 bytes[\s\S]*encryption-key-wrong/,
    },
    {
      what: 'certificate checks switched off',
      env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      code: /NODE_TLS_REJECT_UNAUTHORIZED/,
    },
    {
      what: 'a rule with a path in two meanings',
      config: 'services: { wiki: { url: "https://wiki.example.com", rules: [{ path: /a//b, allow: everyone }] } }\n',
      code: /services\.wiki\.rules\.0\.path/,
    },
    {
      what: 'a folder where the store should be',
      prepare: (folder) => mkdirSync(join(folder, 'gatehouse.db')),
      code: /store-unavailable/,
      left: ['gatehouse.db', 'gatehouse.yaml'],
    },
    { what: 'a store below a file', config: 'store: sqlite:./gatehouse.yaml/x.db\n', code: /store-unavailable/ },
    { what: 'a store where nothing can be made', config: 'store: sqlite:/proc/x/g.db\n', code: /store-unavailable/ },
    {
      what: 'a folder where the key should be',
      prepare: (folder) => mkdirSync(join(folder, 'gatehouse.db.key')),
      code: /store-unavailable/,
      left: ['gatehouse.db.key', 'gatehouse.yaml'],
    },
    {
      what: 'a key that is none',
      prepare: (folder) => writeFileSync(join(folder, 'gatehouse.db.key'), 'not a key\n'),
      code: /encryption-key-wrong/,
      left: ['gatehouse.db.key', 'gatehouse.yaml'],
    },
  ]
  for (const { what, config = '', env = {}, prepare, code, left = ['gatehouse.yaml'] } of cases) {
    it(`leaves no key and no store behind: ${what}`, async (t) => {
      const folder = folderWith(t, `issuer: http://localhost:8080\nlisten: { port: ${await freePort()} }\n${config}`)
      prepare?.(folder)

      const { status, stderr } = await cli(folder, ['serve'], env)

      assert.equal(status, 2, stderr)
      assert.match(stderr, code)
      assert.deepEqual(readdirSync(folder), left)
    })
  }

  it('leaves no key and no store behind: a port that is taken', async (t) => {
    const blocker = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => blocker.once('listening', resolve))
    t.after(() => blocker.close())
    const { port } = blocker.address() as AddressInfo
    const folder = folderWith(t, `issuer: http://localhost:${port}\nlisten: { port: ${port} }\n`)

    const { status, stderr } = await cli(folder, ['serve'])

    assert.equal(status, 2)
    assert.match(stderr, /address-in-use/)
    assert.deepEqual(readdirSync(folder), ['gatehouse.yaml'])
  })

  it('makes no second key where the first is lost: what it sealed would be lost as well', async () => {
    const gatehouse = await startGatehouse({
      config: (port) => `issuer: http://localhost:${port}\nlisten: { port: ${port} }\n`,
    })
    await gatehouse.kill()
    for (const key of keysIn(gatehouse.folder)) rmSync(join(gatehouse.folder, key))

    const { status, stderr } = await gatehouse.cli(['serve'])

    assert.equal(status, 2)
    assert.match(stderr, /encryption-key-wrong/)
    assert.deepEqual(keysIn(gatehouse.folder), [])
    rmSync(gatehouse.folder, { recursive: true })
  })

  it('goes on with a key that came back without its store', async (t) => {
    const folder = folderWith(t, `issuer: http://localhost:8080${lake}`)
    const key = join(folder, 'gatehouse.db.key')
    writeFileSync(key, `${Buffer.alloc(32, 7).toString('base64')}\n`)
    chmodSync(key, 0o600)

    const before = await cli(folder, ['clients', 'secret', 'trino'])

    assert.equal(before.status, 0)
    assert.deepEqual(readdirSync(folder), ['gatehouse.db.key', 'gatehouse.yaml'])
  })
})

function keysIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.key'))
}

describe('programs that start at the same time on one new file', () => {
  it('make it once: one server starts, others are refused, and no account is lost', async (t) => {
    const folder = folderWith(t, '')
    const config = (port: number) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
store: sqlite:${folder}/shared/gatehouse.db
`
    writeFileSync(join(folder, 'gatehouse.yaml'), config(8080))
    const names = ['alice', 'bob']

    const [starts, added] = await Promise.all([
      Promise.allSettled(Array.from({ length: 3 }, () => startGatehouse({ config }))),
      Promise.all(names.map((name) => cli(folder, ['users', 'add', name, '--password-stdin']))),
    ])

    const servers = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
    t.after(() => Promise.all(servers.map((server) => server.stop())))
    const refused = starts.flatMap((start) => (start.status === 'rejected' ? [String(start.reason)] : []))
    assert.equal(servers.length, 1, refused.join('\n'))
    for (const reason of refused) assert.match(reason, /store-in-use/)
    for (const { status, stderr } of added) assert.equal(status, 0, stderr)
    const listed = await cli(folder, ['users', 'list', '--json'])
    assert.deepEqual(
      (JSON.parse(listed.stdout) as { username: string }[]).map(({ username }) => username).sort(),
      names,
    )
  })
})
