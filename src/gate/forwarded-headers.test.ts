/** Which headers and cookies of a client reach a service, and which cookies of a service reach a browser. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { navigation, rawExchange, recording, type Seen, testbed } from '../../test/support/gate-testbed.ts'
import type { Rule } from '../config/schema.ts'

const open: Rule[] = [{ path: '/', allow: 'everyone' }]
const byMethod: Rule[] = [{ path: '/', methods: ['GET', 'POST'], allow: 'everyone' }]
const service = { url: 'http://app.test', rules: open, upstream: true }
const patience = { timeout: 8000 }

function namesOf(seen: Seen | undefined): string[] {
  return (seen?.raw ?? []).filter((_, at) => at % 2 === 0)
}

/** Values `evil` that reached the service. */
function evilNames(seen: Seen | undefined): string[] {
  return namesOf(seen).filter((_, at) => seen?.raw[2 * at + 1] === 'evil')
}

function requestWith(lines: readonly string[], first = 'GET / HTTP/1.1'): string {
  return `${[first, 'Host: app.test', 'Connection: close', ...lines].join('\r\n')}\r\n\r\n`
}

// biome-ignore format: one table
const believedSomewhere = [
  'X-Proxy-User', 'X-Proxy-Roles', 'x-proxy-ext-department', 'X-DataHub-Actor', 'X-Auth-User', 'X-Auth-Username', 'X-Auth-Email', 'X-Access-Token', 'X-Userinfo', 'X-Consumer-Username', 'X-Consumer-Custom-ID',
  'Client-Cert', 'Client-Cert-Chain', 'SSL_CLIENT_S_DN', 'X-SSL-Client-CN', 'X-Client-Cert', 'X-Client-DN', 'X-ARR-ClientCert', 'X-Amzn-Mtls-Clientcert-Leaf', 'SM_USER', 'SM-USERDN', 'iv-user', 'iv-groups', 'iv-creds', 'OAM_REMOTE_USER',
  'X-ProxyHost', 'X-ProxyContextPath', 'X-ProxyScheme', 'X-ProxiedEntitiesChain', 'X-ProxiedEntityGroups', 'X-HTTP-Host-Override', 'X-Script-Name', 'SCRIPT_NAME', 'X-JWT-Assertion', 'X-Jwt-Claim-Sub', 'X-Endpoint-API-UserInfo', 'X-Apigateway-Api-Userinfo',
  'OIDC_CLAIM_groups', 'OIDC_access_token', 'X-Goog-IAP-JWT-Assertion', 'X-MS-CLIENT-PRINCIPAL', 'X-MS-TOKEN-AAD-ID-TOKEN', 'X-Amzn-Oidc-Data', 'Cf-Access-Jwt-Assertion', 'X-authentik-groups', 'Remote-Name', 'X-Remote-Extra-Scopes', 'Forwarded', 'X-Original-User', 'X-Rewrite-URL', 'X-Envoy-Original-Path',
  'X-Envoy-External-Address', 'Tailscale-User-Name', 'X-Pomerium-Claim-Groups', 'X-Vouch-IdP-Claims-Groups', 'X-Token-Subject', 'X-Token-User-Email', 'X-Spiffe-Id', 'X-WEBAUTH-ROLE', 'X-Impersonate-User', 'Impersonate-Extra-scopes', 'Shib-Session-ID', 'MELLON_NAME_ID', 'X-Grafana-User', 'X-Scope-OrgID', 'X-AWC-Username',
  'X-Auth-Params-Email', 'Argocd-Username', 'X-Role', 'WL-Proxy-Client-Cert', 'X-Accel-Mapping', 'Grpc-Metadata-X-Proxy-User', 'Grpc-Metadata-X-Forwarded-User', 'CF-Connecting-IP', 'X_Trino_User', 'x.proxy.user', 'X-RStudio-Username', 'X-Alfresco-Remote-User',
]
test(
  'no header that a service somewhere believes reaches it from a client [identity-header-spoof]',
  patience,
  async () => {
    await using gate = await testbed({ services: { app: service } })
    const headers = Object.fromEntries(believedSomewhere.map((name) => [name, 'evil']))

    const answer = await gate.ask({ headers: { ...headers, 'x-custom': 'kept' } })

    assert.equal(answer.status, 200)
    assert.deepEqual(evilNames(gate.seen[0]), [])
    assert.ok(namesOf(gate.seen[0]).includes('x-custom'))
  },
)

