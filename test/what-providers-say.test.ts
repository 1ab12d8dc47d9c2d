/** What a provider says about a person reaches products and services as it was said; what it does not say stays unsaid. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { decodeJwt } from 'jose'
import * as oidc from 'openid-client'
import { openStore, type Store } from '../src/store/index.ts'
import { ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { type ClaimsIdp, startClaimsIdp } from './support/claims-idp.ts'
import { startEchoUpstream } from './support/echo-upstream.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import { authorize, type RelyingParty, relyingParty, walk } from './support/relying-party.ts'

const password = 'correct horse battery staple'
const redirectUri = 'http://localhost:1/cb'
let slash: ClaimsIdp
let plain: ClaimsIdp
let upstream: Awaited<ReturnType<typeof startEchoUpstream>>
let gatehouse: Gatehouse
let app: RelyingParty
let dex: RelyingParty
let store: Store
let people = 0

before(async () => {
  ;[slash, plain] = await Promise.all([
    startClaimsIdp({ path: '/application/o/data/' }),
    startClaimsIdp({ path: '/o/x' }),
  ])
  upstream = await startEchoUpstream()
  const provider = (idp: ClaimsIdp, rootPath: string) =>
    `{ oidc: { hostname: localhost, port: ${idp.port}, rootPath: ${rootPath}, principalClaim: preferred_username } }`
  gatehouse = await startGatehouse({
    config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
authenticationClasses:
  slash: ${provider(slash, '/application/o/data/')}
  missing: ${provider(slash, '/application/o/data')}
  plain: ${provider(plain, '/o/x')}
  added: ${provider(plain, '/o/x/')}
login:
${['slash', 'missing', 'plain', 'added'].map((name) => `  - { authenticationClass: ${name}, oidc: { clientCredentialsSecret: client } }`).join('\n')}
  - { local: {} }
names: { from: slash }
teams: { analysts: { from: [{ authenticationClass: slash, group: /analysts }] } }
secrets: { client: { clientId: gatehouse, clientSecret: "\${env:SECRET}" } }
products:
  app:
    product: oidc
    url: http://localhost:1
    redirectUris: [${redirectUri}]
    authentication: [{ authenticationClass: gatehouse }]
  dex:
    product: dex
    version: "2.45.1"
    url: http://localhost:2/dex
    authentication: [{ authenticationClass: gatehouse }]
services:
  echo: { url: "http://echo.localhost:${port}", upstream: "http://127.0.0.1:${upstream.port}", rules: [{ path: /, allow: authenticated }] }
`,
    env: { SECRET: 'test-secret' },
  })
  await gatehouse.addUser('lara', password, ['--email', 'lara@example.test'])
  await gatehouse.addUser('vera', password, ['--email', 'vera@example.test', '--email-verified'])
  store = await openStore('sqlite:./gatehouse.db', gatehouse.folder)
  app = await partyOf('app', redirectUri)
  dex = await partyOf('dex', 'http://localhost:2/dex/callback')
})
after(async () => {
  await store.close()
  await gatehouse.stop()
  await Promise.all([slash.close(), plain.close(), upstream.close()])
})

async function partyOf(clientId: string, uri: string): Promise<RelyingParty> {
  const { stdout } = await gatehouse.cli(['clients', 'secret', clientId])
  return relyingParty({ issuer: gatehouse.url, clientId, clientSecret: stdout.trim(), redirectUri: uri })
}

/** Somebody signs in at a provider, somebody new unless `sub` says who. */
async function signIn(claims: Record<string, unknown> = {}, way = 'slash'): Promise<ScriptedBrowser> {
  return (await tracedSignIn(claims, way)).browser
}

