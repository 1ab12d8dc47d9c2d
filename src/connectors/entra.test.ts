/** Who somebody is at Microsoft Entra ID, whose `sub` is another one for each application. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SignJWT } from 'jose'
import { type HostileIdp, startHostileIdp } from '../../test/support/hostile-idp.ts'
import { AppError } from '../errors.ts'
import { createFetch, type Fetch } from '../outgoing.ts'
import { vendors } from '../vendors/index.ts'
import { createOidcConnector, type OidcConnectorOptions } from './oidc.ts'

const checks = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier-of-at-least-forty-three-characters' }
const redirectUri = 'http://localhost/callback/entra'
const tenant = '3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31'
const other = '00000000-1111-2222-3333-444444444444'
const oid = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'

const startEntra = (word = tenant) => startHostileIdp(checks.nonce, `/${word}/v2.0`)

function signIn(
  idp: { issuer: string; clientId: string },
  options: Partial<OidcConnectorOptions> = {},
  answer = new URLSearchParams({ code: 'c' }),
) {
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
  const callbackUrl = new URL(`${redirectUri}?${answer}&state=${checks.state}`)
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

describe('where the issuer stands for many tenants', () => {
  const template = (idp: HostileIdp) => `${new URL(idp.issuer).origin}/{tenantid}/v2.0`
  const start = async (word = 'organizations') => {
    const idp = await startEntra(word)
    idp.document = { issuer: template(idp) }
    idp.claims = { iss: issuerOf(idp, tenant), tid: tenant, oid }
    return idp
  }
  const issuerOf = (idp: HostileIdp, id: string) => template(idp).replace('{tenantid}', id)
  const refused = (work: Promise<unknown>, code: string, details: Record<string, unknown>) =>
    assert.rejects(work, (error: unknown) => {
      assert.ok(error instanceof AppError, String(error))
      assert.equal(error.code, code)
      assert.deepEqual({ ...error.details, ...details }, error.details)
      return true
    })

  for (const word of ['organizations', 'common']) {
    test(`people of the tenants of the class sign in at ${word}, each in their own`, async () => {
      await using idp = await start(word)
      const { key, formerKey } = await signIn(idp, { tenants: [other, tenant] })

      assert.deepEqual(key, { issuer: issuerOf(idp, tenant), subject: oid })
      assert.deepEqual(formerKey, { issuer: issuerOf(idp, tenant), subject: 'subject-1' })
    })
  }

  test('a tenant can do everything but be another one', async () => {
    await using idp = await start()
    const tenants = [tenant]
    const found = await signIn(idp, { tenants: ['*'] })
    assert.equal(found.key.subject, oid)

    idp.claims = { iss: issuerOf(idp, other), tid: other, oid }
    await refused(signIn(idp, { tenants }), 'person-not-admitted', { setting: 'allowedTenants', received: other })
    idp.claims = { iss: issuerOf(idp, other), tid: tenant, oid }
    await refused(signIn(idp, { tenants }), 'issuer-mismatch', { configured: issuerOf(idp, tenant) })
    idp.claims = { iss: issuerOf(idp, tenant), oid }
    await refused(signIn(idp, { tenants }), 'id-token-invalid', { claim: 'tid' })
    idp.claims = { iss: template(idp), tid: '{tenantid}', oid }
    await refused(signIn(idp, { tenants: ['*'] }), 'id-token-invalid', { claim: 'tid' })
    await refused(signIn(idp), 'tenant-not-named', {})
  })

  // biome-ignore format: one table
  const wrong: [string, Record<string, unknown>, string, string][] = [
    ['for another client', { aud: 'another' }, 'id-token-invalid', 'aud'],
    ['for another attempt', { nonce: 'of-another' }, 'id-token-invalid', 'nonce'],
    ['without nonce', { nonce: undefined }, 'id-token-invalid', 'nonce'],
    ['that has expired', { exp: 1_000_000_000 }, 'clock-skew', 'exp'],
    ['without an end', { exp: undefined }, 'id-token-invalid', 'exp'],
    ['of tomorrow', { nbf: 99_999_999_999 }, 'clock-skew', 'nbf'],
  ]
  for (const [what, claims, code, claim] of wrong) {
    test(`a token ${what} signs nobody in`, async () => {
      await using idp = await start()
      Object.assign(idp.claims, claims)

      await refused(signIn(idp, { tenants: [tenant] }), code, { claim })
    })
  }

  test('a token of nobody, with alg none or with the public key as a secret, signs nobody in [alg-confusion]', async () => {
    await using idp = await start()
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const secret = new TextEncoder().encode(JSON.stringify(idp.publicJwk))

    idp.forge = (claims) => `${encoded({ alg: 'none' })}.${encoded(claims)}.`
    await refused(signIn(idp, { tenants: [tenant] }), 'id-token-invalid', { claim: 'alg' })
    idp.forge = (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(secret)
    await refused(signIn(idp, { tenants: [tenant] }), 'id-token-invalid', { claim: 'alg' })
  })

  test('a key that is published for another issuer signs nobody in', async () => {
    await using idp = await start()
    const keyOf = (issuer: string) => {
      idp.instead.jwks = (_, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ keys: [{ ...idp.publicJwk, issuer }] }))
    }

    keyOf(template(idp))
    assert.equal((await signIn(idp, { tenants: [tenant] })).key.subject, oid)
    keyOf(issuerOf(idp, tenant))
    assert.equal((await signIn(idp, { tenants: [tenant] })).key.subject, oid)
    keyOf(issuerOf(idp, other))
    await refused(signIn(idp, { tenants: [tenant] }), 'id-token-invalid', { claim: 'kid' })
  })
})

describe('somebody in too many groups for a token', () => {
  const overage = {
    _claim_names: { groups: 'src1' },
    _claim_sources: { src1: { endpoint: 'https://evil.test/steal' } },
  }
  const graph = 'https://graph.example.test'
  const ids = Array.from({ length: 250 }, (_, index) => `group-${index}`)
  const start = async () => {
    const idp = await startEntra()
    idp.document = { userinfo_endpoint: `${graph}/oidc/userinfo` }
    idp.claims = { tid: tenant, oid, name: 'Alice', email: 'alice@example.com', ...overage }
    return idp
  }
  const direct = createFetch({ timeout: 5000 })
  const answering =
    (answer: (url: URL) => Response): Fetch =>
    async (url, init) =>
      new URL(url).origin === graph ? answer(new URL(url)) : direct(url, init)
  const paged = answering(({ searchParams }) => {
    const from = Number(searchParams.get('$skiptoken') ?? 0)
    const value = ids.slice(from, from + 100).map((id) => ({ id }))
    const next = from + 100 < ids.length ? { '@odata.nextLink': `${graph}/v1.0/n?$skiptoken=${from + 100}` } : {}
    return Response.json({ value, ...next })
  })

  test('is in all of them, and the address in the token is not asked', async () => {
    await using idp = await start()

    const { groups, received } = await signIn(idp, { groupsAtGraph: true, fetch: paged })

    assert.deepEqual([groups.length, groups[249]], [250, 'group-249'])
    assert.equal(received?.form, 'too many to send, so from Graph')
  })

  test('gets in by a group that only Graph knows', async () => {
    await using idp = await start()
    const admission = { allowedGroups: ['group-249'], hostedDomains: [] }

    assert.equal((await signIn(idp, { groupsAtGraph: true, fetch: paged, admission })).groups.length, 250)
    await assert.rejects(
      signIn(idp, { groupsAtGraph: true, fetch: paged, admission: { ...admission, allowedGroups: ['group-250'] } }),
      ({ code }: AppError) => code === 'person-not-admitted',
    )
  })

  test('has none where Graph refuses the token, and it is said; and is not signed in where Graph is down', async () => {
    await using idp = await start()
    const refusing = answering(() => new Response('{}', { status: 403 }))
    const down = answering(() => new Response('', { status: 500 }))

    const { groups, received } = await signIn(idp, { groupsAtGraph: true, fetch: refusing })

    assert.deepEqual(groups, [])
    assert.match(received?.form ?? '', /too many to send, and Graph refuses: status 403/)
    await assert.rejects(
      signIn(idp, { groupsAtGraph: true, fetch: down }),
      ({ code }: AppError) => code === 'groups-unavailable',
    )
  })

  test('has the groups of the token, if there are some', async () => {
    await using idp = await start()
    Object.assign(idp.claims, { groups: ['one'], _claim_names: undefined })

    assert.deepEqual((await signIn(idp, { groupsAtGraph: true, fetch: paged })).groups, ['one'])
  })
})

// biome-ignore format: one table
const refusals: [string, string, string, RegExp][] = [
  ['access_denied', 'AADSTS50105: Your administrator has configured', 'person-not-admitted', /not assigned/],
  ['access_denied', 'AADSTS65004: User declined to consent', 'sign-in-cancelled', /did not consent/],
  ['access_denied', 'AADSTS53003: Access has been blocked', 'person-not-admitted', /Conditional Access/],
  ['invalid_request', 'AADSTS700016: Application was not found', 'client-credentials-rejected', /not in this tenant/],
  ['invalid_scope', 'AADSTS650053: asked for scope', 'scope-not-supported', /scope/],
  ['invalid_request', 'AADSTS50011: The redirect URI', 'provider-refused', /not registered/],
  ['access_denied', 'the user canceled', 'sign-in-cancelled', /^$/],
]
for (const [error, description, code, means] of refusals) {
  test(`${error} with "${description}" is ${code}`, async () => {
    await using idp = await startEntra()

    await assert.rejects(
      signIn(idp, { explains: vendors.entra.explains }, new URLSearchParams({ error, error_description: description })),
      (caught: AppError) => {
        assert.equal(caught.code, code)
        assert.match(String(caught.details['means'] ?? ''), means)
        return caught.details['error'] === error
      },
    )
  })
}

// biome-ignore format: one table
const addresses: [string, Record<string, unknown>, boolean | undefined][] = [
  ['says nothing of', {}, undefined],
  ['has verified', { xms_edov: true }, true],
  ['has verified, as a number,', { xms_edov: 1 }, true],
  ['has verified, as a text,', { xms_edov: '1' }, true],
  ['has not verified', { xms_edov: false }, false],
  ['has not verified, as a number,', { xms_edov: 0 }, false],
]
for (const [what, claims, verified] of addresses) {
  test(`an address that Entra ID ${what} is that [noauth-email]`, async () => {
    await using idp = await startEntra()
    idp.claims = { email: 'alice@example.com', ...claims }

    const { emailVerified } = await signIn(idp, { emailVerifiedClaim: vendors.entra.emailVerifiedClaim })

    assert.equal(emailVerified, verified)
  })
}

test('at a provider that is not Entra ID, oid is a claim like any other', async () => {
  await using idp = await startHostileIdp(checks.nonce, '/realms/data')
  idp.claims = { tid: tenant, oid }

  assert.equal((await signIn(idp)).key.subject, 'subject-1')
  assert.equal((await signIn(idp, { personIn: undefined })).key.subject, 'subject-1')
})