const honest = {
  accept: '*/*',
  'accept-language': 'en',
  authorization: 'Basic YTpi',
  'content-type': 'application/json',
  'if-none-match': '"x"',
  origin: 'http://app.test',
  range: 'bytes=0-',
  referer: 'http://app.test/',
  'user-agent': 'x',
  via: '1.1 x',
  'x-requested-with': 'XMLHttpRequest',
  'x-csrftoken': 'x',
  'x-csrf-token': 'x',
  'x-xsrf-token': 'x',
  'x-request-id': 'x',
  'x-correlation-id': 'x',
  'x-auth-token': 'x',
  'x-api-key': 'x',
  'x-amz-date': 'x',
  'x-amz-security-token': 'x',
  'x-amz-content-sha256': 'x',
  'x-goog-api-key': 'x',
  'x-ms-date': 'x',
  'x-ms-version': 'x',
  'x-trino-catalog': 'x',
  'x-trino-role': 'x',
  'x-trino-client-capabilities': 'x',
  'x-presto-catalog': 'x',
  'x-iceberg-access-delegation': 'x',
  'x-b3-traceid': 'x',
  'x-datadog-trace-id': 'x',
  'x-grafana-org-id': '1',
  'x-harbor-csrf-token': 'x',
  'x-restli-protocol-version': '2.0.0',
  'x-xsrfheader': 'x',
  'x-kafka-x': 'x',
  'kbn-xsrf': 'x',
  'osd-xsrf': 'x',
  securitytenant: 'x',
  'polaris-realm': 'x',
  traceparent: 'x',
  tracestate: 'x',
  baggage: 'x',
  'idempotency-key': 'x',
  'grpc-timeout': '1S',
  'grpc-metadata-x-custom': 'x',
  sec_custom: 'x',
  'api.key': 'x',
}
test('headers that clients need reach the service as they are', patience, async () => {
  await using gate = await testbed({ services: { app: service } })

  await gate.ask({ headers: honest })

  const names = namesOf(gate.seen[0])
  assert.deepEqual(
    Object.keys(honest).filter((name) => !names.includes(name)),
    [],
  )
})

// biome-ignore format: one table
const readAsAnother = ['X~Forwarded~User', 'X!Forwarded!User', 'X+Forwarded+User', 'X--Forwarded--User', '-X-Forwarded-User', 'X-Forwarded-User-', 'X_-Forwarded_User', '_X_Forwarded_User_', "X'Forwarded'User", 'X$Forwarded&User', 'X*Forwarded|User', 'X^Forwarded`User', '#X-Forwarded-User', '$WSRU', 'X~Custom', 'Content__Length', '-Cookie', 'Authorization-']
for (const name of readAsAnother) {
  test(
    `a request with a header ${name} is refused before the service sees it [identity-header-alias]`,
    patience,
    async () => {
      await using gate = await testbed({ services: { app: service }, trustedProxies: ['127.0.0.1'] })
      const original = { 'x-forwarded-host': 'app.test', 'x-forwarded-uri': '/', 'x-forwarded-method': 'GET' }

      const answer = await gate.ask({ headers: { [name]: 'evil' } })
      const traefik = await gate.ask({ path: '/oauth2/auth/traefik', headers: { ...original, [name]: 'evil' } })
      const nginx = await gate.ask({ path: '/oauth2/auth', headers: { ...original, [name]: 'evil' } })
      const honestly = await gate.ask({ path: '/oauth2/auth/traefik', headers: { ...original, 'x-custom': 'kept' } })

      assert.deepEqual([answer.status, traefik.status, nginx.status, honestly.status], [400, 400, 403, 200])
      assert.match(answer.body, /header-refused/)
      assert.deepEqual(gate.seen, [])
    },
  )
}

test(
  'where odd names are allowed, they are still read as the most lenient server reads them [identity-header-alias]',
  patience,
  async () => {
    await using gate = await testbed({ services: { app: { ...service, allowOddHeaderNames: true } } })
    const aliases = readAsAnother.filter((name) => !/custom/i.test(name))

    const answer = await gate.ask({
      headers: { ...Object.fromEntries(aliases.map((name) => [name, 'evil'])), 'x~custom': 'kept' },
    })

    assert.equal(answer.status, 200)
    assert.deepEqual(evilNames(gate.seen[0]), [])
    assert.ok(namesOf(gate.seen[0]).includes('x~custom'))
  },
)

test(
  'a service names headers of its own that no client may send, in full or by their beginning',
  patience,
  async () => {
    const removeHeaders = ['X-Staff-Id', 'X-Office-*', 'Authorization']
    await using gate = await testbed({ services: { app: { ...service, removeHeaders } } })
    const names = ['X-Staff-Id', 'x_staff_id', 'X-OFFICE-ROOM', 'x.office.floor', 'authorization']

    await gate.ask({ headers: { ...Object.fromEntries(names.map((name) => [name, 'evil'])), 'x-officer': 'kept' } })

    assert.deepEqual(evilNames(gate.seen[0]), [])
    assert.ok(namesOf(gate.seen[0]).includes('x-officer'))
  },
)

