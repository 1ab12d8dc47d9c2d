import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { plainLook } from '../../test/support/plain-look.ts'
import { AppError } from '../errors.ts'
import { errorPage } from '../web/error-page.ts'
import { toAppError } from './errors.ts'

/** A request of a client; `undefined`: the id is nobody's. */
function requestOf(clientId: string | undefined): KoaContextWithOIDC {
  const client = clientId === undefined ? undefined : { clientId }
  const oidc = { params: {}, client }
  return { oidc, req: new IncomingMessage(new Socket()), query: {} } as unknown as KoaContextWithOIDC
}

const mechanism = 'the provided authentication mechanism does not match the registered client authentication method'

for (const [detail, clientId, code] of [
  ['client not found', undefined, 'client-unknown'],
  ['invalid secret provided', 'app', 'client-secret-wrong'],
  [mechanism, 'app', 'client-method-wrong'],
] as const) {
  test(`a client that is refused because of "${detail}" is a ${code}`, () => {
    const error = toAppError(new errors.InvalidClientAuth(detail), requestOf(clientId))

    assert.equal(error.code, code)
    assert.equal(error.details['clientId'], clientId)
  })
}

test('an address that is not registered is shown beside those that are, to whoever reads the trace', () => {
  const client = { redirectUris: ['https://a/back'], postLogoutRedirectUris: ['https://a/bye'] }
  const params = { redirect_uri: 'https://a/Back', post_logout_redirect_uri: 'https://a/', client_id: 'app' }
  const context = { ...requestOf('app'), oidc: { params, client } } as unknown as KoaContextWithOIDC

  const signIn = toAppError(new errors.InvalidRedirectUri(), context)
  const signOut = toAppError(new errors.InvalidRequest('post_logout_redirect_uri not registered'), context)
  const other = toAppError(new errors.InvalidRequest('missing required parameter(s)'), context)

  assert.deepEqual(
    [signIn.code, signIn.details['redirectUri'], signIn.details['registered']],
    ['redirect-uri-not-registered', 'https://a/Back', 'https://a/back'],
  )
  assert.deepEqual(
    [signOut.code, signOut.details['postLogoutRedirectUri'], signOut.details['registered']],
    ['redirect-uri-not-registered', 'https://a/', 'https://a/bye'],
  )
  assert.deepEqual([other.code, other.details['registered']], ['invalid-request', undefined])
})

test('the page of an application that is not known says so in a sentence', () => {
  const page = errorPage(plainLook, {
    error: new AppError('client-unknown'),
    requestId: 'x',
    at: new Date(0),
    back: undefined,
    application: 'c1',
  })

  assert.match(page, /<h1>C1 is not known to the sign-in service<\/h1>/)
})
