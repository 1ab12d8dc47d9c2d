/** GitHub as a way in, from outside: a browser, `gatehouse serve`, and the look-alike with the addresses of an Enterprise Server. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type DevGitHub, startDevGitHub } from '../src/dev-idp/github/index.ts'
import { filledIn, parseForms } from './e2e/support/html-forms.ts'
import { browserOf, type Page, type ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'

let github: DevGitHub
let gatehouse: Gatehouse

before(async () => {
  github = await startDevGitHub({ tls: true })
  gatehouse = await startGatehouse({
    config,
    env: { GITHUB_SECRET: github.clientSecret, GITHUB_CA: github.ca ?? '' },
  })
  await gatehouse.addUser('lara', 'correct horse battery staple', ['--email', 'alice@example.com'])
})
after(async () => {
  await gatehouse.stop()
  await github.close()
})

function config(port: number): string {
  const at = (settings: object) => JSON.stringify({ github: { ...github.authenticationClass.github, ...settings } })
  const way = (name: string) => `{ authenticationClass: ${name}, oidc: { clientCredentialsSecret: client } }`
  return `
issuer: http://localhost:${port}
listen: { port: ${port} }
authenticationClasses:
  github: ${at({})}
  members: ${at({ organizations: ['acme'], teams: ['club-001/data'] })}
  mail: ${at({ principalClaim: 'email' })}
names: { from: github }
login:
  - ${way('github')}
  - ${way('members')}
  - ${way('mail')}
  - { local: {} }
teams:
  analysts: { from: [{ authenticationClass: github, group: "acme:analysts" }] }
  last: { from: [{ authenticationClass: github, group: "acme:project-120" }] }
  everybody: { from: [{ authenticationClass: github, group: acme }] }
  admins: { from: [{ authenticationClass: github, group: "acme:data-admins" }] }
secrets:
  client: { clientId: ${github.clientId}, clientSecret: "\${env:GITHUB_SECRET}" }
  dev-idp-ca: { ca.crt: "\${env:GITHUB_CA}" }
`
}

const browserFor = (t: Parameters<typeof browserOf>[0]) => browserOf(t, { insecureOrigins: [github.issuer] })

/** Gives the password at GitHub, and stops at the address that it sends back to. */
async function untilCallback(browser: ScriptedBrowser, username: string, way = 'github'): Promise<string> {
  const form = await browser.open(`${gatehouse.url}/login/start?provider=${way}`)
  const [login] = parseForms(form.body)
  assert.ok(login, form.body)
  const { password = '' } = github.users.find((user) => user.username === username) ?? {}
  const answer = await browser.send(new URL(login.action, form.url).href, {
    method: 'POST',
    body: filledIn(login, { username, password }),
  })
  const authorized = await browser.send(new URL(answer.headers.get('location') ?? '', form.url).href)
  const callback = authorized.headers.get('location') ?? ''
  assert.ok(callback.startsWith(`${gatehouse.url}/callback/${way}?`), callback)
  return callback
}

async function signIn(browser: ScriptedBrowser, username: string, way?: string): Promise<Page> {
  return browser.open(await untilCallback(browser, username, way))
}

interface Listed {
  id: string
  username: string
  email?: string
  name?: string
  teams: string[]
}

async function userCalled(name: string): Promise<Listed | undefined> {
  const { stdout } = await gatehouse.cli(['users', 'list', '--json'])
  return (JSON.parse(stdout) as Listed[]).find(({ username }) => username === name)
}

