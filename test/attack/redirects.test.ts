import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ScriptedBrowser } from '../e2e/support/scripted-browser.ts'
import { type Gatehouse, runCli, startGatehouse } from '../support/gatehouse.ts'

const registered = 'https://app.example.test/cb'
const loopback = 'http://127.0.0.1/cb'
let gatehouse: Gatehouse

const yaml = (port: number, redirectUris: readonly string[]) =>
  JSON.stringify({
    issuer: `http://localhost:${port}`,
    listen: { port },
    products: {
      app: {
        product: 'oidc',
        url: 'https://app.example.test',
        redirectUris,
        authentication: [{ authenticationClass: 'gatehouse' }],
      },
    },
  })

before(async () => {
  gatehouse = await startGatehouse({ config: (port) => yaml(port, [registered, loopback]) })
})
after(() => gatehouse.stop())

/** The answer to a request of the product with this redirect URI, that must not be answered by a page of ours. */
function ask(redirectUri: string) {
  const query = new URLSearchParams({
    client_id: 'app',
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid',
    prompt: 'none',
    state: 's',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
  return new ScriptedBrowser().send(`${gatehouse.url}/authorize?${query}`)
}

describe('a redirect URI', () => {
  it('that is registered gets the answer', async () => {
    for (const uri of [registered, loopback]) {
      assert.ok((await ask(uri)).headers.get('location')?.startsWith(`${uri}?`), uri)
    }
  })

  for (const uri of [
    'https://app.example.test@evil.test/cb', 'https://evil.test@app.example.test/cb', 'https://app.example.test:x@evil.test/cb',
    'https://a@b@app.example.test/cb', 'https://app.example.test%40evil.test/cb', 'https://app.example.test\\@evil.test/cb',
    'https://evil.test\\.app.example.test/cb', 'https://evil.test#@app.example.test/cb', 'https://evil.test?@app.example.test/cb',
    'https://app.example.test/cb/..;/open', 'https://app.example.test/cb/../open', 'https://app.example.test/cb/%2e%2e/open',
    'https://app.example.test/cb%2f..%2fopen', 'https://app.example.test//cb', 'https://app.example.test/./cb', 'https://app.example.test/%63b',
    'https://app.example.test/cb/', 'https://app.example.test/CB', 'https://APP.example.test/cb', 'HTTPS://app.example.test/cb',
    'https://app.example.test:443/cb', 'https://app.example.test:8443/cb', 'https://app.example.test./cb', 'http://app.example.test/cb',
    'https://app.example.test/cb?x=1', 'https://app.example.test/cb#x', 'https://app.example.test/cb%00', 'https://app.example.test/cb ',
    ' https://app.example.test/cb', 'https://app.example.test/cb\t', 'https:/app.example.test/cb', '//app.example.test/cb', '/cb', 'cb',
    'https://app.example.test.evil.test/cb', 'https://evilapp.example.test/cb', 'https://appXexample.test/cb', 'https://app.example.test/cbx',
    'https://app\u3002example.test/cb', 'https://\u0430pp.example.test/cb', '*', 'https://*', '',
  ]) // biome-ignore format: a table of addresses
    it(`${JSON.stringify(uri)} is not the registered one: nobody is sent there [redirect-userinfo-at] [redirect-regex-dot]`, async () => {
      const page = await ask(uri)

      assert.equal(page.status, 400)
      assert.equal(page.headers.get('location'), null)
    })

  for (const uri of [
    'http://127.0.0.1:8080/x', 'http://127.0.0.2/cb', 'http://localhost/cb', 'http://localhost.evil.test/cb', 'http://127.0.0.1.evil.test/cb',
    'https://127.0.0.1/cb', 'http://127.1/cb', 'http://0x7f.0.0.1/cb', 'http://2130706433/cb', 'http://[::1]/cb', 'http://[::ffff:127.0.0.1]/cb',
    'http://127.0.0.1@evil.test/cb', 'http://127.0.0.1:80@evil.test/cb', 'http://127.0.0.1/cb/..', 'http://127.0.0.1/cb?x',
  ]) // biome-ignore format: a table of addresses
    it(`${uri} is not the registered address on loopback [redirect-loopback-only-port]`, async () => {
      const page = await ask(uri)

      assert.equal(page.status, 400)
      assert.equal(page.headers.get('location'), null)
    })

  for (const uri of [
    'javascript:alert(1)', 'JavaScript:alert(1)', ' javascript:alert(1)', 'java\tscript:alert(1)', 'javascript://app.example.test/%0aalert(1)',
    'data:text/html,x', 'DATA:text/html,x', 'vbscript:x', 'blob:https://app.example.test/x', 'file:///etc/passwd', 'about:blank',
  ]) // biome-ignore format: a table of addresses
    it(`${JSON.stringify(uri)} is neither sent to nor registered [redirect-script-scheme]`, async () => {
      const file = join(gatehouse.folder, 'script.yaml')
      writeFileSync(file, yaml(1, [uri]))
      const { status } = await runCli(['check', '-f', file])
      const page = await ask(uri)

      assert.notEqual(status, 0, 'check refuses it')
      assert.equal(page.status, 400)
      assert.equal(page.headers.get('location'), null)
      assert.doesNotMatch(page.body, /script:|data:text/i)
    })
})
