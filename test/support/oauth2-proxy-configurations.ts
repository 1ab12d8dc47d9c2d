/** Random configurations of oauth2-proxy, of the flags of its documentation and of some that it does not have, in each of its forms. */
import { stringify } from 'smol-toml'
import { address, duration, hidden, host, path, unknown, word, words } from './dex-configurations.ts'
import { fc } from './properties.ts'

const flag = fc.boolean()
const domains = fc.array(host, { minLength: 1, maxLength: 2 })
const claim = word
const count = fc.integer({ min: 101, max: 999 })
const template = fc.constant('{{.Client}} {{.Username}}')
const redis = fc.oneof(
  host.map((name) => `redis://${name}:6379`),
  fc.tuple(hidden, host).map(([password, name]) => `redis://:${password}@${name}:6379`),
)

/** Flags of its table, by their names in a file. */
const flags: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  acr_values: word,
  allow_query_semicolons: flag,
  api_routes: words.map((list) => list.map((text) => `^/${text}`)),
  approval_prompt: fc.constantFrom('auto', 'force'),
  auth_logging: flag,
  auth_logging_format: template,
  authenticated_emails_file: path,
  azure_tenant: fc.uuid(),
  backend_logout_url: address,
  basic_auth_password: hidden,
  code_challenge_method: fc.constantFrom('S256', 'plain'),
  cookie_domains: domains,
  cookie_expire: duration,
  cookie_httponly: flag,
  cookie_name: word,
  cookie_path: word.map((text) => `/${text}`),
  cookie_refresh: duration,
  cookie_samesite: fc.constantFrom('lax', 'strict', 'none'),
  cookie_secret: hidden,
  cookie_secure: flag,
  cookie_csrf_per_request: flag,
  cookie_csrf_expire: duration,
  custom_templates_dir: path,
  display_htpasswd_form: flag,
  email_domains: fc.oneof(domains, fc.constant(['*'])),
  encode_state: flag,
  errors_to_info_log: flag,
  extra_jwt_issuers: fc.array(
    address.map((issuer) => `${issuer}=app`),
    { minLength: 1, maxLength: 1 },
  ),
  flush_interval: duration,
  force_https: flag,
  force_json_errors: flag,
  github_org: word,
  github_team: word,
  github_repo: word.map((text) => `acme/${text}`),
  github_token: hidden,
  github_users: words,
  gitlab_groups: words,
  gitlab_projects: words,
  google_admin_email: word.map((text) => `${text}@example.com`),
  google_groups: words,
  google_service_account_json: path,
  htpasswd_file: path,
  htpasswd_user_groups: words,
  http_address: fc.constantFrom('127.0.0.1:4180', '0.0.0.0:4180'),
  https_address: fc.constant('0.0.0.0:4443'),
  insecure_oidc_allow_unverified_email: flag,
  insecure_oidc_skip_issuer_verification: flag,
  insecure_oidc_skip_nonce: flag,
  jwt_key: hidden,
  jwt_key_file: path,
  keycloak_groups: words,
  login_url: address,
  logging_compress: flag,
  logging_filename: path,
  logging_max_age: count,
  metrics_address: fc.constant('0.0.0.0:9101'),
  oidc_audience_claims: fc.array(claim, { minLength: 1, maxLength: 2 }),
  oidc_email_claim: claim,
  oidc_extra_audiences: words,
  oidc_groups_claim: claim,
  oidc_jwks_url: address,
  pass_access_token: flag,
  pass_authorization_header: flag,
  pass_basic_auth: flag,
  pass_host_header: flag,
  pass_user_headers: flag,
  ping_path: word.map((text) => `/${text}`),
  prefer_email_to_user: flag,
  profile_url: address,
  prompt: fc.constantFrom('login', 'consent'),
  provider_ca_files: fc.array(path, { minLength: 1, maxLength: 2 }),
  provider_display_name: word,
  proxy_prefix: fc.constantFrom('/oauth2', '/auth'),
  proxy_websockets: flag,
  real_client_ip_header: fc.constantFrom('X-Real-IP', 'X-Forwarded-For'),
  redeem_url: address,
  redis_cluster_connection_urls: fc.array(redis, { minLength: 1, maxLength: 2 }),
  redis_connection_url: redis,
  redis_password: hidden,
  redis_sentinel_master_name: word,
  redis_sentinel_password: hidden,
  redis_use_cluster: flag,
  redis_use_sentinel: flag,
  request_logging: flag,
  request_logging_format: template,
  resource: word,
  reverse_proxy: flag,
  scope: fc.constantFrom('openid', 'openid email profile', 'openid email profile groups'),
  session_cookie_minimal: flag,
  session_store_type: fc.constantFrom('cookie', 'redis'),
  set_authorization_header: flag,
  set_basic_auth: flag,
  set_xauthrequest: flag,
  show_debug_on_error: flag,
  signature_key: hidden.map((text) => `sha256:${text}`),
  silence_ping_logging: flag,
  skip_auth_preflight: flag,
  skip_auth_routes: words.map((list) => list.map((text) => `GET=^/${text}`)),
  skip_auth_strip_headers: flag,
  skip_claims_from_profile_url: flag,
  skip_jwt_bearer_tokens: flag,
  skip_oidc_discovery: flag,
  skip_provider_button: flag,
  ssl_insecure_skip_verify: flag,
  ssl_upstream_insecure_skip_verify: flag,
  standard_logging: flag,
  tls_cert_file: path,
  tls_key_file: path,
  tls_min_version: fc.constantFrom('TLS1.2', 'TLS1.3'),
  tls_cipher_suites: fc.constant(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']),
  trusted_ips: fc.constant(['10.1.0.0/16']),
  upstream_timeout: duration,
  upstreams: fc.array(
    fc.oneof(
      word.map((text) => `http://127.0.0.1:8080/${text}/`),
      word.map((text) => `http://${text}:80`),
      word.map((text) => `https://${text}:443/`),
      fc.tuple(hidden, word).map(([password, text]) => `http://user:${password}@${text}:8080/`),
      word.map((text) => `file:///var/www/${text}/#/${text}/`),
      fc.constantFrom('file:///dev/null', 'static://202', 'unix:///run/app.sock'),
    ),
    { minLength: 1, maxLength: 2 },
  ),
  validate_url: address,
  whitelist_domains: domains,
  allowed_groups: words,
  allowed_roles: words,
}

