import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { doctor } from '../cli/doctor.ts'
import type { CertificateFault } from '../dev-idp/contract.ts'
import { type DevIdpDescription, type DevIdpOptions, startDevIdp } from '../dev-idp/index.ts'
import type { Finding } from './contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'doctor-'))
after(() => rmSync(folder, { recursive: true }))
let written = 0

/** A configuration with one class, a way in and a product, both straight at it. Nobody listens at its issuer. */
function configurationFor(
  idp: DevIdpDescription,
  changes: { oidc?: object; network?: object; lake?: object; secret?: string } = {},
): object {
  return {
    issuer: 'http://localhost:9',
    ...(changes.network ? { network: changes.network } : {}),
    authenticationClasses: { keycloak: { oidc: { ...idp.authenticationClass.oidc, ...changes.oidc } } },
    login: [{ authenticationClass: 'keycloak', oidc: { clientCredentialsSecret: 'idp' } }],
    products: {
      lake: {
        product: 'oidc',
        url: 'http://localhost:9000',
        redirectUris: ['http://localhost:9000/back'],
        ...changes.lake,
        authentication: [{ authenticationClass: 'keycloak', oidc: { clientCredentialsSecret: 'idp' } }],
      },
    },
    secrets: {
      idp: { clientId: idp.clientId, clientSecret: `\${file:${write('secret', changes.secret ?? idp.clientSecret)}}` },
      ...(idp.ca === undefined ? {} : { 'dev-idp-ca': { 'ca.crt': `\${file:${write('ca.pem', idp.ca)}}` } }),
    },
  }
}

function write(name: string, text: string): string {
  const file = join(folder, `${++written}-${name}`)
  writeFileSync(file, text)
  return file
}

async function run(
  configuration: object,
  options: { json?: boolean; product?: string; env?: Record<string, string>; secrets?: boolean; strict?: boolean } = {},
) {
  const output = { stdout: '', stderr: '' }
  const status = await doctor(
    { files: [write('gatehouse.yaml', JSON.stringify(configuration))], json: options.json ?? false, ...options },
    {
      env: options.env ?? {},
      stdout: (text) => {
        output.stdout += text
      },
      stderr: (text) => {
        output.stderr += text
      },
      color: false,
      now: () => Date.now(),
    },
  )
  return { status, ...output }
}

async function findingsOf(configuration: object) {
  const { status, stdout } = await run(configuration, { json: true })
  const findings = JSON.parse(stdout) as Finding[]
  return { status, findings, problems: findings.filter(({ status }) => status === 'problem') }
}

async function idpFor(t: TestContext, options: DevIdpOptions = {}) {
  const idp = await startDevIdp(options)
  t.after(() => idp.close())
  return idp
}

async function listening(t: TestContext, answer: RequestListener): Promise<number> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

/**
 * A provider that publishes what the development one does, with changes, and answers sign-outs itself. All else is asked of the
 * development one, whose endpoints it names.
 */
async function standInFor(
  t: TestContext,
  idp: DevIdpDescription,
  { changes = {}, onSignOut }: { changes?: object; onSignOut?: RequestListener } = {},
): Promise<{ port: number }> {
  const published = (await (await fetch(`${idp.issuer}/.well-known/openid-configuration`)).json()) as object
  const port = await listening(t, (request, response) => {
    if (onSignOut && request.url?.startsWith('/sign-out')) return onSignOut(request, response)
    const origin = `http://${request.headers.host}`
    const signOut = onSignOut ? { end_session_endpoint: `${origin}/sign-out` } : {}
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ...published, issuer: `${origin}/realms/data`, ...signOut, ...changes }))
  })
  return { port }
}

/** The one finding that there is. */
function only(findings: readonly Finding[]): Finding {
  assert.equal(findings.length, 1, JSON.stringify(findings, undefined, 2))
  return findings[0] as Finding
}

test('a provider without fault gives no problem, and every check has looked', async (t) => {
  for (const tls of [false, true]) {
    const idp = await idpFor(t, { tls })

    const { status, findings } = await findingsOf(configurationFor(idp))

    assert.deepEqual(
      findings.map(({ subject, check, status }) => `${subject} ${check} ${status}`),
      [
        'keycloak reachability ok',
        `keycloak tls-chain ${tls ? 'ok' : 'skipped'}`,
        'keycloak issuer ok',
        'keycloak clock ok',
        'keycloak keys ok',
        'keycloak claims ok',
        'login at keycloak metadata ok',
        'login at keycloak scopes ok',
        'login at keycloak redirect-uri ok',
        'login at keycloak post-logout-uri ok',
        'login at keycloak client-secret ok',
        'lake at keycloak metadata ok',
        'lake at keycloak scopes ok',
        'lake at keycloak redirect-uri ok',
        'lake at keycloak client-secret ok',
        'store schema skipped',
        'server issuer-answers warning',
      ],
    )
    assert.equal(status, 0)
  }
})

