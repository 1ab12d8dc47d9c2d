import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/properties.ts'
import { loadConfig } from './load.ts'
import { isEverybody, isNetwork } from './networks.ts'
import type { PathProblem } from './problem.ts'
import { serverProblems } from './server-problems.ts'

/** What `check` and `serve` say about a server of this configuration: `error issuer`, `warning services.a.upstream`. */
function saidOf(text: string): string[] {
  const { config, problems } = loadConfig({ files: [{ name: 'x.yaml', text }], baseDir: '/' }, {})
  const found: readonly (Pick<PathProblem, 'severity'> & { path: string })[] = [
    ...problems,
    ...(config ? serverProblems(config) : [])
      // Most services here are about other things; that one has no upstream has a test of its own.
      .filter(({ message }) => !message.startsWith('has no upstream'))
      .map(({ severity, path }) => ({ severity, path: path.join('.') })),
  ]
  return found.map(({ severity, path }) => `${severity} ${path}`)
}

test('a service without upstream draws a warning where no proxy may ask the gate for it', () => {
  const warned = (more: string) => {
    const text = `${https}services: { a: { url: "https://a.example.com"${more}`
    const { config } = loadConfig({ files: [{ name: 'x.yaml', text }], baseDir: '/' }, {})
    return (
      config &&
      serverProblems(config).map(({ severity, path, message }) => [severity, path.join('.'), message.slice(0, 15)])
    )
  }

  assert.deepEqual(warned(' } }\n'), [['warning', 'services.a', 'has no upstream']])
  assert.deepEqual(warned(', upstream: "http://127.0.0.1:1" } }\n'), [])
  assert.deepEqual(warned(' } }\nlisten: { trustedProxies: [10.0.0.1] }\n'), [])
})

const https = 'issuer: https://id.example.com\n'
const wayIn = (oidc: string, entry = '') =>
  `${https}authenticationClasses: { corp: { oidc: { principalClaim: sub, ${oidc} } } }
login: [{ authenticationClass: corp, oidc: { clientCredentialsSecret: c }${entry} }]
secrets: { c: { clientId: a, clientSecret: "\${env:C}" } }
`

test('a way in without tls is an error off this machine, unless it says insecure: true [ca-scope]', () => {
  const path = 'authenticationClasses.corp.oidc'

  for (const hostname of [
    'sso.example.com',
    '10.0.0.1',
    'keycloak',
    'keycloak.auth.svc.cluster.local',
    '"::2"',
    '128.0.0.1',
  ])
    assert.deepEqual(saidOf(wayIn(`hostname: ${hostname}`)), [`error ${path}`], hostname)
  for (const hostname of ['localhost', '127.0.0.1', '127.1.2.3', '"::1"', 'sso.localhost', 'LOCALHOST'])
    assert.deepEqual(saidOf(wayIn(`hostname: ${hostname}`)), [], hostname)
  assert.deepEqual(saidOf(wayIn('hostname: sso.example.com, insecure: true')), [])
  assert.deepEqual(saidOf(wayIn('hostname: sso.example.com', ', insecure: true')), [])
  assert.deepEqual(
    saidOf(wayIn('hostname: sso.example.com, tls: { verification: { server: { caCert: { webPki: {} } } } }')),
    [],
  )
  assert.deepEqual(saidOf(wayIn('hostname: sso.example.com, tls: { verification: { none: {} } }')), [
    `warning ${path}.tls.verification.none`,
  ])
})

test('a product on the host name of the issuer is a warning off this machine: it is sent the cookies of sign-ins [token-to-wrong-upstream]', () => {
  const product = (issuer: string, url: string) =>
    saidOf(`issuer: ${issuer}
login: [{ local: {} }]
products: { portal: { product: oidc, url: "${url}", redirectUris: ["${url}/cb"], authentication: [{ authenticationClass: gatehouse }] } }
`)

  for (const url of ['https://id.example.com:8443', 'https://ID.example.com/portal', 'https://id.example.com.:8443'])
    assert.deepEqual(product('https://id.example.com', url), ['warning products.portal.url'], url)
  for (const url of ['https://portal.example.com', 'https://portal.id.example.com', 'https://example.com'])
    assert.deepEqual(product('https://id.example.com', url), [], url)
  assert.deepEqual(product('http://localhost:8080', 'http://localhost:8088'), [])
})

