/**
 * Words of oauth2-proxy: its providers, and its keys in 7.15 (`pkg/apis/options`): the type of each, its flag, and where the structured (alpha) form has it. Our
 * options that are its keys have their names in camel case: `cookieExpire` is `cookie_expire`.
 */
import type { VendorKind } from '../../vendors/contract.ts'

/** oauth2-proxy's names for providers that it knows; `oidc` is any other. */
export const providerTypes: Readonly<Partial<Record<VendorKind, string>>> = {
  keycloak: 'keycloak-oidc',
  entra: 'entra-id',
  google: 'google',
  gitlab: 'gitlab',
  adfs: 'adfs',
}

export type KeyType = 'flag' | 'text' | 'list' | 'number' | 'duration'

export type AlphaPart = 'provider' | 'server' | 'metricsServer' | 'upstream' | 'upstreamConfig'

export interface ProxyKey {
  type: KeyType
  /** Path in the alpha form; undefined: the key stays in oauth2-proxy.cfg. Of `upstream` it is one of each upstream. */
  alpha?: { part: AlphaPart; path: string } | { part: 'headers' }
  /** The flag is called otherwise: a list in the file, one value for each flag. */
  flag?: string
  /** The first release that knows it, where that is not 7.8. */
  since?: string
  /** Its value is secret, or may hold a secret. */
  isSecret?: true
}

const flag: ProxyKey = { type: 'flag' }
const text: ProxyKey = { type: 'text' }
const number: ProxyKey = { type: 'number' }
const duration: ProxyKey = { type: 'duration' }
const secret: ProxyKey = { type: 'text', isSecret: true }

function list(flagName?: string): ProxyKey {
  return flagName === undefined ? { type: 'list' } : { type: 'list', flag: flagName }
}

function of(part: AlphaPart, path: string, key: ProxyKey): ProxyKey {
  return { ...key, alpha: { part, path } }
}

function header(key: ProxyKey): ProxyKey {
  return { ...key, alpha: { part: 'headers' } }
}

const core = {
  reverse_proxy: flag,
  real_client_ip_header: text,
  trusted_proxy_ips: { ...list('trusted_proxy_ip'), since: '7.15.2' },
  trusted_ips: list('trusted_ip'),
  force_https: flag,
  redirect_url: text,
  relative_redirect_url: flag,
  proxy_prefix: text,
  ping_path: text,
  ping_user_agent: text,
  ready_path: text,
  authenticated_emails_file: text,
  email_domains: list('email_domain'),
  whitelist_domains: list('whitelist_domain'),
  htpasswd_file: text,
  htpasswd_user_groups: list('htpasswd_user_group'),
  api_routes: list('api_route'),
  skip_auth_regex: list('skip_auth_regex'),
  skip_auth_routes: list('skip_auth_route'),
  skip_auth_preflight: flag,
  skip_jwt_bearer_tokens: flag,
  bearer_token_login_fallback: { ...flag, since: '7.8.2' },
  extra_jwt_issuers: list('extra_jwt_issuers'),
  skip_provider_button: flag,
  ssl_insecure_skip_verify: flag,
  force_json_errors: flag,
  encode_state: flag,
  allow_query_semicolons: flag,
  signature_key: secret,
  gcp_healthchecks: flag,
} satisfies Keys

const cookies = {
  cookie_name: text,
  cookie_secret: secret,
  cookie_secret_file: { ...text, since: '7.11' },
  cookie_domains: list('cookie_domain'),
  cookie_path: text,
  cookie_expire: duration,
  cookie_refresh: duration,
  cookie_secure: flag,
  cookie_httponly: flag,
  cookie_samesite: text,
  cookie_csrf_per_request: flag,
  cookie_csrf_per_request_limit: { ...number, since: '7.11' },
  cookie_csrf_expire: duration,
  cookie_csrf_samesite: { ...text, since: '7.15' },
} satisfies Keys

const sessions = {
  session_store_type: text,
  session_cookie_minimal: flag,
  redis_connection_url: secret,
  redis_username: text,
  redis_password: secret,
  redis_use_sentinel: flag,
  redis_sentinel_password: secret,
  redis_sentinel_master_name: text,
  redis_sentinel_connection_urls: { ...list('redis_sentinel_connection_urls'), isSecret: true },
  redis_use_cluster: flag,
  redis_cluster_connection_urls: { ...list('redis_cluster_connection_urls'), isSecret: true },
  redis_ca_path: text,
  redis_insecure_skip_tls_verify: flag,
  redis_connection_idle_timeout: number,
} satisfies Keys

