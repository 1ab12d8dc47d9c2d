import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { ScriptedBrowser, signIn } from '../../test/e2e/support/scripted-browser.ts'
import { AppError } from '../errors.ts'
import { type DevIdp, startDevIdp } from './index.ts'

const callback = 'http://127.0.0.1:4999/callback'

describe('the authentik look-alike', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp({ like: 'authentik', groupsClaim: 'data.groups' })
  })
  after(() => idp.close())

  async function document(): Promise<Record<string, string>> {
    return (await (await fetch(`${idp.issuer}.well-known/openid-configuration`)).json()) as Record<string, string>
  }

  async function tokens(scope: string) {
    const config = await client.discovery(new URL(idp.issuer), idp.clientId, idp.clientSecret, undefined, {
      execute: [client.allowInsecureRequests],
    })
    const startUrl = client.buildAuthorizationUrl(config, { redirect_uri: callback, scope, state: 'the-state' }).href
    const browser = new ScriptedBrowser()
    const { username = '', password = '' } = idp.users[0] ?? {}
    // Nothing listens at the callback.
    await signIn(browser, { startUrl, username, password }).catch(() => {})
    const target = browser.hops.at(-1)?.location ?? ''
    return {
      config,
      answer: await client.authorizationCodeGrant(config, new URL(target), { expectedState: 'the-state' }),
    }
  }

  test('has an issuer with a path and a slash, and endpoints beside it that end in slashes', async () => {
    const origin = new URL(idp.issuer).origin
    const found = await document()

    assert.equal(found['issuer'], `${origin}/application/o/gatehouse/`)
    assert.equal(found['token_endpoint'], `${origin}/application/o/token/`)
    assert.equal(found['jwks_uri'], `${origin}/application/o/gatehouse/jwks/`)
    assert.equal(found['end_session_endpoint'], `${origin}/application/o/gatehouse/end-session/`)
    assert.equal(idp.authenticationClass.oidc['rootPath'], '/application/o/gatehouse/')
  })

  test('sends groups at the path that was asked for, one name twice, and no address as verified', async () => {
    const { config, answer } = await tokens('openid email profile')
    const { payload } = await jwtVerify(
      answer.id_token ?? '',
      createRemoteJWKSet(new URL((await document())['jwks_uri'] ?? '')),
      {
        issuer: idp.issuer,
        audience: idp.clientId,
      },
    )
    const info = await client.fetchUserInfo(config, answer.access_token, payload.sub ?? '')

    for (const claims of [payload, info, decodeJwt(answer.access_token)]) {
      assert.deepEqual(claims['data'], { groups: ['analysts', 'data-admins'] })
      assert.deepEqual(
        [claims['name'], claims['given_name'], claims['family_name']],
        ['Alice Archer', 'Alice Archer', undefined],
      )
      assert.equal(claims['email_verified'], false)
      assert.equal(claims['groups'], undefined)
    }
    assert.equal(answer.refresh_token, undefined)
  })

  test('leaves out unknown scopes, and gives a refresh token for offline_access only', async () => {
    const { answer } = await tokens('openid groups offline_access')

    assert.ok(answer.refresh_token)
    assert.equal(decodeJwt(answer.id_token ?? '')['data'], undefined, 'without the scope profile')
  })

  test('refuses what authentik has no setting for', async () => {
    await assert.rejects(startDevIdp({ like: 'authentik', fullGroupPaths: true }), AppError)
    await assert.rejects(startDevIdp({ like: 'okta', groupsClaim: 'a.b' }), AppError)
  })
})

test('the Keycloak look-alike sends groups inside of another claim when it is told to', async () => {
  const idp = await startDevIdp({ groupsClaim: 'realm_access.roles' })
  try {
    assert.deepEqual(idp.authenticationClass.oidc['groupsClaim'], ['realm_access', 'roles'])
  } finally {
    await idp.close()
  }
})
