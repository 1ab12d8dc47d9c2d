import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { type DevIdp, startDevIdp } from '../src/dev-idp/index.ts'
import { errorRows } from '../src/errors.ts'
import { mainFile, runCli, sourceFile } from './support/gatehouse.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'))
after(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return name
}

const cli = (args: readonly string[], env: Record<string, string> = {}, input = '') =>
  runCli(args, { cwd: folder, env: { ...process.env, NO_COLOR: '1', ...env }, input })

/** How a call ends when nobody reads its output. */
async function cliWithoutReader(args: readonly string[]): Promise<{ status: number | null; stderr: string }> {
  const child = spawn(process.execPath, [mainFile, ...args], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } })
  child.stdout.destroy()
  child.stdin.end()
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number | null]>])
  return { status, stderr }
}

/** The modules that a call loads, from the root of the repository; Commander apart. */
async function filesLoadedBy(args: readonly string[]): Promise<string[]> {
  const list = join(folder, 'loaded.txt')
  writeFileSync(list, '')
  const spy = `import { registerHooks } from 'node:module'; import { appendFileSync } from 'node:fs';
    registerHooks({ load: (url, context, next) => (appendFileSync(${JSON.stringify(list)}, url + '\\n'), next(url, context)) })`
  const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(spy)}` }
  await runCli(args, { cwd: folder, env, main: sourceFile })
  const root = new URL('..', import.meta.url).href
  return readFileSync(list, 'utf8')
    .split('\n')
    .filter((url) => url.startsWith(root) && !url.includes('/commander/'))
    .map((url) => url.slice(root.length))
}

const twelveMistakes = `issuer: https://id.example.com/
listen: { port: 80800, trustedProxy: [10.0.0.0/8] }
authenticationClasses:
  keycloak:
    oidc: { hostname: "https://sso.example.com", principalClaim: preferred_username }
  Bad_Name:
    oidc: { hostname: x, principalClaim: sub }
login:
  - { authenticationClass: keycloack, oidc: { clientCredentialsSecret: nope } }
products:
  lake:
    product: trinno
    version: 476
    url: trino.example.com
    authentication: [{ authenticationClass: gatehouse }]
services:
  metadata:
    url: https://metadata.example.com
    rules: [{ path: /a%2fb, allow: everyone }, { path: /, allow: ["team:analyst"] }]