const pages = {
  banner: text,
  footer: text,
  custom_templates_dir: text,
  custom_sign_in_logo: text,
  display_htpasswd_form: flag,
  show_debug_on_error: flag,
} satisfies Keys

const logging = {
  auth_logging: flag,
  auth_logging_format: text,
  request_logging: flag,
  request_logging_format: text,
  standard_logging: flag,
  standard_logging_format: text,
  errors_to_info_log: flag,
  exclude_logging_paths: list('exclude_logging_path'),
  logging_local_time: flag,
  silence_ping_logging: flag,
  request_id_header: text,
  logging_filename: text,
  logging_max_size: number,
  logging_max_age: number,
  logging_max_backups: number,
  logging_compress: flag,
} satisfies Keys

const upstreams = {
  upstreams: list('upstream'),
  flush_interval: of('upstream', 'flushInterval', duration),
  pass_host_header: of('upstream', 'passHostHeader', flag),
  proxy_websockets: of('upstream', 'proxyWebSockets', flag),
  ssl_upstream_insecure_skip_verify: of('upstream', 'insecureSkipTLSVerify', flag),
  upstream_timeout: of('upstream', 'timeout', duration),
  /** Of the alpha form only; the name is ours. */
  proxy_raw_path: { ...flag, alpha: { part: 'upstreamConfig', path: 'proxyRawPath' } },
  disable_keep_alives: { ...of('upstream', 'disableKeepAlives', flag), since: '7.12' },
} satisfies Keys

const headers = {
  pass_basic_auth: header(flag),
  pass_access_token: header(flag),
  pass_user_headers: header(flag),
  pass_authorization_header: header(flag),
  set_basic_auth: header(flag),
  set_xauthrequest: header(flag),
  set_authorization_header: header(flag),
  prefer_email_to_user: header(flag),
  basic_auth_password: header(secret),
  skip_auth_strip_headers: header(flag),
} satisfies Keys

const servers = {
  http_address: of('server', 'bindAddress', text),
  https_address: of('server', 'secureBindAddress', text),
  tls_cert_file: of('server', 'tls.cert.fromFile', text),
  tls_key_file: of('server', 'tls.key.fromFile', text),
  tls_min_version: of('server', 'tls.minVersion', text),
  tls_cipher_suites: of('server', 'tls.cipherSuites', list('tls_cipher_suite')),
  metrics_address: of('metricsServer', 'bindAddress', text),
  metrics_secure_address: of('metricsServer', 'secureBindAddress', text),
  metrics_tls_cert_file: of('metricsServer', 'tls.cert.fromFile', text),
  metrics_tls_key_file: of('metricsServer', 'tls.key.fromFile', text),
} satisfies Keys

