/** Amundsen with exactly the rendered files: tokens passed on and checked, people resolved and created from three sources. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import { readEnv } from '../support/read-formats.ts'
import { type Amundsen, installAmundsen, startAmundsen } from './support/amundsen.ts'
import { freePort } from './support/ports.ts'
import { type Rendered, renderProduct } from './support/rendered.ts'
import { browserOf, signIn } from './support/scripted-browser.ts'

const SECRET_KEY = 'a-key-that-only-this-test-knows'

function variablesOf({ files }: Rendered, service: 'frontend' | 'metadata' | 'search'): Record<string, string> {
  return Object.fromEntries(readEnv(files[`${service}.env`] ?? ''))
}

describe('through Gatehouse', () => {
  const ada = {
    username: 'ada',
    password: 'correct horse battery staple',
    email: 'ada@example.test',
    name: 'Ada Archer',
  }
  let gatehouse: Gatehouse
  let amundsen: Amundsen

  before(async () => {
    const [port, frontend] = [await freePort(), await freePort()]
    const config = `issuer: http://localhost:${port}
listen: { port: ${port} }
products:
  amundsen:
    product: amundsen
    url: http://127.0.0.1:${frontend}
    authentication: [{ authenticationClass: gatehouse }]
`
    gatehouse = await startGatehouse({ port, config: () => config })
    await gatehouse.addUser(ada.username, ada.password, ['--email', ada.email, '--name', ada.name])
    const secret = await gatehouse.cli(['clients', 'secret', 'amundsen'])
    const rendered = await renderProduct(config, 'amundsen')
    const secrets = { FLASK_OIDC_CLIENT_SECRET: secret.stdout.trim(), FLASK_OIDC_SECRET_KEY: SECRET_KEY }
    const envOf = (service: 'frontend' | 'metadata' | 'search') => {
      const { SQLALCHEMY_DATABASE_URI: _, ...variables } = variablesOf(rendered, service)
      return { ...variables, ...secrets }
    }
    amundsen = await startAmundsen({
      env: { frontend: envOf('frontend'), metadata: envOf('metadata'), search: envOf('search') },
      pythonFolder: rendered.folder,
      ports: { frontend },
    })
  })
  after(async () => {
    await Promise.all([amundsen?.stop(), gatehouse?.stop()])
  })

  test('a new person signs in, is created from the token and shown by name', async (t) => {
    const browser = browserOf(t)

    const page = await signIn(browser, { startUrl: `${amundsen.url}/`, ...ada })
    const me = await browser.send(`${amundsen.url}/api/auth_user`)
    const bookmark = await browser.send(`${amundsen.url}/api/metadata/v0/user/bookmark`)

    assert.equal(page.status, 200, browser.trace())
    assert.equal(me.status, 200, `${me.body}\n${amundsen.log()}`)
    const { user } = JSON.parse(me.body) as { user: Record<string, unknown> }
    assert.equal(user['user_id'], 'ada')
    assert.equal(user['email'], ada.email)
    assert.equal(user['display_name'], ada.name)
    assert.equal(bookmark.status, 200, bookmark.body)
    assert.match(amundsen.log(), /Created the user ada/)
  })

  test('the metadata service gets the access token in the form of flaskoidc 1.x, and no refresh token', async (t) => {
    const browser = browserOf(t)
    await signIn(browser, { startUrl: `${amundsen.url}/`, ...ada })

    await browser.send(`${amundsen.url}/api/auth_user`)

    const { authorization } = amundsen.seenByMetadata().at(-1) ?? {}
    const token = JSON.parse(authorization?.replace('Bearer ', '') ?? '') as Record<string, unknown>
    assert.equal(typeof token['access_token'], 'string')
    assert.equal(typeof token['expires_at'], 'number')
    assert.equal(token['refresh_token'], undefined)
    const search = await fetch(`${amundsen.searchUrl}/v2/search`, {
      method: 'POST',
      headers: { authorization: authorization ?? '', 'content-type': 'application/json' },
      body: JSON.stringify({
        query_term: 'x',
        resource_types: ['table'],
        page_index: 0,
        results_per_page: 10,
        filters: [],
      }),
    })
    assert.equal(search.status, 200, await search.text())
  })

  for (const [what, authorization, allowed] of [
    [
      'an invented token with a date in the future',
      'Bearer {"access_token":"invented","expires_at":9999999999}',
      [401],
    ],
    ['a JSON text without a token', 'Bearer {"expires_at":9999999999}', [401]],
    // flaskoidc looks here first, and fails on it.
    ['half a JSON text', 'Bearer {"access', [401, 500]],
  ] as const) {
    test(`${what} is refused by metadata, search and frontend`, async () => {
      const urls = [
        `${amundsen.metadataUrl}/user/ada`,
        `${amundsen.searchUrl}/v2/search`,
        `${amundsen.url}/api/auth_user`,
      ]
      for (const url of urls) {
        const { status } = await fetch(url, { headers: { authorization }, redirect: 'manual' })

        assert.ok(
          allowed.some((known) => known === status),
          `${url} answers ${status}`,
        )
      }
    })
  }

  test('a token in the address is refused', async () => {
    const token = encodeURIComponent('{"access_token":"invented","expires_at":9999999999}')

    for (const url of [amundsen.metadataUrl, amundsen.searchUrl]) {
      const { status } = await fetch(`${url}/user/ada?access_token=${token}`, { redirect: 'manual' })

      assert.equal(status, 401)
    }
  })

  test('health checks need no token', async () => {
    for (const url of [amundsen.metadataUrl, amundsen.searchUrl, amundsen.url]) {
      assert.equal((await fetch(`${url}/healthcheck`)).status, 200)
    }
  })
})

/** A stand-in for the provider, Google's People API and Okta's Users API. */
class FakeDirectory {
  readonly calls: string[] = []
  answer: (path: string, token: string) => { status: number; body?: unknown; delay?: number } = () => ({ status: 404 })
  readonly #server: Server = createServer((request, response) => void this.#respond(request, response))

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #respond({ url = '', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(url.replaceAll('+', ' '))
    if (path.startsWith('/.well-known/')) {
      response.end(JSON.stringify({ userinfo_endpoint: `http://${headers.host}/userinfo` }))
      return
    }
    this.calls.push(path)
    const { status, body = {}, delay = 0 } = this.answer(path, headers.authorization?.replace('Bearer ', '') ?? '')
    await new Promise((resolve) => setTimeout(resolve, delay))
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
}