test('another issuer is named with both values, the first different character, and the key to change', async (t) => {
  const probe = await startDevIdp()
  const published = probe.issuer.replace('/realms/data', '/auth/realms/data')
  await probe.close()
  const idp = await idpFor(t, { port: Number(new URL(probe.issuer).port), faults: { issuer: published } })

  const { status, problems } = await findingsOf(configurationFor(idp))
  const { stdout } = await run(configurationFor(idp))

  const problem = only(problems)
  assert.equal(status, 1)
  assert.equal(problem.code, 'issuer-mismatch')
  assert.equal(problem.evidence['configured'], idp.issuer)
  assert.equal(problem.evidence['published'], published)
  assert.match(problem.remedy, /rootPath: \/auth\/realms\/data/)
  const lines = stdout.split('\n')
  const configured = lines.findIndex((line) => line.includes('configured  http'))
  const mark = (lines[configured + 2] ?? '').indexOf('^')
  assert.equal(lines[configured]?.[mark], 'r', stdout)
  assert.equal(lines[configured + 1]?.[mark], 'a', stdout)
  assert.match(stdout, /gatehouse explain issuer-mismatch/)
})

test('an issuer of another host, port or scheme names just that key', async (t) => {
  const idp = await idpFor(t, { faults: { issuer: 'https://sso.example.com/realms/data' } })

  const { problems } = await findingsOf(configurationFor(idp))

  assert.match(only(problems).remedy, /add tls, hostname: sso\.example\.com, remove port;/)
})

test('a redirect URI that is not registered is named, and the one beside it that is registered is not', async (t) => {
  const idp = await idpFor(t, { redirectUris: ['http://localhost:9/callback/keycloak'] })

  const { problems, findings } = await findingsOf(configurationFor(idp))

  const problem = only(problems)
  assert.equal(problem.code, 'redirect-uri-not-registered')
  assert.equal(problem.subject, 'lake at keycloak')
  assert.equal(problem.evidence['redirect URI sent'], 'http://localhost:9000/back')
  assert.equal(problem.evidence['came back'], '400 Invalid parameter: redirect_uri')
  assert.match(problem.remedy, /^Register exactly this address/)
  assert.equal(
    findings.find(({ subject, check }) => check === 'redirect-uri' && subject.startsWith('login'))?.status,
    'ok',
  )
})

test('a client that the provider does not know is named', async (t) => {
  const idp = await idpFor(t)

  const { problems } = await findingsOf(configurationFor({ ...idp, clientId: 'somebody' }))

  assert.deepEqual(
    problems.map(({ code, evidence }) => [code, evidence['client id']]),
    [
      ['client-unknown', 'somebody'],
      ['client-unknown', 'somebody'],
    ],
  )
})

describe('certificates', () => {
  const expectations: [CertificateFault, Finding['code'], Record<string, RegExp>, RegExp][] = [
    ['expired', 'certificate-expired', { now: /^20/, 'valid to': /^20/ }, /^Renew the certificate/],
    ['not-yet-valid', 'certificate-expired', { now: /^20/, 'valid from': /^20/ }, /^Compare the clocks/],
    [
      'wrong-host',
      'certificate-hostname-mismatch',
      { asked: /^localhost$/, 'certificate is for': /wrong\.example\.com/ },
      /localhost among its subject alternative names/,
    ],
    [
      'untrusted-ca',
      'certificate-untrusted',
      { 'issued by': /Gatehouse development CA/, trusted: /the public authorities/ },
      /^Add the authority/,
    ],
    ['self-signed', 'certificate-untrusted', { reason: /self-signed/, trusted: /secrets\.dev-idp-ca/ }, /^Add the/],
  ]
  for (const [fault, code, evidence, remedy] of expectations) {
    test(`that are ${fault} are named with both sides and the remedy`, async (t) => {
      const idp = await idpFor(t, { faults: { certificate: fault } })

      const { problems } = await findingsOf(configurationFor(idp))

      const problem = only(problems)
      assert.equal(problem.check, 'tls-chain')
      assert.equal(problem.code, code)
      for (const [name, pattern] of Object.entries(evidence)) assert.match(problem.evidence[name] ?? '', pattern)
      assert.match(problem.remedy, remedy)
    })
  }

  test('of an authority in network.ca are trusted', async (t) => {
    const idp = await idpFor(t, { tls: true })
    const tls = { verification: { server: { caCert: { webPki: {} } } } }
    const network = { ca: write('network-ca.pem', idp.ca ?? '') }

    const without = await findingsOf(configurationFor(idp, { oidc: { tls } }))
    const withCa = await findingsOf(configurationFor(idp, { oidc: { tls }, network }))

    assert.equal(only(without.problems).code, 'certificate-untrusted')
    assert.deepEqual(withCa.problems, [])
  })

  test('are not judged where the configuration says so', async (t) => {
    const idp = await idpFor(t, { faults: { certificate: 'expired' } })

    const { problems, findings } = await findingsOf(
      configurationFor(idp, { oidc: { tls: { verification: { none: {} } } } }),
    )

    assert.deepEqual(problems, [])
    assert.equal(findings.find(({ check }) => check === 'tls-chain')?.status, 'skipped')
  })
})

