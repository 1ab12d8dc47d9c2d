/** Keycloak as the way in: sign-in, teams, sign-out, doctor and errors, by a scripted browser and by Chromium. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Gatehouse, runCli, startGatehouse } from '../support/gatehouse.ts'
import { readEnv } from '../support/read-formats.ts'
import { repositoryRoot } from './support/cache.ts'
import { launchBrowser, screenshot } from './support/chromium.ts'
import { type Echo, type EchoService, startEchoService } from './support/echo-service.ts'
import { type Keycloak, keycloakUsers, startKeycloak } from './support/keycloak.ts'
import { freePort } from './support/ports.ts'
import { keycloakClass, renderProduct } from './support/rendered.ts'
import { type Page, ScriptedBrowser, visibleText } from './support/scripted-browser.ts'

const CLIENT_SECRET = 'gatehouse-at-keycloak'
const carol = { password: 'carol-password', email: 'carol@example.test', firstName: 'Carol', lastName: 'Carter' }

let keycloak: Keycloak
let echo: EchoService
let gatehouse: Gatehouse
/** As `gatehouse`, with another client secret. */
let mistaken: Gatehouse
/** For one server after another, each with its own mistake in the configuration. */
let mistakePort: number
/** The service behind the gate of `gatehouse`. */
let service: string

before(async () => {
  const [port, otherPort] = [await freePort(), await freePort()]
  mistakePort = await freePort()
  keycloak = await startKeycloak({ clients: [] })
  await registerAsTheGuideSays([port, otherPort, mistakePort].map(issuerAt))
  await addUserWithoutGroups()
  echo = await startEchoService()
  const config = (chosen: number) => gatehouseYaml(issuerAt(chosen), chosen)
  gatehouse = await startGatehouse({ port, config, env: { KEYCLOAK_CLIENT_SECRET: CLIENT_SECRET } })
  mistaken = await startGatehouse({ port: otherPort, config, env: { KEYCLOAK_CLIENT_SECRET: 'not-the-secret' } })
  service = serviceAt(port)
})

after(async () => {
  await Promise.all([gatehouse?.stop(), mistaken?.stop(), echo?.stop(), keycloak?.stop()])
})

function issuerAt(port: number): string {
  return `http://id.example.test:${port}`
}

function serviceAt(port: number): string {
  return `http://metadata.example.test:${port}`
}

interface Mistakes {
  keycloakIssuer?: string
  principalClaim?: string
  extraScope?: string
}

function gatehouseYaml(issuer: string, port: number, mistakes: Mistakes = {}): string {
  const { keycloakIssuer = keycloak.issuer, principalClaim = 'preferred_username', extraScope = 'groups' } = mistakes
  return `issuer: ${issuer}
listen: { port: ${port}, insecure: true }
${keycloakClass(keycloakIssuer).replace('preferred_username', principalClaim)}
login:
  - { authenticationClass: keycloak, oidc: { clientCredentialsSecret: keycloak-client, extraScopes: [${extraScope}] } }
  - { local: {} }
services:
  metadata:
    url: ${serviceAt(port)}
    insecure: true
    upstream: ${echo.url}
    rules: [{ path: /team, allow: [team:analysts] }, { path: /, allow: authenticated }]
teams:
  analysts: { from: [{ authenticationClass: keycloak, group: analysts }] }
  administrators: { from: [{ authenticationClass: keycloak, group: data-admins }] }
secrets:
  keycloak-client: { clientId: gatehouse, clientSecret: "\${env:KEYCLOAK_CLIENT_SECRET}" }
`
}

/** The steps of docs/guides/providers/keycloak.md, by the admin API. */
async function registerAsTheGuideSays(issuers: readonly string[]): Promise<void> {
  // startKeycloak has made the scope, without a mapper.
  const scope = await idOf('/client-scopes', (entry) => entry.name === 'groups')
  await keycloak.admin('POST', `/client-scopes/${scope}/protocol-mappers/models`, {
    name: 'groups',
    protocol: 'openid-connect',
    protocolMapper: 'oidc-group-membership-mapper',
    config: {
      'claim.name': 'groups',
      'full.path': 'false',
      'id.token.claim': 'true',
      'access.token.claim': 'true',
      'userinfo.token.claim': 'true',
    },
  })
  await keycloak.admin('POST', '/clients', {
    clientId: 'gatehouse',
    secret: CLIENT_SECRET,
    protocol: 'openid-connect',
    publicClient: false,
    standardFlowEnabled: true,
    directAccessGrantsEnabled: false,
    redirectUris: issuers.map((issuer) => `${issuer}/callback/keycloak`),
    attributes: {
      'post.logout.redirect.uris': issuers.map((issuer) => `${issuer}/login/signed-out`).join('##'),
      'pkce.code.challenge.method': 'S256',
    },
  })
  const client = await idOf('/clients?clientId=gatehouse', () => true)
  await keycloak.admin('PUT', `/clients/${client}/optional-client-scopes/${scope}`)
}