test('an issuer over http is an error off this machine, and on it where others are let in', () => {
  assert.deepEqual(saidOf('issuer: http://id.example.com\n'), ['error issuer'])
  assert.deepEqual(saidOf('issuer: http://id.example.com\nlisten: { host: 0.0.0.0 }\n'), ['error issuer'])
  assert.deepEqual(saidOf('issuer: http://id.example.com\nlisten: { insecure: true }\n'), [])
  for (const host of ['0.0.0.0', '"::"', '10.0.0.1', 'gatehouse']) {
    assert.deepEqual(saidOf(`issuer: http://localhost:8080\nlisten: { host: ${host} }\n`), ['error listen.host'], host)
    assert.deepEqual(saidOf(`issuer: http://localhost:8080\nlisten: { host: ${host}, insecure: true }\n`), [], host)
    assert.deepEqual(saidOf(`${https}listen: { host: ${host} }\n`), [], host)
  }
  for (const host of ['127.0.0.1', '"::1"', 'localhost'])
    assert.deepEqual(saidOf(`issuer: http://localhost:8080\nlisten: { host: ${host} }\n`), [], host)
})

test('a service over http is an error off this machine; an upstream draws a warning where it is not of the own network', () => {
  const service = (text: string) => saidOf(`${https}services: { a: { ${text} } }\n`)

  assert.deepEqual(service('url: "http://a.example.com"'), ['error services.a.url'])
  assert.deepEqual(service('url: "http://a.example.com", insecure: true'), [])
  assert.deepEqual(service('url: "http://a.localhost:8080"'), [])
  for (const host of [
    '127.0.0.1',
    'app',
    'app.data.svc',
    'app.data.svc.cluster.local',
    '10.1.2.3',
    '172.31.0.1',
    '[fd00::1]',
  ])
    assert.deepEqual(service(`url: "https://a.example.com", upstream: "http://${host}:80"`), [], host)
  for (const host of ['app.example.com', '172.32.0.1', '11.0.0.1', '[2001:db8::1]'])
    assert.deepEqual(
      service(`url: "https://a.example.com", upstream: "http://${host}:80"`),
      ['warning services.a.upstream'],
      host,
    )
  assert.deepEqual(saidOf(`${https}listen: { internalUrl: "http://gatehouse.auth.svc:8080" }\n`), [])
  assert.deepEqual(saidOf(`${https}listen: { internalUrl: "http://id.example.org:8080" }\n`), [
    'warning listen.internalUrl',
  ])
})

test('what is only rendered draws a warning', () => {
  const product = (oidc: string) =>
    saidOf(`authenticationClasses: { corp: { oidc: { principalClaim: sub, ${oidc} } } }
login: []
products: { a: { product: superset, url: "https://a.example.com", authentication: [{ authenticationClass: corp, oidc: { clientCredentialsSecret: c } }] } }
secrets: { c: { clientId: a, clientSecret: "\${env:C}" } }
`)

  assert.deepEqual(product('hostname: sso.example.com'), ['warning authenticationClasses.corp.oidc'])
  assert.deepEqual(product('hostname: keycloak.data.svc.cluster.local'), [])
  assert.deepEqual(product('hostname: sso.example.com, insecure: true'), [])
})

test('a database on another machine without TLS draws a warning', () => {
  const store = (address: string) => saidOf(`store: ${address}\nencryptionKey: "\${env:KEY}"\n`)

  assert.deepEqual(store('postgres://u:${env:P}@db.example.com/g?sslmode=disable'), ['warning store'])
  for (const address of [
    'postgres://u:${env:P}@db.example.com/g?sslmode=require',
    'postgres://u:${env:P}@db.example.com/g',
    'postgres://u:${env:P}@localhost/g?sslmode=disable',
    'postgres:///g?host=/run/postgresql',
    '"${env:STORE}"',
  ])
    assert.deepEqual(store(address), [], address)
})

const services = (...urls: string[]) =>
  `services:\n${urls.map((url, index) => `  s${index}: { url: "${url}" }\n`).join('')}`

test('a service on the host name of the issuer, or two on one, are an error: cookies know no ports [host-poisoned-urls]', () => {
  for (const url of [
    'https://id.example.com:8443',
    'https://ID.example.com:8443',
    'https://id.example.com.:8443',
    'https://id.example.com.',
    'https://id.example.com:443',
  ])
    assert.deepEqual(saidOf(https + services(url)), ['error services.s0.url'], url)
  for (const [one, two] of [
    ['https://a.example.com:9443', 'https://a.example.com:9444'],
    ['https://a.example.com', 'https://a.example.com:9444'],
    ['https://a.example.com', 'https://A.EXAMPLE.COM.'],
    ['https://bücher.example.com', 'https://xn--bcher-kva.example.com'],
    ['https://10.0.0.1', 'https://167772161:8443'],
    ['https://10.0.0.1', 'https://0x0a.0.0.1'],
    ['https://[fd00::1]', 'https://[fd00:0:0::0:1]:8443'],
  ])
    assert.deepEqual(saidOf(https + services(one ?? '', two ?? '')), ['error services.s1.url'], `${one} ${two}`)
  assert.deepEqual(
    saidOf(https + services('https://a.example.com', 'https://b.example.com', 'https://example.com:8443')),
    [],
  )
})