teams: { analysts: {} }
`

describe('gatehouse check', () => {
  it('prints twelve different mistakes at once, each with its place, and no stack trace', async () => {
    const { status, stdout, stderr } = await cli(['check', '-f', file('twelve.yaml', twelveMistakes)])

    const lines = stderr.trim().split('\n')
    assert.equal(status, 2)
    assert.equal(stdout, '')
    assert.deepEqual(
      lines.slice(0, -1).map((line) => line.replace(/: .*/, '')),
      [
        'twelve.yaml:1:1 issuer',
        'twelve.yaml:2:11 listen.port',
        'twelve.yaml:2:24 listen.trustedProxy',
        'twelve.yaml:5:13 authenticationClasses.keycloak.oidc.hostname',
        'twelve.yaml:6:3 authenticationClasses.Bad_Name',
        'twelve.yaml:9:7 login.0.authenticationClass',
        'twelve.yaml:9:47 login.0.oidc.clientCredentialsSecret',
        'twelve.yaml:12:5 products.lake.product',
        'twelve.yaml:13:5 products.lake.version',
        'twelve.yaml:14:5 products.lake.url',
        'twelve.yaml:19:15 services.metadata.rules.0.path',
        'twelve.yaml:19:67 services.metadata.rules.1.allow.0',
      ],
    )
    assert.equal(lines.at(-1), '12 problems')
    for (const meant of ['trustedProxies', 'keycloak', 'trino', 'analysts'])
      assert.match(stderr, new RegExp(`did you mean "${meant}"`))
    assert.doesNotMatch(stderr, /\n\s+at /)
  })

  it('names the variable when an override is wrong, and applies one that is right', async () => {
    const name = file(
      'override.yaml',
      'issuer: https://id.example.com\nproducts: { trino-prod: { product: trino, url: "https://a.example.com", authentication: [{ authenticationClass: gatehouse }] } }\n',
    )

    const right = await cli(['check', '-f', name], {
      GATEHOUSE__PRODUCTS__TRINO_PROD__URL: 'https://b.example.com',
      GATEHOUSE__LISTEN__PORT: '9000',
    })
    const wrong = await cli(['check', '-f', name], { GATEHOUSE__PRODUCTS__TRINO_PROD__URL: 'nonsense' })
    const unknown = await cli(['check', '-f', name], { GATEHOUSE__NOTHING: 'x' })
    const rendered = await cli(['render', '-f', name, '-o', '-'], {
      GATEHOUSE__PRODUCTS__TRINO_PROD__URL: 'https://b.example.com',
    })

    assert.equal(right.status, 0)
    assert.match(
      wrong.stderr,
      /^\$GATEHOUSE__PRODUCTS__TRINO_PROD__URL:1:1 products\.trino-prod\.url: must be an http or https URL/,
    )
    assert.match(unknown.stderr, /\$GATEHOUSE__NOTHING.*does not name a setting/)
    assert.match(rendered.stdout, /https:\/\/b\.example\.com\/oauth2\/callback/)
  })

  it('says what is wrong with YAML that is not YAML, an alias bomb, a missing file', async () => {
    const broken = await cli(['check', '-f', file('broken.yaml', 'issuer: [\n')])
    const bomb = await cli([
      'check',
      '-f',
      file(
        'bomb.yaml',
        `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
      ),
    ])
    const missing = await cli(['check', '-f', 'nowhere.yaml'])

    assert.match(broken.stderr, /^broken\.yaml:\d+:\d+ /)
    assert.match(bomb.stderr, /^bomb\.yaml:\d+:\d+ .*alias/i)
    assert.match(missing.stderr, /^nowhere\.yaml:1:1 cannot be read: there is no such file/)
    for (const { status } of [broken, bomb, missing]) assert.equal(status, 2)
  })

  it('says what is wrong with links in a circle, and with an anchor in a variable that contains itself', async () => {
    symlinkSync('circle-b', join(folder, 'circle-a'))
    symlinkSync('circle-a', join(folder, 'circle-b'))

    const circle = await cli(['check', '-f', 'circle-a'])
    const anchor = await cli(['check', '-f', file('fine.yaml', 'issuer: https://id.example.com\n')], {
      GATEHOUSE__TEAMS: '&a { b: *a }',
    })

    assert.match(circle.stderr, /^circle-a:1:1 cannot be read: .*ELOOP/)
    assert.match(anchor.stderr, /^\$GATEHOUSE__TEAMS:1:1 teams: must be a map/)
    for (const { status } of [circle, anchor]) assert.equal(status, 2)
  })

  it('never repeats a secret, also one of the wrong type', async () => {
    const name = file(
      'secrets.yaml',
      'encryptionKey: 70001\nstore: 70002\nsecrets:\n  a: { clientId: us, clientSecret: 70003 }\n  b: { clientId: us, clientSecret: ["70004"] }\n  c: "70005"\n',
    )

    const { status, stderr } = await cli(['check', '-f', name])

    assert.equal(status, 2)
    assert.match(stderr, /secrets\.a\.clientSecret: must be a text\n/)
    assert.doesNotMatch(stderr, /7000/)
  })

  it('finds what the server would refuse: proxies that are no addresses or everybody, services without a host of their own', async () => {
    const { status, stderr } = await cli([
      'check',
      '-f',
      file(
        'serve.yaml',
        `issuer: https://id.example.com
listen: { trustedProxies: [10.0.0.0/8, proxy.example.com, 0.0.0.0/0, "::1"] }
services:
  below: { url: https://a.example.com/wiki }
  same: { url: https://id.example.com }
  one: { url: https://b.example.com }
  two: { url: https://b.example.com }
`,
      ),
    ])

    assert.equal(status, 2)
    assert.deepEqual(
      stderr
        .trim()
        .split('\n')
        .map((line) => line.split(': ')[0]),
      [
        'serve.yaml:2:40 listen.trustedProxies.1',
        'serve.yaml:2:59 listen.trustedProxies.2',
        'serve.yaml:4:12 services.below.url',
        'serve.yaml:5:11 services.same.url',
        'serve.yaml:7:10 services.two.url',
        '5 problems',
      ],
    )
  })

  it('reads standard input, and prints JSON for programs', async () => {
    const { status, stdout } = await cli(['check', '-f', '-', '--json'], {}, 'isuer: x\n')

    assert.equal(status, 2)
    assert.deepEqual(JSON.parse(stdout), [
      {
        severity: 'error',
        file: '<stdin>',
        line: 1,
        column: 1,
        path: 'isuer',
        message: 'unknown key (did you mean "issuer"?)',
      },
    ])
  })
})