async function tracedSignIn(claims: Record<string, unknown>, way: string) {
  const idp = way === 'slash' || way === 'missing' ? slash : plain
  const number = ++people
  idp.claims = { sub: `person-${number}`, preferred_username: `person${number}`, ...claims }
  const browser = new ScriptedBrowser()
  const start = await browser.send(`${gatehouse.url}/login/start?provider=${way}`)
  const page = await browser.follow(start)
  assert.ok(browser.jar.find('gatehouse_login'), page.body.slice(0, 300))
  return { browser, requestId: start.headers.get('x-request-id') ?? '' }
}

/** What the ID token and the userinfo endpoint say to a product; they say the same. */
async function learnt(browser: ScriptedBrowser, product = app): Promise<Record<string, unknown>> {
  const request = await product.request()
  const { callback = '' } = await walk(browser, request.url, product.redirectUri)
  const tokens = await product.redeem(callback, request)
  const idToken = decodeJwt(tokens.id_token ?? '')
  const userinfo = await oidc.fetchUserInfo(product.config, tokens.access_token, String(idToken.sub))
  for (const claim of Object.keys(userinfo)) assert.deepEqual(idToken[claim], userinfo[claim], claim)
  return userinfo
}

describe('an issuer that ends in a slash', () => {
  it('is used as the provider publishes it, whether it is configured with the slash or without', async () => {
    for (const way of ['slash', 'missing', 'plain', 'added']) await signIn({}, way)
  })

  it('is the same provider with the slash and without: nobody becomes somebody else', async () => {
    const first = await signIn({ sub: 'same', preferred_username: 'same' }, 'slash')
    const second = await signIn({ sub: 'same', preferred_username: 'same' }, 'missing')

    assert.equal((await learnt(first))['sub'], (await learnt(second))['sub'])
  })
})

describe('email_verified', () => {
  const said: readonly [unknown, boolean | undefined][] = [
    [undefined, undefined],
    [null, undefined],
    [true, true],
    [false, false],
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['false', false],
    ['False', false],
    ['yes', false],
    [1, false],
  ]
  it('reaches products as the provider said it, and stays absent where it said nothing', async () => {
    for (const [sent, expected] of said) {
      const browser = await signIn({ email: 'someone@example.test', email_verified: sent })

      const claims = await learnt(browser)

      assert.equal(claims['email'], 'someone@example.test')
      assert.equal(claims['email_verified'], expected, JSON.stringify(sent))
      assert.equal('email_verified' in claims, expected !== undefined, JSON.stringify(sent))
    }
  })

  it('is false in place of absent for a Dex, which refuses people without the claim', async () => {
    for (const [sent, expected] of [
      [undefined, false],
      [true, true],
    ] as const) {
      const browser = await signIn({ email: 'someone@example.test', email_verified: sent })

      assert.equal((await learnt(browser, dex))['email_verified'], expected)
    }
  })

  it('cannot be said of a local account without an address', async () => {
    const { status, stderr } = await gatehouse.cli(['users', 'add', 'nobody', '--email-verified'])

    assert.equal(status, 2)
    assert.match(stderr, /add --email/)
  })

  it('is said of an account that is kept here only when somebody has verified the address', async () => {
    for (const [username, expected] of [
      ['lara', undefined],
      ['vera', true],
    ] as const) {
      const browser = new ScriptedBrowser()
      const { callback, request } = await authorize(browser, app, { username, password })
      const claims = decodeJwt((await app.redeem(callback, request)).id_token ?? '')
      const page = await browser.open(`http://echo.localhost:${gatehouse.port}/`)

      assert.equal(claims['email'], `${username}@example.test`)
      assert.equal(claims['email_verified'], expected)
      assert.match(
        page.body,
        new RegExp(`"x-forwarded-email":\\s*"${username}@example.test"`),
        'an administrator vouches for it',
      )
    }
  })
})