test('one host name with several ports is a warning on this machine, where people try things out', () => {
  const issuer = 'issuer: http://localhost:8080\n'

  assert.deepEqual(saidOf(issuer + services('http://localhost:9000')), ['warning services.s0.url'])
  assert.deepEqual(saidOf(issuer + services('http://a.localhost:8080', 'http://b.localhost:8080')), [])
  // A proxy that passes `Host` without a port would send the one what is meant for the other.
  assert.deepEqual(saidOf(`issuer: http://localhost\n${services('http://localhost:9000')}`), ['error services.s0.url'])
})

test('a redirect URI is one whole address: no pattern, no trap, and https off this machine [redirect-regex-dot]', () => {
  const product = (uri: string, more = '') =>
    saidOf(
      JSON.stringify({
        issuer: 'https://id.example.com',
        products: {
          a: {
            product: 'oidc',
            url: 'https://a.example.com',
            authentication: [{ authenticationClass: 'gatehouse' }],
            redirectUris: ['https://a.example.com/cb', uri],
            postLogoutRedirectUris: [uri],
          },
        },
      }).replace('"product":', `${more}"product":`),
    )
  const both = ['error products.a.redirectUris.1', 'error products.a.postLogoutRedirectUris.0']

  for (const uri of [
    'https://app.example.com/*',
    'https://*.example.com/cb',
    'https://app.example*/cb',
    'http://evil.example.com/cb',
    'http://10.0.0.1/cb',
    'https://user@app.example.com/cb',
    'https://user:pw@app.example.com/cb',
    'https://app.example.com/cb#fragment',
    'https://app.example.com/cb#',
    'https://app.example.com/a/../cb',
    'https://app.example.com/a/..',
    'https://app.example.com/a/%2e%2E/cb',
    'https://app.example.com/a/.%2e?x',
    'https://app.example.com/./cb',
    'https://app.example.com\\\\@evil.example.com/cb',
    'https://app.example.com/c b',
    ' https://app.example.com/cb',
    'https://app.example.com/cb\n',
    'javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    '//app.example.com/cb',
    '/cb',
    '',
  ])
    assert.deepEqual(product(uri).toSorted(), both.toSorted(), uri)
  for (const uri of [
    'https://app.example.com/cb',
    'http://localhost:3000/cb',
    'http://127.0.0.1:3000/cb?a=b',
    'https://a.example.com/.well-known/cb',
  ])
    assert.deepEqual(product(uri), [], uri)
  assert.deepEqual(product('http://app.data.svc/cb', '"insecure":true,'), [])
})

test('a rule that no request reaches draws a warning [rule-edge-mismatch]', () => {
  const rules = (...written: string[]) =>
    saidOf(
      `${https}services: { a: { url: "https://a.example.com", rules: [${written.join(', ')}] } }\nteams: { t: {} }\n`,
    ).map((said) => said.replace('services.a.rules.', ''))

  assert.deepEqual(rules('{ path: /, allow: authenticated }', '{ path: /admin, allow: ["team:t"] }'), ['warning 1'])
  assert.deepEqual(rules('{ path: /admin, allow: ["team:t"] }', '{ path: /, allow: authenticated }'), [])
  assert.deepEqual(rules('{ path: /a/, allow: everyone }', '{ path: /a/b, allow: everyone }'), ['warning 1'])
  assert.deepEqual(rules('{ path: /a, allow: everyone }', '{ path: /ab, allow: everyone }'), [])
  const get = '{ path: /, methods: [GET], allow: everyone }'
  assert.deepEqual(rules(get, '{ path: /a, methods: [GET], allow: everyone }'), ['warning 1'])
  assert.deepEqual(rules(get, '{ path: /a, methods: [HEAD], allow: everyone }'), ['warning 1'])
  assert.deepEqual(rules(get, '{ path: /a, methods: [GET, POST], allow: everyone }'), [])
  assert.deepEqual(rules(get, '{ path: /a, allow: everyone }'), [])
  assert.deepEqual(
    rules(
      get,
      '{ path: /a, methods: [POST], allow: everyone }',
      '{ path: /a/b, methods: [GET, POST], allow: everyone }',
    ),
    ['warning 2'],
  )
})

