/** oauth2-proxy with exactly the rendered files, both forms: who gets in, who the service sees, sign-out, both ways. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { type ClaimsIdp, startClaimsIdp } from '../support/claims-idp.ts'
import { type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import {
  ada,
  type BothWays,
  filledIn,
  type Installation,
  startBothWays,
  type Way,
  type WayThroughGatehouse,
} from './support/both-ways.ts'
import { type Echo, type EchoService, startEchoService } from './support/echo-service.ts'
import { keycloakUsers } from './support/keycloak.ts'
import { checkOAuth2ProxyFiles, type OAuth2Proxy, startOAuth2Proxy } from './support/oauth2-proxy.ts'
import { freePort } from './support/ports.ts'
import { renderProduct } from './support/rendered.ts'
import { browserOf, type Page, visibleText } from './support/scripted-browser.ts'
import { selfSignedCertificate } from './support/self-signed.ts'
import { tempFolder } from './support/temp.ts'

let providers: BothWays
/** The service behind the proxies. */
let service: EchoService
/** Of the proxies, which run one after the other. */
let port: number
let url: string

before(async () => {
  port = await freePort()
  url = `http://127.0.0.1:${port}`
  service = await startEchoService()
  providers = await startBothWays()
})
after(async () => {
  await Promise.all([providers?.stop(), service?.stop()])
})

const page = () => `${url}/report?day=1`

const headersOf = ({ body }: Page) => (JSON.parse(body) as Echo).headers