describe('the parts of a name', () => {
  const names: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>])[] = [
    [
      'as they came',
      { name: 'Yamada Taro', given_name: 'Taro', family_name: 'Yamada' },
      { name: 'Yamada Taro', given_name: 'Taro', family_name: 'Yamada' },
    ],
    [
      'of several words',
      { name: 'Anna Maria van der Berg', given_name: 'Anna Maria', family_name: 'van der Berg' },
      { given_name: 'Anna Maria', family_name: 'van der Berg' },
    ],
    [
      'without a whole, which is made of them',
      { given_name: 'Anna Maria', family_name: 'van der Berg' },
      { name: 'Anna Maria van der Berg', given_name: 'Anna Maria', family_name: 'van der Berg' },
    ],
    [
      'of which one came',
      { name: 'Prince Rogers', given_name: 'Prince' },
      { name: 'Prince Rogers', given_name: 'Prince', family_name: undefined },
    ],
    [
      'of which the other came',
      { family_name: 'Plato' },
      { name: 'Plato', given_name: undefined, family_name: 'Plato' },
    ],
    [
      'that are the whole again, as authentik sends it',
      { name: 'Alice Archer', given_name: 'Alice Archer' },
      { given_name: 'Alice', family_name: 'Archer' },
    ],
    [
      'that nobody sent, between blanks',
      { name: '  Alice  van Archer ' },
      { given_name: 'Alice', family_name: 'van Archer' },
    ],
    ['that nobody sent', { name: 'Alice van Archer' }, { given_name: 'Alice', family_name: 'van Archer' }],
    [
      'that are blank',
      { name: 'Alice Archer', given_name: ' ', family_name: '' },
      { given_name: 'Alice', family_name: 'Archer' },
    ],
  ]
  it('reach products', async () => {
    for (const [what, sent, expected] of names) {
      const claims = await learnt(await signIn(sent))

      for (const [claim, value] of Object.entries(expected)) assert.equal(claims[claim], value, `${what}: ${claim}`)
    }
  })

  it('change with the next sign-in', async () => {
    const person = { sub: 'married', preferred_username: 'married' }
    await signIn({ ...person, name: 'Alice Archer', given_name: 'Alice', family_name: 'Archer' })

    const claims = await learnt(
      await signIn({ ...person, name: 'Alice Carter', given_name: 'Alice', family_name: 'Carter' }),
    )

    assert.deepEqual([claims['name'], claims['family_name']], ['Alice Carter', 'Carter'])
  })
})

describe('the trace of a sign-in', () => {
  const received: readonly (readonly [Record<string, unknown>, Record<string, string>])[] = [
    [
      { groups: ['/analysts', 'data, and "more"'] },
      { form: 'list', groups: '["/analysts","data, and \\"more\\""]', teams: 'analysts' },
    ],
    [{ groups: '/analysts' }, { form: 'one text', groups: '["/analysts"]', teams: 'analysts' }],
    [{ groups: [] }, { form: 'empty', groups: '[]', teams: 'none' }],
    [{}, { claim: 'groups', form: 'absent', groups: '[]' }],
    [{ groups: null }, { form: 'null' }],
    [{ groups: 7 }, { form: 'unreadable: a number' }],
    [{ groups: { '/analysts': true } }, { form: 'unreadable: an object', teams: 'none' }],
    [
      { groups: ['/analysts', { name: 'x' }, 7] },
      { form: 'list, of which 1 unreadable: a number', groups: '["/analysts","x"]' },
    ],
    [{ _claim_names: { groups: 'src1' } }, { form: 'too many to send' }],
    [{ hasgroups: true }, { form: 'too many to send' }],
    [{ groups: Array.from({ length: 300 }, (_, index) => `group-${index}`) }, { form: 'list', 'and more': '250' }],
  ]
  it('has the groups as they came, and the teams that they gave', async () => {
    for (const [sent, expected] of received) {
      const { requestId } = await tracedSignIn(sent, 'slash')
      const { steps = [] } = (await store.traces.find(requestId)) ?? {}
      const { evidence = {} } = steps.find(({ event }) => event === 'groups received') ?? {}

      assert.deepEqual({ ...evidence, ...expected }, evidence, JSON.stringify(sent).slice(0, 100))
    }
  })
})