describe('gatehouse check on YAML that never ends', () => {
  it('refuses an anchor that contains itself, and one that is expanded without end [render-input-yaml-bomb]', async () => {
    const bomb = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let depth = 1; depth < 8; depth++) {
      bomb.push(
        `k${depth}: &a${depth} [${Array(10)
          .fill(`*a${depth - 1}`)
          .join(', ')}]`,
      )
    }

    const inside = await cli(['check', '-f', file('inside.yaml', 'teams: &a\n  x: *a\n')])
    const endless = await cli(['check', '-f', file('endless.yaml', bomb.join('\n'))])

    assert.deepEqual([inside.status, endless.status], [2, 2])
    assert.match(inside.stderr, /inside\.yaml:1:1 an anchor contains itself/)
    assert.match(endless.stderr, /endless\.yaml:1:1 Excessive alias count/)
  })
})

describe('gatehouse check on products', () => {
  const products = (version: string) => `products:
  lake: { product: trino, version: "${version}", url: https://lake.example.com, authentication: [{ authenticationClass: gatehouse }] }
issuer: https://id.example.com
`

  it('says what a product cannot do, and ends with 1', async () => {
    const { status, stdout, stderr } = await cli(['check', '-f', file('old.yaml', products('300'))])

    assert.equal(status, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /old\.yaml:2:27 products\.lake\.version: Trino 300 is too old/)
  })

  it('is content with warnings', async () => {
    const { status, stdout } = await cli(['check', '-f', file('new.yaml', products('900'))])

    assert.equal(status, 0)
    assert.match(stdout, /new\.yaml: 1 warning\n$/)
  })
})

describe('the command line', () => {
  it('has help with an example, and help for `help users add`', async () => {
    // The example of every command: src/cli/check.test.ts.
    const short = await cli(['users', 'add', '--help'])
    const long = await cli(['help', 'users', 'add'])
    const inside = await cli(['users', 'help', 'add'])
    const all = await cli(['help'])

    for (const { status, stdout } of [short, long]) {
      assert.equal(status, 0)
      assert.match(stdout, /Examples?:\n {2}gatehouse users add/)
    }
    assert.deepEqual([long.stdout, inside.stdout], [short.stdout, short.stdout])
    assert.match(all.stdout, /Start here:\n {2}gatehouse check/)
  })

  it('loads the file of the called command and no other', async () => {
    const help = await filesLoadedBy(['--help'])
    const check = await filesLoadedBy(['check', '-f', 'nowhere.yaml'])
    const wrong = await filesLoadedBy(['bogus'])

    const table = ['commands', 'main', 'package-file', 'program', 'signals', 'surroundings'].map(
      (name) => `src/cli/${name}.ts`,
    )
    assert.deepEqual(help.toSorted(), table)
    assert.deepEqual(wrong, help)
    assert.ok(check.includes('src/cli/check.ts'))
    assert.ok(!check.some((name) => /src\/(cli\/(serve|doctor|users)|server|store\/)/.test(name)), check.join(' '))
  })

  it('lists users without the server: neither the provider nor pages nor the gate', async () => {
    const loaded = await filesLoadedBy(['users', 'list', '-c', file('people.yaml', 'store: sqlite:./people.db\n')])

    assert.ok(loaded.includes('src/cli/users/list.ts'))
    const server =
      /node_modules\/(oidc-provider|koa|hono|undici|openid-client)\/|src\/(server\/(?!state)|provider|login|gate|products)/
    assert.deepEqual(
      loaded.filter((name) => server.test(name)),
      [],
    )
  })

  it('ends without a word when its reader has seen enough', async () => {
    file(
      'lake.yaml',
      'issuer: https://id.example.com\nproducts:\n  lake: { product: trino, url: https://lake.example.com, authentication: [{ authenticationClass: gatehouse }] }\n',
    )
    for (const args of [['--help'], ['check', '--help'], ['explain'], ['render', '-f', 'lake.yaml', '-o', '-']]) {
      const whole = await cli(args)

      const left = await cliWithoutReader(args)

      assert.deepEqual(left, { status: whole.status, stderr: whole.stderr }, args.join(' '))
    }
  })

  it('says in one line that its output could not be written, and has failed then', async () => {
    const full = openSync('/dev/full', 'w')
    for (const args of [['--help'], ['explain', 'issuer-mismatch']]) {
      const { status, stderr } = spawnSync(process.execPath, [mainFile, ...args], {
        cwd: folder,
        stdio: ['ignore', full, 'pipe'],
        encoding: 'utf8',
      })

      assert.equal(status, 1, args.join(' '))
      assert.match(stderr, /^The output could not be written: ENOSPC[^\n]*\n$/m)
      assert.doesNotMatch(stderr, / at |node:|\.js/)
    }
    closeSync(full)
  })

  it('ends with 2 for a call that is wrong', async () => {
    for (const args of [['bogus'], ['serve', '--bogus'], ['explain'], ['dev-idp', '--like', 'nobody']]) {
      assert.equal((await cli(args)).status, 2, args.join(' '))
    }
  })

  it('explains every code, and says what is near when a word is none', async () => {
    const texts = await Promise.all(
      ['issuer-mismatch', 'clock-skew', 'path-ambiguous'].map((code) => cli(['explain', code])),
    )
    const near = await cli(['explain', 'issuer-mismach'])

    for (const { status, stdout } of texts) {
      assert.equal(status, 0)
      assert.ok(stdout.length > 200)
    }
    assert.equal(near.status, 1)
    assert.match(near.stderr + near.stdout, /issuer-mismatch/)
    assert.ok(Object.keys(errorRows).length > 30)
  })

  it('does not serve on a port that is taken, and says which', async () => {
    const blocker = (await import('node:http')).createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => blocker.once('listening', resolve))
    const { port } = blocker.address() as { port: number }
    const name = file(
      'taken.yaml',
      `issuer: http://localhost:${port}\nlisten: { port: ${port} }\nstore: sqlite:./taken.db\n`,
    )

    const { status, stderr } = await cli(['serve', '-c', name])
    blocker.close()

    assert.equal(status, 2)
    assert.match(stderr, /address-in-use/)
    assert.match(stderr, new RegExp(String(port)))
  })

  it('does not serve with certificate checks switched off by the environment [tls-verify-every-client]', async () => {
    const name = file('insecure.yaml', 'issuer: http://localhost:1\nlisten: { port: 1 }\n')

    const { status, stderr } = await cli(['serve', '-c', name], { NODE_TLS_REJECT_UNAUTHORIZED: '0' })

    assert.equal(status, 2)
    assert.match(stderr, /NODE_TLS_REJECT_UNAUTHORIZED/)
  })
})

