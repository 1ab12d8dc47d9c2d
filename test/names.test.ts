import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openStore, type Store } from '../src/store/index.ts'
import { newUserId } from '../src/store/users.ts'
import { type Page, ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { type ClaimsIdp, startClaimsIdp } from './support/claims-idp.ts'
import { startEchoUpstream } from './support/echo-upstream.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'

const password = 'correct horse battery staple'
let corp: ClaimsIdp
let partner: ClaimsIdp
let mail: ClaimsIdp
let upstream: Awaited<ReturnType<typeof startEchoUpstream>>
let gatehouse: Gatehouse
let store: Store
let people = 0

before(async () => {
  ;[corp, partner, mail] = await Promise.all([startClaimsIdp(), startClaimsIdp(), startClaimsIdp()])
  upstream = await startEchoUpstream()
  gatehouse = await startGatehouse({ config, env: { SECRET: 'test-secret' } })
  store = await openStore('sqlite:./gatehouse.db', gatehouse.folder)
  await gatehouse.addUser('lara', password, ['--email', 'lara@example.test'])
})
after(async () => {
  await store.close()
  await gatehouse.stop()
  await Promise.all([corp.close(), partner.close(), mail.close(), upstream.close()])
})

/** Partner and mail come first in `login`: the order is not what decides, `names` is. */
function config(port: number, names = 'names: { from: corp }'): string {
  const oidc = (idp: ClaimsIdp, principalClaim: string) =>
    `{ oidc: { hostname: localhost, port: ${idp.port}, principalClaim: ${principalClaim} } }`
  const client = 'oidc: { clientCredentialsSecret: client }'
  return `
issuer: http://localhost:${port}
listen: { port: ${port} }
authenticationClasses:
  partner: ${oidc(partner, 'preferred_username')}
  mail: ${oidc(mail, 'email')}
  corp: ${oidc(corp, 'preferred_username')}
login:
  - { authenticationClass: partner, ${client}, emailDomains: [partner.test] }
  - { authenticationClass: mail, ${client} }
  - { authenticationClass: corp, ${client}, emailDomains: [corp.test] }
  - { local: {} }
${names}
secrets: { client: { clientId: gatehouse, clientSecret: "\${env:SECRET}" } }
services:
${Object.entries(rules)
  .map(
    ([name, allow]) =>
      `  ${name}: { url: "http://${name}.localhost:${port}", upstream: "http://127.0.0.1:${upstream.port}", rules: [{ path: /, allow: ${JSON.stringify(allow)} }] }`,
  )
  .join('\n')}
`
}

const rules = {
  anybody: 'authenticated',
  alice: ['user:Alice'],
  'corp-alice': ['user:corp/ALICE'],
  'partner-alice': ['user:partner/alice'],
  'local-lara': ['user:local/lara'],
  ceo: ['user:ceo@corp.test'],
  otto: ['user:OTTO'],
  'corp-otto': ['user:corp/otto'],
  'corp-nora': ['user:corp/nora'],
  'corp-nora2': ['user:corp/nora2'],
}

/** Somebody signs in at a provider, in a browser of their own; somebody new unless `sub` says who it is. */
async function signIn(
  idp: ClaimsIdp,
  claims: Record<string, unknown>,
  userinfo: Record<string, unknown> = {},
): Promise<{ browser: ScriptedBrowser; page: Page; signedIn: boolean }> {
  const way = idp === corp ? 'corp' : idp === partner ? 'partner' : 'mail'
  idp.claims = { sub: `person-${++people}`, ...claims }
  idp.userinfo = userinfo
  const browser = new ScriptedBrowser()
  const page = await browser.open(`${gatehouse.url}/login/start?provider=${way}`)
  return { browser, page, signedIn: browser.jar.find('gatehouse_login') !== undefined }
}

/** The status of the service, and the name and the address that reach it. */
async function at(browser: ScriptedBrowser, service: keyof typeof rules) {
  const page = await browser.open(`http://${service}.localhost:${gatehouse.port}/page`)
  const header = (name: string) => new RegExp(`"${name}":\\s*"([^"]*)"`, 'i').exec(page.body)?.[1]
  return { status: page.status, user: header('x-forwarded-user'), email: header('x-forwarded-email') }
}

async function usernames(): Promise<string[]> {
  return (await store.users.list()).map(({ username }) => username)
}

async function isRefused(
  idp: ClaimsIdp,
  claims: Record<string, unknown>,
  code: string,
  userinfo: Record<string, unknown> = {},
): Promise<void> {
  const before = await usernames()
  const { page, signedIn } = await signIn(idp, claims, userinfo)

  assert.equal(page.status, 403, page.body.slice(0, 200))
  assert.match(page.body, new RegExp(code))
  assert.equal(signedIn, false)
  assert.deepEqual(await usernames(), before)
}

describe('the name of somebody whom a provider signs in', () => {
  it('belongs to the provider that owns names, also when the same name at another came first [username-squat]', async () => {
    const stranger = await signIn(partner, { preferred_username: 'alice' })
    const alice = await signIn(corp, { preferred_username: 'Alice' })

    assert.deepEqual(await at(stranger.browser, 'anybody'), { status: 200, user: 'alice@partner', email: undefined })
    assert.equal((await at(alice.browser, 'anybody')).user, 'alice')
    assert.deepEqual(await statuses(stranger.browser), { alice: 403, 'corp-alice': 403, 'partner-alice': 200 })
    assert.deepEqual(await statuses(alice.browser), { alice: 200, 'corp-alice': 200, 'partner-alice': 403 })
  })

  it('is not that of a local account, and rules still find it under the provider [prehijack-local]', async () => {
    const other = await signIn(corp, { preferred_username: 'lara' })
    const own = new ScriptedBrowser()
    await own.send(`${gatehouse.url}/login`, {
      method: 'POST',
      body: new URLSearchParams({ username: 'lara', password }),
    })

    assert.equal((await at(other.browser, 'anybody')).user, 'lara@corp')
    assert.equal((await at(other.browser, 'local-lara')).status, 403)
    assert.deepEqual(await at(own, 'local-lara'), { status: 200, user: 'lara', email: 'lara@example.test' })
  })

  it('is not given to the next one who has it at the provider, and neither is what rules give it [recycled-identifier]', async () => {
    const next = await signIn(corp, { preferred_username: 'alice' })

    assert.equal((await at(next.browser, 'anybody')).user, 'alice@corp')
    assert.deepEqual(await statuses(next.browser), { alice: 403, 'corp-alice': 403, 'partner-alice': 403 })
  })

  it('cannot be one that another provider gives [username-squat]', async () => {
    for (const name of ['alice@partner', 'alice@mail', 'alice@corp'])
      await isRefused(corp, { preferred_username: name, email: name, email_verified: true }, 'username-refused')
  })

  for (const [what, name] of [
    ['is that of a program', 'client:app'],
    ['is that of a program in capitals', 'CLIENT:app'],
    ['is that of a program in wide letters', 'ｃlient：app'],
    ['has NUL', 'al\0ice'],
    ['has a newline', 'alice\n'],
    ['has an escape sequence', '\u001b]0;pwned\u0007'],
    ['has a right-to-left override', 'alice\u202e'],
    ['has a zero-width space', 'ali\u200bce'],
    ['has a Cyrillic letter', '\u0430lice'],
    ['has a blank in front', ' alice'],
    ['has a blank inside', 'al ice'],
    ['is empty after all', '\u3000'],
    ['has 600 characters', 'x'.repeat(600)],
    ['has 5,000 characters', 'x'.repeat(5000)],
    ['has two @', 'a@evil.test@corp.test'],
  ] as const) {
    it(`is refused with a page when it ${what}: no session, no user [username-squat]`, async () => {
      await isRefused(corp, { preferred_username: name, email: name, email_verified: true }, 'username-refused')
    })
  }

  it('does not change for the same person, whatever the provider says next', async () => {
    const first = await signIn(corp, { sub: 'berta', preferred_username: 'berta' })
    const second = await signIn(corp, { sub: 'berta', preferred_username: 'client:app' })

    assert.equal((await at(first.browser, 'anybody')).user, 'berta')
    assert.equal((await at(second.browser, 'anybody')).user, 'berta')
  })
})

describe('an e-mail address', () => {
  for (const verified of [false, 'false', 'yes', 1, null, undefined] as const) {
    it(`names nobody when email_verified is ${JSON.stringify(verified)} [link-unverified-upstream]`, async () => {
      await isRefused(mail, { email: 'someone@else.test', email_verified: verified }, 'email-not-verified')
    })
  }

  it('names somebody when the provider has verified it', async () => {
    const { browser } = await signIn(mail, { email: 'Known@Else.Test', email_verified: true })

    assert.deepEqual(await at(browser, 'anybody'), {
      status: 200,
      user: 'known@else.test@mail',
      email: 'Known@else.test',
    })
  })

  it('is verified by the text "true" as well, which Cognito and Apple send', async () => {
    const { browser } = await signIn(mail, { email: 'text@else.test', email_verified: 'true' })

    assert.equal((await at(browser, 'anybody')).email, 'text@else.test')
  })

  it('names somebody without email_verified at the provider that speaks for its domain [noauth-email]', async () => {
    const { browser } = await signIn(corp, { preferred_username: 'CEO@corp.test' })

    assert.equal((await at(browser, 'ceo')).status, 200)
  })

  it('of a domain for which another provider speaks names nobody, verified or not [idp-out-of-domain]', async () => {
    for (const email_verified of [true, false])
      await isRefused(mail, { email: 'ceo@corp.test', email_verified }, 'email-not-verified')
  })

  it('in another claim names nobody because of some other address that is verified [noauth-email]', async () => {
    await isRefused(
      partner,
      { preferred_username: 'ceo@else.test', email: 'me@else.test', email_verified: true },
      'email-not-verified',
    )
  })

  it('is not verified because the userinfo endpoint says so about another one [link-unverified-upstream]', async () => {
    const other = { email: 'me@else.test', email_verified: true }
    await isRefused(mail, { email: 'ceo@else.test' }, 'email-not-verified', other)
    await isRefused(mail, { email_verified: true }, 'email-not-verified', { email: 'ceo@else.test' })

    const same = await signIn(mail, { email: 'both@else.test' }, { email: 'both@else.test', email_verified: true })

    assert.equal((await at(same.browser, 'anybody')).user, 'both@else.test@mail')
  })

  it('reaches services only when somebody vouches for it [link-unverified-upstream]', async () => {
    const unverified = await signIn(corp, { preferred_username: 'carl', email: 'ceo@else.test', email_verified: false })
    const foreign = await signIn(partner, { preferred_username: 'carl', email: 'ceo@corp.test', email_verified: true })
    const own = await signIn(corp, { preferred_username: 'cleo', email: 'cleo@corp.test' })

    assert.equal((await at(unverified.browser, 'anybody')).email, undefined)
    assert.equal((await at(foreign.browser, 'anybody')).email, undefined)
    assert.equal((await at(own.browser, 'anybody')).email, 'cleo@corp.test')
  })
})

describe('somebody who has been deactivated', () => {
  it('stays so, whatever the provider says [inactive-via-source]', async () => {
    await signIn(corp, { sub: 'dora', preferred_username: 'dora' })
    await gatehouse.cli(['users', 'deactivate', 'dora'])

    const { page, signedIn } = await signIn(corp, { sub: 'dora', preferred_username: 'dora2', email_verified: true })

    assert.equal(page.status, 403)
    assert.match(page.body, /account-deactivated/)
    assert.equal(signedIn, false)
  })
})

describe('a name that an older version stored', () => {
  /** Somebody as an older version would have created them. */
  async function storeOld(username: string, subject: string): Promise<void> {
    const id = newUserId()
    const at = Date.now()
    const identity = { issuer: `${corp.issuer}/`, subject, authenticationClass: 'corp', receivedGroups: [] }
    const { insert, addIdentity } = store.users.statements
    await store.engine.write([insert(id, { username }, at), addIdentity(id, identity, at)])
  }

  it('stays as products know it, in capitals too, and rules find it under both names', async () => {
    await storeOld('Otto', 'otto')

    const { browser } = await signIn(corp, { sub: 'otto', preferred_username: 'otto' })

    assert.equal((await at(browser, 'anybody')).user, 'Otto')
    assert.equal((await at(browser, 'otto')).status, 200)
    assert.equal((await at(browser, 'corp-otto')).status, 200)
  })

  for (const [username, service] of [
    ['corp/alice', 'corp-alice'],
    ['Local/Lara', 'local-lara'],
  ] as const) {
    it(`with a slash is not read as that of a person at a class: ${username} [username-squat]`, async () => {
      await storeOld(username, username)

      const { browser } = await signIn(corp, { sub: username, preferred_username: 'harmless' })

      assert.equal((await at(browser, 'anybody')).user, username)
      assert.equal((await at(browser, service)).status, 403)
    })
  }

  for (const username of ['Nora', 'nora2@corp']) {
    it(`is kept for its person at the class before they come again: ${username} [recycled-identifier]`, async () => {
      const own = username.toLowerCase().split('@')[0] ?? ''
      await storeOld(username, username)

      const next = await signIn(corp, { preferred_username: own })
      const person = await signIn(corp, { sub: username, preferred_username: own })

      const service = own === 'nora' ? 'corp-nora' : 'corp-nora2'
      assert.equal((await at(next.browser, service)).status, 403)
      assert.equal((await at(person.browser, service)).status, 200)
    })
  }

  for (const [what, username] of [
    ['of a program', 'client:app'],
    ['of a program in capitals', 'Client:app2'],
    ['that no header can carry', 'y'.repeat(600)],
  ] as const) {
    it(`${what} is refused with a page, and the browser does not go in circles [username-squat]`, async () => {
      await storeOld(username, what)

      const { page, browser, signedIn } = await signIn(corp, { sub: what, preferred_username: 'harmless' })

      assert.equal(page.status, 403)
      assert.match(page.body, /username-refused/)
      assert.equal(signedIn, false)
      assert.equal((await at(browser, 'anybody')).user, undefined)
    })
  }

  it('moves no cursor in a list of users', async () => {
    await storeOld('\u001b]0;pwned\u0007\u009b2J\u202e', 'escape')

    const [list, json] = await Promise.all([
      gatehouse.cli(['users', 'list']),
      gatehouse.cli(['users', 'list', '--json']),
    ])

    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point
    const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/
    assert.match(list.stdout, /]0;pwned/)
    assert.doesNotMatch(list.stdout, obeyed)
    assert.doesNotMatch(json.stdout, obeyed)
    assert.ok((JSON.parse(json.stdout) as { username: string }[]).some(({ username }) => username.includes('\u001b')))
  })
})

