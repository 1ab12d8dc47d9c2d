/** What Prometheus reads, and what balancers are told, of a real server after known actions. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { ask } from './support/gate-testbed.ts'
import { freePort, type Gatehouse, startGatehouse } from './support/gatehouse.ts'

const password = 'correct horse battery staple'
let gatehouse: Gatehouse
let metricsPort: number

const config = (port: number, wiki: string) => `
issuer: http://localhost:${port}
listen: { port: ${port}, metrics: "127.0.0.1:${metricsPort}", trustedProxies: [127.0.0.1] }
reload: { watch: false }
authenticationClasses: { away: { oidc: { hostname: localhost, port: 1, principalClaim: sub } } }
login: [{ local: {} }, { authenticationClass: away, oidc: { clientCredentialsSecret: away } }]
secrets: { away: { clientId: us, clientSecret: hidden }, app: { clientId: app, clientSecret: "a long secret of the app 0123456789" } }
services: { ${wiki}: { url: "http://wiki.localhost:${port}", rules: [{ path: /open, allow: everyone }, { path: /, allow: authenticated }] } }
products: { app: { product: oidc, url: "http://localhost:1", redirectUris: ["http://localhost:1/cb"], services: [${wiki}], grantTypes: [client_credentials], authentication: [{ authenticationClass: gatehouse, oidc: { clientCredentialsSecret: app } }] } }
`

before(async () => {
  metricsPort = await freePort()
  gatehouse = await startGatehouse({ config: (port) => config(port, 'wiki') })
  await gatehouse.addUser('alice', password)
})
after(() => gatehouse.stop())

/** Every sample by its name and labels, as a reader of the text format 0.0.4 finds it; a line that is none is an error. */
async function scrape(): Promise<Map<string, number>> {
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`)
  assert.equal(answer.status, 200)
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  const samples = new Map<string, number>()
  const typed = new Set<string>()
  for (const line of (await answer.text()).split('\n')) {
    if (line === '') continue
    const [, type] = /^# TYPE ([a-zA-Z_:][\w:]*) (?:counter|gauge|histogram|summary)$/.exec(line) ?? []
    if (type !== undefined) {
      assert.ok(!typed.has(type), `${type} comes twice`)
      typed.add(type)
    }
    if (line.startsWith('#')) continue
    const parts =
      /^([a-zA-Z_:][\w:]*)((?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})?) (-?[\d.e+-]+|[+-]Inf|NaN)$/.exec(line)
    assert.ok(parts, `no sample: ${line}`)
    const [, name = '', labels = '', value] = parts
    assert.ok(typed.has(name) || typed.has(name.replace(/_(bucket|sum|count)$/, '')), `${name} has no type`)
    assert.ok(!samples.has(name + labels), `${name}${labels} comes twice`)
    samples.set(name + labels, Number(value))
  }
  return samples
}

const askGate = (path: string) =>
  ask({
    port: gatehouse.port,
    host: `localhost:${gatehouse.port}`,
    path: '/oauth2/auth',
    headers: {
      'x-forwarded-host': `wiki.localhost:${gatehouse.port}`,
      'x-forwarded-uri': path,
      'x-forwarded-method': 'GET',
      'x-original-url': `http://wiki.localhost:${gatehouse.port}${path}`,
    },
  })

const signIn = (secret: string) =>
  fetch(`${gatehouse.url}/login`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ username: 'alice', password: secret }),
  })

const token = (secret: string) =>
  fetch(`${gatehouse.url}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`app:${secret}`)}` },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: `http://wiki.localhost:${gatehouse.port}`,
    }),
  })