async function addUserWithoutGroups(): Promise<void> {
  const { password, ...profile } = carol
  await keycloak.admin('POST', '/users', {
    username: 'carol',
    ...profile,
    enabled: true,
    emailVerified: true,
    credentials: [{ type: 'password', value: password, temporary: false }],
  })
}

async function idOf(path: string, wanted: (entry: { name?: string }) => boolean): Promise<string> {
  const list = (await keycloak.admin('GET', path)) as { id: string; name?: string }[]
  const found = list.find(wanted)
  if (!found) throw new Error(`Keycloak lists nothing of the kind at ${path}`)
  return found.id
}

interface Walk {
  username: string
  password: string
  url?: string
}

/** Service -> gate -> Gatehouse's page -> Keycloak's form -> back. */
async function signInThroughKeycloak(
  browser: ScriptedBrowser,
  { username, password, url = `${service}/report?day=1` }: Walk,
): Promise<Page> {
  const form = await openKeycloakForm(browser, url)
  return browser.submitForm(form, { username, password })
}

async function openKeycloakForm(browser: ScriptedBrowser, url: string): Promise<Page> {
  const ways = await browser.open(url)
  const form = await browser.followLink(ways, 'Continue with keycloak')
  assert.ok(isKeycloakForm(form), `expected Keycloak's form, got ${form.url}\n${browser.trace()}`)
  return form
}

function isKeycloakForm({ url, body }: Page): boolean {
  return url.startsWith(`${keycloak.issuer}/`) && body.includes('id="kc-form-login"')
}

function echoOf(page: Page): Echo {
  assert.equal(page.status, 200, `${page.url}: ${visibleText(page.body)}`)
  return JSON.parse(page.body) as Echo
}

/** A fresh browser, closed after its test. */
function newBrowser(t: { after(work: () => Promise<void>): void }): ScriptedBrowser {
  const browser = new ScriptedBrowser()
  t.after(() => browser.close())
  return browser
}

test('alice signs in through Keycloak, and the service sees her name and her teams', async (t) => {
  const browser = newBrowser(t)

  const page = await signInThroughKeycloak(browser, { username: 'alice', password: keycloakUsers.alice.password })

  const { path, headers } = echoOf(page)
  assert.equal(path, '/report?day=1', 'the page that was asked for first')
  assert.equal(headers['x-auth-request-user'], 'alice')
  assert.equal(headers['x-auth-request-email'], keycloakUsers.alice.email)
  const groups = headers['x-auth-request-groups']?.split(',').sort()
  assert.deepEqual(groups, ['administrators', 'analysts'], 'teams, not the names of the groups')
  assert.equal(headers['cookie'], undefined, "the service gets none of Gatehouse's cookies")
})

test('a wrong password stays at Keycloak, and the service stays closed', async (t) => {
  const browser = newBrowser(t)

  const page = await signInThroughKeycloak(browser, { username: 'alice', password: 'not her password' })
  const again = await browser.open(`${service}/report`)

  assert.ok(isKeycloakForm(page), page.url)
  assert.match(visibleText(page.body), /Invalid username or password/)
  assert.equal(new URL(again.url).pathname, '/login')
})

test('a second sign-in in the same browser asks for nothing: both sessions live on', async (t) => {
  const browser = newBrowser(t)
  await signInThroughKeycloak(browser, { username: 'bob', password: keycloakUsers.bob.password })

  const atService = await browser.open(`${service}/again`)
  const ways = await browser.open(`${mistaken.url}/login`)
  const atKeycloak = await browser.followLink(ways, 'Continue with keycloak')

  assert.equal(echoOf(atService).headers['x-auth-request-user'], 'bob')
  assert.ok(!isKeycloakForm(atKeycloak), 'the control for the sign-out test: Keycloak remembers bob')
})

