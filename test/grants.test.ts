import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { decodeJwt } from 'jose'
import { vendors } from '../src/vendors/index.ts'
import { parseForms } from './e2e/support/html-forms.ts'
import { ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { startEchoUpstream } from './support/echo-upstream.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import { authorize, type RelyingParty, relyingParty, walk, walkToCallback } from './support/relying-party.ts'

const password = 'correct horse battery staple'
const alice = { username: 'alice', password }
const ports: Readonly<Record<string, number>> = { app: 1, notebook: 2, robot: 3, curious: 4, lake: 5 }
let upstream: Awaited<ReturnType<typeof startEchoUpstream>>
let gatehouse: Gatehouse
let clients: Readonly<Record<string, RelyingParty>>
let wiki: string
let vault: string

const config = (port: number) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
services:
  wiki:
    url: http://wiki.localhost:${port}
    upstream: http://127.0.0.1:${upstream.port}
    rules:
      - { path: /open, allow: everyone }
      - { path: /robots, allow: ["client:robot"] }
      - { path: /named, allow: ["user:robot", "team:robot"] }
      - { path: /, allow: authenticated }
  vault:
    title: The Vault
    url: http://vault.localhost:${port}
    upstream: http://127.0.0.1:${upstream.port}
products:
  app: { product: oidc, url: "http://localhost:1", redirectUris: ["http://localhost:1/cb"], authentication: [{ authenticationClass: gatehouse }] }
  notebook:
    product: oidc
    url: http://localhost:2
    redirectUris: [http://localhost:2/cb]
    services: [wiki]
    authentication: [{ authenticationClass: gatehouse }]
  robot:
    product: oidc
    url: http://localhost:3
    services: [wiki]
    introspects: [vault]
    grantTypes: [client_credentials]
    authentication: [{ authenticationClass: gatehouse }]
  curious:
    product: oidc
    url: http://localhost:4
    redirectUris: [http://localhost:4/cb]
    consent: ask
    services: [vault]
    authentication: [{ authenticationClass: gatehouse }]
  lake: { product: trino, url: "http://localhost:5", authentication: [{ authenticationClass: gatehouse }] }
teams: { robot: {} }
`

before(async () => {
  upstream = await startEchoUpstream()
  gatehouse = await startGatehouse({ config })
  wiki = `http://wiki.localhost:${gatehouse.port}`
  vault = `http://vault.localhost:${gatehouse.port}`
  await gatehouse.addUser('alice', password)
  clients = await clientsOf(gatehouse)
})
after(async () => {
  await gatehouse.stop()
  await upstream.close()
})

async function clientsOf(server: Gatehouse): Promise<Readonly<Record<string, RelyingParty>>> {
  const entries = Object.entries(ports).map(async ([clientId, port]) => {
    const { stdout } = await server.cli(['clients', 'secret', clientId])
    const redirectUri = clientId === 'lake' ? `http://localhost:${port}/oauth2/callback` : `http://localhost:${port}/cb`
    return [clientId, await relyingParty({ issuer: server.url, clientId, clientSecret: stdout.trim(), redirectUri })]
  })
  return Object.fromEntries(await Promise.all(entries))
}

function client(name: string): RelyingParty {
  return clients[name] ?? assert.fail(name)
}

/** What the token endpoint answers to a redemption: the resource at the authorization endpoint, then at the token endpoint. */
async function redeem(name: string, parameters: Record<string, string>, atToken: Record<string, string> = {}) {
  const { callback, request } = await authorize(new ScriptedBrowser(), client(name), { ...alice, parameters })
  const answer = new URL(callback).searchParams
  const code = answer.get('code')
  if (code === null) return { status: 303, body: { error: answer.get('error') } as Record<string, unknown> }
  return client(name).token({
    grant_type: 'authorization_code',
    code,
    redirect_uri: client(name).redirectUri,
    code_verifier: request.codeVerifier,
    ...atToken,
  })
}

async function ownToken(name: string, parameters: Record<string, string>) {
  return client(name).token({ grant_type: 'client_credentials', ...parameters })
}

async function atGate(url: string, token: unknown): Promise<number> {
  const page = await new ScriptedBrowser().send(url, {
    headers: { accept: 'application/json', 'sec-fetch-mode': 'cors', authorization: `Bearer ${token}` },
  })
  return page.status
}

describe('tokens for services', () => {
  it('are given to a product whose configuration names the service', async () => {
    const { body } = await redeem('notebook', { resource: wiki })

    assert.equal(decodeJwt(String(body['access_token'])).aud, wiki)
    assert.equal(await atGate(`${wiki}/page`, body['access_token']), 200)
  })

  it('are refused to a product that nobody gave the service: at the authorization endpoint', async () => {
    const { body } = await redeem('app', { resource: vault })
    const other = await redeem('notebook', { resource: vault })

    assert.equal(body['error'], 'invalid_target')
    assert.equal(other.body['error'], 'invalid_target')
  })

  it('are refused at the token endpoint: with a code, and at a refresh', async () => {
    const withCode = await redeem('notebook', { resource: wiki }, { resource: vault })
    const withoutGrant = await redeem('notebook', {}, { resource: vault })
    const { body } = await redeem('notebook', { resource: wiki })
    const refreshed = await client('notebook').token({
      grant_type: 'refresh_token',
      refresh_token: String(body['refresh_token']),
      resource: vault,
    })

    assert.equal(withCode.body['error'], 'invalid_target')
    assert.equal(withoutGrant.body['error'], 'invalid_target')
    assert.equal(refreshed.body['error'], 'invalid_target')
  })

  it('are refused at the endpoint of pushed requests', async () => {
    const { config } = client('app')
    const metadata = config.serverMetadata()
    const { stdout } = await gatehouse.cli(['clients', 'secret', 'app'])
    const push = async (resource: string | undefined) => {
      const response = await fetch(String(metadata.pushed_authorization_request_endpoint), {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`app:${stdout.trim()}`).toString('base64')}` },
        body: new URLSearchParams({
          client_id: 'app',
          response_type: 'code',
          redirect_uri: 'http://localhost:1/cb',
          scope: 'openid',
          ...(resource === undefined ? {} : { resource }),
        }),
      })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }

    assert.equal((await push(undefined)).status, 201)
    assert.equal((await push(vault)).body['error'], 'invalid_target')
  })

  it('are asked for like scopes where a product asks for consent', async () => {
    const browser = new ScriptedBrowser()
    await authorize(browser, client('app'), alice)

    const curious = client('curious')
    const request = await curious.request({ resource: vault })
    const { page } = await walk(browser, request.url, curious.redirectUri)
    assert.match(page.body, /Use The Vault as you/)

    const action = new URL(parseForms(page.body)[0]?.action ?? '', page.url).href
    const agreed = await browser.send(action, { method: 'POST', body: new URLSearchParams({ decision: 'allow' }) })
    const tokens = await curious.redeem(await walkToCallback(browser, agreed, curious.redirectUri), request)
    const again = await walk(browser, (await curious.request({ resource: vault })).url, curious.redirectUri)

    assert.equal(decodeJwt(tokens.access_token).aud, vault)
    assert.ok(again.callback)
  })

  it('have no scope that is not configured: unknown scopes become no scope of a token [scope-not-configured]', async () => {
    const { body } = await redeem('app', { scope: 'openid profile admin' })

    assert.equal(body['scope'], 'openid profile')
    assert.equal(vendors.gatehouse.refusesUnknownScopes, false, 'what render believes of this server')
    for (const scope of ['admin', 'openid', 'openid offline_access', 'groups', 'access admin']) {
      const { status, body: refused } = await ownToken('robot', { resource: wiki, scope })
      assert.deepEqual([status, refused['error']], [400, 'invalid_scope'], scope)
    }
    assert.equal((await ownToken('robot', { resource: wiki, scope: 'access' })).status, 200)
  })
})

describe('the list of clients', () => {
  it('says for which services each may have tokens, and whether of its own', async () => {
    const { stdout } = await gatehouse.cli(['clients', 'list'])

    assert.match(stdout, /^app {2}client id app\n {2}returns to \S+\nnotebook/m)
    assert.match(stdout, /^notebook .*\n {2}returns to \S+\n {2}gets tokens for http:\/\/wiki\S+\nrobot/m)
    assert.match(
      stdout,
      /^robot .*\n {2}gets tokens for http:\/\/wiki\S+, also of its own\n {2}may look up tokens for http:\/\/vault\S+\ncurious/m,
    )
  })
})

describe('tokens of programs', () => {
  it('are given only where the configuration says client_credentials, and only for a service', async () => {
    const { status, body } = await ownToken('robot', { resource: wiki })

    assert.equal(status, 200)
    assert.equal(decodeJwt(String(body['access_token'])).sub, 'robot')
    assert.equal((await ownToken('robot', { resource: vault })).body['error'], 'invalid_target')
    assert.equal((await ownToken('robot', {})).body['error'], 'invalid_target')
    for (const name of ['app', 'notebook', 'lake']) assert.equal((await ownToken(name, { resource: wiki })).status, 400)
  })

  it('pass where the rules name the program, and never as somebody who is authenticated', async () => {
    const { body } = await ownToken('robot', { resource: wiki })
    const token = body['access_token']

    assert.equal(await atGate(`${wiki}/robots`, token), 200)
    assert.equal(await atGate(`${wiki}/open`, token), 200)
    assert.equal(await atGate(`${wiki}/page`, token), 403)
    assert.equal(await atGate(`${wiki}/named`, token), 403)
  })

  it('do not make people of the product pass as the program', async () => {
    const { body } = await redeem('notebook', { resource: wiki })

    assert.equal(await atGate(`${wiki}/robots`, body['access_token']), 403)
  })

  it('are not given for tokens of others: there is no token exchange [exchange-subject-token]', async () => {
    const { body } = await redeem('notebook', { resource: wiki })
    const base = { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', resource: wiki }

    for (const change of [{}, { subject_token: String(body['access_token']) }] as Record<string, string>[]) {
      const answer = await client('robot').token({
        ...base,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        ...change,
      })
      assert.deepEqual([answer.status, answer.body['error']], [400, 'unsupported_grant_type'])
    }
  })
})

describe('refresh tokens', () => {
  it('are given to a kind that uses them, and to no other', async () => {
    const kept = await redeem('app', {})
    const unused = await redeem('lake', {})

    assert.equal(typeof kept.body['refresh_token'], 'string')
    assert.equal(unused.status, 200)
    assert.equal(unused.body['refresh_token'], undefined)
  })

  it('give nothing that the configuration of today does not: service, program and product are checked again [refresh-rechecks-user]', async () => {
    const notebook = await redeem('notebook', { resource: wiki })
    const robot = await ownToken('robot', { resource: wiki })
    const other = await redeem('app', {})
    const refresh = (name: string, { body }: typeof other) =>
      client(name).token({ grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) })
    const honest = await refresh('notebook', notebook)
    assert.equal(decodeJwt(String(honest.body['access_token'])).aud, wiki)

    const before = readFileSync(gatehouse.configFile, 'utf8')
    const changed = before
      .replace(/ {4}services: \[wiki\]\n {4}introspects: \[vault\]\n {4}grantTypes: \[client_credentials\]\n/, '')
      .replace('    services: [wiki]\n', '')
      .replace(/^.*client:robot.*\n/m, '')
      .replace(/^ {2}app: .*\n/m, '')
    writeFileSync(gatehouse.configFile, changed)
    await gatehouse.kill()
    await gatehouse.restart()

    try {
      assert.equal((await refresh('notebook', honest)).body['error'], 'invalid_target')
      assert.equal((await refresh('app', other)).body['error'], 'invalid_client')
      assert.equal(await atGate(`${wiki}/page`, honest.body['access_token']), 401)
      assert.equal(await atGate(`${wiki}/page`, robot.body['access_token']), 401)
    } finally {
      writeFileSync(gatehouse.configFile, before)
      await gatehouse.kill()
      await gatehouse.restart()
    }
  })
})
