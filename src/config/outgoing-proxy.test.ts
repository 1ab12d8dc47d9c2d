import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../errors.ts'
import { proxyFor } from './outgoing-proxy.ts'
import { Config } from './schema.ts'

const proxy = 'http://proxy.example.com:3128'

function wayTo(url: string, { network = {}, env = {} }: { network?: object; env?: Record<string, string> }) {
  return proxyFor(url, Config.parse({ network }), { env, baseDir: '/nowhere' })
}

// biome-ignore format: one table
const exceptions: readonly [entry: string, direct: readonly string[], byTheProxy: readonly string[]][] = [
  ['example.com', ['https://example.com', 'https://sso.example.com', 'https://SSO.Example.COM./x', 'https://a.b.example.com:8443'], ['https://notexample.com', 'https://example.com.evil.test', 'https://example.org']],
  ['.example.com', ['https://example.com', 'https://sso.example.com'], ['https://notexample.com']],
  ['*.example.com', ['https://sso.example.com'], ['https://notexample.com']],
  ['EXAMPLE.com.', ['https://sso.example.com'], ['https://example.org']],
  ['.svc', ['https://keycloak.auth.svc'], ['https://svc.example.com']],
  ['*', ['https://example.com', 'https://10.0.0.1', 'https://[2001:db8::1]'], []],
  ['a.test,b.test', ['https://a.test', 'https://b.test'], ['https://c.test']],
  ['a.test b.test', ['https://a.test', 'https://b.test'], ['https://c.test']],
  [' a.test , ,b.test,', ['https://a.test', 'https://b.test'], ['https://c.test']],
  ['10.1.2.3', ['https://10.1.2.3', 'https://10.1.2.3:8443'], ['https://10.1.2.4']],
  ['2.3', [], ['https://10.1.2.3']],
  ['10.0.0.0/8', ['https://10.9.9.9', 'https://[::ffff:10.9.9.9]'], ['https://11.0.0.1', 'https://10.example.com']],
  ['192.168.1.7/24', ['https://192.168.1.200'], ['https://192.168.2.1']],
  ['2001:db8::1', ['https://[2001:db8::1]', 'https://[2001:DB8:0::1]:8443'], ['https://[2001:db8::2]']],
  ['[2001:db8::1]', ['https://[2001:db8::1]'], ['https://[2001:db8::2]']],
  ['2001:db8::/32', ['https://[2001:db8:5::9]'], ['https://[2001:db9::1]', 'https://10.0.0.1']],
  ['example.com:8443', ['https://example.com:8443'], ['https://example.com', 'https://example.com:443']],
  ['example.com:443', ['https://example.com', 'https://sso.example.com:443'], ['https://example.com:8443', 'http://example.com']],
  ['[2001:db8::1]:8443', ['https://[2001:db8::1]:8443'], ['https://[2001:db8::1]']],
  ['bücher.example', ['https://xn--bcher-kva.example', 'https://sso.bücher.example'], ['https://example.com']],
  ['10.0.0.0/99', [], ['https://10.9.9.9']],
  ['', [], ['https://example.com']],
]
for (const [entry, direct, byTheProxy] of exceptions) {
  test(`NO_PROXY and network.noProxy read "${entry}" as curl does`, () => {
    for (const settings of [
      { network: { proxy }, env: { NO_PROXY: entry } },
      { network: { proxy }, env: { no_proxy: entry, NO_PROXY: 'example.com,10.0.0.0/8' } },
      { env: { HTTPS_PROXY: proxy, http_proxy: proxy, GLOBAL_AGENT_NO_PROXY: entry } },
      ...(entry === '' ? [] : [{ network: { proxy, noProxy: [entry] }, env: { NO_PROXY: '*' } }]),
    ]) {
      const isMasked = entry === '' && 'no_proxy' in settings.env
      for (const url of direct) assert.equal(wayTo(url, settings), undefined, url)
      for (const url of isMasked ? [] : byTheProxy) assert.equal(wayTo(url, settings), `${proxy}/`, url)
    }
  })
}

test('this machine is never called by a proxy', () => {
  for (const host of ['localhost', 'sso.localhost', '127.0.0.1', '127.8.9.1', '[::1]'])
    assert.equal(wayTo(`https://${host}:8443/x`, { network: { proxy } }), undefined, host)

  assert.equal(wayTo('https://localhost.example.com', { network: { proxy } }), `${proxy}/`)
})

