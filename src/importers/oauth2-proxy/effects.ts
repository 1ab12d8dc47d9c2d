/** What each setting of oauth2-proxy decides, its default, and whether its value may be shown. */
import { proxyKeys } from '../../products/oauth2-proxy/names.ts'
import type { Effect } from '../contract.ts'
import type { Harmless } from '../shown-setting.ts'

const access = new Set([
  'email_domains',
  'authenticated_emails_file',
  'htpasswd_file',
  'htpasswd_user_groups',
  'allowed_groups',
  'allowed_roles',
  'keycloak_groups',
  'github_org',
  'github_team',
  'github_repo',
  'github_users',
  'gitlab_groups',
  'gitlab_projects',
  'google_groups',
  'google_admin_email',
  'google_service_account_json',
  'entra_id_allowed_tenants',
  'azure_tenant',
  'bitbucket_team',
  'bitbucket_workspace',
  'bitbucket_repository',
  'trusted_ips',
  'skip_auth_routes',
  'skip_auth_regex',
  'skip_auth_preflight',
  'skip_jwt_bearer_tokens',
  'extra_jwt_issuers',
  'insecure_oidc_allow_unverified_email',
  'insecure_oidc_skip_issuer_verification',
  'ssl_insecure_skip_verify',
  'oidc_extra_audiences',
  'oidc_audience_claims',
])
const identity = new Set([
  'provider',
  'oidc_issuer_url',
  'oidc_email_claim',
  'oidc_groups_claim',
  'user_id_claim',
  'scope',
  'google_use_organization_id',
])

export function effectOfKey(key: string): Effect {
  if (access.has(key)) return 'access'
  if (identity.has(key)) return 'identity'
  const known = Object.hasOwn(proxyKeys, key) ? proxyKeys[key] : undefined
  if (known?.isSecret) return 'secret'
  const isForApplications = key === 'upstreams' || known?.alpha?.part === 'headers' || known?.alpha?.part === 'upstream'
  return isForApplications ? 'applications' : 'setting'
}

/** Every key whose value can be no secret. */
export const harmlessKeys: Harmless = new Set([
  ...Object.entries(proxyKeys).flatMap(([key, { isSecret }]) => (isSecret ? [] : [key])),
  'principal',
])

/** What oauth2-proxy does without the key: writing it down changes nothing. */
const defaults: Readonly<Record<string, unknown>> = {
  bearer_token_login_fallback: true,
  pass_basic_auth: true,
  pass_user_headers: true,
  pass_host_header: true,
  proxy_websockets: true,
  skip_auth_strip_headers: true,
  auth_logging: true,
  request_logging: true,
  standard_logging: true,
  logging_local_time: true,
  display_htpasswd_form: true,
  proxy_prefix: '/oauth2',
  user_id_claim: 'email',
  cookie_name: '_oauth2_proxy',
  cookie_path: '/',
  cookie_expire: '168h',
  cookie_refresh: '0s',
  cookie_csrf_expire: '15m',
  session_store_type: 'cookie',
  ping_path: '/ping',
  ready_path: '/ready',
  real_client_ip_header: 'X-Real-IP',
  request_id_header: 'X-Request-Id',
  upstream_timeout: '30s',
  flush_interval: '1s',
  logging_max_size: 100,
  logging_max_age: 7,
  logging_max_backups: 0,
  redis_connection_idle_timeout: 0,
  oidc_email_claim: 'email',
  oidc_audience_claims: ['aud'],
  metrics_address: '-',
  https_address: ':443',
}

/** What the rendered file says without an option. */
const rendered: Readonly<Record<string, unknown>> = {
  reverse_proxy: true,
  skip_provider_button: true,
  set_xauthrequest: true,
  insecure_oidc_skip_nonce: false,
  cookie_httponly: true,
  cookie_samesite: 'lax',
}

/** What holds where gatehouse.yaml has no option for it: what is rendered, or the default. */
export function withoutOption(key: string): unknown {
  if (Object.hasOwn(rendered, key)) return rendered[key]
  if (Object.hasOwn(defaults, key)) return defaults[key]
  return proxyKeys[key]?.type === 'flag' ? false : undefined
}