describe('signing in at GitHub', () => {
  it('makes a user with login, name, private address, and the teams that organisations and teams give', async (t) => {
    const page = await signIn(browserFor(t), 'alice')
    const alice = await userCalled('alice')

    assert.match(page.body, /You are signed in as alice/)
    assert.deepEqual([alice?.name, alice?.email], ['Alice Archer', 'alice@example.com'])
    assert.deepEqual(alice?.teams.sort(), ['admins', 'analysts', 'everybody'])
  })

  it('reads every page of teams', async (t) => {
    await signIn(browserFor(t), 'carol')

    assert.deepEqual((await userCalled('carol'))?.teams.sort(), ['analysts', 'everybody', 'last'])
  })

  it('refuses whoever is in none of the organisations, and the page says which they are and what to do', async (t) => {
    const refused = await signIn(browserFor(t), 'ada', 'members')
    const member = await signIn(browserFor(t), 'bob', 'members')

    assert.equal(refused.status, 403)
    assert.match(refused.body, /person-not-admitted/)
    assert.match(refused.body, /organisation <strong>acme<\/strong>/)
    assert.match(refused.body, /team <strong>club-001\/data<\/strong>/)
    assert.match(refused.body, new RegExp(`${github.issuer}/settings/connections/applications/gatehouse`))
    assert.match(member.body, /You are signed in as bob/)
  })

  it('says why nobody of an organisation gets in that asks for a sign-in of its own', async (t) => {
    github.faults.saml = ['acme']
    const refused = await signIn(browserFor(t), 'bob', 'members').finally(() => delete github.faults.saml)

    assert.equal(refused.status, 403)
    assert.match(refused.body, new RegExp(`${github.issuer}/orgs/acme/sso`))
    const id = /<dt>Request<\/dt><dd><code>(\w+)/.exec(refused.body)?.[1] ?? ''
    const { stdout } = await gatehouse.cli(['explain', id])
    assert.match(stdout, /person-not-admitted[\s\S]*\(SAML\) are missing/)
  })

  it('does not take the word of GitHub for an address that nobody has verified, and links nobody by it', async (t) => {
    const named = await signIn(browserFor(t), 'ada', 'mail')
    const page = await signIn(browserFor(t), 'ada')
    const [ada, lara] = [await userCalled('ada'), await userCalled('lara')]

    assert.equal(named.status, 403)
    assert.match(named.body, /email-not-verified/)
    assert.match(page.body, /You are signed in as ada/)
    assert.notEqual(ada?.id, lara?.id)
    assert.equal(lara?.email, 'alice@example.com')
  })

  it('redeems a callback once: the second time, with or without the first one done, nobody is signed in', async (t) => {
    const browser = browserFor(t)
    const callback = await untilCallback(browser, 'bob')
    const thief = browserFor(t)
    const first = await browser.open(callback)

    const again = await thief.open(callback)

    assert.match(first.body, /You are signed in as bob/)
    assert.equal(again.status, 400)
    assert.match(again.body, /login-expired|login-replayed/)
  })

  it('refuses a callback in another browser, and the one that started still gets in', async (t) => {
    const browser = browserFor(t)
    const callback = await untilCallback(browser, 'bob')
    const victim = browserFor(t)

    const forced = await victim.open(callback)
    const own = await browser.open(callback)

    assert.match(forced.body, /login-expired/)
    assert.doesNotMatch((await victim.open(`${gatehouse.url}/`)).body, /signed in as/)
    assert.match(own.body, /You are signed in as bob/)
  })

  it('redeems no state of an earlier sign-in, and no code of another one', async (t) => {
    const browser = browserFor(t)
    const stolen = new URL(await untilCallback(browserFor(t), 'carol'))
    const callback = new URL(await untilCallback(browser, 'bob'))
    const injected = new URL(callback)
    injected.searchParams.set('code', stolen.searchParams.get('code') ?? '')
    const replayed = new URL(callback)
    replayed.searchParams.set('state', stolen.searchParams.get('state') ?? '')

    const withState = await browser.open(replayed.href)
    const withCode = await browser.open(injected.href)

    assert.match(withState.body, /login-expired/)
    assert.match(withCode.body, /provider-refused/, 'PKCE: the code belongs to another verifier')
    assert.doesNotMatch((await browser.open(`${gatehouse.url}/`)).body, /signed in as/)
  })

  it('never redeems the answer for one way in at another', async (t) => {
    const browser = browserFor(t)
    const callback = await untilCallback(browser, 'ada', 'github')

    const other = await browser.open(callback.replace('/callback/github', '/callback/mail'))

    assert.match(other.body, /login-expired/)
  })

  it('is found by doctor where people sign in, with its certificate', async () => {
    const { stdout } = await gatehouse.cli(['doctor', '--json'])

    const findings = JSON.parse(stdout) as { check: string; subject: string; status: string }[]
    const reached = findings.filter(({ check, subject }) => check === 'reachability' && subject === 'github')
    assert.deepEqual(
      reached.map(({ status }) => status),
      ['ok'],
      stdout,
    )
  })

  it('leads back to the ways in after Cancel', async (t) => {
    const browser = browserFor(t)
    const form = await browser.open(`${gatehouse.url}/login/start?provider=github`)

    const page = await browser.followLink(form, 'Cancel')

    assert.equal(page.status, 200)
    assert.match(page.body, /Sign-in was cancelled/)
  })
})
