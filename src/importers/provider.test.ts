import assert from 'node:assert/strict'
import { test } from 'node:test'
import { issuerOf } from '../config/issuer.ts'
import { OidcProvider } from '../config/schema.ts'
import { classOfIssuer } from './provider.ts'

const wellKnown = '/.well-known/openid-configuration'

function imported(issuer: string) {
  const found = classOfIssuer({ issuer, scopes: ['openid'], principalClaim: 'email' })
  assert.ok(found, issuer)
  return { ...found, said: issuerOf(OidcProvider.parse(found.oidc)) }
}

test('an issuer is imported to the letter, with its slash at the end or without', () => {
  const kept = [
    'https://auth.example.com/application/o/platform/',
    'https://auth.example.com/application/o/platform',
    'https://sso.example.com',
    'https://sso.example.com/',
    'https://sso.example.com:8443/o/x/',
    'https://dex.example.com/dex/',
    'https://sso.example.com/realms/data',
  ]
  for (const issuer of kept) {
    const { said, differs } = imported(issuer)

    assert.deepEqual([said, differs], [issuer, undefined])
  }
})

test('what its vendor never writes is said', () => {
  const { said, differs } = imported('https://sso.example.com/realms/data/')

  assert.equal(said, 'https://sso.example.com/realms/data')
  assert.equal(differs, said)
})

test('a vendor that only a path shows is a guess, which is said; a host name is none', () => {
  assert.match(
    imported('https://sso.example.com/dex').guesses.join(),
    /^Check that this is Dex: only the path \/dex says so/,
  )
  assert.match(imported('https://sso.example.com/realms/data').guesses.join(), /^Check that this is Keycloak/)
  for (const issuer of ['https://acme.okta.com', 'https://accounts.google.com', 'https://auth.example.com/o/x/'])
    assert.deepEqual(imported(issuer).guesses, [], issuer)
})

test('of a discovery URL nobody can tell how the issuer ends, unless the vendor is known: that is said', () => {
  const path = imported(`https://auth.example.com/application/o/x${wellKnown}`)
  const root = imported(`https://auth.example.com${wellKnown}`)

  assert.equal(path.said, 'https://auth.example.com/application/o/x')
  assert.match(
    path.guesses.join(),
    /Check `issuer` in https:\/\/auth\.example\.com\/application\/o\/x\/\.well-known.*write rootPath: \/application\/o\/x\/\.$/,
  )
  assert.match(root.guesses.join(), /if it ends in a slash, write rootPath: \/\.$/)
  assert.deepEqual(imported(`https://acme.okta.com/oauth2/default${wellKnown}`).guesses, [])
  assert.equal(
    imported('https://sso.example.com/.well-known/oauth-authorization-server/o/x').said,
    'https://sso.example.com/o/x',
  )
})