test('proxies that are believed are not a good part of the internet, however it is split [trust-default-empty]', () => {
  const trusted = (networks: readonly string[], more = '') =>
    saidOf(`${https}listen: { trustedProxies: ${JSON.stringify(networks)}${more} }\n`)

  for (const networks of [
    ['0.0.0.0/1', '128.0.0.0/1'],
    ['0.0.0.0/2', '64.0.0.0/2', '128.0.0.0/1'],
    ['::ffff:0:0/96'],
    ['::ffff:0.0.0.0/97', '::ffff:128.0.0.0/97'],
    ['::ffff:8.0.0.0/100'],
    ['2000::/3'],
    ['2000::/4', '3000::/4'],
    ['::/1', '8000::/1'],
    ['8.0.0.0/7'],
    ['8.0.0.0/8', '9.0.0.0/9'],
    Array.from({ length: 256 }, (_, first) => `${first}.0.0.0/8`),
    Array.from({ length: 512 }, (_, at) => `20.${at % 256}.${at < 256 ? '0.0/17' : '128.0/17'}`).concat('21.0.0.0/24'),
  ]) {
    assert.ok(
      trusted(networks).some((said) => said.startsWith('error listen.trustedProxies')),
      String(networks).slice(0, 80),
    )
    assert.deepEqual(trusted(networks, ', insecure: true'), [], String(networks).slice(0, 80))
  }
  for (const networks of [
    [],
    ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', '100.64.0.0/10', '::1', 'fd00::/8', 'fe80::/10'],
    ['fc00::/7'],
    ['173.245.48.0/20', '103.21.244.0/22', '104.16.0.0/13', '172.64.0.0/13', '2606:4700::/32', '2a06:98c0::/29'],
    ['203.0.113.7', '2001:db8::7'],
  ])
    assert.deepEqual(trusted(networks), [], String(networks))
})

test('networks that cover all of IPv4 in pieces are everybody, and without the largest pieces they are measured, not counted', () => {
  const split = fc.array(fc.nat(), { minLength: 1, maxLength: 60 }).map((cuts) => {
    let pieces: [first: number, bits: number][] = [[0, 0]]
    for (const cut of cuts) {
      const at = cut % pieces.length
      const [first, bits] = pieces[at] ?? [0, 0]
      if (bits >= 30) continue
      pieces = [...pieces.filter((_, index) => index !== at), [first, bits + 1], [first + 2 ** (31 - bits), bits + 1]]
    }
    return pieces
  })
  const text = ([first, bits]: [number, number]) =>
    `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${bits}`

  fc.assert(
    fc.property(split, (pieces) => {
      const networks = pieces.map(text)
      assert.ok(networks.every(isNetwork))
      assert.ok(isEverybody(networks))
      const small = pieces.filter(([, bits]) => bits >= 25).map(text)
      assert.ok(!isEverybody(small))
    }),
    { numRuns: runs(300) },
  )
})

test('an inner address in clear text off the own network, one that is the public one, and one that reaches nothing draw a warning', () => {
  const said = (oidc: string, hostname = 'sso.example.com') =>
    saidOf(`authenticationClasses: { corp: { oidc: { hostname: ${hostname}, rootPath: /realms/data, principalClaim: sub, tls: { verification: { server: { caCert: { webPki: {} } } } }, ${oidc} } } }
login: []
`)
  const warned = ['warning authenticationClasses.corp.oidc.internalUrl']

  assert.deepEqual(said('internalUrl: "http://keycloak.auth.svc:8080", providerHint: Keycloak'), [])
  assert.deepEqual(said('internalUrl: "https://keycloak.example.org/realms/data", providerHint: Keycloak'), [])
  assert.deepEqual(said('internalUrl: "http://keycloak.example.org", providerHint: Keycloak'), warned)
  assert.deepEqual(said('internalUrl: "http://keycloak.example.org", insecure: true, providerHint: Keycloak'), [])
  assert.deepEqual(said('internalUrl: "https://sso.example.com/realms/data"'), warned)
  const elsewhere =
    'authorization: "https://a.example.org/a", token: "https://a.example.org/t", jwks: "https://a.example.org/j", userinfo: "https://a.example.org/u"'
  assert.deepEqual(said(`internalUrl: "http://keycloak.auth.svc:8080", endpoints: { ${elsewhere} }`), warned)
  const inside = elsewhere.replaceAll('a.example.org', 'keycloak.auth.svc:8080')
  assert.deepEqual(said(`internalUrl: "https://keycloak.auth.svc:8080", endpoints: { ${inside} }`), [])
})