test('signing out at the service ends the session there, at Gatehouse and at Keycloak', async (t) => {
  const browser = newBrowser(t)
  await signInThroughKeycloak(browser, { username: 'alice', password: keycloakUsers.alice.password })
  const serviceCookies = browser.jar.cookies.filter(({ host }) => host === new URL(service).hostname)
  const issuerCookies = browser.jar.cookies.filter(({ host }) => host === new URL(gatehouse.url).hostname)

  const afterwards = await browser.open(`${service}/oauth2/sign_out`)

  const visited = browser.hops.map(({ url }) => url.split('?')[0])
  assert.ok(visited.includes(`${keycloak.issuer}/protocol/openid-connect/logout`), browser.trace())
  assert.ok(visited.includes(`${gatehouse.url}/login/signed-out`), browser.trace())
  assert.match(afterwards.body, /You are signed out/, browser.trace())

  const stolen = await fetchWithCookies(`${service}/report`, serviceCookies)
  assert.equal(stolen.status, 401, 'the old cookie of the service is worth nothing')
  const home = await fetchWithCookies(`${gatehouse.url}/`, issuerCookies)
  assert.equal(home.location, '/login', 'the old cookie of Gatehouse is worth nothing')

  await openKeycloakForm(browser, `${service}/report`)
})