test('a scope that is not listed is a warning, and a problem where the provider refuses it', async (t) => {
  const idp = await idpFor(t)
  const { port } = await standInFor(t, idp, { changes: { scopes_supported: ['openid'] } })

  const listed = await findingsOf(configurationFor(idp, { oidc: { port } }))
  const refused = await findingsOf(configurationFor(idp, { oidc: { scopes: ['openid', 'payroll'] } }))

  const warning = listed.findings.find(({ check, status }) => check === 'scopes' && status === 'warning')
  assert.equal(listed.status, 0)
  assert.equal(warning?.code, 'scope-not-supported')
  assert.deepEqual(warning.evidence, { asked: 'openid email profile', offered: 'openid', missing: 'email profile' })
  assert.equal(refused.status, 1)
  assert.deepEqual(
    refused.problems.map(({ check, code, evidence }) => [check, code, evidence['not offered']]),
    [
      ['redirect-uri', 'scope-not-supported', 'payroll'],
      ['redirect-uri', 'scope-not-supported', 'payroll'],
    ],
  )
})

test('a scope that is offered but not added to the client is named once, and its redirect URI is not blamed', async (t) => {
  const idp = await idpFor(t)
  const { port } = await standInFor(t, idp, { changes: { scopes_supported: ['openid', 'payroll'] } })
  const configuration = configurationFor(idp, { oidc: { port, scopes: ['openid', 'payroll'] } })

  const { status, problems, findings } = await findingsOf(configuration)

  assert.equal(status, 1)
  assert.deepEqual(
    problems.map(({ subject, code }) => [subject, code]),
    [
      ['login at keycloak', 'scope-not-supported'],
      ['lake at keycloak', 'scope-not-supported'],
    ],
  )
  assert.deepEqual(problems[0]?.evidence, {
    'client id': 'gatehouse',
    asked: 'openid payroll',
    'came back': 'invalid_scope',
  })
  assert.match(problems[0]?.remedy ?? '', /^Add .* client gatehouse .*login\.0\.oidc\.extraScopes/)
  assert.deepEqual(
    findings.filter(({ check, status }) => check === 'redirect-uri' && status === 'ok').map(({ subject }) => subject),
    ['login at keycloak', 'lake at keycloak'],
  )
})

describe('post-logout URIs', () => {
  test('that are not registered are named, for products as for ways in', async (t) => {
    const idp = await idpFor(t, {
      redirectUris: ['http://localhost:9/callback/keycloak', 'http://localhost:9000/back'],
    })
    const configuration = configurationFor(idp, {
      lake: { postLogoutRedirectUris: ['http://localhost:9000/bye', 'http://localhost:9001/bye'] },
    })

    const { status, problems, findings } = await findingsOf(configuration)

    const problem = only(problems)
    assert.equal(status, 1)
    assert.equal(problem.check, 'post-logout-uri')
    assert.equal(problem.code, 'redirect-uri-not-registered')
    assert.equal(problem.subject, 'lake at keycloak')
    assert.deepEqual(problem.evidence, {
      'client id': 'gatehouse',
      'post-logout URI sent': 'http://localhost:9001/bye',
      'came back': '400 post_logout_redirect_uri not registered',
    })
    assert.match(problem.remedy, /^Register exactly this address as a post-logout redirect URI/)
    assert.deepEqual(
      findings
        .filter(({ check, status }) => check === 'post-logout-uri' && status === 'ok')
        .map(({ evidence }) => evidence['post-logout URI']),
      ['http://localhost:9/login/signed-out', 'http://localhost:9000/bye'],
    )
  })

  const answers: [string, { status: number; location?: string; body?: string }, Finding['status'], RegExp][] = [
    [
      'Keycloak that does not know it',
      { status: 400, body: 'Invalid redirect uri' },
      'problem',
      /Invalid redirect uri/,
    ],
    [
      'Keycloak in its other words',
      { status: 400, body: 'Invalid parameter: post_logout_redirect_uri' },
      'problem',
      /post_logout_redirect_uri/,
    ],
    ['a page that asks whether to sign out', { status: 200, body: '<form>' }, 'ok', /accepted/],
    ['a redirect back', { status: 302, location: 'http://localhost:9/login/signed-out' }, 'ok', /accepted/],
    [
      'a redirect to an error page',
      { status: 302, location: 'http://localhost/error?error=x' },
      'skipped',
      /error page/,
    ],
    ['a client that is not known', { status: 400, body: 'Client not found.' }, 'skipped', /status 400/],
    [
      'a provider that wants a hint before it looks',
      { status: 400, body: 'post_logout_redirect_uri is not allowed without id_token_hint' },
      'skipped',
      /status 400/,
    ],
    ['a failure of the provider', { status: 500, body: 'internal-host-17' }, 'skipped', /status 500/],
  ]
  for (const [name, { status, location, body = '' }, expected, said] of answers) {
    test(`are ${expected} with ${name}, asked for without a cookie and without following`, async (t) => {
      const asked: { url: URL; cookie: string | undefined }[] = []
      const idp = await idpFor(t)
      const { port } = await standInFor(t, idp, {
        onSignOut: (request, response) => {
          asked.push({ url: new URL(request.url ?? '', 'http://x'), cookie: request.headers.cookie })
          response.writeHead(status, location === undefined ? {} : { location }).end(body)
        },
      })

      const { findings } = await findingsOf(configurationFor(idp, { oidc: { port } }))

      const finding = only(findings.filter(({ check }) => check === 'post-logout-uri'))
      assert.equal(finding.status, expected)
      assert.match(JSON.stringify([finding.evidence, finding.remedy]), said)
      assert.doesNotMatch(JSON.stringify(finding), /internal-host-17/)
      assert.deepEqual(
        asked.map(({ url, cookie }) => [Object.fromEntries(url.searchParams), cookie]),
        [[{ client_id: 'gatehouse', post_logout_redirect_uri: 'http://localhost:9/login/signed-out' }, undefined]],
      )
    })
  }

  test('are skipped where the provider signs nobody out, or would be asked elsewhere', async (t) => {
    const idp = await idpFor(t)
    for (const endpoint of [undefined, 'http://127.0.0.2:9/sign-out']) {
      const { port } = await standInFor(t, idp, { changes: { end_session_endpoint: endpoint } })

      const { findings } = await findingsOf(configurationFor(idp, { oidc: { port } }))

      const finding = only(findings.filter(({ check }) => check === 'post-logout-uri'))
      assert.equal(finding.status, 'skipped')
      assert.match(
        finding.remedy,
        endpoint === undefined ? /no end_session_endpoint/ : /not an address that doctor may call/,
      )
    }
  })
})