test('a limit of a class that nobody could fulfil is an error, and one that people can is none', () => {
  const google =
    'hostname: accounts.google.com, providerHint: Google, tls: { verification: { server: { caCert: { webPki: {} } } } }'
  const other = 'hostname: sso.example.com, tls: { verification: { server: { caCert: { webPki: {} } } } }'
  const said = (oidc: string) => saidOf(wayIn(oidc)).filter((line) => /allowedGroups|hostedDomains/.test(line))

  assert.deepEqual(said(`${google}, allowedGroups: [data]`), ['error authenticationClasses.corp.oidc.allowedGroups'])
  assert.deepEqual(said(`${google}, allowedGroups: [data], groupsClaim: "https://example.com/groups"`), [])
  assert.deepEqual(said(`${google}, hostedDomains: [example.com]`), [])
  assert.deepEqual(said(`${other}, hostedDomains: [example.com]`), [
    'error authenticationClasses.corp.oidc.hostedDomains',
  ])
  assert.deepEqual(said(`${other}, allowedGroups: [data]`), [])
})

test('people of many tenants come only where the class names the tenants, and all of the world are trusted with no domain [noauth-email]', () => {
  const tls = 'tls: { verification: { server: { caCert: { webPki: {} } } } }'
  const entra = (path: string, more: string, entry = '') =>
    saidOf(wayIn(`hostname: login.microsoftonline.com, rootPath: ${path}, ${tls}${more}`, entry)).filter(
      (line) => !line.startsWith('warning authenticationClasses.corp.oidc.principalClaim'),
    )
  const id = '3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31'
  const at = 'authenticationClasses.corp.oidc'

  assert.deepEqual(entra('/organizations/v2.0', `, allowedTenants: [${id}]`), [])
  assert.deepEqual(entra('/common/v2.0', `, allowedTenants: ["*"]`), [])
  assert.deepEqual(entra('/organizations/v2.0', `, allowedTenants: [${id}], emailTrustedFor: [example.com]`), [])
  assert.deepEqual(entra('/organizations/v2.0', `, allowedTenants: ["*"], emailTrustedFor: [example.com]`), [
    `error ${at}.emailTrustedFor`,
  ])
  assert.deepEqual(entra('/organizations/v2.0', ', allowedTenants: ["*"]', ', emailDomains: [example.com]'), [
    'error login.0.emailDomains',
  ])
  assert.deepEqual(entra(`/${id}/v2.0`, `, allowedTenants: [${id}]`), [`error ${at}.allowedTenants`])
  assert.deepEqual(saidOf(wayIn(`hostname: sso.example.com, ${tls}, allowedTenants: [${id}]`)), [
    `error ${at}.allowedTenants`,
  ])
  for (const wrong of ['example.com', id.toUpperCase(), '**', ''])
    assert.deepEqual(entra('/organizations/v2.0', `, allowedTenants: ["${wrong}"]`), [`error ${at}.allowedTenants.0`])
})

test('auto is for the only way in, and an address of Astronomer for one of them [mixup-iss]', () => {
  const text = (login: string) => `${https}authenticationClasses:
  one: { oidc: { hostname: one.example.com, principalClaim: sub, tls: { verification: { server: { caCert: { webPki: {} } } } } } }
  two: { oidc: { hostname: two.example.com, principalClaim: sub, tls: { verification: { server: { caCert: { webPki: {} } } } } } }
login: [${login}]
names: { from: one }
secrets: { c: { clientId: x, clientSecret: "\${env:S}" } }
`
  const way = (name: string, oidc = '', more = '') =>
    `{ authenticationClass: ${name}, oidc: { clientCredentialsSecret: c${oidc} }${more} }`
  const redirect = ', callbackPath: /v1/oauth/redirect/'
  const callback = ', callbackPath: /v1/oauth/callback/'
  const said = (...ways: string[]) => saidOf(text(ways.join(', '))).filter((line) => /auto|callbackPath/.test(line))

  assert.deepEqual(said(way('one', redirect, ', auto: true')), [])
  assert.deepEqual(said(way('one', '', ', auto: true'), '{ local: {} }'), ['error login.0.auto'])
  assert.deepEqual(said(way('one', redirect), way('two', callback)), [])
  assert.deepEqual(said(way('one', redirect), way('two', redirect)), ['error login.1.oidc.callbackPath'])
})