describe('gatehouse doctor', () => {
  const cases: [string, Parameters<typeof startDevIdp>[0], string, RegExp][] = [
    [
      'an issuer that is another',
      { faults: { issuer: 'http://localhost:9/realms/other' } },
      'issuer-mismatch',
      /http:\/\/localhost:9\/realms\/other/,
    ],
    ['a clock that is wrong', { faults: { clock: 3600 } }, 'clock-skew', /provider|there/i],
    ['a certificate that has expired', { faults: { certificate: 'expired' } }, 'certificate-expired', /expire|valid/i],
    [
      'a certificate for another host',
      { faults: { certificate: 'wrong-host' } },
      'certificate-hostname-mismatch',
      /localhost/,
    ],
    [
      'an authority that is not known',
      { faults: { certificate: 'untrusted-ca' } },
      'certificate-untrusted',
      /caCert|network\.ca/,
    ],
    [
      'a redirect URI that is not registered',
      { redirectUris: ['http://localhost:1/other'] },
      'redirect-uri-not-registered',
      /callback\/idp/,
    ],
  ]

  for (const [what, options, code, evidence] of cases) {
    it(`names ${what}, with both values and the remedy, and ends with 1`, async () => {
      const { status, stdout } = await examine(options)

      assert.equal(status, 1, stdout)
      assert.match(stdout, new RegExp(code))
      assert.match(stdout, evidence)
      assert.match(stdout, new RegExp(`gatehouse explain ${code}`))
    })
  }

  it('finds nothing wrong with a provider that is right', async () => {
    const { status, stdout, stderr } = await examine({})

    assert.equal(status, 0, stdout + stderr)
  })

  async function examine(options: Parameters<typeof startDevIdp>[0]) {
    const idp: DevIdp = await startDevIdp(options)
    try {
      const ca = idp.ca === undefined ? '' : `\n  dev-idp-ca: { ca.crt: "\${file:./ca.pem}" }`
      if (idp.ca !== undefined) file('ca.pem', idp.ca)
      const name = file(
        'doctor.yaml',
        `issuer: http://localhost:8080
authenticationClasses: { idp: ${JSON.stringify(idp.authenticationClass)} }
login: [{ authenticationClass: idp, oidc: { clientCredentialsSecret: client } }]
secrets:
  client: { clientId: ${idp.clientId}, clientSecret: "\${env:SECRET}" }${ca}
`,
      )
      return await cli(['doctor', '-c', name], { SECRET: idp.clientSecret })
    } finally {
      await idp.close()
    }
  }
})
