/**
 * The cookies of an issuer and services that are https. Another host below the same domain can set cookies for all of them
 * (`Domain=example.test`), but none whose name begins with `__Host-` (RFC 6265bis section 4.1.3.2).
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { filledIn, parseForms } from './e2e/support/html-forms.ts'
import { type Page, type RequestOptions, ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { type AnyUserIdp, startAnyUserIdp } from './support/any-user-idp.ts'
import { startEchoUpstream } from './support/echo-upstream.ts'
import { freePort, type Gatehouse, startGatehouse } from './support/gatehouse.ts'

const password = 'correct horse battery staple'
const issuer = 'https://id.example.test'
const wiki = 'https://wiki.example.test'
const product = 'https://app.example.test/cb'
let upstream: Awaited<ReturnType<typeof startEchoUpstream>>
let idp: AnyUserIdp
let gatehouse: Gatehouse

before(async () => {
  ;[upstream, idp] = await Promise.all([startEchoUpstream(), startAnyUserIdp()])
  gatehouse = await startGatehouse({
    port: await freePort(),
    config: (port) => `
issuer: ${issuer}
listen: { port: ${port} }
authenticationClasses:
  crowd: { oidc: { hostname: localhost, port: ${idp.port}, principalClaim: preferred_username } }
login:
  - { authenticationClass: crowd, oidc: { clientCredentialsSecret: crowd } }
  - { local: {} }
secrets: { crowd: { clientId: gatehouse, clientSecret: "\${env:CROWD_SECRET}" } }
products:
  app:
    product: oidc
    url: https://app.example.test
    redirectUris: [${product}]
    authentication: [{ authenticationClass: gatehouse }]
services:
  wiki:
    url: ${wiki}
    upstream: http://127.0.0.1:${upstream.port}
    rules: [{ path: /, allow: authenticated }]
`,
    env: { CROWD_SECRET: 'test-secret' },
  })
  await gatehouse.addUser('lara', password)
})
after(async () => {
  await gatehouse.stop()
  await Promise.all([upstream.close(), idp.close()])
})

/** A browser behind the proxy that ends TLS, and every cookie that it was given. */
class Visitor {
  readonly browser = new ScriptedBrowser()
  readonly setCookies: string[] = []

  /** One request. The addresses of the example domain are those of the server on loopback, under their own names. */
  async send(address: string, options: RequestOptions = {}): Promise<Page> {
    const url = new URL(address)
    if (!url.hostname.endsWith('.example.test')) return this.browser.send(address, options)
    const local = `http://${url.hostname.replace('.example.test', '.localhost')}:${gatehouse.port}${url.pathname}${url.search}`
    const page = await this.browser.send(local, { ...options, headers: { host: url.host, ...options.headers } })
    this.setCookies.push(...page.headers.getSetCookie())
    return { ...page, url: address }
  }

  /** Follows redirects until there is a page, or the place to stop. */
  async walk(page: Page, stop = product): Promise<Page> {
    let at = page
    for (let hop = 0; hop < 20; hop++) {
      const location = at.headers.get('location')
      if (location === null) return at
      const next = new URL(location, at.url).href
      if (next.startsWith(stop)) return { ...at, url: next, body: '' }
      at = await this.send(next)
    }
    throw new Error('too many hops')
  }

  async open(address: string, stop?: string): Promise<Page> {
    return this.walk(await this.send(address), stop)
  }

  async signIn(page: Page, stop?: string): Promise<Page> {
    const form = parseForms(page.body).find(({ fields }) => fields.some(({ name }) => name === 'password'))
    assert.ok(form, `no form at ${page.url}: ${page.body.slice(0, 300)}`)
    const body = filledIn(form, { username: 'lara', password })
    return this.walk(await this.send(new URL(form.action, page.url).href, { method: 'POST', body }), stop)
  }
}

const authorization = `${issuer}/authorize?${new URLSearchParams({
  client_id: 'app',
  response_type: 'code',
  scope: 'openid',
  redirect_uri: product,
  state: 'x',
  nonce: 'y',
})}`

/** Everything a person does, so that every cookie is set, and cleared, once. */
async function wholeTour(): Promise<Visitor> {
  const visitor = new Visitor()
  const asked = await visitor.open(authorization)
  assert.match((await visitor.signIn(asked)).url, /code=/)
  assert.equal((await visitor.open(`${wiki}/`)).status, 200)
  await visitor.open(`${wiki}/oauth2/sign_out`)
  assert.match((await visitor.open(`${issuer}/login/start?provider=crowd`)).body, /signed in as/)
  assert.match((await visitor.open(authorization)).url, /code=/)
  await visitor.open(`${issuer}/logout?client_id=app`)
  await visitor.send(`${issuer}/login/sign-out`, { method: 'POST' })
  return visitor
}

interface SetCookie {
  name: string
  /** Without what differs from attempt to attempt. */
  kind: string
  attributes: Map<string, string>
}

