/** Signing in at GitHub, against the look-alike: who people are, what is held back, and what a hostile answer achieves. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'
import { ScriptedBrowser } from '../../test/e2e/support/scripted-browser.ts'
import { GitHub } from '../config/authentication-class.ts'
import { githubAddresses } from '../config/github.ts'
import { type DevGitHub, startDevGitHub } from '../dev-idp/github/index.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { createFetch } from '../outgoing.ts'
import type { AskedOfProvider } from './contract.ts'
import { createGitHubConnector, type GitHubConnectorOptions } from './github.ts'

const checks = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier-of-at-least-forty-three-characters' }
const redirectUri = 'http://localhost:4999/callback/github'

function connectorTo(
  github: Record<string, unknown>,
  options: Partial<GitHubConnectorOptions> = {},
): ReturnType<typeof createGitHubConnector> {
  return createGitHubConnector({
    name: 'github',
    addresses: githubAddresses(GitHub.parse(github)),
    clientId: 'gatehouse',
    clientSecret: 'secret',
    scopes: ['read:user', 'user:email', 'read:org'],
    principalClaim: 'login',
    admission: { organizations: [], teams: [] },
    fetch: createFetch({ timeout: 5000 }),
    ...options,
  })
}

/** The error of a sign-in, by its code. */
function failsWith(code: ErrorCode, said: RegExp = /./) {
  return (error: unknown) => {
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.code, code, JSON.stringify(error.details))
    const details = JSON.stringify(error.details)
    assert.match(details, said)
    assert.doesNotMatch(details, /gho_|a-verifier|"secret"/)
    return true
  }
}

