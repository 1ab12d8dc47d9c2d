import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { browserOf, signInAtKeycloak } from '../../test/e2e/support/scripted-browser.ts'
import { startDevIdp } from '../dev-idp/index.ts'
import { createFetch } from '../outgoing.ts'
import { createOidcConnector } from './oidc.ts'

const checks = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier-of-at-least-forty-three-characters' }
const direct = createFetch()

test('a provider with an inner address is called there, and browsers go to the public one', async (t) => {
  const idp = await startDevIdp({})
  t.after(() => idp.close())
  const landing = createServer((_request, response) => response.end('here'))
  await new Promise<void>((resolve) => landing.listen(0, '127.0.0.1', resolve))
  t.after(() => landing.close())
  const redirectUri = `http://localhost:${(landing.address() as AddressInfo).port}/callback/keycloak`
  const { port } = new URL(idp.issuer)
  const called: string[] = []
  const connector = createOidcConnector({
    name: 'keycloak',
    issuer: idp.issuer,
    internalUrl: `http://127.0.0.1:${port}`,
    clientId: idp.clientId,
    clientSecret: idp.clientSecret,
    clientAuthenticationMethod: 'client_secret_basic',
    scopes: ['openid', 'profile', 'email'],
    principalClaim: 'preferred_username',
    groupsClaims: [['not-in-the-id-token']],
    fetch: (url, init) => {
      called.push(String(url))
      return direct(url, init)
    },
    clock: { now: () => Date.now() },
  })

  const url = await connector.authorizationUrl({ redirectUri, checks, fresh: false })
  const [{ username, password } = { username: '', password: '' }] = idp.users
  const callback = await signInAtKeycloak(browserOf(t), {
    issuer: idp.issuer,
    startUrl: url.href,
    username,
    password,
  })
  const person = await connector.identify({ callbackUrl: new URL(callback.url), redirectUri, checks })

  assert.equal(url.origin, new URL(idp.issuer).origin)
  assert.equal(person.principal, username)
  assert.equal(called.length, 4, 'the document, the token endpoint, the keys and userinfo')
  assert.deepEqual([...new Set(called.map((address) => new URL(address).host))], [`127.0.0.1:${port}`])
})