interface Answer {
  status: number
  body: Record<string, unknown> | null
  seconds: number
}

describe('people whom Amundsen does not know', () => {
  let venv: string
  let directory: FakeDirectory
  let url: string
  const claims = {
    sub: '1',
    email: 'alice@example.test',
    given_name: 'Alice',
    family_name: 'Archer',
    name: 'Alice Archer',
  }

  before(async () => {
    venv = await installAmundsen()
    directory = new FakeDirectory()
    url = await directory.start()
  })
  after(() => directory?.stop())

  async function rendered(profiles: 'token' | 'google' | 'okta'): Promise<Rendered> {
    const vendor = {
      token: ['sso.example.com', 'rootPath: /realms/data, providerHint: Keycloak', ''],
      google: ['accounts.google.com', 'providerHint: Google', 'https://www.googleapis.com/auth/directory.readonly'],
      okta: ['example.okta.com', 'providerHint: Okta', 'okta.users.read'],
    }[profiles]
    const [hostname, facts, scope] = vendor
    return renderProduct(
      `authenticationClasses:
  idp:
    oidc:
      { hostname: ${hostname}, ${facts}, principalClaim: email, tls: { verification: { server: { caCert: { webPki: {} } } } } }
secrets: { client: { clientId: amundsen, clientSecret: "\${env:FLASK_OIDC_CLIENT_SECRET}" } }
products:
  amundsen:
    product: amundsen
    url: https://amundsen.example.test
    authentication:
      - authenticationClass: idp
        oidc: { clientCredentialsSecret: client, extraScopes: [${scope === '' ? '' : JSON.stringify(scope)}] }
    amundsen: { profiles: ${profiles} }
`,
      'amundsen',
    )
  }

  /** The answers to these requests, one after the other, of one metadata service. */
  async function ask(files: Rendered, asks: readonly { path: string; token?: string }[], users: object[] = []) {
    directory.calls.length = 0
    const settings = { discoveryUrl: `${url}/.well-known/openid-configuration`, peopleUrl: url, oktaUrl: url }
    const python = spawn(join(venv, 'bin/python'), [join(import.meta.dirname, 'support/ask_metadata.py')], {
      env: {
        ...process.env,
        ...variablesOf(files, 'metadata'),
        FLASK_OIDC_SECRET_KEY: SECRET_KEY,
        FLASK_OIDC_CLIENT_SECRET: 'secret',
        SQLALCHEMY_DATABASE_URI: 'sqlite://',
        MEMORY_METADATA_USERS: JSON.stringify(users),
        PYTHONPATH: [files.folder, join(import.meta.dirname, 'support/amundsen')].join(delimiter),
        PYTHONDONTWRITEBYTECODE: '1',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let [output, log] = ['', '']
    python.stdout.on('data', (chunk: Buffer) => {
      output += chunk
    })
    python.stderr.on('data', (chunk: Buffer) => {
      log += chunk
    })
    const requests = asks.map(({ path, token = 'alice-token' }) => ({
      path,
      headers: { authorization: `Bearer ${JSON.stringify({ access_token: token, expires_at: 9999999999 })}` },
    }))
    python.stdin.end(JSON.stringify({ settings, asks: requests }))
    await once(python, 'close')
    const [, json] = /^answers (.*)$/m.exec(output) ?? []
    assert.ok(json !== undefined, log)
    return { answers: JSON.parse(json) as Answer[], log, calls: [...directory.calls] }
  }

  const userinfo = (path: string) => path === '/userinfo'

  test('come from the token when they ask for themselves, and stay known', async () => {
    directory.answer = (path, token) =>
      userinfo(path) && token === 'alice-token' ? { status: 200, body: claims } : { status: 401 }

    const { answers, calls } = await ask(await rendered('token'), [
      { path: '/user/alice@example.test' },
      { path: '/user/alice@example.test' },
      { path: '/user/bob@example.test' },
    ])

    assert.deepEqual(
      answers.map(({ status, body }) => [status, body?.['display_name']]),
      [
        [200, 'Alice Archer'],
        [200, 'Alice Archer'],
        [200, 'bob@example.test'],
      ],
    )
    assert.deepEqual(calls, ['/userinfo'], 'the provider is asked once')
  })

  test('are not made out of the token of somebody else', async () => {
    directory.answer = () => ({ status: 200, body: claims })

    const { answers, log } = await ask(await rendered('token'), [{ path: '/user/bob@example.test' }])

    assert.equal(answers[0]?.body?.['display_name'], 'bob@example.test')
    assert.doesNotMatch(log, /Created the user/)
  })

  test('are found by the People API, and only under the whole address', async () => {
    const people = [
      { names: [{ displayName: 'Alice Other' }], emailAddresses: [{ value: 'alice@example.test.example.org' }] },
      {
        names: [{ displayName: 'Alice Archer', givenName: 'Alice', familyName: 'Archer' }],
        emailAddresses: [{ value: 'Alice@example.test' }],
      },
    ]
    directory.answer = (path) =>
      userinfo(path) ? { status: 200, body: { email: 'bob@example.test' } } : { status: 200, body: { people } }

    const { answers, calls, log } = await ask(await rendered('google'), [{ path: '/user/alice@example.test' }])

    assert.equal(answers[0]?.body?.['full_name'], 'Alice Archer')
    assert.equal(answers[0]?.body?.['first_name'], 'Alice')
    assert.match(log, /Created the user alice@example\.test/)
    assert.match(
      calls[1] ?? '',
      /^\/v1\/people:searchDirectoryPeople\?query=alice@example\.test&readMask=names,emailAddresses/,
    )
  })

  test('are found by the Users API of Okta, whatever is in their name', async () => {
    const profile = {
      login: 'o"neil@example.test',
      email: 'o"neil@example.test',
      firstName: 'Shaun',
      lastName: "O'Neil",
    }
    directory.answer = (path) =>
      userinfo(path) ? { status: 200, body: { email: 'bob@example.test' } } : { status: 200, body: [{ profile }] }

    const { answers, calls } = await ask(await rendered('okta'), [{ path: '/user/o%22neil@example.test' }])

    assert.equal(answers[0]?.body?.['display_name'], "Shaun O'Neil")
    assert.match(calls[1] ?? '', /^\/api\/v1\/users\?search=profile\.login eq "o\\"neil@example\.test" or /)
  })

  test('come from their own token when the directory refuses', async () => {
    directory.answer = (path) => (userinfo(path) ? { status: 200, body: claims } : { status: 403 })

    const { answers } = await ask(await rendered('google'), [{ path: '/user/alice@example.test' }])

    assert.equal(answers[0]?.body?.['display_name'], 'Alice Archer')
  })

  for (const [what, answer] of [
    ['is down', { status: 503 }],
    ['answers nonsense', { status: 200, body: [['x']] }],
    ['hangs', { status: 200, delay: 8000 }],
    ['redirects', { status: 302 }],
  ] as const) {
    test(`are shown by their name when the directory ${what}`, async () => {
      directory.answer = (path) => (userinfo(path) ? { status: 200, body: { email: 'bob@example.test' } } : answer)

      const { answers } = await ask(await rendered('okta'), [{ path: '/user/alice@example.test' }])

      assert.equal(answers[0]?.status, 200)
      assert.equal(answers[0]?.body?.['display_name'], 'alice@example.test')
      assert.ok((answers[0]?.seconds ?? 99) < 5, `it took ${answers[0]?.seconds} s`)
    })
  }

  test('do not make a page wait again and again for a directory that hangs', async () => {
    directory.answer = (path) =>
      userinfo(path) ? { status: 200, body: { email: 'bob@example.test' } } : { status: 200, delay: 8000 }

    const { answers, calls } = await ask(
      await rendered('okta'),
      ['a', 'b', 'c'].map((name) => ({ path: `/user/${name}@example.test` })),
    )

    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    )
    assert.equal(calls.filter((path) => path.startsWith('/api/v1/users')).length, 1)
  })

  test('do not hide those whom Amundsen knows', async () => {
    directory.answer = () => ({ status: 200, body: claims })
    const known = { user_id: 'alice@example.test', email: 'alice@example.test', full_name: 'Alice of Neo4j' }

    const { answers, log } = await ask(await rendered('token'), [{ path: '/user/alice@example.test' }], [known])

    assert.equal(answers[0]?.body?.['full_name'], 'Alice of Neo4j')
    assert.doesNotMatch(log, /Created the user/)
  })

  test('are not asked for when the provider does not know the token, or cannot be asked', async () => {
    directory.answer = () => ({ status: 401 })
    const refused = await ask(await rendered('token'), [{ path: '/user/alice@example.test' }])
    directory.answer = () => ({ status: 500 })
    const down = await ask(await rendered('token'), [{ path: '/user/alice@example.test' }])

    assert.equal(refused.answers[0]?.status, 401)
    assert.equal(down.answers[0]?.status, 503)
  })

  test('cannot put a script into the link to their profile', async () => {
    directory.answer = () => ({ status: 200, body: { ...claims, profile: 'javascript:alert(1)' } })

    const { answers } = await ask(await rendered('token'), [{ path: '/user/alice@example.test' }])

    assert.equal(answers[0]?.body?.['profile_url'], '')
  })
})

test('the client secret gets into client_secrets.json of flaskoidc 0.x from the environment, for its owner alone', async () => {
  const venv = await installAmundsen()
  const { folder } = await renderProduct(
    `issuer: https://id.example.test
products:
  amundsen:
    product: amundsen
    url: https://amundsen.example.test
    authentication: [{ authenticationClass: gatehouse }]
    amundsen: { flaskoidc: "0" }
`,
    'amundsen',
  )
  const secret = 'with "quotes" and \\ and é'
  const target = join(folder, 'client_secrets.json')

  const python = spawn(
    join(venv, 'bin/python'),
    [join(folder, 'gatehouse_amundsen.py'), join(folder, 'client_secrets.template.json'), target],
    { env: { ...process.env, FLASK_OIDC_CLIENT_SECRET: secret }, stdio: 'inherit' },
  )
  const [status] = (await once(python, 'close')) as [number]

  assert.equal(status, 0)
  const { web } = JSON.parse(readFileSync(target, 'utf8')) as { web: Record<string, unknown> }
  assert.equal(web['client_secret'], secret)
  assert.equal(web['token_introspection_uri'], 'https://id.example.test/introspect')
  assert.equal(statSync(target).mode & 0o777, 0o600)
})