describe('the keys of a provider', () => {
  const wrong: [string, { status?: number; body: string; algorithms?: string[] }, RegExp][] = [
    ['answers 500', { status: 500, body: 'internal-host-17' }, /status 500 instead of 200/],
    ['are a page', { body: '<h1>internal-host-17</h1>' }, /no keys, but text\/html/],
    ['are none', { body: '{"keys":[]}' }, /the list of keys is empty/],
    ['are for encryption only', { body: '{"keys":[{"kty":"RSA","use":"enc"}]}' }, /the list of keys is empty/],
    ['are of another type', { body: '{"keys":[{"kty":"EC"}]}', algorithms: ['RS256'] }, /no key is for an algorithm/],
  ]
  for (const [name, { status = 200, body, algorithms }, reason] of wrong) {
    test(`that ${name} are a problem with the address and the status`, async (t) => {
      const idp = await idpFor(t)
      const keysPort = await listening(t, (_request, response) =>
        response.writeHead(status, { 'content-type': 'text/html' }).end(body),
      )
      const jwksUri = `http://localhost:${keysPort}/keys`
      const changes = {
        jwks_uri: jwksUri,
        ...(algorithms ? { id_token_signing_alg_values_supported: algorithms } : {}),
      }
      const { port } = await standInFor(t, idp, { changes })

      const { problems, status: exit } = await findingsOf(configurationFor(idp, { oidc: { port } }))

      const problem = only(problems)
      assert.deepEqual([problem.check, problem.evidence['asked'], exit], ['keys', jwksUri, 1])
      assert.equal(problem.evidence['status'], String(status))
      assert.match(problem.evidence['reason'] ?? '', reason)
      assert.doesNotMatch(JSON.stringify(problem), /internal-host-17/)
    })
  }

  test('that signs with secrets only are a problem', async (t) => {
    const idp = await idpFor(t)
    const { port } = await standInFor(t, idp, { changes: { id_token_signing_alg_values_supported: ['HS256'] } })

    const { problems } = await findingsOf(configurationFor(idp, { oidc: { port } }))

    assert.deepEqual([only(problems).check, only(problems).evidence['signs with']], ['keys', 'HS256'])
  })
})

test('a provider that cannot do what a client needs is named, with both sides', async (t) => {
  const idp = await idpFor(t)
  const changes = {
    response_types_supported: ['id_token'],
    token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_post'],
    code_challenge_methods_supported: ['plain'],
  }
  const { port } = await standInFor(t, idp, { changes })

  const { findings, status } = await findingsOf(configurationFor(idp, { oidc: { port } }))

  const seen = findings.filter(({ check, subject }) => check === 'metadata' && subject === 'lake at keycloak')
  assert.equal(status, 1)
  assert.deepEqual(
    seen.map(({ status, code, evidence }) => [status, code, evidence['needed'], evidence['offered']]),
    [
      ['problem', 'provider-refused', 'response type code', 'id_token'],
      ['problem', 'client-credentials-rejected', 'client_secret_basic', 'private_key_jwt client_secret_post'],
      ['warning', 'provider-refused', 'PKCE with S256', 'plain'],
    ],
  )
})

