import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeAuthorizationAnswer, type Verdict } from './authorization-answer.ts'

const ours = 'https://trino.example.com/oauth2/callback'

const answers: [string, { status: number; location?: string; body?: string }, Verdict['kind']][] = [
  [
    'a redirect back with login_required',
    { status: 302, location: `${ours}?error=login_required&state=x` },
    'accepted',
  ],
  [
    'a redirect back with the error in the fragment',
    { status: 302, location: `${ours}#error=login_required` },
    'accepted',
  ],
  ['a login page', { status: 200, body: '<form>' }, 'accepted'],
  ['a redirect to a login page elsewhere', { status: 302, location: 'https://login.example.com/?x=1' }, 'accepted'],
  ['a relative redirect to a login page', { status: 303, location: '/interaction/abc' }, 'accepted'],
  ['Keycloak', { status: 400, body: 'Invalid parameter: redirect_uri' }, 'redirect-uri-not-registered'],
  ['Dex', { status: 400, body: 'Unregistered redirect_uri ("x").' }, 'redirect-uri-not-registered'],
  [
    'Entra, whose error page is a 200',
    { status: 200, body: 'AADSTS50011: The reply URL' },
    'redirect-uri-not-registered',
  ],
  ['Auth0', { status: 403, body: 'Callback URL mismatch.' }, 'redirect-uri-not-registered'],
  [
    'Okta, whose page writes quotes as references',
    { status: 400, body: '<p>The &#39;redirect_uri&#39; parameter must be a Login redirect URI</p>' },
    'redirect-uri-not-registered',
  ],
  [
    'Okta',
    { status: 400, body: "The 'redirect_uri' parameter must be a Login redirect URI" },
    'redirect-uri-not-registered',
  ],
  [
    'Cognito',
    { status: 302, location: 'https://x.amazoncognito.com/error?error=redirect_mismatch' },
    'redirect-uri-not-registered',
  ],
  [
    'Google, whose error is packed',
    {
      status: 302,
      location: `https://accounts.google.com/signin/oauth/error?authError=${btoa('\n\u0015redirect_uri_mismatch')}`,
    },
    'redirect-uri-not-registered',
  ],
  [
    'a redirect to a host that begins like ours',
    { status: 302, location: 'https://trino.example.com.evil.example/oauth2/callback?error=redirect_uri_mismatch' },
    'redirect-uri-not-registered',
  ],
  ['an unknown client at Keycloak', { status: 400, body: 'Client not found.' }, 'client-unknown'],
  ['an unknown client at Entra', { status: 400, body: 'AADSTS700016: Application' }, 'client-unknown'],
  ['Google, which refuses a scope on a page', { status: 400, body: 'Error 400: invalid_scope' }, 'scope-refused'],
  ['a redirect back with invalid_scope', { status: 302, location: `${ours}?error=invalid_scope` }, 'accepted'],
  ...['interaction_required', 'consent_required', 'account_selection_required'].map(
    (error): [string, { status: number; location: string }, Verdict['kind']] => [
      `a redirect back with ${error}`,
      { status: 302, location: `${ours}?error=${error}` },
      'accepted',
    ],
  ),
  ...[
    'unauthorized_client',
    'access_denied',
    'invalid_request',
    'unsupported_response_type',
    'server_error',
    'temporarily_unavailable',
    'something_of_the_vendor',
  ].flatMap((error): [string, { status: number; location: string }, Verdict['kind']][] => [
    [`a redirect back with ${error}`, { status: 302, location: `${ours}?error=${error}` }, 'refused'],
    [`a redirect back with ${error} in the fragment`, { status: 302, location: `${ours}#error=${error}` }, 'refused'],
  ]),
  [
    'a redirect to an error page that names access_denied',
    { status: 302, location: '/error?error=access_denied' },
    'refused',
  ],
  ['a redirect back with invalid_client', { status: 302, location: `${ours}?error=invalid_client` }, 'client-unknown'],
  [
    'an unknown client at Entra, whose error page is a 200',
    { status: 200, body: '<title>Sign in</title> AADSTS700016: Application with identifier' },
    'client-unknown',
  ],
  ['a tenant that Entra does not know', { status: 200, body: 'AADSTS90002: Tenant not found' }, 'refused'],
  ['Entra without a session', { status: 200, body: 'AADSTS50058: no user is signed in' }, 'accepted'],
  ['an error page with status 200', { status: 200, body: '<h1>unauthorized_client</h1>' }, 'client-unknown'],
  [
    'a login page whose script knows the word',
    { status: 200, body: '<input name=p type="password"><script>e = "unauthorized_client"</script>' },
    'accepted',
  ],
  ['an error page without a word that is known', { status: 400, body: 'No.' }, 'unclear'],
  ['a failure of the provider', { status: 500, body: '' }, 'unclear'],
]

for (const [name, { status, location, body = '' }, kind] of answers) {
  test(`${name}: ${kind}`, () => {
    assert.equal(judgeAuthorizationAnswer({ status, location, body }, ours).kind, kind)
  })
}

test('what is said of a refusal is the word that was recognised, not the page', () => {
  const verdict = judgeAuthorizationAnswer(
    { status: 400, location: undefined, body: 'internal-host-17 Invalid parameter: redirect_uri <script>' },
    ours,
  )

  assert.deepEqual(verdict, { kind: 'redirect-uri-not-registered', said: '400 Invalid parameter: redirect_uri' })
})