describe('at the GitHub look-alike', () => {
  let github: DevGitHub
  before(async () => {
    github = await startDevGitHub()
  })
  after(() => github.close())
  beforeEach(() => {
    for (const fault of Object.keys(github.faults)) delete github.faults[fault as keyof typeof github.faults]
  })

  function connector(options: Partial<GitHubConnectorOptions> = {}) {
    return connectorTo(github.authenticationClass.github, { clientSecret: github.clientSecret, ...options })
  }

  /** The address to which GitHub sends a person back. */
  async function callbackOf(
    username: string,
    options: Partial<GitHubConnectorOptions> = {},
    asked: AskedOfProvider = { fresh: false },
  ): Promise<URL> {
    const browser = new ScriptedBrowser()
    const start = await connector(options).authorizationUrl({ redirectUri, checks, ...asked })
    const form = await browser.open(start.href)
    const { password = '' } = github.users.find((user) => user.username === username) ?? {}
    // Nothing listens at the callback.
    await browser.submitForm(form, { username, password }).catch(() => {})
    await browser.close()
    return new URL(browser.hops.at(-1)?.location ?? '')
  }

  async function signIn(username: string, options: Partial<GitHubConnectorOptions> = {}) {
    const callbackUrl = await callbackOf(username, options)
    return connector(options).identify({ callbackUrl, redirectUri, checks })
  }

  test('a person is their number, with login, name, private primary address, organisations and teams', async () => {
    const { key, principal, email, emailVerified, name, groups, received } = await signIn('alice')

    assert.deepEqual(key, { issuer: github.issuer, subject: '583231' })
    assert.deepEqual([principal, name], ['alice', 'Alice Archer'])
    assert.deepEqual([email, emailVerified], ['alice@example.com', true])
    assert.deepEqual(groups, ['acme', 'acme:analysts', 'acme:data-admins'])
    assert.equal(received?.form, 'list')
  })

  test('all pages of organisations and teams arrive', async () => {
    const { groups } = await signIn('carol')

    assert.equal(groups.filter((group) => group.includes(':')).length, 121)
    assert.equal(groups.filter((group) => !group.includes(':')).length, 61)
    assert.deepEqual([groups.includes('acme:project-120'), groups.includes('acme:analysts')], [true, true])
  })

  test('a primary address that is not verified is said to be none that is', async () => {
    const { email, emailVerified } = await signIn('ada')

    assert.deepEqual([email, emailVerified], ['alice@example.com', false])
  })

  test('the user name may be the address or the number', async () => {
    assert.equal((await signIn('alice', { principalClaim: 'email' })).principal, 'alice@example.com')
    assert.equal((await signIn('alice', { principalClaim: 'id' })).principal, '583231')
    const scopes = { scopes: ['read:user', 'read:org'] }
    await assert.rejects(
      signIn('alice', { principalClaim: 'email', ...scopes }),
      failsWith('principal-claim-missing', /"granted scopes":"read:org, read:user"/),
    )
    assert.equal((await signIn('alice', scopes)).email, undefined)
  })

  test('an account is chosen, and a name suggested, as GitHub takes it', async () => {
    const hints = { loginHint: 'bob', uiLocales: 'de', acrValues: 'x' }
    const url = await connector().authorizationUrl({ redirectUri, checks, fresh: false, chooses: true, hints })
    const plain = await connector().authorizationUrl({ redirectUri, checks, fresh: false })

    const { searchParams } = url
    assert.deepEqual([searchParams.get('prompt'), searchParams.get('login')], ['select_account', 'bob'])
    assert.deepEqual([searchParams.has('ui_locales'), searchParams.has('nonce')], [false, false])
    assert.equal(searchParams.get('code_challenge_method'), 'S256')
    assert.equal(plain.searchParams.has('prompt'), false)
  })

  const members: [string, string, { organizations?: string[]; teams?: string[] }, boolean][] = [
    ['a member of the organisation', 'bob', { organizations: ['acme'] }, true],
    ['a member, whatever the case', 'bob', { organizations: ['ACME'] }, true],
    ['a member of one of several organisations', 'bob', { organizations: ['other', 'acme'] }, true],
    ['a member of the team', 'alice', { teams: ['acme/data-admins'] }, true],
    [
      'a member of the team or another organisation',
      'alice',
      { organizations: ['other'], teams: ['Acme/data-admins'] },
      true,
    ],
    ['a member whose team is on a later page', 'carol', { teams: ['acme/project-120'] }, true],
    ['a member of the organisation in another team', 'bob', { teams: ['acme/data-admins'] }, false],
    ['a person in no organisation', 'ada', { organizations: ['acme'] }, false],
    ['a member of an organisation whose name begins like it', 'bob', { organizations: ['acm', 'acme-labs'] }, false],
  ]
  for (const [who, username, { organizations = [], teams = [] }, isIn] of members) {
    test(`${who} ${isIn ? 'gets in' : 'is refused'}`, async () => {
      const attempt = signIn(username, { admission: { organizations, teams } })

      if (isIn) assert.equal((await attempt).principal, username)
      else await assert.rejects(attempt, failsWith('person-not-admitted', /"organizations":/))
    })
  }

  test('an organisation that hides its members behind SAML is named, and lets nobody in', async () => {
    github.faults.saml = ['acme']

    const { groups, received } = await signIn('alice')
    assert.deepEqual(groups, [])
    assert.match(received?.form ?? '', /^incomplete: .*\(SAML\) are missing: \d+$/)
    await assert.rejects(
      signIn('alice', { admission: { organizations: ['acme'], teams: [] } }),
      failsWith('person-not-admitted', /SAML/),
    )
  })

  test('an organisation that has not approved the application gives nothing, and the scopes that were granted are said', async () => {
    github.faults.restricted = ['acme']

    const { groups, received } = await signIn('alice')

    assert.deepEqual(groups, [])
    assert.equal(received?.form, 'empty; granted scopes: read:org, read:user, user:email')
  })

  test('without the scope for organisations teams are missing, with the reason', async () => {
    const { groups, received } = await signIn('alice', { scopes: ['read:user', 'user:email'] })

    assert.deepEqual(groups, [])
    assert.match(received?.form ?? '', /^incomplete: GitHub does not show them to this client \(403\)/)
  })

  test('too many calls end the sign-in and say until when; nobody loses a team for it', async () => {
    github.faults.rateLimit = true

    await assert.rejects(signIn('alice'), failsWith('provider-unavailable', /too many calls.*"until":"20/))
  })

  test('an authorisation that was taken away ends the sign-in', async () => {
    github.faults.revoked = true

    await assert.rejects(signIn('alice'), failsWith('provider-refused', /"says":"Bad credentials"/))
  })

  test('an error with status 200 is what it says: a code twice, a wrong secret, a wrong verifier', async () => {
    const callbackUrl = await callbackOf('alice')
    await connector().identify({ callbackUrl, redirectUri, checks })

    const again = connector().identify({ callbackUrl, redirectUri, checks })
    await assert.rejects(again, failsWith('provider-refused', /bad_verification_code.*The code passed is incorrect/))
    const wrongSecret = { clientSecret: 'another' }
    await assert.rejects(
      signIn('alice', wrongSecret),
      failsWith('client-credentials-rejected', /incorrect_client_credentials/),
    )
    const stolen = { callbackUrl: await callbackOf('alice'), redirectUri }
    const otherChecks = { ...checks, codeVerifier: 'of-somebody-else-and-at-least-forty-three-characters' }
    await assert.rejects(
      connector().identify({ ...stolen, checks: otherChecks }),
      failsWith('provider-refused', /bad_verification_code/),
    )
  })

  test('Cancel, and an application without its address, are told apart', async () => {
    const answers = {
      'error=access_denied&error_description=The+user+has+denied+your+application+access.': 'sign-in-cancelled',
      'error=redirect_uri_mismatch': 'redirect-uri-not-registered',
      'error=application_suspended': 'provider-refused',
    } as const
    for (const [query, code] of Object.entries(answers)) {
      const callbackUrl = new URL(`${redirectUri}?${query}&state=${checks.state}&error_uri=https://docs.github.com`)
      await assert.rejects(connector().identify({ callbackUrl, redirectUri, checks }), failsWith(code))
    }
  })

  test('an answer of another attempt, or of another server, is refused before anything is redeemed', async () => {
    const callbackUrl = await callbackOf('alice')
    const otherState = { ...checks, state: 'of-another' }
    await assert.rejects(
      connector().identify({ callbackUrl, redirectUri, checks: otherState }),
      failsWith('id-token-invalid', /state/),
    )
    const mixedUp = new URL(callbackUrl)
    mixedUp.searchParams.set('iss', 'https://evil.test')
    await assert.rejects(
      connector().identify({ callbackUrl: mixedUp, redirectUri, checks }),
      failsWith('callback-mismatch', /evil/),
    )

    assert.equal((await connector().identify({ callbackUrl, redirectUri, checks })).principal, 'alice')
  })
})

/** A GitHub that answers as a test says. */
async function hostile(answers: Record<string, RequestListener>) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '', 'http://localhost')
    asked.push(`${pathname}${search}`)
    const answer = answers[pathname] ?? json(honest[pathname])
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const connector = connectorTo({ hostname: 'localhost', port }, { fetch: createFetch({ timeout: 1000 }) })
  return {
    asked,
    identify: () =>
      connector.identify({
        callbackUrl: new URL(`${redirectUri}?code=c&state=${checks.state}`),
        redirectUri,
        checks,
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function json(body: unknown, headers: Record<string, string> = {}, status = 200): RequestListener {
  return (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

const tokenPath = '/login/oauth/access_token'
const honest: Record<string, unknown> = {
  [tokenPath]: { access_token: 'token', token_type: 'bearer', scope: 'read:org' },
  '/api/v3/user': { id: 7, login: 'alice' },
  '/api/v3/user/emails': [],
  '/api/v3/user/orgs': [],
  '/api/v3/user/teams': [],
}

// biome-ignore format: one table
const refused: [string, string, RequestListener, ErrorCode, RegExp][] = [
  ['a page instead of a token', tokenPath, (_, response) => response.end('<html>'), 'provider-answer-unusable', /is no JSON/],
  ['a token as a form', tokenPath, (_, response) => response.end('access_token=token&token_type=bearer'), 'provider-answer-unusable', /is no JSON/],
  ['no token at all', tokenPath, json({}), 'id-token-invalid', /access_token/],
  ['an unknown client', tokenPath, json({ error: 'Not Found' }, {}, 404), 'provider-refused', /Not Found/],
  ['an unknown client without a word', tokenPath, json({}, {}, 404), 'client-credentials-rejected', /404/],
  ['an address that is not verified', tokenPath, json({ error: 'unverified_user_email' }), 'sign-in-incomplete', /unverified_user_email/],
  ['no number', '/api/v3/user', json({ login: 'alice' }), 'provider-answer-unusable', /number/],
  ['a number as a text', '/api/v3/user', json({ id: '7', login: 'alice' }), 'provider-answer-unusable', /number/],
  ['a number that is none', '/api/v3/user', json({ id: 7.5, login: 'alice' }), 'provider-answer-unusable', /number/],
  ['no login', '/api/v3/user', json({ id: 7 }), 'provider-answer-unusable', /login/],
  ['a list for a person', '/api/v3/user', json([{ id: 7, login: 'alice' }]), 'provider-answer-unusable', /number/],
  ['a redirect to another host', '/api/v3/user', (_, response) => response.writeHead(301, { location: 'http://evil.test/x?y' }).end(), 'provider-answer-unusable', /redirects to http:\/\/evil\.test\/x,/],
  ['a suspended account', '/api/v3/user', json({ message: 'Sorry. Your account was suspended.' }, {}, 403), 'provider-refused', /suspended/],
  ['a secondary limit', '/api/v3/user/teams', json({ message: 'You have exceeded a secondary rate limit' }, { 'retry-after': '60' }, 403), 'provider-unavailable', /60 s/],
  ['a limit with 429', '/api/v3/user/orgs', json({}, { 'x-ratelimit-remaining': '0' }, 429), 'provider-unavailable', /too many/],
  ['an error', '/api/v3/user/orgs', json({}, {}, 502), 'provider-answer-unusable', /502/],
  ['an object for a list', '/api/v3/user/orgs', json({}), 'provider-answer-unusable', /no list/],
  ['a list of texts', '/api/v3/user/orgs', json(['acme']), 'provider-answer-unusable', /something else/],
  ['teams of nobody', '/api/v3/user/teams', json([{ slug: 'analysts' }]), 'provider-answer-unusable', /something else/],
  ['nothing in time', '/api/v3/user/orgs', () => {}, 'provider-unreachable', /no answer in time/],
]
for (const [what, path, answer, code, said] of refused) {
  test(`GitHub with ${what} is ${code}`, async () => {
    await using github = await hostile({ [path]: answer })

    await assert.rejects(github.identify(), failsWith(code, said))
  })
}

test('an organisation that asks for a sign-in of its own is no reason to keep people out who need no organisation', async () => {
  const sso = { 'x-github-sso': 'required; url=https://github.com/orgs/acme/sso?authorization_request=for-one-person' }
  await using github = await hostile({ '/api/v3/user/orgs': json({ message: 'SAML' }, sso, 403) })

  const { principal, received } = await github.identify()

  assert.equal(principal, 'alice')
  assert.match(received?.form ?? '', /^incomplete: /)
})

test('the next page is asked for at the same place, wherever the link leads, and there is a last one', async () => {
  const link = { link: '<http://evil.test/steal?page=2>; rel="next", <http://evil.test/steal?page=9>; rel="last"' }
  await using github = await hostile({ '/api/v3/user/orgs': json([{ login: 'acme' }], link) })

  const { groups, received } = await github.identify()

  assert.deepEqual(groups, ['acme'])
  const pages = github.asked.filter((path) => path.startsWith('/api/v3/user/orgs'))
  assert.deepEqual([pages.length, pages.at(-1)], [40, '/api/v3/user/orgs?per_page=50&page=40'])
  assert.match(received?.form ?? '', /only the first 40 were read/)
})

test('a list that would fill the memory is refused', async () => {
  const huge = Array.from({ length: 50 }, () => ({ login: 'a'.repeat(10_000) }))
  await using github = await hostile({ '/api/v3/user/orgs': json(huge) })

  await assert.rejects(github.identify(), failsWith('provider-answer-refused', /larger than/))
})

test('addresses follow from the host name: GitHub.com, GHE.com, an Enterprise Server', () => {
  const at = (github: Record<string, unknown>) => githubAddresses(GitHub.parse(github))
  const tls = { verification: { server: { caCert: { webPki: {} } } } }

  assert.deepEqual(at({}), {
    web: 'https://github.com',
    issuer: 'https://github.com/login/oauth',
    authorization: 'https://github.com/login/oauth/authorize',
    token: 'https://github.com/login/oauth/access_token',
    api: 'https://api.github.com',
  })
  assert.deepEqual(at({ hostname: 'GitHub.com.' }), at({}))
  assert.equal(at({ hostname: 'acme.ghe.com' }).api, 'https://api.acme.ghe.com')
  assert.equal(at({ hostname: 'github.example.com' }).api, 'https://github.example.com/api/v3')
  assert.equal(at({ hostname: 'github.example.com', port: 8443 }).web, 'https://github.example.com:8443')
  assert.equal(at({ hostname: '::1', port: 8080 }).web, 'http://[::1]:8080')
  assert.equal(at({ hostname: 'localhost', port: 8080, tls }).web, 'https://localhost:8080')
  assert.equal(at({ hostname: 'localhost.example.com' }).web, 'https://localhost.example.com')
  for (const hostname of ['api.github.com', 'www.github.com', 'API.acme.ghe.com']) {
    const { error } = GitHub.safeParse({ hostname })
    assert.match(String(error?.issues[0]?.message), /write (?:github\.com|acme\.ghe\.com)$/)
  }
})
