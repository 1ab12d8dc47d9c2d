import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fc, runs } from '../../test/support/properties.ts'
import { errorRows } from '../errors.ts'
import { symptoms, symptomsIn } from './symptoms.ts'

describe('a pasted text', () => {
  const known: [string, string][] = [
    [
      'AADSTS50011: The redirect URI https://x/callback specified in the request does not match',
      'redirect-uri-not-registered',
    ],
    ["AADSTS700016: Application with identifier 'x' was not found in the directory", 'client-unknown'],
    [
      '{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."}',
      'client-credentials-rejected',
    ],
    ['AADSTS7000222: The provided client secret keys are expired', 'client-credentials-rejected'],
    ['AADSTS50105: Your administrator has configured the application to block users', 'access-denied'],
    ['We are sorry... Invalid parameter: redirect_uri', 'redirect-uri-not-registered'],
    ['Client not found.', 'client-unknown'],
    [
      "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings",
      'redirect-uri-not-registered',
    ],
    ['Callback URL mismatch.', 'redirect-uri-not-registered'],
    ['Error 400: redirect_uri_mismatch', 'redirect-uri-not-registered'],
    ['Bad Request: Unregistered redirect_uri ("/oauth2/callback").', 'redirect-uri-not-registered'],
    ['Login Failed: Unable to find a valid CSRF token. Please try again.', 'login-expired'],
    ['mismatching_state: CSRF Warning! State not equal in request and response.', 'login-expired'],
    [
      'oidc: issuer did not match the issuer returned by provider, expected "https://x:8088/realms/j" got "https://x/realms/j"',
      'issuer-mismatch',
    ],
    [
      'audience from claim aud with value [account] does not match with any of allowed audiences map[oauth2-proxy:{}]',
      'token-audience-wrong',
    ],
    ["Error redeeming code: email in id_token (carol@x.example) isn't verified", 'email-not-verified'],
    ['[AuthFailure] Invalid authentication via OAuth2: unauthorized', 'access-denied'],
    ['OAUTH userinfo does not have username or email {}', 'principal-claim-missing'],
    ["Error returning OAuth user info: 'upn'", 'principal-claim-missing'],
    ['sun.security.validator.ValidatorException: PKIX path building failed', 'certificate-untrusted'],
    ['x509: certificate signed by unknown authority', 'certificate-untrusted'],
    ['x509: certificate is valid for ingress.local, not sso.example.com', 'certificate-hostname-mismatch'],
    ['error:0A00010B:SSL routines:tls_validate_record_header:wrong version number', 'provider-unreachable'],
    ['privateKeyJwtConfig cannot be null', 'client-credentials-rejected'],
    ["Insufficient Permissions: Unknown user with identity 'x@y'.", 'access-denied'],
    ['Jwt issuer is not configured', 'issuer-mismatch'],
    ['OAuthError: invalid_grant (token expired)', 'clock-skew'],
    ['error=unauthorized_client', 'provider-refused'],
  ]
  for (const [text, code] of known) {
    test(`is known: ${text.slice(0, 60)}`, () => {
      assert.equal(symptomsIn(text)[0]?.code, code)
    })
  }

  test('without any of the words is not known', () => {
    for (const text of ['', 'hello', 'The quick brown fox', '3f2a9c51d0b7e846', 'AADSTS', 'issuer-missmatch'])
      assert.deepEqual(symptomsIn(text), [], text)
  })

  test('is looked through in no time, however it is made', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.nat(2_000), (part, times) => {
        const began = performance.now()
        symptomsIn(part.repeat(times))
        symptomsIn(`sts.windows.net ${'login.microsoftonline.com '.repeat(times)}`)
        assert.ok(performance.now() - began < 1_000)
      }),
      { numRuns: runs(10) },
    )
  })
})

test('each symptom says why and what to do, with a code that exists', () => {
  for (const { words, code, cause, remedy } of symptoms) {
    assert.ok(cause.endsWith('.') && remedy.endsWith('.'), String(words))
    assert.match(remedy, /^[A-Z][a-z]+ /)
    if (code !== undefined) assert.ok(code in errorRows, code)
  }
})
