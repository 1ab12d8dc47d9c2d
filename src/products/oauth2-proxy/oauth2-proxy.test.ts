/** oauth2-proxy does not start with a key that it does not know, so every golden is held against those of 7.8 and later. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse as parseToml } from 'smol-toml'
import { parse } from 'yaml'
import { type Accepted, goldenFiles, refused } from '../../../test/support/accepted-keys.ts'

/** They stay in this file in the alpha form. */
const core = {
  redirect_url: 'text',
  relative_redirect_url: 'bool',
  email_domains: 'texts',
  whitelist_domains: 'texts',
  ssl_insecure_skip_verify: 'bool',
  reverse_proxy: 'bool',
  // 7.15.2 and later.
  trusted_proxy_ips: 'texts',
  skip_auth_routes: 'texts',
  api_routes: 'texts',
  skip_provider_button: 'bool',
  cookie_name: 'text',
  cookie_secure: 'bool',
  cookie_httponly: 'bool',
  cookie_samesite: 'text',
  cookie_domains: 'texts',
  cookie_expire: 'text',
  cookie_refresh: 'number',
  cookie_csrf_per_request: 'bool',
  // 7.11 and later.
  cookie_csrf_per_request_limit: 'number',
  session_store_type: 'text',
  redis_connection_url: 'text',
  authenticated_emails_file: 'text',
  banner: 'text',
  request_logging_format: 'text',
} as const satisfies Accepted

const legacy = {
  ...core,
  http_address: 'text',
  provider: 'text',
  provider_display_name: 'text',
  provider_ca_files: 'texts',
  oidc_issuer_url: 'text',
  skip_oidc_discovery: 'bool',
  login_url: 'text',
  redeem_url: 'text',
  validate_url: 'text',
  oidc_jwks_url: 'text',
  profile_url: 'text',
  oidc_groups_claim: 'text',
  insecure_oidc_skip_nonce: 'bool',
  client_id: 'text',
  scope: 'text',
  prompt: 'text',
  approval_prompt: 'text',
  acr_values: 'text',
  code_challenge_method: 'text',
  allowed_groups: 'texts',
  gitlab_groups: 'texts',
  github_org: 'text',
  backend_logout_url: 'text',
  upstreams: 'texts',
  set_xauthrequest: 'bool',
  set_authorization_header: 'bool',
  set_basic_auth: 'bool',
  pass_access_token: 'bool',
  pass_basic_auth: 'bool',
  upstream_timeout: 'text',
  github_team: 'text',
  github_users: 'texts',
} as const satisfies Accepted

const headers = (source: Accepted): Accepted => [{ name: 'text', values: [source] }]

/** Headers changed in 7.14. */
function alpha(source: Accepted): Accepted {
  return {
    upstreamConfig: {
      upstreams: [
        {
          id: 'text',
          path: 'text',
          uri: 'text',
          static: 'bool',
          staticCode: 'number',
          rewriteTarget: 'text',
          timeout: 'text',
          passHostHeader: 'bool',
        },
      ],
    },
    injectRequestHeaders: headers(source),
    injectResponseHeaders: headers(source),
    server: {
      bindAddress: 'text',
      secureBindAddress: 'text',
      tls: { key: { fromFile: 'text' }, cert: { fromFile: 'text' } },
    },
    metricsServer: { bindAddress: 'text' },
    providers: [
      {
        id: 'text',
        provider: 'text',
        clientID: 'text',
        clientSecretFile: 'text',
        scope: 'text',
        code_challenge_method: 'text',
        caFiles: 'texts',
        allowedGroups: 'texts',
        additionalClaims: 'texts',
        backendLogoutURL: 'text',
        loginURL: 'text',
        redeemURL: 'text',
        validateURL: 'text',
        profileURL: 'text',
        loginURLParameters: [{ name: 'text', default: 'texts' }],
        githubConfig: { org: 'text' },
        gitlabConfig: { group: 'texts' },
        oidcConfig: {
          issuerURL: 'text',
          skipDiscovery: 'bool',
          jwksURL: 'text',
          insecureSkipNonce: 'bool',
          emailClaim: 'text',
          groupsClaim: 'text',
          audienceClaims: 'texts',
        },
      },
    ],
  }
}

const providers = ['adfs', 'entra-id', 'github', 'gitlab', 'google', 'keycloak-oidc', 'oidc']

test('every oauth2-proxy.cfg has keys and types that oauth2-proxy knows', () => {
  const files = [...goldenFiles('oauth2-proxy', 'oauth2-proxy.cfg'), ...goldenFiles('kubeflow', 'oauth2-proxy.cfg')]
  assert.ok(files.length > 30)
  for (const { path, text } of files) {
    const configuration = parseToml(text)

    const known = path.includes('/alpha-') ? core : legacy

    // A number there counts nanoseconds.
    const cookieRefresh = typeof configuration['cookie_refresh'] === 'string' ? 'text' : 'number'
    assert.deepEqual(refused(configuration, { ...known, cookie_refresh: cookieRefresh }), [], path)
    assert.ok(path.includes('/alpha-') || providers.includes(String(configuration['provider'])), path)
  }
})

test('every alpha configuration has keys and types that oauth2-proxy knows', () => {
  const files = goldenFiles('oauth2-proxy', 'oauth2-proxy-alpha.yaml')
  assert.ok(files.length > 5)
  for (const { path, text } of files) {
    const source: Accepted = path.includes('/alpha-7.13-')
      ? { claim: 'text' }
      : { claimSource: { claim: 'text', prefix: 'text' }, secretSource: { fromFile: 'text' } }

    assert.deepEqual(refused(parse(text), alpha(source)), [], path)
  }
})

test('cookies are safe, and the nonce of ID tokens is checked', () => {
  for (const { path, text } of goldenFiles('oauth2-proxy', 'oauth2-proxy.cfg')) {
    const configuration = parseToml(text)

    assert.equal(configuration['cookie_secure'], String(configuration['redirect_url']).startsWith('https:'), path)
    assert.equal(configuration['cookie_httponly'], true, path)
    assert.match(String(configuration['cookie_samesite']), /^(?:lax|strict)$/, path)
    if (configuration['oidc_issuer_url'] !== undefined) {
      assert.equal(configuration['insecure_oidc_skip_nonce'], false, path)
    }
  }
})

test('groups of GitLab are limited by the key that its provider reads', () => {
  for (const { path, text } of goldenFiles('oauth2-proxy', 'oauth2-proxy.cfg')) {
    const configuration = parseToml(text)
    if (configuration['provider'] === 'gitlab') assert.equal(configuration['allowed_groups'], undefined, path)
  }
})