describe('the secret of a client', () => {
  /** A provider whose token endpoint answers like this; `asked` are the forms that came. */
  async function tokenEndpoint(t: TestContext, idp: DevIdpDescription, answer: { status: number; body: string }) {
    const asked: { authorization: string | undefined; form: URLSearchParams }[] = []
    const tokenPort = await listening(t, async (request, response) => {
      let text = ''
      for await (const chunk of request) text += String(chunk)
      asked.push({ authorization: request.headers.authorization, form: new URLSearchParams(text) })
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
    })
    const { port } = await standInFor(t, idp, { changes: { token_endpoint: `http://localhost:${tokenPort}/token` } })
    return { port, asked }
  }
  const secretOf = (findings: readonly Finding[]) =>
    findings.filter(({ check }) => check === 'client-secret').map(({ status, code }) => code ?? status)

  test('that is wrong is a problem that does not show it, and one that is right is fine', async (t) => {
    const idp = await idpFor(t)

    const right = await findingsOf(configurationFor(idp))
    const wrong = await findingsOf(configurationFor(idp, { secret: 'w0ng+s3cret/of the client' }))

    assert.deepEqual(secretOf(right.findings), ['ok', 'ok'])
    assert.deepEqual(secretOf(wrong.findings), ['client-credentials-rejected', 'client-credentials-rejected'])
    assert.equal(wrong.status, 1)
    assert.doesNotMatch(JSON.stringify(wrong.findings), /w0ng/)
  })

  test('is tried once, whoever shares it, with a code that cannot exist', async (t) => {
    const idp = await idpFor(t)
    const { port, asked } = await tokenEndpoint(t, idp, { status: 400, body: '{"error":"invalid_grant"}' })

    const { findings } = await findingsOf(configurationFor(idp, { oidc: { port }, secret: 'a+b c%' }))

    assert.deepEqual(secretOf(findings), ['ok', 'ok'])
    assert.equal(asked.length, 1)
    assert.equal(asked[0]?.authorization, `Basic ${Buffer.from('gatehouse:a%2Bb+c%25').toString('base64')}`)
    assert.equal(asked[0]?.form.get('grant_type'), 'authorization_code')
    assert.equal(asked[0]?.form.has('client_secret'), false)
  })

  test('is not tried where that is not wanted, nor sent to a provider of another name', async (t) => {
    const idp = await idpFor(t)
    const { port, asked } = await tokenEndpoint(t, idp, { status: 400, body: '{"error":"invalid_grant"}' })

    const unwanted = await run(configurationFor(idp, { oidc: { port } }), { json: true, secrets: false })
    const other = await findingsOf(configurationFor(idp, { oidc: { port, rootPath: '/realms/other' } }))

    assert.deepEqual(secretOf(JSON.parse(unwanted.stdout) as Finding[]), ['skipped', 'skipped'])
    assert.deepEqual(secretOf(other.findings), ['skipped', 'skipped'])
    assert.deepEqual(asked, [])
  })

  test('that is not set where doctor runs is a warning', async (t) => {
    const idp = await idpFor(t)
    const configuration = {
      ...configurationFor(idp),
      secrets: { idp: { clientId: 'gatehouse', clientSecret: '${env:NOT_SET}' } },
    }

    const { findings, status } = await findingsOf(configuration)

    assert.deepEqual([secretOf(findings), status], [['secret-not-found', 'secret-not-found'], 0])
  })

  test('that has a form that no secret has is named with that, and not shown', async (t) => {
    const idp = await idpFor(t)

    const { findings } = await findingsOf(configurationFor(idp, { secret: 'p4ss\n\n' }))

    const finding = findings.find(({ check }) => check === 'client-secret')
    assert.equal(finding?.code, 'client-credentials-rejected')
    assert.equal(finding.evidence['the secret'], 'ends in a newline')
    assert.doesNotMatch(JSON.stringify(findings), /p4ss/)
  })
})

test('a principal claim that is not listed is a warning: the list of Keycloak never changes', async (t) => {
  const idp = await idpFor(t)

  const { status, findings } = await findingsOf(configurationFor(idp, { oidc: { principalClaim: 'upn' } }))

  const warning = only(findings.filter(({ code }) => code === 'claim-not-supported'))
  assert.deepEqual([warning.status, warning.evidence['principalClaim'], status], ['warning', 'upn', 0])
})