function parse(line: string): SetCookie {
  const [pair = '', ...rest] = line.split(';').map((part) => part.trim())
  const name = pair.slice(0, pair.indexOf('='))
  const attributes = new Map(
    rest.map((part): [string, string] => {
      const [key = '', ...value] = part.split('=')
      return [key.toLowerCase(), value.join('=')]
    }),
  )
  return { name, kind: name.replace(/_(tx|state)_.*/, '_$1_'), attributes }
}

/** So many at least: a tour that misses one shows nothing about it. */
const kinds = [
  '__Host-gatehouse_browser',
  '__Host-gatehouse_last',
  '__Host-gatehouse_login',
  '__Host-gatehouse_provider',
  '__Host-gatehouse_provider.sig',
  '__Host-gatehouse_session',
  '__Host-gatehouse_state_',
  '__Host-gatehouse_tx_',
  '__Secure-gatehouse_interaction',
  '__Secure-gatehouse_interaction.sig',
  '__Secure-gatehouse_resume',
  '__Secure-gatehouse_resume.sig',
]

describe('an issuer and services that are https', () => {
  it('set cookies that scripts, other sites and neighbours below the same domain cannot read, send or set [cookie-flags]', async () => {
    const cookies = (await wholeTour()).setCookies.map(parse)

    for (const { name, attributes } of cookies) {
      assert.ok(attributes.has('secure'), `${name} is Secure`)
      assert.ok(attributes.has('httponly'), `${name} is HttpOnly`)
      assert.equal(attributes.get('samesite')?.toLowerCase(), 'lax', name)
      assert.ok(!attributes.has('domain'), `${name} has no Domain`)
      const ofOnePage = /_(interaction|resume)(\.sig)?$/.test(name)
      assert.match(name, ofOnePage ? /^__Secure-/ : /^__Host-/)
      assert.equal(attributes.get('path') === '/', !ofOnePage, name)
    }
    const seen = new Set(cookies.map(({ kind }) => kind))
    for (const kind of kinds) assert.ok(seen.has(kind), `the tour sets ${kind}`)
  })

  it('do not take a sign-in that another browser began and a neighbour planted [state-login-csrf]', async () => {
    const attacker = new Visitor()
    const ready = await attacker.open(`${issuer}/login/start?provider=crowd`, `${issuer}/callback/`)
    const victim = planted(attacker)

    const page = await victim.open(ready.url)

    assert.equal(page.status, 400)
    assert.match(page.body, /login-expired/)
    assert.deepEqual(
      victim.setCookies
        .map(parse)
        .filter(({ name, attributes }) => /login/.test(name) && attributes.get('max-age') !== '0'),
      [],
    )
    assert.match((await attacker.open(ready.url)).body, /signed in as/)
  })

  it('do not take a session that a neighbour planted, whichever of all cookies he copies [fixation-login]', async () => {
    const attacker = new Visitor()
    await attacker.signIn(await attacker.open(authorization))
    assert.equal((await attacker.open(`${wiki}/`)).status, 200)
    const victim = planted(attacker)

    const pages = [await victim.open(issuer), await victim.open(authorization), await victim.open(`${wiki}/`)]

    for (const { body } of pages) assert.match(body, /name="password"/)
  })

  it('do not finish for the planter what the victim begins: the victim signs in as nobody else [fixation-login]', async () => {
    const attacker = new Visitor()
    const asked = await attacker.open(authorization)
    const resume = await attacker.signIn(asked, `${issuer}/authorize/`)
    const victim = planted(attacker)

    const page = await victim.open(resume.url)

    assert.doesNotMatch(page.url, /code=/)
    assert.match((await victim.open(issuer)).body, /name="password"/)
    assert.match((await attacker.open(resume.url)).url, /code=/)
  })

  it('treat two cookies of one name as none, in both orders [cookie-flags]', async () => {
    const visitor = new Visitor()
    await visitor.signIn(await visitor.open(`${issuer}/login`))
    const own = `__Host-gatehouse_login=${visitor.browser.jar.find('__Host-gatehouse_login')?.value}`
    const other = '__Host-gatehouse_login=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    const home = (cookie: string) => new Visitor().send(`${issuer}/`, { headers: { cookie } })

    assert.equal((await home(own)).status, 200)
    for (const cookie of [`${own}; ${other}`, `${other}; ${own}`])
      assert.equal((await home(cookie)).status, 303, cookie)
  })
})

/** A browser with everything that another host below the domain could copy into it from the attacker's. */
function planted(attacker: Visitor): Visitor {
  const victim = new Visitor()
  for (const { name, value, path } of attacker.browser.jar.cookies) {
    const settable = name.replace(/^__Host-/, '')
    for (const host of ['id', 'wiki']) {
      victim.browser.jar.store(`http://${host}.localhost:${gatehouse.port}`, [`${settable}=${value}; Path=${path}`])
    }
  }
  return victim
}
