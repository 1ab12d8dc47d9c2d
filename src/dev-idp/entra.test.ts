import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { documentAt, identityAt, tokensAt, withToken } from '../../test/support/dev-idp-walk.ts'
import { AppError } from '../errors.ts'
import { type DevIdp, startDevIdp } from './index.ts'

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

describe('the Entra look-alike', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp({ like: 'entra', manyGroups: 250 })
  })
  after(() => idp.close())

  const at = (word: string) => `${new URL(idp.issuer).origin}/${word}/v2.0`
  const claimsOf = async (options: Record<string, string> = {}) =>
    decodeJwt<Record<string, unknown>>((await tokensAt(idp, options)).tokens['id_token'] ?? '')

  test('signs alice in with the class that it prints: name, address and the ids of her groups', async () => {
    const identity = await identityAt(idp)

    assert.deepEqual(
      [identity.principal, identity.email, identity.emailVerified, identity.name],
      ['alice@example.com', 'alice@example.com', undefined, 'Alice Archer'],
    )
    assert.deepEqual(identity.groups, idp.users[0]?.groups)
    assert.ok(identity.groups.length === 2 && identity.groups.every((group) => guid.test(group)))
  })

  test('publishes the document of a tenant, with userinfo at Graph and without a word about PKCE', async () => {
    const document = await documentAt(idp.issuer)
    const { origin } = new URL(idp.issuer)
    const tenant = idp.issuer.split('/').at(-2) ?? ''

    assert.match(tenant, guid)
    assert.equal(document['issuer'], `${origin}/${tenant}/v2.0`)
    assert.equal(document['token_endpoint'], `${origin}/${tenant}/oauth2/v2.0/token`)
    assert.equal(document['jwks_uri'], `${origin}/${tenant}/discovery/v2.0/keys`)
    assert.notEqual(new URL(document['userinfo_endpoint'] ?? '').origin, origin)
    assert.equal(new URL(document['userinfo_endpoint'] ?? '').host, document['msgraph_host'])
    assert.equal(document['code_challenge_methods_supported'], undefined)
    assert.deepEqual(document['subject_types_supported'], ['pairwise'])
  })

  test('says a template as its issuer at common and organizations, and the id of the tenant at its domain', async () => {
    const { origin } = new URL(idp.issuer)

    for (const word of ['common', 'organizations']) {
      const document = await documentAt(at(word))
      assert.equal(document['issuer'], `${origin}/{tenantid}/v2.0`)
      assert.equal(document['token_endpoint'], `${origin}/${word}/oauth2/v2.0/token`)
      const { keys } = (await (await fetch(document['jwks_uri'] ?? '')).json()) as { keys: Record<string, string>[] }
      assert.equal(keys[0]?.['issuer'], `${origin}/{tenantid}/v2.0`)
    }
    assert.equal((await documentAt(at('example.onmicrosoft.com')))['issuer'], idp.issuer)
    assert.equal((await fetch(`${at('nobody')}/.well-known/openid-configuration`)).status, 404)
  })

  test('knows a person by oid and tid, in each application by another sub', async () => {
    const { document, tokens } = await tokensAt(idp)
    const keys = createRemoteJWKSet(new URL(document['jwks_uri'] ?? ''))

    const { payload } = await jwtVerify(tokens['id_token'] ?? '', keys, { issuer: idp.issuer, audience: idp.clientId })

    assert.match(String(payload['oid']), guid)
    assert.equal(payload['tid'], idp.issuer.split('/').at(-2))
    assert.equal(payload['ver'], '2.0')
    assert.match(String(payload.sub), /^[\w-]{43}$/)
    assert.equal(payload['nonce'], 'a-nonce')
    assert.equal(payload['email_verified'], undefined)
  })

  test('leaves out the address of somebody without a mailbox', async () => {
    const claims = await claimsOf({ username: 'bob' })

    assert.equal(claims['email'], undefined)
    assert.equal(claims['preferred_username'], 'bob@example.com')
  })

  test('lets somebody of another tenant in at common only, as a person of that tenant', async () => {
    await assert.rejects(tokensAt(idp, { username: 'ada' }), /AADSTS50020/)

    const claims = await claimsOf({ username: 'ada', issuer: at('common') })
    const ours = await claimsOf({ issuer: at('common') })

    assert.notEqual(claims['tid'], ours['tid'])
    assert.equal(claims['iss'], at(String(claims['tid'])))
    assert.equal(ours['iss'], idp.issuer)
  })

  test('sends the address of a list in place of more than 200 groups, and Graph has them page by page', async () => {
    const { document, tokens } = await tokensAt(idp, {
      username: 'carol',
      scope: 'openid profile GroupMember.Read.All',
    })
    const claims = decodeJwt<Record<string, unknown>>(tokens['id_token'] ?? '')
    const token = tokens['access_token']
    const graph = `${new URL(document['userinfo_endpoint'] ?? '').origin}/v1.0`
    const { endpoint } = (claims['_claim_sources'] as { src1: { endpoint: string } }).src1

    const names: unknown[] = []
    let pages = 0
    let next: unknown = `${graph}/me/transitiveMemberOf/microsoft.graph.group?$select=id,displayName&$top=99`
    for (; typeof next === 'string' && pages < 10; pages++) {
      const { body } = await withToken(next, token)
      names.push(...(body['value'] as { displayName: string }[]).map(({ displayName }) => displayName))
      next = body['@odata.nextLink']
    }
    const body = JSON.stringify({ securityEnabledOnly: false })
    const ids = (await withToken(endpoint, token, { method: 'POST', body })).body['value'] as string[]

    assert.deepEqual(claims['_claim_names'], { groups: 'src1' })
    assert.equal(claims['groups'], undefined)
    assert.equal(endpoint, `${graph}/users/${claims['oid']}/getMemberObjects`)
    assert.equal(pages, 3)
    assert.deepEqual([names.length, names[0], names[249]], [250, 'analysts', 'group-250'])
    assert.equal(new Set(ids).size, 250)
    assert.deepEqual(ids, idp.users.find(({ username }) => username === 'carol')?.groups)
  })

  test('all 250 groups of carol arrive with the class that it prints', async () => {
    const { groups } = await identityAt(idp, { username: 'carol' })

    assert.deepEqual([...groups].sort(), idp.users.find(({ username }) => username === 'carol')?.groups.toSorted())
  })

  test('Graph hides names from a token without the permission, others from everybody, and itself without a token', async () => {
    const { document, tokens } = await tokensAt(idp)
    const graph = `${new URL(document['userinfo_endpoint'] ?? '').origin}/v1.0`
    const token = tokens['access_token']

    const { body } = await withToken(`${graph}/me/transitiveMemberOf`, token)

    assert.deepEqual(
      (body['value'] as { displayName: unknown }[]).map(({ displayName }) => displayName),
      [null, null],
    )
    assert.equal((await withToken(`${graph}/users/somebody/getMemberObjects`, token, { method: 'POST' })).status, 404)
    assert.equal((await withToken(`${graph}/me/getMemberObjects`, token, { method: 'POST' })).status, 400)
    assert.equal((await withToken(`${graph}/me`, 'nothing')).status, 401)
  })

  test('says only that there are groups in a token that goes by the address of the browser', async () => {
    const { target } = await tokensAt(idp, { username: 'carol', response_type: 'id_token' })
    const claims = decodeJwt<Record<string, unknown>>(new URLSearchParams(target.hash.slice(1)).get('id_token') ?? '')

    assert.equal(claims['hasgroups'], true)
    assert.equal(claims['groups'], undefined)
    assert.equal(claims['_claim_names'], undefined)
  })

  test('gives access tokens for Graph that nobody else can check, and for the application when it asks for them', async () => {
    const forGraph = await tokensAt(idp)
    const own = await tokensAt(idp, { scope: 'openid gatehouse/.default' })
    const keys = createRemoteJWKSet(new URL(own.document['jwks_uri'] ?? ''))

    await assert.rejects(jwtVerify(forGraph.tokens['access_token'] ?? '', keys), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
    const { payload } = await jwtVerify(own.tokens['access_token'] ?? '', keys, { issuer: idp.issuer })

    assert.equal(payload.aud, idp.clientId)
    assert.deepEqual(payload['groups'], idp.users[0]?.groups)
  })
})

test('the class for common lets people of the tenants in that it allows', async (t) => {
  const idp = await startDevIdp({ like: 'entra', tenant: 'common' })
  t.after(() => idp.close())
  const tenant = String(decodeJwt((await tokensAt(idp)).tokens['id_token'] ?? '')['tid'])
  const oidc = { allowedTenants: [tenant] }

  assert.equal(idp.authenticationClass.oidc['rootPath'], '/common/v2.0')
  assert.equal((await identityAt(idp, { oidc })).name, 'Alice Archer')
  await assert.rejects(
    identityAt(idp, { username: 'ada', oidc }),
    (error) => error instanceof AppError && error.code === 'person-not-admitted',
  )
  assert.equal((await identityAt(idp, { username: 'ada', oidc: { allowedTenants: ['*'] } })).name, 'Ada Abbott')
  await assert.rejects(startDevIdp({ like: 'okta', tenant: 'common' }), AppError)
})
