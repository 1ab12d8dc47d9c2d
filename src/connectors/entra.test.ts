/** Who somebody is at Microsoft Entra ID, whose `sub` is another one for each application. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startHostileIdp } from '../../test/support/hostile-idp.ts'
import { createFetch } from '../outgoing.ts'
import { vendors } from '../vendors/index.ts'
import { createOidcConnector, type OidcConnectorOptions } from './oidc.ts'

const checks = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier-of-at-least-forty-three-characters' }
const redirectUri = 'http://localhost/callback/entra'
const tenant = '3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31'
const other = '00000000-1111-2222-3333-444444444444'
const oid = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'

const startEntra = (word = tenant) => startHostileIdp(checks.nonce, `/${word}/v2.0`)

function signIn(idp: { issuer: string; clientId: string }, options: Partial<OidcConnectorOptions> = {}) {
  const connector = createOidcConnector({
    name: 'entra',
    issuer: idp.issuer,
    clientId: idp.clientId,
    clientSecret: 'secret',
    clientAuthenticationMethod: 'client_secret_basic',
    scopes: ['openid', 'profile'],
    principalClaim: 'preferred_username',
    groupsClaims: [['groups']],
    personIn: vendors.entra.personIn,
    fetch: createFetch({ timeout: 5000 }),
    clock: { now: () => Date.now() },
    ...options,
  })
  const callbackUrl = new URL(`${redirectUri}?code=c&state=${checks.state}`)
  return connector.identify({ callbackUrl, redirectUri, checks })
}

describe('a person of Entra ID', () => {
  test('is the object in its tenant, and was the subject before', async () => {
    await using idp = await startEntra()
    idp.claims = { tid: tenant, oid: oid.toUpperCase() }

    const { key, formerKey } = await signIn(idp)

    assert.deepEqual(key, { issuer: idp.issuer, subject: oid })
    assert.deepEqual(formerKey, { issuer: idp.issuer, subject: 'subject-1' })
  })

  // biome-ignore format: one table
  const odd: [string, Record<string, unknown>][] = [
    ['without the scope profile, which brings both', {}],
    ['without oid', { tid: tenant }],
    ['without a tenant', { oid }],
    ['of another tenant than the issuer', { tid: other, oid }],
    ['whose oid is the subject of somebody', { tid: tenant, oid: 'subject-2' }],
    ['whose oid is a list', { tid: tenant, oid: [oid] }],
  ]
  for (const [what, claims] of odd) {
    test(`is the subject, in tokens ${what}`, async () => {
      await using idp = await startEntra()
      idp.claims = claims

      const { key, formerKey } = await signIn(idp)

      assert.deepEqual([key.subject, formerKey], ['subject-1', undefined])
    })
  }

  test('is who the signed token says, whatever userinfo adds', async () => {
    await using idp = await startEntra()
    idp.userinfo = { tid: tenant, oid }

    assert.equal((await signIn(idp)).key.subject, 'subject-1')
  })
})

test('at a provider that is not Entra ID, oid is a claim like any other', async () => {
  await using idp = await startHostileIdp(checks.nonce, '/realms/data')
  idp.claims = { tid: tenant, oid }

  assert.equal((await signIn(idp)).key.subject, 'subject-1')
  assert.equal((await signIn(idp, { personIn: undefined })).key.subject, 'subject-1')
})