// biome-ignore format: one table
const variables: readonly [what: string, env: Record<string, string>, https: string | undefined, http: string | undefined][] = [
  ['nothing', {}, undefined, undefined],
  ['HTTPS_PROXY', { HTTPS_PROXY: 'http://a:1' }, 'http://a:1/', undefined],
  ['https_proxy before HTTPS_PROXY', { https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1' }, 'http://a:1/', undefined],
  ['http_proxy for http alone', { http_proxy: 'http://a:1' }, undefined, 'http://a:1/'],
  ['HTTP_PROXY for http alone', { HTTP_PROXY: 'http://a:1' }, undefined, 'http://a:1/'],
  ['ALL_PROXY for both', { ALL_PROXY: 'http://a:1' }, 'http://a:1/', 'http://a:1/'],
  ['all_proxy after the others', { all_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1' }, 'http://b:1/', 'http://a:1/'],
  ['GLOBAL_AGENT_HTTPS_PROXY first', { GLOBAL_AGENT_HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:1' }, 'http://a:1/', undefined],
  ['GLOBAL_AGENT_HTTP_PROXY for both', { GLOBAL_AGENT_HTTP_PROXY: 'http://a:1', https_proxy: 'http://b:1' }, 'http://a:1/', 'http://a:1/'],
  ['an empty variable as none', { HTTPS_PROXY: '', ALL_PROXY: 'http://a:1' }, 'http://a:1/', 'http://a:1/'],
  ['an address without a scheme as http', { HTTPS_PROXY: 'proxy.example.com:3128' }, 'http://proxy.example.com:3128/', undefined],
  ['an address without scheme and port as http on port 1080', { HTTPS_PROXY: 'proxy.example.com' }, 'http://proxy.example.com:1080/', undefined],
  ['a proxy that is called over TLS', { HTTPS_PROXY: 'https://proxy.example.com:8443' }, 'https://proxy.example.com:8443/', undefined],
  ['blanks around it', { HTTPS_PROXY: ' http://a:1\n' }, 'http://a:1/', undefined],
  ['user name and password', { HTTPS_PROXY: 'http://us%40er:p%3Aw@a:1' }, 'http://us%40er:p%3Aw@a:1/', undefined],
]
for (const [what, env, https, http] of variables) {
  test(`the environment names the proxy: ${what}`, () => {
    assert.equal(wayTo('https://sso.example.com', { env }), https)
    assert.equal(wayTo('http://sso.example.com', { env }), http)
  })
}

test('network.proxy stands before the environment, for https and http, by reference as well', () => {
  const env = { HTTPS_PROXY: 'http://other:1', CORP: 'http://u:p@corp:3128', EMPTY: '' }

  assert.equal(wayTo('https://sso.example.com', { network: { proxy }, env }), `${proxy}/`)
  assert.equal(wayTo('http://sso.example.com', { network: { proxy }, env }), `${proxy}/`)
  assert.equal(wayTo('https://sso.example.com', { network: { proxy: '${env:CORP}' }, env }), 'http://u:p@corp:3128/')
  assert.equal(wayTo('https://sso.example.com', { network: { proxy: '${env:EMPTY}' }, env }), 'http://other:1/')
  assert.equal(wayTo('https://sso.example.com', { network: { noProxy: ['*'] }, env }), undefined)
})

const unusable = {
  socks: 'socks5://canary-user:canary-password@proxy:1080',
  'another scheme': 'ftp://canary-user:canary-password@proxy',
  'no address': 'http://canary-user:canary-password@:x',
  'a broken escape': 'http://canary-user:canary-%zz-password@proxy:3128',
  'a path': 'http://canary-user:canary-password@proxy:3128/path',
}
for (const [what, address] of Object.entries(unusable)) {
  test(`a proxy that cannot be used (${what}) is said by its place, and its password is not`, () => {
    for (const [settings, at] of [
      [{ env: { HTTPS_PROXY: address } }, 'HTTPS_PROXY'],
      [{ network: { proxy: '${env:CORP}' }, env: { CORP: address } }, 'network.proxy'],
    ] as const) {
      assert.throws(
        () => wayTo('https://sso.example.com', settings),
        (error) => {
          assert.ok(error instanceof AppError)
          assert.equal(error.code, 'config-invalid')
          assert.match(String(error.details['at']), new RegExp(at.replace('.', '\\.')))
          assert.doesNotMatch(JSON.stringify([error.details, error.message, String(error.cause)]), /canary/)
          return true
        },
      )
      assert.equal(wayTo('https://localhost', settings), undefined)
    }
  })
}