for (const alpha of [false, true]) {
  const form = alpha ? 'the alpha form' : 'oauth2-proxy.cfg'
  const name = alpha ? 'oauth2-proxy-alpha' : 'oauth2-proxy'
  const entry = () => ({
    name,
    settings: {
      product: 'oauth2-proxy',
      version: '7.15.6',
      url,
      'oauth2-proxy': {
        upstreams: [`${service.url}/`],
        httpAddress: `127.0.0.1:${port}`,
        allowedGroups: ['data-admins'],
        skipAuthRoutes: ['GET=^/open$'],
        trustedProxies: ['127.0.0.1'],
        alpha,
      },
    },
  })
  const start = ({ rendered: { folder }, secrets }: Installation) =>
    startOAuth2Proxy({
      configFile: join(folder, 'oauth2-proxy.cfg'),
      ...(alpha ? { alphaConfigFile: join(folder, 'oauth2-proxy-alpha.yaml') } : {}),
      port,
      env: secrets,
    })

  /** What must hold for both ways. */
  function signInTests(way: () => Way): void {
    test('render has nothing to warn of', () => {
      assert.deepEqual(way().rendered.warnings, [])
    })

    test('alice comes to the page that she asked for, and the service sees her with her groups', async (t) => {
      const browser = browserOf(t)

      const answer = await way().signIn(browser, 'alice', page())
      const userinfo = await browser.send(`${url}/oauth2/userinfo`)

      assert.equal(answer.url, page(), `${visibleText(answer.body)}\n${browser.trace()}`)
      assert.equal(answer.status, 200)
      const headers = headersOf(answer)
      assert.equal(headers['x-forwarded-preferred-username'], 'alice')
      assert.equal(headers['x-forwarded-email'], keycloakUsers.alice.email)
      assert.deepEqual(headers['x-forwarded-groups']?.split(',').sort(), ['analysts', 'data-admins'])
      if (alpha) assert.equal(headers['x-forwarded-user'], 'alice')
      const { email, preferredUsername } = JSON.parse(userinfo.body) as { email: string; preferredUsername: string }
      assert.deepEqual({ email, preferredUsername }, { email: keycloakUsers.alice.email, preferredUsername: 'alice' })
    })

    test('what she writes into the headers herself does not reach the service', async (t) => {
      const browser = browserOf(t)
      await way().signIn(browser, 'alice', page())

      const answer = await browser.send(page(), {
        headers: {
          'x-forwarded-user': 'bob',
          'x-forwarded-preferred-username': 'bob',
          'x-forwarded-email': 'bob@example.test',
          'x-forwarded-groups': 'invented',
        },
      })

      const headers = headersOf(answer)
      assert.equal(headers['x-forwarded-preferred-username'], 'alice')
      assert.equal(headers['x-forwarded-email'], keycloakUsers.alice.email)
      assert.deepEqual(headers['x-forwarded-groups']?.split(',').sort(), ['analysts', 'data-admins'])
      assert.ok(!headers['x-forwarded-user']?.includes('bob'), headers['x-forwarded-user'])
    })

    test('a proxy that asks gets to know who she is', async (t) => {
      const browser = browserOf(t)
      await way().signIn(browser, 'alice', page())

      const answer = await browser.send(`${url}/oauth2/auth`)
      const anonymous = await browserOf(t).send(`${url}/oauth2/auth`)

      assert.equal(answer.status, 202)
      assert.equal(answer.headers.get('x-auth-request-preferred-username'), 'alice')
      assert.equal(answer.headers.get('x-auth-request-email'), keycloakUsers.alice.email)
      assert.deepEqual(answer.headers.get('x-auth-request-groups')?.split(',').sort(), ['analysts', 'data-admins'])
      assert.equal(anonymous.status, 401)
    })

    test('bob is not in the group that gets in', async (t) => {
      const browser = browserOf(t)

      const refused = await way().signIn(browser, 'bob', page())
      const again = await browser.send(page(), { headers: { accept: 'application/json' } })

      assert.equal(refused.status, 403, browser.trace())
      assert.equal(new URL(refused.url).pathname, '/oauth2/callback')
      assert.equal(again.status, 401)
    })

    test('nobody gets in without the way through the provider, except where a route says so', async (t) => {
      const browser = browserOf(t)

      const asPage = await browser.send(page())
      const asCall = await browser.send(page(), { headers: { accept: 'application/json' } })
      const invented = await browser.send(page(), {
        headers: { accept: 'application/json', authorization: 'Bearer invented', cookie: '_oauth2_proxy=invented' },
      })
      const open = await browser.send(`${url}/open`)
      const posted = await browser.send(`${url}/open`, { method: 'POST', headers: { accept: 'application/json' } })
      const below = await browser.send(`${url}/open/more`, { headers: { accept: 'application/json' } })

      assert.deepEqual([asPage.status, asCall.status, invented.status], [302, 401, 401])
      assert.deepEqual([open.status, posted.status, below.status], [200, 401, 401])
    })

    test('signing out as REGISTER.md says ends the session at the provider too', async (t) => {
      const browser = browserOf(t)
      await way().signIn(browser, 'alice', page())
      const [signOut = ''] =
        /http\S+\/oauth2\/sign_out\?rd=[^`\s]+/.exec(way().rendered.files['REGISTER.md'] ?? '') ?? []

      const left = await browser.open(signOut)
      const call = await browser.send(page(), { headers: { accept: 'application/json' } })
      // Fails if there is no prompt for the password.
      const again = await way().signIn(browser, 'alice', page())

      assert.notEqual(new URL(left.url).origin, url, browser.trace())
      assert.equal(call.status, 401)
      assert.equal(again.status, 200)
    })
  }

  describe(`${form}, straight at Keycloak`, () => {
    let way: Way
    let proxy: OAuth2Proxy

    before(async () => {
      way = await providers.straight(entry())
      proxy = await start(way)
    })
    after(() => proxy?.stop())

    signInTests(() => way)

    test('the plain sign-out ends the session at Keycloak as well', async (t) => {
      const browser = browserOf(t)
      await way.signIn(browser, 'alice', page())

      await browser.send(`${url}/oauth2/sign_out`)
      const again = await way.signIn(browser, 'alice', page())

      assert.equal(again.status, 200)
    })
  })

  describe(`${form}, through Gatehouse`, () => {
    let way: WayThroughGatehouse
    let proxy: OAuth2Proxy

    before(async () => {
      way = await providers.throughGatehouse(entry())
      proxy = await start(way)
    })
    after(async () => {
      await Promise.all([proxy?.stop(), way?.stop()])
    })

    signInTests(() => way)

    test('ada, a local account, gets in by her team', async (t) => {
      const browser = browserOf(t)

      const answer = await way.signIn(browser, 'ada', page())

      const headers = headersOf(answer)
      assert.equal(headers['x-forwarded-preferred-username'], 'ada')
      assert.equal(headers['x-forwarded-email'], ada.email)
      assert.equal(headers['x-forwarded-groups'], 'data-admins')
    })

    test('pages that refresh at once keep people signed in', async (t) => {
      await proxy.stop()
      proxy = await start({ ...way, secrets: { ...way.secrets, OAUTH2_PROXY_COOKIE_REFRESH: '1s' } })
      const browser = browserOf(t)
      await way.signIn(browser, 'ada', page())

      for (let round = 0; round < 3; round++) {
        await sleep(1_200)
        const answers = await Promise.all(Array.from({ length: 4 }, () => browser.send(page())))
        assert.deepEqual(
          answers.map(({ status }) => status),
          [200, 200, 200, 200],
          proxy.log(),
        )
      }
    })

    test('doctor finds nothing wrong between oauth2-proxy, Gatehouse and Keycloak', async () => {
      const { status, stdout, stderr } = await way.gatehouse.cli(['doctor', '-p', name])

      assert.equal(status, 0, stdout + stderr)
    })
  })
}

describe('a provider that does not say whether an address is verified, through Gatehouse', () => {
  const name = 'oauth2-proxy'
  let idp: ClaimsIdp
  let gatehouse: Gatehouse
  let proxy: OAuth2Proxy

  before(async () => {
    idp = await startClaimsIdp()
    const config = (own: number) =>
      stringify({
        issuer: `http://localhost:${own}`,
        listen: { port: own },
        authenticationClasses: {
          mini: { oidc: { hostname: 'localhost', port: idp.port, principalClaim: 'preferred_username' } },
        },
        login: [{ authenticationClass: 'mini', oidc: { clientCredentialsSecret: 'mini' } }],
        secrets: { mini: { clientId: 'gatehouse', clientSecret: '${env:MINI_SECRET}' } },
        teams: { analysts: { from: [{ authenticationClass: 'mini', group: 'analysts' }] } },
        products: {
          [name]: {
            product: 'oauth2-proxy',
            version: '7.15.6',
            url,
            'oauth2-proxy': {
              upstreams: [`${service.url}/`],
              httpAddress: `127.0.0.1:${port}`,
              allowedGroups: ['analysts'],
            },
            authentication: [{ authenticationClass: 'gatehouse' }],
          },
        },
      })
    gatehouse = await startGatehouse({ config, env: { MINI_SECRET: 'for-tests-only' } })
    const { stdout: secret } = await gatehouse.cli(['clients', 'secret', name])
    const rendered = await renderProduct(config(gatehouse.port), name)
    proxy = await startOAuth2Proxy({
      configFile: join(rendered.folder, 'oauth2-proxy.cfg'),
      port,
      env: filledIn(rendered, secret.trim()),
    })
  })
  after(async () => {
    await Promise.all([proxy?.stop(), gatehouse?.stop(), idp?.close()])
  })

  for (const [said, status] of [
    [undefined, 200],
    [true, 200],
    ['true', 200],
    [false, 403],
  ] as const) {
    test(`people with email_verified ${JSON.stringify(said)} ${status === 200 ? 'get in' : 'do not get in'}`, async (t) => {
      const browser = browserOf(t)
      const person = `person-${String(said)}-${typeof said}`
      const email = 'someone@example.test'
      idp.claims = { sub: person, preferred_username: person, email, email_verified: said, groups: ['analysts'] }

      const ways = await browser.open(page())
      const answer = await browser.followLink(ways, 'Continue with mini')

      assert.equal(answer.status === 200, status === 200, `${visibleText(answer.body)}\n${browser.trace()}`)
      if (status === 200) assert.equal(headersOf(answer)['x-forwarded-email'], email)
    })
  }
})

