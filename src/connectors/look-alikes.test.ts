/** Our connector at providers with the quirks of their vendors: what only both together show. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { comeBack, connectorOf, identityAt } from '../../test/support/dev-idp-walk.ts'
import { type DevIdp, startDevIdp } from '../dev-idp/index.ts'

const redirectUri = 'http://127.0.0.1:4999/callback/company'
const checks = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier-of-at-least-forty-three-characters' }

/** A sign-in whose tokens come in the fragment: a page of ours makes a form of it. */
async function implicitAt(idp: DevIdp, oidc: Record<string, unknown> = {}, username = 'alice') {
  const connector = await connectorOf(idp, { flow: 'implicit', ...oidc })
  const start = await connector.authorizationUrl({ redirectUri, checks, fresh: false })
  start.searchParams.delete('response_mode')
  const target = await comeBack(idp, start.href, username)
  const callbackUrl = new URL(`${redirectUri}?${target.hash.slice(1)}`)
  return connector.identify({ callbackUrl, redirectUri, checks })
}

describe('Entra ID', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp({ like: 'entra', manyGroups: 250 })
  })
  after(() => idp.close())

  test('gives all 250 groups of somebody, by Graph, and says so', async () => {
    const { groups, received } = await identityAt(idp, { username: 'carol' })

    assert.deepEqual([groups.length, new Set(groups).size], [250, 250])
    assert.deepEqual(groups.toSorted(), idp.users.find(({ username }) => username === 'carol')?.groups?.toSorted())
    assert.equal(received?.form, 'too many to send, so from Graph')
  })

  test('knows somebody by oid, with whatever client and flow', async () => {
    const byCode = await identityAt(idp)
    const withBrowser = await implicitAt(idp)

    assert.match(byCode.key.subject, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    assert.deepEqual(withBrowser.key, byCode.key)
    assert.notEqual(byCode.formerKey?.subject, byCode.key.subject)
  })

  test('says only that there are groups where the token comes with the browser, and it is no empty list', async () => {
    const { groups, received } = await implicitAt(idp, {}, 'carol')

    assert.deepEqual([groups, received?.form], [[], 'too many to send'])
  })
})

describe('Cognito', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp({ like: 'cognito' })
  })
  after(() => idp.close())

  test('signs out by its own parameters, and comes back', async () => {
    const connector = await connectorOf(idp)
    const url = await connector.endSessionUrl?.({ idToken: 'x', postLogoutRedirectUri: redirectUri, state: 's' })

    assert.deepEqual([...(url?.searchParams.keys() ?? [])], ['client_id', 'logout_uri'])
    const answer = await fetch(url ?? assert.fail(), { redirect: 'manual' })
    assert.equal(answer.headers.get('location'), redirectUri)
    assert.ok(connector.signOutOrigins.includes('https://*.amazoncognito.com'))
  })

  test('answers flow: implicit with an ID token beside its token', async () => {
    const { principal, groups, key } = await implicitAt(idp)

    assert.deepEqual([principal, groups], ['alice', ['analysts', 'data-admins']])
    assert.equal(key.issuer, idp.issuer)
  })
})