const provider = {
  provider: of('provider', 'provider', text),
  provider_display_name: of('provider', 'name', text),
  client_id: of('provider', 'clientID', text),
  client_secret: of('provider', 'clientSecret', secret),
  client_secret_file: of('provider', 'clientSecretFile', text),
  provider_ca_files: of('provider', 'caFiles', list('provider_ca_file')),
  use_system_trust_store: of('provider', 'useSystemTrustStore', flag),
  scope: of('provider', 'scope', text),
  prompt: { ...text, alpha: { part: 'provider', path: 'loginURLParameters' } },
  approval_prompt: { ...text, alpha: { part: 'provider', path: 'loginURLParameters' } },
  acr_values: { ...text, alpha: { part: 'provider', path: 'loginURLParameters' } },
  login_url: of('provider', 'loginURL', text),
  redeem_url: of('provider', 'redeemURL', text),
  profile_url: of('provider', 'profileURL', text),
  validate_url: of('provider', 'validateURL', text),
  backend_logout_url: of('provider', 'backendLogoutURL', text),
  skip_claims_from_profile_url: of('provider', 'skipClaimsFromProfileURL', flag),
  auth_request_response_mode: of('provider', 'authRequestResponseMode', text),
  resource: of('provider', 'resource', text),
  code_challenge_method: of('provider', 'code_challenge_method', text),
  force_code_challenge_method: text,
  allowed_groups: of('provider', 'allowedGroups', list('allowed_group')),
  oidc_issuer_url: of('provider', 'oidcConfig.issuerURL', text),
  skip_oidc_discovery: of('provider', 'oidcConfig.skipDiscovery', flag),
  oidc_jwks_url: of('provider', 'oidcConfig.jwksURL', text),
  oidc_email_claim: of('provider', 'oidcConfig.emailClaim', text),
  oidc_groups_claim: of('provider', 'oidcConfig.groupsClaim', text),
  oidc_audience_claims: of('provider', 'oidcConfig.audienceClaims', list('oidc_audience_claim')),
  oidc_extra_audiences: of('provider', 'oidcConfig.extraAudiences', list('oidc_extra_audience')),
  oidc_public_key_files: of('provider', 'oidcConfig.publicKeyFiles', list('oidc_public_key_file')),
  oidc_enabled_signing_algs: {
    ...of('provider', 'oidcConfig.enabledSigningAlgs', list('oidc_enabled_signing_alg')),
    since: '7.15',
  },
  user_id_claim: of('provider', 'oidcConfig.userIDClaim', text),
  insecure_oidc_skip_nonce: of('provider', 'oidcConfig.insecureSkipNonce', flag),
  insecure_oidc_allow_unverified_email: of('provider', 'oidcConfig.insecureAllowUnverifiedEmail', flag),
  insecure_oidc_skip_issuer_verification: of('provider', 'oidcConfig.insecureSkipIssuerVerification', flag),
  allowed_roles: of('provider', 'keycloakConfig.roles', list('allowed_role')),
  keycloak_groups: of('provider', 'keycloakConfig.groups', list('keycloak_group')),
  github_org: of('provider', 'githubConfig.org', text),
  github_team: of('provider', 'githubConfig.team', text),
  github_repo: of('provider', 'githubConfig.repo', text),
  github_token: of('provider', 'githubConfig.token', secret),
  github_users: of('provider', 'githubConfig.users', list('github_user')),
  gitlab_groups: of('provider', 'gitlabConfig.group', list('gitlab_group')),
  gitlab_projects: of('provider', 'gitlabConfig.projects', list('gitlab_project')),
  google_groups: of('provider', 'googleConfig.group', list('google_group')),
  google_admin_email: of('provider', 'googleConfig.adminEmail', text),
  google_service_account_json: of('provider', 'googleConfig.serviceAccountJson', text),
  google_use_application_default_credentials: of('provider', 'googleConfig.useApplicationDefaultCredentials', flag),
  google_target_principal: of('provider', 'googleConfig.targetPrincipal', text),
  google_use_organization_id: { ...of('provider', 'googleConfig.useOrganizationID', flag), since: '7.13' },
  google_admin_api_user_scope: { ...of('provider', 'googleConfig.adminAPIUserScope', text), since: '7.11' },
  entra_id_allowed_tenants: of('provider', 'microsoftEntraIDConfig.allowedTenants', list('entra_id_allowed_tenant')),
  entra_id_federated_token_auth: of('provider', 'microsoftEntraIDConfig.federatedTokenAuth', flag),
  azure_tenant: of('provider', 'azureConfig.tenant', text),
  azure_graph_group_field: of('provider', 'azureConfig.graphGroupField', text),
  bitbucket_team: of('provider', 'bitbucketConfig.team', text),
  bitbucket_workspace: of('provider', 'bitbucketConfig.workspace', text),
  bitbucket_repository: of('provider', 'bitbucketConfig.repository', text),
  jwt_key: of('provider', 'loginGovConfig.jwtKey', secret),
  jwt_key_file: of('provider', 'loginGovConfig.jwtKeyFile', text),
  pubjwk_url: of('provider', 'loginGovConfig.pubjwkURL', text),
} satisfies Keys

type Keys = Readonly<Record<string, ProxyKey>>

/** By the name in oauth2-proxy.cfg. */
export const proxyKeys: Keys = {
  ...core,
  ...cookies,
  ...sessions,
  ...pages,
  ...logging,
  ...upstreams,
  ...headers,
  ...servers,
  ...provider,
}

/** `cookie_expire` -> `cookieExpire` */
export function optionOfKey(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** `cookieExpire` -> `cookie_expire` */
export function keyOfOption(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