/** What every configuration has: where the provider is, and who asks. */
const base = fc.record({
  provider: fc.constantFrom('oidc', 'keycloak-oidc', 'google', 'github', 'gitlab', 'adfs', 'azure'),
  client_id: word,
  client_secret: hidden,
  redirect_url: address.map((url) => `${url}/oauth2/callback`),
  oidc_issuer_url: address.map((url) => `${url}/realms/data`),
})

export type ProxySettings = Record<string, unknown>

export const proxySettings: fc.Arbitrary<ProxySettings> = fc
  .tuple(base, fc.subarray(Object.keys(flags), { maxLength: 8 }), fc.record({ ...flags }), unknown)
  .map(([always, chosen, values, more]) => ({
    ...always,
    ...Object.fromEntries(chosen.map((key) => [key, values[key]])),
    ...more,
  }))

/** Each form, with the name of a file of that form. */
export const proxyForms: Readonly<Record<string, (settings: ProxySettings) => string>> = {
  'oauth2-proxy.cfg': (settings) => stringify(settings),
  'oauth2-proxy.env': (settings) =>
    entriesOf(settings)
      .map(([key, value]) => `OAUTH2_PROXY_${key.toUpperCase()}="${[value].flat().map(String).join(',')}"\n`)
      .join(''),
  'run.sh': (settings) =>
    `exec oauth2-proxy \\\n${entriesOf(settings)
      .flatMap(([key, value]) => [value].flat().map((item) => `  --${flagOf(key)}='${String(item)}'`))
      .join(' \\\n')}\n`,
}

/** Forms other than the file have no maps. */
function entriesOf(settings: ProxySettings): [string, unknown][] {
  return Object.entries(settings).filter(([key, value]) => /^[a-z_]+$/.test(key) && !holdsMap(value))
}

function holdsMap(value: unknown): boolean {
  return [value].flat().some((item) => typeof item === 'object' && item !== null)
}

/** Repeatable flags are singular. */
function flagOf(key: string): string {
  const plural =
    /(?:routes|domains|groups|roles|users|projects|files|claims|audiences|upstreams|issuers|ips|suites|urls)$/
  const keeps = ['gitlab_projects', 'redis_cluster_connection_urls']
  const single = plural.test(key) && !keeps.includes(key) ? key.slice(0, -1) : key
  return single.replaceAll('_', '-')
}