describe('the files of the golden cases', () => {
  const golden = join(import.meta.dirname, '../golden/oauth2-proxy')
  // Its alpha form is that of releases before 7.14, which later ones refuse.
  const names = readdirSync(golden).filter((name) => !name.startsWith('error-') && name !== 'alpha-7.13-keycloak')

  for (const name of names) {
    test(`${name}: oauth2-proxy takes them`, async () => {
      const folder = tempFolder('oauth2-proxy-golden')
      const secret = join(folder, 'secret')
      writeFileSync(secret, 'for-tests-only')
      const { certFile: authority } = await selfSignedCertificate(folder)
      const file = (path: string) => {
        const target = join(folder, path)
        const text = readFileSync(join(golden, name, path), 'utf8')
        writeFileSync(
          target,
          text
            .replaceAll(/"\/etc\/oauth2-proxy\/ca\/[^"]+"/g, JSON.stringify(authority))
            .replaceAll(/(fromFile: )\/etc\/keys\/\S+/g, `$1${secret}`),
        )
        return target
      }

      await checkOAuth2ProxyFiles({
        configFile: file('oauth2-proxy.cfg'),
        ...(existsSync(join(golden, name, 'oauth2-proxy-alpha.yaml'))
          ? { alphaConfigFile: file('oauth2-proxy-alpha.yaml') }
          : {}),
        env: {
          OAUTH2_PROXY_CLIENT_ID: 'for-tests-only',
          OAUTH2_PROXY_CLIENT_SECRET: 'for-tests-only',
          OAUTH2_PROXY_CLIENT_SECRET_FILE: secret,
          OAUTH2_PROXY_COOKIE_SECRET: '0123456789abcdef0123456789abcdef',
          // It would call Redis.
          OAUTH2_PROXY_SESSION_STORE_TYPE: 'cookie',
        },
      })
    })
  }
})