describe('the first hop that fails is named', () => {
  async function failingHop(configuration: object) {
    const { problems } = await findingsOf(configuration)
    const problem = only(problems)
    assert.equal(problem.code, 'provider-unreachable')
    return { hop: problem.evidence['failing hop'], remedy: problem.remedy, reason: problem.evidence['reason'] ?? '' }
  }

  test('DNS', async (t) => {
    const idp = await idpFor(t)

    const { hop, remedy } = await failingHop(configurationFor(idp, { oidc: { hostname: 'idp.invalid' } }))

    assert.equal(hop, 'DNS')
    assert.match(remedy, /authenticationClasses\.keycloak\.oidc\.hostname/)
  })

  test('TCP', async () => {
    const idp = await startDevIdp()
    await idp.close()

    const { hop, reason } = await failingHop(configurationFor(idp))

    assert.equal(hop, 'TCP')
    assert.match(reason, /ECONNREFUSED/)
  })

  test('TLS where nobody speaks it', async (t) => {
    const idp = await idpFor(t)
    const tls = { verification: { server: { caCert: { webPki: {} } } } }

    const { hop, remedy, reason } = await failingHop(configurationFor(idp, { oidc: { tls } }))

    assert.equal(hop, 'TLS')
    assert.match(remedy, /^Remove authenticationClasses\.keycloak\.oidc\.tls/)
    assert.equal(reason, 'plain http answered where https was expected (EPROTO)')
  })

  test('HTTP without an answer', async (t) => {
    const idp = await idpFor(t, { faults: { unreachable: true } })

    assert.equal((await failingHop(configurationFor(idp))).hop, 'HTTP')
  })

  test('HTTP with another status, and a wrong rootPath as its reason', async (t) => {
    const idp = await idpFor(t)

    const { hop, reason, remedy } = await failingHop(configurationFor(idp, { oidc: { rootPath: '/realms/other' } }))

    assert.equal(hop, 'HTTP')
    assert.match(reason, /status 404/)
    assert.match(remedy, /rootPath/)
  })

  test('HTTP with a redirect, which is not followed', async (t) => {
    let asked = 0
    const secret = await listening(t, (_request, response) => {
      asked++
      response.end()
    })
    const port = await listening(t, (_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${secret}/x?token=1` }).end(),
    )
    const idp = await idpFor(t)

    const { reason } = await failingHop(configurationFor(idp, { oidc: { hostname: '127.0.0.1', port } }))

    assert.equal(asked, 0)
    assert.match(reason, /not followed/)
    assert.doesNotMatch(reason, /token/)
  })

  test('JSON that is none, or is too large, without showing it', async (t) => {
    const idp = await idpFor(t)
    for (const body of ['<h1>internal</h1>', `"${'x'.repeat(300_000)}"`]) {
      const port = await listening(t, (_request, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end(body),
      )

      const { hop, reason } = await failingHop(configurationFor(idp, { oidc: { hostname: '127.0.0.1', port } }))

      assert.equal(hop, body.startsWith('<') ? 'JSON' : 'HTTP')
      assert.doesNotMatch(reason, /internal|xxx/)
    }
  })
})

describe('network.proxy', () => {
  async function startProxy(t: TestContext, targetPort: number) {
    const asked: string[] = []
    const proxy = createServer((_request, response) => response.writeHead(500).end())
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '')
      const upstream = connect(targetPort, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      upstream.on('error', () => socket.destroy())
      socket.on('error', () => upstream.destroy())
      t.after(() => socket.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      proxy.close()
      proxy.closeAllConnections()
    })
    return { asked, url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
  }

  for (const tls of [false, true]) {
    test(`is used for ${tls ? 'https' : 'http'}, and not for hosts in noProxy`, async (t) => {
      const idp = await idpFor(t, { tls })
      const proxy = await startProxy(t, Number(new URL(idp.issuer).port))
      const oidc = { hostname: 'idp.invalid' }
      const network = { proxy: proxy.url }

      const { findings } = await findingsOf(configurationFor(idp, { oidc, network }))
      const direct = await findingsOf(configurationFor(idp, { oidc, network: { ...network, noProxy: ['.invalid'] } }))

      const statusOf = (check: string) => findings.find((finding) => finding.check === check)?.status
      assert.ok(proxy.asked.includes(`idp.invalid:${new URL(idp.issuer).port}`))
      if (tls) assert.equal(findings.find(({ code }) => code)?.code, 'certificate-hostname-mismatch')
      else assert.deepEqual([statusOf('reachability'), statusOf('issuer')], ['ok', 'problem'])
      assert.equal(only(direct.problems).evidence['failing hop'], 'DNS')
    })
  }

  test('that is down is named without its password', async (t) => {
    const idp = await idpFor(t)
    const proxy = await startProxy(t, 1)
    const { port } = new URL(proxy.url)

    const { status, stdout } = await run(
      configurationFor(idp, { oidc: { hostname: 'idp.invalid' }, network: { proxy: `\${env:PROXY}` } }),
      { json: true, env: { PROXY: `http://user:p4ssw0rd@127.0.0.1:${port === '9' ? 10 : 9}` } },
    )

    assert.equal(status, 1)
    assert.match(stdout, /ECONNREFUSED/)
    assert.doesNotMatch(stdout, /p4ssw0rd/)
  })
})

describe('gatehouse dev-idp as a process', () => {
  async function start(t: TestContext, ...args: string[]): Promise<DevIdpDescription & { child: ChildProcess }> {
    const script = `
      import { devIdp } from ${JSON.stringify(new URL('../cli/dev-idp.ts', import.meta.url).href)}
      const list = (flag) => process.argv.flatMap((word, at) => (word === flag ? [process.argv[at + 1]] : []))
      const stopped = new Promise((resolve) => process.once('SIGTERM', resolve))
      process.exitCode = await devIdp(
        { like: 'keycloak', host: '127.0.0.1', port: 0, redirectUris: [], tls: false, fullGroupPaths: false, audiences: [],
          faults: list('--fault') },
        { stdout: (text) => process.stdout.write(text), stderr: (text) => process.stderr.write(text), stopped },
      )`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    t.after(async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null && child.kill('SIGTERM')) await ended
    })
    let text = ''
    for await (const chunk of child.stdout) {
      text += String(chunk)
      if (text.includes('\n')) break
    }
    return { ...(JSON.parse(text) as DevIdpDescription), child }
  }

  for (const [fault, difference] of [
    ['clock=+600', 'ahead of ours'],
    ['clock=-45', 'behind ours'],
  ] as const) {
    test(`with ${fault} has a clock that is named with both times`, async (t) => {
      const idp = await start(t, '--fault', fault)

      const { problems } = await findingsOf(configurationFor(idp))

      const problem = only(problems)
      assert.equal(problem.code, 'clock-skew')
      assert.match(problem.evidence['difference'] ?? '', new RegExp(difference))
      const seconds =
        Math.abs(Date.parse(problem.evidence['theirs'] ?? '') - Date.parse(problem.evidence['ours'] ?? '')) / 1000
      assert.ok(Math.abs(seconds - Math.abs(Number(fault.slice(6)))) <= 2, String(seconds))
      assert.match(problem.remedy, /^Synchronise/)
    })
  }

  test('ends with status 0 on SIGTERM', async (t) => {
    const { child } = await start(t)

    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')

    assert.equal(await ended, 0)
  })
})