describe('a local account', () => {
  for (const [what, name] of [
    ['the name of a program', 'client:app'],
    ['a blank', 'al ice'],
    ['an escape sequence', '\u001b[31malice'],
    ['a name of another provider', 'alice@partner'],
    ['a name that exists in other letters', 'LARA'],
  ] as const) {
    it(`is not made with ${what}, and the refusal prints nothing that moves a cursor`, async () => {
      const before = await usernames()

      const { status, stderr } = await gatehouse.cli(['users', 'add', name, '--password-stdin'], password)

      assert.equal(status, 1)
      assert.match(stderr, /username-refused|account-exists/)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point
      assert.doesNotMatch(stderr, /[\u0000-\u0009\u000b-\u001f]/)
      assert.deepEqual(await usernames(), before)
    })
  }
})

describe('the first administrator', () => {
  it('cannot have a name or an address that nobody can have, and a mistake does not use up the link', async () => {
    const fresh = await startGatehouse({
      config: (port) => `issuer: http://localhost:${port}\nlisten: { port: ${port} }\n`,
    })
    try {
      const answer = async (username: string, email = '') => {
        const body = new URLSearchParams({ username, password, email })
        return (await new ScriptedBrowser().send(fresh.setupUrl ?? '', { method: 'POST', body })).status
      }

      for (const username of ['client:root', 'ro ot', 'r\u043e\u043et', 'root\0', 'x'.repeat(300)])
        assert.equal(await answer(username), 400, username)
      assert.equal(await answer('root', 'a@evil.test@corp.test'), 400)
      assert.equal(await answer('root', 'root@corp.test'), 303)
    } finally {
      await fresh.stop()
    }
  })
})

async function statuses(browser: ScriptedBrowser): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const service of ['alice', 'corp-alice', 'partner-alice'] as const)
    found[service] = (await at(browser, service)).status
  return found
}