test(
  'where another proxy forwards, a request with a header that the service names is refused: nobody else would remove it',
  patience,
  async () => {
    const removing = { url: 'http://app.test', rules: open, removeHeaders: ['X-Staff-*'] }
    await using gate = await testbed({ services: { app: removing }, trustedProxies: ['127.0.0.1'] })
    const headers = { 'x-forwarded-host': 'app.test', 'x-forwarded-uri': '/', 'x-forwarded-method': 'GET' }
    const ask = (path: string, more: Record<string, string> = {}) =>
      gate.ask({ path, headers: { ...headers, ...more } })

    for (const [path, refusal] of [
      ['/oauth2/auth', 403],
      ['/oauth2/auth/traefik', 400],
    ] as const) {
      assert.equal((await ask(path, { x_staff_id: '1' })).status, refusal)
      assert.equal((await ask(path, { 'x-stafford': '1' })).status, 200)
    }
  },
)

test('a service keeps a header of the table that its clients need', patience, async () => {
  await using gate = await testbed({
    services: { app: { ...service, keepHeaders: ['X-Trino-User'] }, other: { ...service, url: 'http://other.test' } },
  })

  await gate.ask({ headers: { 'x-trino-user': 'etl', 'x-trino-original-user': 'evil' } })
  await gate.ask({ host: 'other.test', headers: { 'x-trino-user': 'evil' } })

  assert.ok(namesOf(gate.seen[0]).includes('x-trino-user'))
  assert.deepEqual(gate.seen.map(evilNames), [[], []])
})

// biome-ignore format: one table
const overrides = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X_Http_Method_Override', 'x.method.override']
for (const name of overrides) {
  test(
    `${name} cannot pass a rule about methods, whoever forwards the request [rule-edge-mismatch]`,
    patience,
    async () => {
      const services = { app: { ...service, rules: byMethod }, open: { ...service, url: 'http://open.test' } }
      await using gate = await testbed({ services, trustedProxies: ['127.0.0.1'] })
      const question = (host: string, method: string) => ({
        path: '/oauth2/auth/traefik',
        headers: { 'x-forwarded-host': host, 'x-forwarded-uri': '/', 'x-forwarded-method': 'POST', [name]: method },
      })

      await gate.ask({ method: 'POST', headers: { [name]: 'DELETE' } })
      const other = await gate.ask(question('app.test', 'DELETE'))
      const same = await gate.ask(question('app.test', 'post'))
      const anyMethod = await gate.ask(question('open.test', 'DELETE'))

      assert.ok(!namesOf(gate.seen[0]).includes(name))
      assert.deepEqual([other.status, same.status, anyMethod.status], [400, 200, 200])
    },
  )
}

// biome-ignore format: one table
const plantedCookies = [
  'gatehouse_session=v', '__Host-gatehouse_session=v; Path=/; Secure', '=gatehouse_tx_x=v', '=gatehouse_tx_x=v; Domain=example.test', ' =gatehouse_tx_x=v', '\tgatehouse_tx_x=v', '  gatehouse_tx_x=v', ' = \tgatehouse_tx_x=v', 'gatehouse_tx_x', 'gatehouse_tx_x ; Path=/', 'gatehouse_tx_x =v',
  '"gatehouse_tx_x"=v', "'gatehouse_tx_x'=v", '"gatehouse_tx_x=v"', '="gatehouse_tx_x=v"', '==gatehouse_tx_x=v', '__host-gatehouse_login=v', '__HOST-GATEHOUSE_login=v', '__Secure-gatehouse_login=v', '__secure-gatehouse_login=v', '__Http-gatehouse_login=v', '__Host-Http-gatehouse_login=v', 'Gatehouse_login=v',
  'gatehouse_login=v; Domain=example.test', 'a=1, gatehouse_session=v', 'a=1; Path=/, __Host-gatehouse_session=v', 'a=1,gatehouse_tx_x=v', ';gatehouse_tx_x=v', ',gatehouse_tx_x=v',
]
test(
  'no cookie of a service reaches a browser that would send it back as one of ours [cookie-flags]',
  patience,
  async () => {
    const kept = [
      'sid=1; Path=/; HttpOnly',
      'x=gatehouse_login',
      'my-gatehouse_x=1',
      'gatehouse=1',
      'a=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT',
      '=plain',
    ]
    const sent = [...plantedCookies, ...kept]
    await using gate = await testbed({
      services: { app: service },
      upstream: (seen) =>
        createServer(
          recording(seen, (_, response) => {
            response.writeHead(
              200,
              sent.flatMap((value) => ['Set-Cookie', value]),
            )
            response.end()
          }),
        ),
    })

    const answer = await gate.ask({})

    assert.deepEqual(answer.headers['set-cookie'], kept)
  },
)