test('the report for people is aligned, says what was found, and has colours only where they are wanted', async (t) => {
  const idp = await idpFor(t)

  const { status, stdout } = await run(configurationFor(idp))

  assert.equal(status, 0)
  assert.match(stdout, /^keycloak\n {2}✓ reachability {2}/)
  assert.match(
    stdout,
    /\n17 checks, no problem, 1 warning\. To read more:\n {2}gatehouse explain issuer-unreachable\n$/,
  )
  assert.ok(!stdout.includes('\u001b'))
})

test('a provider is asked few things at once, whatever number of products signs in there', async (t) => {
  const idp = await idpFor(t)
  let asked = 0
  let most = 0
  const port = await listening(t, async (request, response) => {
    const origin = `http://${request.headers.host}`
    most = Math.max(most, ++asked)
    await sleep(2)
    asked--
    const endpoints = { authorization_endpoint: `${origin}/auth`, end_session_endpoint: `${origin}/sign-out` }
    const keys = { jwks_uri: `${origin}/keys`, keys: [{ kty: 'RSA' }] }
    response.end(JSON.stringify({ issuer: `${origin}/realms/data`, ...endpoints, ...keys }))
  })
  const configuration = configurationFor(idp, { oidc: { port } }) as { products: Record<string, object> }
  const products = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`lake-${index}`, configuration.products['lake'] ?? {}]),
  )

  const { problems, findings } = await findingsOf({ ...configuration, products })

  assert.deepEqual(problems, [])
  assert.equal(findings.filter(({ check, status }) => check === 'redirect-uri' && status === 'ok').length, 51)
  assert.equal(most, 4)
})

test('a product leaves out what does not stand between it and a person', async (t) => {
  const idp = await idpFor(t)

  const { stdout } = await run(configurationFor(idp), { product: 'lake', json: true })

  const subjects = new Set((JSON.parse(stdout) as Finding[]).map(({ subject }) => subject))
  assert.deepEqual([...subjects], ['keycloak', 'lake at keycloak'])
})

test('a product that is not configured and a mistake in the configuration are status 2, the latter as JSON too', async (t) => {
  const idp = await idpFor(t)
  const configuration = configurationFor(idp)

  const unknown = await run(configuration, { product: 'pond' })
  const mistaken = await run({ ...configuration, isuer: 'x' })
  const asJson = await run({ ...configuration, isuer: 'x' }, { json: true })

  assert.deepEqual([unknown.status, mistaken.status, asJson.status], [2, 2, 2])
  assert.match(unknown.stderr, /known: lake/)
  assert.equal(mistaken.stdout, '')
  const [finding] = JSON.parse(asJson.stdout) as (Finding & { severity: string; line: number })[]
  assert.deepEqual([finding?.code, finding?.severity, finding?.line], ['config-invalid', 'error', 1])
})

test('an authority that is missing, or is none, is a problem of its class, and everything else is looked at', async (t) => {
  const idp = await idpFor(t, { tls: true })
  const { secrets, ...configuration } = configurationFor(idp) as { secrets: Record<string, object> }
  const withAuthority = (file: string) => ({
    ...configuration,
    secrets: { ...secrets, 'dev-idp-ca': { 'ca.crt': `\${file:${file}}` } },
  })

  const missing = await findingsOf(withAuthority('/nowhere.pem'))
  const noPem = await findingsOf(withAuthority(write('key.pem', '-----BEGIN PRIVATE KEY-----')))

  assert.deepEqual([missing.status, noPem.status], [1, 1])
  const { code, subject, evidence } = only(missing.problems)
  assert.deepEqual([code, subject, evidence['file']], ['secret-not-found', 'keycloak', '/nowhere.pem'])
  assert.equal(only(noPem.problems).code, 'certificate-untrusted')
  assert.match(only(noPem.problems).evidence['reason'] ?? '', /no certificate in PEM/)
  assert.ok(missing.findings.some(({ subject }) => subject === 'server'))
})

