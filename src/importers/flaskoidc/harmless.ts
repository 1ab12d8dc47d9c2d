/** What messages about flaskoidc may show. */
import { type Harmless, shownSetting } from '../shown-setting.ts'

/** Variables whose values are no secrets, whatever they are. */
export const harmless: Harmless = new Set([
  'APP_WRAPPER',
  'APP_WRAPPER_CLASS',
  'FLASK_APP_CLASS_NAME',
  'FLASK_APP_MODULE_NAME',
  'FLASK_OIDC_LOG_DATE_FORMAT',
  'FLASK_OIDC_LOG_LEVEL',
  'FLASK_OIDC_OVERWRITE_REDIRECT_URI',
  'FLASK_OIDC_PROVIDER_NAME',
  'FLASK_OIDC_REDIRECT_URI',
  'FLASK_OIDC_SCOPES',
  'FLASK_OIDC_USER_ID_FIELD',
  'FLASK_OIDC_WHITELISTED_ENDPOINTS',
  'FRONTEND_BASE',
  'FRONTEND_SVC_CONFIG_MODULE_CLASS',
  'INTROSPECTION_AUTH_METHOD',
  'METADATA_SVC_CONFIG_MODULE_CLASS',
  'OIDC_CALLBACK_ROUTE',
  'OIDC_CLOCK_SKEW',
  'OIDC_COOKIE_SECURE',
  'OIDC_GOOGLE_APPS_DOMAIN',
  'OIDC_ID_TOKEN_COOKIE_NAME',
  'OIDC_ID_TOKEN_COOKIE_PATH',
  'OIDC_ID_TOKEN_COOKIE_SECURE',
  'OIDC_ID_TOKEN_COOKIE_TTL',
  'OIDC_REQUIRE_VERIFIED_EMAIL',
  'OIDC_RESOURCE_SERVER_ONLY',
  'OIDC_SCOPES',
  'OIDC_USER_INFO_ENABLED',
  'SEARCH_SVC_CONFIG_MODULE_CLASS',
  'SESSION_TYPE',
])

/** `FLASK_OIDC_SCOPES = "openid email"`; what may be a secret is `…`. */
export function shown(name: string, value: unknown): string {
  return shownSetting(name, value, { harmless })
}