test(
  'nor does one in the answer to a websocket, in an answer before the answer, or in a trailer [cookie-flags]',
  patience,
  async () => {
    const planted = 'Set-Cookie: =gatehouse_tx_x=v\r\n'
    const upgrade = ['Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13']
    await using gate = await testbed({
      services: { app: service },
      upstream: () =>
        createServer().on('connection', (socket) => {
          socket.removeAllListeners('data').on('error', () => {})
          socket.on('data', (chunk: Buffer) => {
            if (chunk.includes('websocket'))
              socket.write(
                `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n${planted}Set-Cookie: sid=1\r\n\r\n`,
              )
            else
              socket.write(
                `HTTP/1.1 103 Early Hints\r\n${planted}\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Set-Cookie\r\nSet-Cookie: sid=1\r\n\r\n2\r\nok\r\n0\r\n${planted}\r\n`,
              )
          })
        }),
    })

    const answer = await rawExchange(gate.port, requestWith([]))
    const handshake = await rawExchange(
      gate.port,
      `${['GET / HTTP/1.1', 'Host: app.test', 'Connection: Upgrade', ...upgrade].join('\r\n')}\r\n\r\n`,
    )

    assert.match(answer, /200 OK[\s\S]*sid=1/)
    assert.match(handshake, /^HTTP\/1.1 101[\s\S]*sid=1/)
    assert.doesNotMatch(answer + handshake, /gatehouse_/)
  },
)

test('our cookies never reach a service, however they are written [token-to-wrong-upstream]', patience, async () => {
  await using gate = await testbed({ services: { app: service } })
  // biome-ignore format: one table
  const ours = ['gatehouse_session=v', '__Host-gatehouse_session=v', '__Secure-gatehouse_login=v', '\tgatehouse_state_x=v', 'Gatehouse_Session=v', '"gatehouse_session"=v', '=gatehouse_session=v', 'gatehouse_tx_x', 'x=1, gatehouse_session=v', '__HOST-gatehouse_login=v']

  for (const cookie of ours) await gate.ask({ headers: { cookie: `a=1; ${cookie}; b=2` } })
  await gate.ask({ headers: { cookie: ['gatehouse_session=v', 'a=1', 'b=2'] } })

  for (const { raw } of gate.seen) {
    const at = raw.findIndex((word) => word.toLowerCase() === 'cookie')
    assert.equal(raw[at + 1], 'a=1; b=2')
  }
  assert.equal(gate.seen.length, ours.length + 1)
})

test('a flood of invented names changes nothing for honest ones, and is not kept', { timeout: 20_000 }, async () => {
  await using gate = await testbed({ services: { app: service } })
  const long = 'y'.repeat(200)

  for (let round = 0; round < 40; round++)
    await gate.ask({
      headers: Object.fromEntries(
        Array.from({ length: 60 }, (_, at) => [`x-${round}-${at}-${long.slice(at)}`, 'junk']),
      ),
    })
  gate.seen.length = 0
  await gate.ask({ headers: { ...honest, 'x-proxy-user': 'evil' } })

  assert.deepEqual(evilNames(gate.seen[0]), [])
  assert.ok(namesOf(gate.seen[0]).includes('traceparent'))
})

test('a websocket with such a header is refused as well', patience, async () => {
  await using gate = await testbed({ services: { app: service } })
  const lines = ['Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'X~Forwarded~User: evil']

  const answer = await rawExchange(
    gate.port,
    `${['GET / HTTP/1.1', 'Host: app.test', 'Connection: Upgrade', ...lines].join('\r\n')}\r\n\r\n`,
  )

  assert.match(answer, /^HTTP\/1.1 400/)
  assert.deepEqual(gate.seen, [])
  assert.equal((await gate.ask({ headers: navigation })).status, 200)
})

test(
  'an answer without content promises none, so that nobody waits for it or reads the next answer as its rest',
  patience,
  async () => {
    await using gate = await testbed({
      services: { app: service },
      upstream: () =>
        createServer().on('connection', (socket) => {
          socket.removeAllListeners('data').on('error', () => {})
          socket.on('data', (chunk: Buffer) =>
            socket.write(
              chunk.includes('/none')
                ? 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'
                : 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
            ),
          )
        }),
    })

    const none = await gate.ask({ path: '/none' })
    const some = await gate.ask({ path: '/some' })

    assert.deepEqual([none.status, none.headers['content-length'], none.body], [204, undefined, ''])
    assert.deepEqual([some.headers['content-length'], some.body], ['5', 'hello'])
  },
)