test('findings for programs say severity, product, class and the place in the configuration', async (t) => {
  const idp = await idpFor(t)

  const { stdout } = await run(configurationFor(idp, { oidc: { principalClaim: 'upn' } }), { json: true })
  const strict = await run(configurationFor(idp, { oidc: { principalClaim: 'upn' } }), { strict: true })

  const findings = JSON.parse(stdout) as (Omit<Finding, 'path'> & { severity: string; file: string; path: string })[]
  const claim = findings.find(({ check }) => check === 'claims')
  assert.deepEqual([claim?.severity, claim?.authenticationClass], ['warning', 'keycloak'])
  assert.equal(claim?.path, 'authenticationClasses.keycloak.oidc')
  assert.match(claim.file, /gatehouse\.yaml$/)
  assert.equal(findings.find(({ subject }) => subject === 'lake at keycloak')?.product, 'lake')
  assert.equal(strict.status, 1)
  assert.match(strict.stdout, /at \S+gatehouse\.yaml:1:\d+ authenticationClasses\.keycloak\.oidc/)
})

test('200 products with one cause are one paragraph with their number', async (t) => {
  const idp = await idpFor(t)
  const port = await listening(t, (request, response) => {
    const origin = `http://${request.headers.host}`
    if (request.url?.startsWith('/auth')) return response.writeHead(400).end('Client not found.')
    const endpoints = { authorization_endpoint: `${origin}/auth`, jwks_uri: `${origin}/keys`, keys: [{ kty: 'RSA' }] }
    return response.end(JSON.stringify({ issuer: `${origin}/realms/data`, ...endpoints }))
  })
  const configuration = configurationFor(idp, { oidc: { port } }) as { products: Record<string, object> }
  const products = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`lake-${index}`, configuration.products['lake'] ?? {}]),
  )

  const { status, stdout } = await run({ ...configuration, products }, { secrets: false })

  assert.equal(status, 1)
  assert.equal(stdout.split('(client-unknown)').length - 1, 1, stdout)
  assert.match(stdout, /\n {2}and 200 more like it: lake-0 at keycloak, lake-1 at keycloak, .*\.\.\.\n/)
  assert.match(stdout, /\n\d+ checks, 201 problems/)
  assert.ok(stdout.split('\n').length < 40, stdout)
})

test('the document at the inner address is compared with the public one', async (t) => {
  const idp = await idpFor(t)
  const { port } = new URL(idp.issuer)
  const innerFinding = async (internalUrl: string) => {
    const { findings } = await findingsOf(configurationFor(idp, { oidc: { internalUrl } }))
    return only(findings.filter(({ check }) => check === 'inner-address'))
  }
  const elsewhere = await standInFor(t, idp)
  const forBrowsers = await listening(t, (request, response) => {
    const authorization_endpoint = `http://${request.headers.host}/auth`
    const document = { issuer: idp.issuer, authorization_endpoint }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
  })

  assert.equal((await innerFinding(`http://127.0.0.1:${port}`)).status, 'ok')
  const named = await innerFinding(`http://127.0.0.1:${elsewhere.port}`)
  assert.deepEqual([named.status, named.code], ['problem', 'issuer-mismatch'])
  assert.equal(named.evidence['public'], idp.issuer)
  const inside = await innerFinding(`http://127.0.0.1:${forBrowsers}`)
  assert.deepEqual([inside.status, inside.code], ['warning', 'provider-answer-unusable'])
  assert.equal(inside.evidence['authorization_endpoint'], `http://127.0.0.1:${forBrowsers}/auth`)
  const gone = await innerFinding('http://127.0.0.1:9')
  assert.deepEqual([gone.status, gone.code], ['problem', 'provider-unreachable'])
})

test('a provider that only its inner address reaches from here is examined there', async (t) => {
  const inner = await listening(t, (request, response) => {
    const document = { issuer: 'http://localhost:9/realms/data', claims_supported: ['preferred_username'] }
    const found = request.url === '/realms/data/.well-known/openid-configuration'
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(document))
  })
  const idp = await idpFor(t)
  const oidc = { hostname: 'localhost', port: 9, rootPath: '/realms/data', internalUrl: `http://127.0.0.1:${inner}` }
  const { findings } = await findingsOf(configurationFor(idp, { oidc }))
  const statusOf = (check: string) =>
    findings.find((finding) => finding.check === check && finding.subject === 'keycloak')?.status

  assert.equal(statusOf('reachability'), 'ok')
  assert.equal(statusOf('issuer'), 'ok')
  assert.equal(statusOf('inner-address'), 'warning')
})