describe('metrics', () => {
  it('count what is done, by part, service, way and client, and survive a reload', async () => {
    for (const path of ['/open', '/open', '/closed']) await askGate(path)
    await signIn(password)
    await signIn('wrong')
    await fetch(`${gatehouse.url}/login/start?provider=away`, { redirect: 'manual' })
    assert.equal((await token(encodeURIComponent('a long secret of the app 0123456789'))).status, 200)
    assert.equal((await token('wrong')).status, 401)
    writeFileSync(gatehouse.configFile, config(gatehouse.port, 'handbook'))
    process.kill(gatehouse.pid, 'SIGHUP')
    await logged(/"event":"reloaded"/)
    await askGate('/open')
    writeFileSync(gatehouse.configFile, 'issuer: [')
    process.kill(gatehouse.pid, 'SIGHUP')
    await logged(/"event":"not-reloaded"/)

    const samples = await scrape()

    const expected = {
      gatehouse_ready: 1,
      gatehouse_store_up: 1,
      'gatehouse_gate_decisions_total{service="wiki",decision="allow",reason=""}': 2,
      'gatehouse_gate_decisions_total{service="wiki",decision="deny",reason="sign-in-required"}': 1,
      'gatehouse_gate_decisions_total{service="handbook",decision="allow",reason=""}': 1,
      'gatehouse_requests_total{part="gate",status="2xx"}': 3,
      'gatehouse_requests_total{part="gate",status="4xx"}': 1,
      'gatehouse_request_duration_seconds_count{part="gate"}': 4,
      'gatehouse_request_duration_seconds_bucket{le="+Inf",part="gate"}': 4,
      'gatehouse_requests_total{part="provider",status="2xx"}': 1,
      'gatehouse_requests_total{part="provider",status="4xx"}': 1,
      'gatehouse_sign_ins_total{way="local",outcome="succeeded"}': 1,
      'gatehouse_sign_ins_total{way="local",outcome="invalid-credentials"}': 1,
      'gatehouse_sign_ins_total{way="away",outcome="provider-unreachable"}': 1,
      'gatehouse_provider_up{way="away"}': 0,
      'gatehouse_tokens_issued_total{client="app",grant="client_credentials"}': 1,
      'gatehouse_provider_errors_total{event="grant.error",error="invalid_client"}': 1,
      'gatehouse_reloads_total{outcome="done"}': 1,
      'gatehouse_reloads_total{outcome="refused"}': 1,
      gatehouse_passwords_waiting: 0,
      gatehouse_requests_under_way: 0,
    }
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, samples.get(name)])), expected)
    for (const name of [
      'gatehouse_store_operations_total{operation="write",outcome="done"}',
      'gatehouse_store_operation_duration_seconds_count{operation="write"}',
      'nodejs_eventloop_lag_p99_seconds',
      'process_resident_memory_bytes',
    ])
      assert.ok((samples.get(name) ?? 0) > 0, name)
    assert.ok(
      [...samples.keys()].every((name) => !/alice|\/closed|hidden/.test(name)),
      'nobody and no path is named',
    )
  })

  it('are at their own port only', async () => {
    assert.equal((await fetch(`${gatehouse.url}/metrics`)).status, 404)
    assert.equal((await fetch(`http://127.0.0.1:${metricsPort}/healthz`)).status, 404)
    assert.equal((await fetch(`http://127.0.0.1:${metricsPort}/metrics`, { method: 'POST' })).status, 405)
  })
})

describe('/readyz', () => {
  it('says which part is not ready; a provider that does not answer is shown and changes nothing', async () => {
    await fetch(`${gatehouse.url}/login/start?provider=away`, { redirect: 'manual' })

    const ready = await ask({ port: gatehouse.port, host: 'elsewhere.example.com', path: '/readyz', headers: {} })

    assert.equal(ready.status, 200)
    const { providers, ...report } = JSON.parse(ready.body) as { providers: Record<string, { state: string }> }
    assert.deepEqual(report, { status: 'ok', ready: true, draining: false, store: 'ok', signingKeys: 'ok' })
    assert.equal(providers['away']?.state, 'unreachable')
    assert.doesNotMatch(ready.body, /hidden|gatehouse\.db|localhost/)
  })
})

async function logged(pattern: RegExp): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (pattern.test(gatehouse.log())) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`no line ${pattern} in:\n${gatehouse.log()}`)
}