/** Asks as a script would, with cookies of an earlier moment. */
async function fetchWithCookies(url: string, cookies: readonly { name: string; value: string }[]) {
  const browser = new ScriptedBrowser()
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  assert.notEqual(cookie, '')
  const headers = { cookie, accept: 'application/json', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
  const page = await browser.send(url, { headers })
  await browser.close()
  return { status: page.status, location: page.headers.get('location') }
}

test('someone in no team gets 403 where only a team is let in, and is let in elsewhere', async (t) => {
  const browser = newBrowser(t)

  const page = await signInThroughKeycloak(browser, {
    username: 'carol',
    password: carol.password,
    url: `${service}/team`,
  })
  const elsewhere = await browser.open(`${service}/`)

  assert.equal(page.status, 403, browser.trace())
  assert.match(visibleText(page.body), /access-denied/)
  const { headers } = echoOf(elsewhere)
  assert.equal(headers['x-auth-request-user'], 'carol')
  assert.equal(headers['x-auth-request-groups'], undefined)
})

test('a group that Keycloak takes away is gone at the next sign-in', async (t) => {
  const user = await idOf('/users?username=bob&exact=true', () => true)
  const group = await idOf('/groups?search=analysts', () => true)
  const credentials = { username: 'bob', password: keycloakUsers.bob.password, url: `${service}/team` }
  const first = await signInThroughKeycloak(newBrowser(t), credentials)

  await keycloak.admin('DELETE', `/users/${user}/groups/${group}`)
  t.after(async () => {
    await keycloak.admin('PUT', `/users/${user}/groups/${group}`)
  })
  const second = await signInThroughKeycloak(newBrowser(t), credentials)

  assert.equal(first.status, 200)
  assert.equal(second.status, 403)
})

test('doctor finds nothing wrong with a registered redirect URI', async () => {
  const { status, stdout, stderr } = await gatehouse.cli(['doctor'])

  assert.equal(status, 0, stdout + stderr)
  assert.match(stdout, /no problem/)
  assert.match(stdout, /redirect-uri/)
})

test('doctor names redirect-uri-not-registered, and the address that Keycloak does not know', async (t) => {
  const config = (port: number) => gatehouseYaml(issuerAt(port), port)
  const unregistered = await startGatehouse({ config, env: { KEYCLOAK_CLIENT_SECRET: CLIENT_SECRET } })
  t.after(() => unregistered.stop())

  const { status, stdout } = await unregistered.cli(['doctor'])

  assert.equal(status, 1, stdout)
  assert.match(stdout, /redirect-uri-not-registered/)
  assert.ok(stdout.includes(`${unregistered.url}/callback/keycloak`), stdout)
})

test('a client that Keycloak does not know is client-unknown in doctor; the page that people see is its own', async (t) => {
  const browser = newBrowser(t)
  const config = (port: number) =>
    gatehouseYaml(issuerAt(port), port).replace('clientId: gatehouse', 'clientId: nobody')
  const server = await startGatehouse({ port: mistakePort, config, env: { KEYCLOAK_CLIENT_SECRET: CLIENT_SECRET } })
  t.after(() => server.stop())

  const page = await browser.followLink(await browser.open(`${server.url}/login`), 'Continue with keycloak')
  const { stdout } = await server.cli(['doctor'])

  assert.ok(page.url.startsWith(keycloak.issuer), browser.trace())
  assert.match(visibleText(page.body), /Client not found/)
  assert.match(stdout, /\(client-unknown\)/)
})

test('an unregistered post-logout address strands people at Keycloak, though their session at Gatehouse has ended; doctor names it', async (t) => {
  const browser = newBrowser(t)
  const person = { username: 'alice', password: keycloakUsers.alice.password }
  await signInThroughKeycloak(browser, person)
  const client = await idOf('/clients?clientId=gatehouse', () => true)
  const attributes = (await keycloak.admin('GET', `/clients/${client}`)) as { attributes: Record<string, string> }
  const register = (addresses: string | undefined) =>
    keycloak.admin('PUT', `/clients/${client}`, {
      attributes: { ...attributes.attributes, 'post.logout.redirect.uris': addresses },
    })
  await register('https://elsewhere.example.test/')
  t.after(async () => {
    await register(attributes.attributes['post.logout.redirect.uris'])
  })

  const diagnosis = await gatehouse.cli(['doctor'])
  const page = await browser.open(`${service}/oauth2/sign_out`)
  const again = await browser.open(`${service}/report`)

  assert.ok(page.url.startsWith(keycloak.issuer), browser.trace())
  assert.match(visibleText(page.body), /Invalid redirect uri/)
  assert.equal(new URL(again.url).pathname, '/login')
  assert.equal(diagnosis.status, 1, diagnosis.stdout)
  assert.match(diagnosis.stdout, /post-logout-uri[\s\S]*redirect-uri-not-registered/)
})

test('a scope that exists but is not added to the client is refused by Keycloak', async (t) => {
  const browser = newBrowser(t)
  await keycloak.admin('POST', '/client-scopes', { name: 'departments', protocol: 'openid-connect' })
  const config = (port: number) => gatehouseYaml(issuerAt(port), port, { extraScope: 'departments' })
  const server = await startGatehouse({ port: mistakePort, config, env: { KEYCLOAK_CLIENT_SECRET: CLIENT_SECRET } })
  t.after(() => server.stop())

  const page = await browser.followLink(await browser.open(`${server.url}/login`), 'Continue with keycloak')
  const { stdout } = await server.cli(['explain', page.headers.get('x-request-id') ?? ''])
  const diagnosis = await server.cli(['doctor'])

  assert.match(visibleText(page.body), /Code scope-not-supported /)
  assert.match(stdout, /invalid_scope/)
  assert.match(diagnosis.stdout, /scope-not-supported/)
})

test('groups that come with their whole path give no team that is written without, and the log shows them', async (t) => {
  const browser = newBrowser(t)
  const scope = await idOf('/client-scopes', (entry) => entry.name === 'groups')
  const path = `/client-scopes/${scope}/protocol-mappers/models`
  const mapper = await idOf(path, (entry) => entry.name === 'groups')
  const before = (await keycloak.admin('GET', `${path}/${mapper}`)) as { config: Record<string, string> }
  const config = { ...before.config, 'full.path': 'true' }
  await keycloak.admin('PUT', `${path}/${mapper}`, { ...before, config })
  t.after(async () => {
    await keycloak.admin('PUT', `${path}/${mapper}`, before)
  })

  const page = await signInThroughKeycloak(browser, {
    username: 'bob',
    password: keycloakUsers.bob.password,
    url: `${service}/team`,
  })

  assert.equal(page.status, 403)
  const received = /"groups":"\[\\"\/analysts\\"/
  assert.match(await gatehouse.logWith(received), received)
})

test('a wrong client secret is an error page with its code and a request id, and explain prints the trace', async (t) => {
  const browser = newBrowser(t)

  const page = await signInThroughKeycloak(browser, {
    username: 'alice',
    password: keycloakUsers.alice.password,
    url: `${serviceAt(mistaken.port)}/report`,
  })
  const requestId = page.headers.get('x-request-id') ?? ''
  const { status, stdout, stderr } = await mistaken.cli(['explain', requestId])

  assert.equal(page.status, 502)
  const text = visibleText(page.body)
  assert.match(text, /client-credentials-rejected/)
  assert.match(requestId, /^[0-9a-f]{16}$/, 'nothing that a shell or the command line takes for something else')
  assert.ok(text.includes(requestId), text)
  assert.equal(status, 0, stderr)
  for (const step of ['chose keycloak', 'came back', 'client-credentials-rejected']) {
    assert.ok(stdout.includes(step), `"${step}" is missing in:\n${stdout}`)
  }
  for (const secret of ['not-the-secret', CLIENT_SECRET]) {
    assert.ok(!`${stdout}${page.body}${mistaken.log()}`.includes(secret), 'no secret in the trace, the page or the log')
  }
})

test('the configuration in the guide has no mistakes', async () => {
  const guide = readFileSync(join(repositoryRoot, 'docs/guides/providers/keycloak.md'), 'utf8')
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(guide) ?? []

  const { status, stderr } = await runCli(['check', '-f', '-'], { input: yaml })

  assert.equal(status, 0, stderr)
  assert.match(yaml, /^authenticationClasses:/m)
})

/** What docs/guides/providers/keycloak.md says about mistakes. */
const mistakesOfTheGuide: { what: string; make: () => Mistakes; onPage: string; inDoctor: string }[] = [
  {
    what: 'a realm that is not there',
    make: () => ({ keycloakIssuer: keycloak.issuer.replace('/data', '/date') }),
    onPage: 'provider-unreachable',
    inDoctor: 'provider-unreachable',
  },
  {
    what: 'another name of the same host',
    make: () => ({ keycloakIssuer: keycloak.issuer.replace('localhost', '127.0.0.1') }),
    onPage: 'issuer-mismatch',
    inDoctor: 'issuer-mismatch',
  },
  {
    what: 'a scope that Keycloak does not know',
    make: () => ({ extraScope: 'teams' }),
    onPage: 'scope-not-supported',
    inDoctor: 'scope-not-supported',
  },
  {
    what: 'a claim that Keycloak does not send',
    make: () => ({ principalClaim: 'employee_number' }),
    onPage: 'principal-claim-missing',
    inDoctor: 'claim-not-supported',
  },
]

for (const { what, make, onPage, inDoctor } of mistakesOfTheGuide) {
  test(`${what} is ${onPage} on the page and ${inDoctor} in doctor`, async (t) => {
    const browser = newBrowser(t)
    const config = (port: number) => gatehouseYaml(issuerAt(port), port, make())
    const server = await startGatehouse({ port: mistakePort, config, env: { KEYCLOAK_CLIENT_SECRET: CLIENT_SECRET } })
    t.after(() => server.stop())

    const ways = await browser.open(`${server.url}/login`)
    const there = await browser.followLink(ways, 'Continue with keycloak')
    const person = { username: 'alice', password: keycloakUsers.alice.password }
    const page = isKeycloakForm(there) ? await browser.submitForm(there, person) : there
    const { status, stdout } = await server.cli(['doctor', '--strict'])

    assert.ok(page.url.startsWith(server.url), browser.trace())
    assert.match(visibleText(page.body), new RegExp(`Code ${onPage} `))
    assert.equal(status, 1)
    assert.match(stdout, new RegExp(`\\(${inDoctor}\\)`))
  })
}

test('the rendered imports make a client of a fresh realm that signs in with exactly the rendered scopes', async (t) => {
  const browser = newBrowser(t)
  const realm = await keycloak.newRealm('imported')
  const { folder, files } = await renderProduct(portalYaml(realm.issuer), 'portal')
  const read = (name: string) => JSON.parse(files[name] ?? '') as unknown
  const guide = readFileSync(join(repositoryRoot, 'docs/guides/providers/keycloak.md'), 'utf8')
  const lines = guide.split('\n').filter((line) => line.startsWith('kcadm.sh '))
  const script = lines.join('\n').replaceAll('-r data', '-r imported').replaceAll('rendered/trino/', '')
  const env = Object.fromEntries(readEnv(files['client.env'] ?? ''))

  await keycloak.byScript(script, folder)
  const [client] = (await realm.admin('GET', '/clients?clientId=portal')) as { secret: string }[]
  const { tokens, userinfo } = await signInAsPortal(browser, env, client?.secret ?? '')

  assert.equal(lines.length, 2)
  assert.ok(client, 'the import has made it')
  for (const token of [tokens.id_token, tokens.access_token]) {
    assert.deepEqual(payloadOf(token).groups?.toSorted(), ['analysts', 'data-admins'], 'names, without a path')
  }
  assert.deepEqual(userinfo.groups?.toSorted(), ['analysts', 'data-admins'])
  assert.ok([payloadOf(tokens.access_token).aud].flat().includes('portal'), 'the access token is for the product')
  assert.equal(userinfo.preferred_username, 'alice')
  await assert.rejects(realm.admin('POST', '/partialImport', read('keycloak-client.json')), /409/)
})

/** An application that returns to the echo service, which shows what it was sent. */
function portalYaml(issuer: string): string {
  return `${keycloakClass(issuer)}
products:
  portal:
    product: oidc
    url: ${echo.url}
    redirectUris: [${echo.url}/callback]
    postLogoutRedirectUris: [${echo.url}/bye]
    authentication: [{ authenticationClass: keycloak, oidc: { clientCredentialsSecret: portal, extraScopes: [groups] } }]
secrets:
  portal: { clientId: portal, clientSecret: "\${env:PORTAL_SECRET}" }
`
}

interface Tokens {
  id_token: string
  access_token: string
}
interface Claims {
  groups?: string[]
  aud?: string | string[]
  preferred_username?: string
}

/** The code flow with PKCE, by the values of client.env alone. */
async function signInAsPortal(browser: ScriptedBrowser, env: Record<string, string>, secret: string) {
  const verifier = 'v'.repeat(43)
  const redirectUri = env['OIDC_REDIRECT_URIS'] ?? ''
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: env['OIDC_CLIENT_ID'] ?? '',
    scope: env['OIDC_SCOPES'] ?? '',
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const form = await browser.open(`${env['OIDC_AUTHORIZATION_ENDPOINT']}?${query}`)
  const back = await browser.submitForm(form, { username: 'alice', password: keycloakUsers.alice.password })
  const code = new URL(back.url).searchParams.get('code') ?? ''
  const response = await fetch(env['OIDC_TOKEN_ENDPOINT'] ?? '', {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${env['OIDC_CLIENT_ID']}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }),
  })
  const tokens = (await response.json()) as Tokens
  assert.equal(response.status, 200, JSON.stringify(tokens) + browser.trace())
  const headers = { authorization: `Bearer ${tokens.access_token}` }
  const userinfo = (await (await fetch(env['OIDC_USERINFO_ENDPOINT'] ?? '', { headers })).json()) as Claims
  return { tokens, userinfo }
}

function payloadOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims
}

test('the same sign-in and sign-out work in Chromium', async (t) => {
  const chromium = await launchBrowser()
  t.after(() => chromium.close())
  const page = await chromium.newPage()
  page.setDefaultTimeout(30_000)
  const { username, password } = { username: 'alice', password: keycloakUsers.alice.password }

  await page.goto(`${service}/report`)
  await screenshot(page, 'keycloak-1-ways-in')
  await page.getByRole('link', { name: 'Continue with keycloak' }).click()
  await page.locator('#kc-form-login').waitFor()
  await screenshot(page, 'keycloak-2-keycloak-form')
  await page.locator('#username').fill(username)
  await page.locator('#password').fill(password)
  await page.locator('#kc-login').click()
  await page.waitForURL(`${service}/report`)
  await screenshot(page, 'keycloak-3-service')
  const echoed = JSON.parse((await page.locator('body').textContent()) ?? '') as Echo
  await page.goto(`${service}/oauth2/sign_out`)
  await page.waitForURL(`${gatehouse.url}/login/signed-out?*`)
  await screenshot(page, 'keycloak-4-signed-out')
  await page.goto(`${service}/report`)
  await page.getByRole('link', { name: 'Continue with keycloak' }).click()
  await page.locator('#kc-form-login').waitFor()
  await page.goto(`${serviceAt(mistaken.port)}/report`)
  await page.getByRole('link', { name: 'Continue with keycloak' }).click()
  await page.locator('#username').fill(username)
  await page.locator('#password').fill(password)
  await page.locator('#kc-login').click()
  await page.getByText('client-credentials-rejected').waitFor()
  await screenshot(page, 'keycloak-5-error')

  assert.equal(echoed.headers['x-auth-request-user'], 'alice')
})
