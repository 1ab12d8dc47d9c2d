/** The subjects that are no provider: services, the store, the server. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, type TestContext, test } from 'node:test'
import { startLdapServer } from '../../test/support/ldap-server.ts'
import { doctor } from '../cli/doctor.ts'
import { loadConfig } from '../config/load.ts'
import { readSources } from '../config/read.ts'
import { openConfiguredStore } from '../server/state.ts'
import { openStore } from '../store/index.ts'
import type { Finding } from './contract.ts'

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-parts-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

async function run(folder: string, configuration: object, json = true, product?: string) {
  let stdout = ''
  let stderr = ''
  const file = join(folder, 'gatehouse.yaml')
  writeFileSync(file, JSON.stringify(configuration))
  const status = await doctor(
    { files: [file], json, ...(product === undefined ? {} : { product }) },
    {
      env: {},
      stdout: (text) => {
        stdout += text
      },
      stderr: (text) => {
        stderr += text
      },
      color: false,
      now: () => Date.now(),
    },
  )
  return { status, stdout, stderr }
}

async function findingOf(folder: string, configuration: object, check: string) {
  const { status, stdout } = await run(folder, configuration)
  const findings = (JSON.parse(stdout) as Finding[]).filter((finding) => finding.check === check)
  assert.equal(findings.length, 1, stdout)
  return { exitStatus: status, ...(findings[0] as Finding) }
}

async function portOf(t: TestContext, server: ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

function written(folder: string, text: string): string {
  const file = join(folder, `key-${randomBytes(4).toString('hex')}`)
  writeFileSync(file, text)
  return file
}

describe('a service', () => {
  const configured = (upstream?: string) => ({
    services: { report: { url: 'http://report.localhost', ...(upstream === undefined ? {} : { upstream }) } },
  })

  test('that answers is fine whatever it says, and is asked for nothing but a head', async (t) => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${JSON.stringify(request.headers.authorization)}`)
      response.writeHead(401, { 'content-length': '9999999' }).end()
    })
    const port = await portOf(t, server)

    const finding = await findingOf(folderFor(t), configured(`http://127.0.0.1:${port}/base`), 'upstream')

    assert.deepEqual(
      [finding.subject, finding.subjectKind, finding.status, finding.exitStatus],
      ['report', 'service', 'ok', 0],
    )
    assert.deepEqual(finding.evidence, { TCP: `127.0.0.1 port ${port}`, HTTP: '401' })
    assert.deepEqual(asked, ['HEAD /base undefined'])
  })

  test('that listens and speaks no HTTP, or another kind, is a problem that says so', async (t) => {
    const http = await portOf(
      t,
      createServer((_, response) => response.end()),
    )
    const ssh = await portOf(
      t,
      createTcpServer((socket) => socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.6\r\n')),
    )
    const mute = await portOf(
      t,
      createTcpServer((socket) => socket.on('error', () => {}).end()),
    )

    for (const [upstream, reason] of [
      [`https://127.0.0.1:${http}`, /plain http answered where https was expected/],
      [`http://127.0.0.1:${ssh}`, /./],
      [`http://127.0.0.1:${mute}`, /./],
    ] as const) {
      const finding = await findingOf(folderFor(t), configured(upstream), 'upstream')

      assert.deepEqual([finding.status, finding.code, finding.exitStatus], ['problem', 'upstream-unreachable', 1])
      assert.equal(finding.evidence['failing hop'], 'HTTP', upstream)
      assert.match(finding.evidence['reason'] ?? '', reason)
    }
  })

  test('whose host name nobody knows is a problem of its name', async (t) => {
    const finding = await findingOf(folderFor(t), configured('http://report.invalid:8080'), 'upstream')

    assert.deepEqual([finding.status, finding.code], ['problem', 'upstream-unreachable'])
    assert.equal(finding.evidence['failing hop'], 'DNS')
    assert.match(finding.remedy, /^Correct the host name in services\.report\.upstream/)
  })

  test('behind which a proxy says that nobody is there is a warning', async (t) => {
    const port = await portOf(
      t,
      createServer((_, response) => response.writeHead(503).end()),
    )

    const finding = await findingOf(folderFor(t), configured(`http://127.0.0.1:${port}`), 'upstream')

    assert.deepEqual([finding.status, finding.code, finding.exitStatus], ['warning', 'upstream-unreachable', 0])
    assert.equal(finding.evidence['HTTP'], '503')
  })

  test('that does not listen is a problem with its address and the reason', async (t) => {
    const finding = await findingOf(folderFor(t), configured('http://127.0.0.1:9'), 'upstream')

    assert.deepEqual([finding.status, finding.code, finding.exitStatus], ['problem', 'upstream-unreachable', 1])
    assert.equal(finding.evidence['upstream'], '127.0.0.1:9')
    assert.match(finding.evidence['reason'] ?? '', /ECONNREFUSED/)
    assert.match(finding.remedy, /^Start the service, correct services\.report\.upstream/)
  })

  test('that another proxy goes to is left alone', async (t) => {
    const finding = await findingOf(folderFor(t), configured(), 'upstream')

    assert.equal(finding.status, 'skipped')
  })
})

describe('the rules of a service', () => {
  const serviceWith = (changes: object) => ({
    teams: { analysts: { from: [{ authenticationClass: 'corp', group: 'analysts' }] }, guests: {} },
    authenticationClasses: { corp: { oidc: { hostname: 'sso.example.com', principalClaim: 'preferred_username' } } },
    services: { report: { url: 'http://report.localhost', ...changes } },
  })
  const allowing = (team: string) => serviceWith({ rules: [{ path: '/', allow: [`team:${team}`] }] })

  test('that name a team which nobody can be in are a warning; other teams are fine', async (t) => {
    const empty = await findingOf(folderFor(t), allowing('guests'), 'teams-of-rules')
    const given = await findingOf(folderFor(t), allowing('analysts'), 'teams-of-rules')

    assert.deepEqual([empty.status, empty.code, empty.evidence['teams']], ['warning', 'team-empty', 'guests'])
    assert.equal(given.status, 'ok')
  })

  test('are asked for by a proxy that must be trusted', async (t) => {
    const untold = await findingOf(folderFor(t), serviceWith({}), 'forwarded-by')
    const told = await findingOf(
      folderFor(t),
      { ...serviceWith({}), listen: { trustedProxies: ['10.0.0.1'] } },
      'forwarded-by',
    )
    const proxied = await findingOf(folderFor(t), serviceWith({ upstream: 'http://127.0.0.1:9' }), 'forwarded-by')

    assert.deepEqual([untold.status, untold.code], ['warning', 'proxy-not-trusted'])
    assert.deepEqual([told.status, proxied.status], ['ok', 'skipped'])
  })

  test('can be looked at alone, by the name of the service', async (t) => {
    const { stdout } = await run(
      folderFor(t),
      { ...allowing('analysts'), issuer: 'http://localhost:9' },
      true,
      'report',
    )

    const subjects = (JSON.parse(stdout) as Finding[]).map(({ subject }) => subject)
    assert.deepEqual([...new Set(subjects)], ['report'])
  })
})

test('an LDAP directory is reached, or is named with the hop that fails', async (t) => {
  const port = await portOf(
    t,
    createTcpServer((socket) => socket.on('error', () => {})),
  )
  const configured = (changes: object) => ({
    authenticationClasses: { corp: { ldap: { hostname: '127.0.0.1', ...changes } } },
    products: {
      lake: {
        product: 'trino',
        version: '470',
        url: 'https://trino.example.com',
        authentication: [{ authenticationClass: 'corp' }],
      },
    },
  })

  const there = await findingOf(folderFor(t), configured({ port }), 'reachability')
  const gone = await findingOf(folderFor(t), configured({ port: 9 }), 'reachability')

  assert.deepEqual([there.subject, there.status], ['corp', 'ok'])
  assert.deepEqual([gone.status, gone.code, gone.evidence['failing hop']], ['problem', 'provider-unreachable', 'TCP'])
})

test('the account that searches a directory is tried where people sign in here, once, and never shown', async (t) => {
  const reader = 'cn=reader,dc=example,dc=test'
  const seen: string[] = []
  const directory = await startLdapServer({
    onBind: (dn, password) => {
      seen.push(dn)
      return { code: dn === reader && password === 'its-password' ? 0 : 49 }
    },
    onSearch: ({ base }) =>
      base === 'dc=example,dc=test' || base === '' ? [] : { code: 32, message: 'no such object' },
  })
  t.after(() => directory.close())
  const configured = (ldap: object, password = 'its-password') => ({
    issuer: 'http://localhost:9',
    authenticationClasses: {
      corp: {
        ldap: {
          hostname: 'localhost',
          port: directory.port,
          searchBase: 'dc=example,dc=test',
          bindCredentials: { secretClass: 'reader' },
          ...ldap,
        },
      },
    },
    login: [{ authenticationClass: 'corp' }],
    secrets: { reader: { user: reader, password } },
  })

  const good = await findingOf(folderFor(t), configured({}), 'account')
  const wrong = await findingOf(folderFor(t), configured({}, 'another-password'), 'account')
  const nowhere = await findingOf(folderFor(t), configured({ searchBase: 'dc=gone' }), 'account')

  assert.deepEqual([good.status, good.subject], ['ok', 'corp'], JSON.stringify(good))
  assert.deepEqual([wrong.status, wrong.code], ['problem', 'directory-bind-refused'])
  assert.deepEqual([nowhere.status, nowhere.code], ['problem', 'directory-search-failed'])
  assert.equal(seen.length, 3)
  assert.doesNotMatch(JSON.stringify([good, wrong, nowhere]), /its-password|another-password/)
})

describe('the store', () => {
  const configuration = { issuer: 'http://localhost:9', store: 'sqlite:./data/g.db' }
  const changed = async (folder: string, sql: string) => {
    const store = await openStore(configuration.store, folder)
    await store.close()
    const database = new DatabaseSync(join(folder, 'data', 'g.db'))
    database.exec(sql)
    database.close()
  }

  test('that is not there yet is not made', async (t) => {
    const folder = folderFor(t)

    const finding = await findingOf(folder, configuration, 'schema')

    assert.deepEqual([finding.subject, finding.subjectKind, finding.status], ['store', 'store', 'skipped'])
    assert.deepEqual(readdirSync(folder), ['gatehouse.yaml'])
  })

  test('that is of this version is fine, while a server has it open as well, and is left as it was', async (t) => {
    const folder = folderFor(t)
    const store = await openStore(configuration.store, folder)

    const beside = await findingOf(folder, configuration, 'schema')
    await store.close()
    const before = readdirSync(join(folder, 'data'))
    const alone = await findingOf(folder, configuration, 'schema')

    assert.deepEqual([beside.status, alone.status], ['ok', 'ok'])
    assert.match(alone.evidence['schema'] ?? '', /^\d{4}-/)
    assert.deepEqual(readdirSync(join(folder, 'data')), before)
  })

  test('shows groups of the last sign-ins that nearly give a team', async (t) => {
    const folder = folderFor(t)
    await changed(
      folder,
      `INSERT INTO users (id, username, username_key, email_verified, active, is_admin, version, created_at, updated_at)
         VALUES ('u1', 'alice', 'alice', 0, 1, 0, 1, 1, 1);
       INSERT INTO identities (issuer, subject, user_id, authentication_class, created_at, last_seen_at, received_groups)
         VALUES ('https://sso.example.com', '1', 'u1', 'corp', 1, 1, '["/analysts","staff"]')`,
    )
    const teams = {
      analysts: { from: [{ authenticationClass: 'corp', group: 'analysts' }] },
      staff: { from: [{ authenticationClass: 'corp', group: 'staff' }] },
    }
    const authenticationClasses = {
      corp: { oidc: { hostname: 'sso.example.com', principalClaim: 'preferred_username' } },
    }

    const finding = await findingOf(folder, { ...configuration, teams, authenticationClasses }, 'groups')

    assert.deepEqual([finding.status, finding.code, finding.exitStatus], ['warning', 'group-unmatched', 0])
    assert.match(finding.remedy, /did you mean group: "\/analysts"\?/)
  })

  test('of a newer version is a problem, and of an older one a warning', async (t) => {
    const [newer, older] = [folderFor(t), folderFor(t)]
    await changed(newer, "INSERT INTO kysely_migration VALUES ('9999-later', '2030-01-01')")
    await changed(older, 'DELETE FROM kysely_migration')

    const problem = await findingOf(newer, configuration, 'schema')
    const warning = await findingOf(older, configuration, 'schema')

    assert.deepEqual([problem.status, problem.code, problem.exitStatus], ['problem', 'store-version-differs', 1])
    assert.equal(problem.evidence['unknown here'], '9999-later')
    assert.deepEqual([warning.status, warning.code, warning.exitStatus], ['warning', 'store-version-differs', 0])
    assert.match(warning.evidence['missing'] ?? '', /0001-first/)
  })

  test('that is no database is a problem, and is not repaired', async (t) => {
    const folder = folderFor(t)
    mkdirSync(join(folder, 'data'))
    writeFileSync(join(folder, 'data', 'g.db'), 'this is no database, and it is long enough to look like one')

    const finding = await findingOf(folder, configuration, 'schema')

    assert.deepEqual([finding.status, finding.code, finding.exitStatus], ['problem', 'store-unavailable', 1])
    assert.match(finding.evidence['reason'] ?? '', /not a database/)
    assert.deepEqual(readdirSync(join(folder, 'data')), ['g.db'])
  })

  test('is told from the key of another: by the file beside it, and by encryptionKey', async (t) => {
    const folder = folderFor(t)
    await run(folder, configuration)
    const { config } = loadConfig(readSources([join(folder, 'gatehouse.yaml')]), {})
    assert.ok(config)
    await (await openConfiguredStore({ config, baseDir: folder, env: {} })).store.close()
    const [right, other] = [
      readFileSync(join(folder, 'data', 'g.db.key'), 'utf8').trim(),
      randomBytes(32).toString('base64'),
    ]
    const keyed = (text: string) => ({ ...configuration, encryptionKey: `\${file:${written(folder, text)}}` })

    const fits = await findingOf(folder, configuration, 'encryption-key')
    const fitsToo = await findingOf(folder, keyed(right), 'encryption-key')
    const wrong = await findingOf(folder, keyed(other), 'encryption-key')
    const noKey = await findingOf(folder, keyed('too short'), 'encryption-key')
    const notHere = await findingOf(folder, { ...configuration, encryptionKey: '${env:NOT_SET}' }, 'encryption-key')
    rmSync(join(folder, 'data', 'g.db.key'))
    const gone = await findingOf(folder, configuration, 'encryption-key')

    assert.deepEqual([fits.status, fitsToo.status], ['ok', 'ok'])
    for (const finding of [wrong, noKey, gone])
      assert.deepEqual([finding.status, finding.code, finding.exitStatus], ['problem', 'encryption-key-wrong', 1])
    assert.match(wrong.evidence['problem'] ?? '', /made with the key [0-9a-f]{32}, this is [0-9a-f]{32}/)
    assert.match(gone.evidence['problem'] ?? '', /no such file/)
    assert.deepEqual([notHere.status, notHere.code], ['warning', 'secret-not-found'])
    assert.ok(!JSON.stringify([fits, wrong, noKey]).includes(right.slice(0, 20)))
  })

  test('that is not there yet has no key that could be wrong, but a configured one is looked at', async (t) => {
    const folder = folderFor(t)

    const unmade = await run(folder, configuration)
    const noKey = await findingOf(
      folder,
      { ...configuration, encryptionKey: `\${file:${written(folder, 'short')}}` },
      'encryption-key',
    )

    assert.doesNotMatch(unmade.stdout, /encryption-key/)
    assert.deepEqual([noKey.status, noKey.code], ['problem', 'encryption-key-wrong'])
  })

  test('whose address refers to a secret that is missing is told by the name of the secret', async (t) => {
    const store = 'postgres://gatehouse:${env:NOT_SET}@127.0.0.1:1/gatehouse'

    const finding = await findingOf(folderFor(t), { ...configuration, store, encryptionKey: '${env:KEY}' }, 'schema')

    assert.deepEqual([finding.status, finding.code, finding.exitStatus], ['problem', 'secret-not-found', 1])
    assert.equal(finding.evidence['environmentVariable'], 'NOT_SET')
    assert.match(finding.remedy, /^Set the environment variable/)
  })
})

describe('the server', () => {
  async function answering(t: TestContext, document: (origin: string) => object) {
    const server = createServer((request, response) =>
      response.end(JSON.stringify(document(`http://${request.headers.host}`))),
    )
    return `http://localhost:${await portOf(t, server)}`
  }

  test('that answers with the issuer of the configuration is fine', async (t) => {
    const issuer = await answering(t, (origin) => ({ issuer: origin }))

    const finding = await findingOf(folderFor(t), { issuer }, 'issuer-answers')

    assert.deepEqual(
      [finding.subject, finding.subjectKind, finding.status, finding.exitStatus],
      ['server', 'server', 'ok', 0],
    )
  })

  test('of another configuration is a problem with both issuers', async (t) => {
    const issuer = await answering(t, () => ({ issuer: 'https://id.example.com' }))

    const finding = await findingOf(folderFor(t), { issuer }, 'issuer-answers')

    assert.deepEqual([finding.status, finding.code, finding.exitStatus], ['problem', 'issuer-mismatch', 1])
    assert.deepEqual(
      [finding.evidence['configured'], finding.evidence['published']],
      [issuer, 'https://id.example.com'],
    )
  })

  test('that does not answer is a warning: it may not have been started yet', async (t) => {
    const finding = await findingOf(folderFor(t), { issuer: 'http://localhost:9' }, 'issuer-answers')

    assert.deepEqual([finding.status, finding.code, finding.exitStatus], ['warning', 'issuer-unreachable', 0])
    assert.equal(finding.evidence['failing hop'], 'TCP')
    assert.match(finding.remedy, /^Start `gatehouse serve`/)
  })

  test('is looked at once where it is a provider of products too', async (t) => {
    const issuer = await answering(t, (origin) => ({ issuer: origin }))
    const products = {
      superset: {
        product: 'superset',
        url: 'http://localhost:8088',
        authentication: [{ authenticationClass: 'gatehouse' }],
      },
    }

    const finding = await findingOf(folderFor(t), { issuer, products }, 'issuer-answers')

    assert.deepEqual(
      [finding.status, finding.remedy],
      ['skipped', 'products use it as their provider: see gatehouse above'],
    )
  })
})

test('the client secret of a product that signs in here is said to be derived, with the command that prints it', async (t) => {
  const issuer = 'http://localhost:9'
  const authentication = [{ authenticationClass: 'gatehouse' }]
  const products = { lake: { product: 'superset', url: 'http://localhost:8088', authentication } }

  const finding = await findingOf(folderFor(t), { issuer, products }, 'client-secret')

  assert.equal(finding.status, 'skipped')
  assert.match(finding.remedy, /derived from its own key: `gatehouse clients secret lake` prints it/)
})

test('a warning is marked in the report, and a configuration with nothing in it is said to be that', async (t) => {
  const folder = folderFor(t)

  const warned = await run(folder, { issuer: 'http://localhost:9' }, false)
  const empty = await run(folder, {}, false)

  assert.match(
    warned.stdout,
    /\nserver\n {2}! issuer-answers {2}The sign-in service does not answer .*issuer-unreachable/,
  )
  assert.match(
    warned.stdout,
    /2 checks, no problem, 1 warning\. To read more:\n {2}gatehouse explain issuer-unreachable\n$/,
  )
  assert.match(empty.stdout, /^\n?Nothing was checked: the configuration has no `issuer` and no service/)
  assert.deepEqual([warned.status, empty.status], [0, 0])
})
