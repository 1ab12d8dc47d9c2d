/** Overrides of Superset and Airflow that are about sign-in: settings of Flask-AppBuilder, and variables. */
import { parse } from 'yaml'
import { isMap } from '../../../maps.ts'
import type { Override } from '../overrides.ts'
import { type Around, asRendered, flagOf, type Reading, type Rule, textOf } from './rule.ts'

const config = /^(?:superset_config|webserver_config)\.py$/
const ownFile = 'The rendered file does not have it: keep it in your own file, which ends by reading the rendered one.'
const renderedWins = 'If the rendered file has a setting of this name, that one wins.'

/** Each product has settings of its own, and a file of its own. */
function kindOf({ override }: Around): string {
  return override.file === 'superset_config.py' ? 'superset' : 'airflow'
}

/** A value for every entry: Flask-AppBuilder has one setting for all. */
function inEntries({ entries }: Around, key: string, value: unknown): Reading {
  return { set: entries.map((_, index) => [['authentication', index, key], value] as const) }
}

/** The operators write values that are no Python themselves: `Gamma` and `'Gamma'` are both the text. */
function pythonText(override: Override): string | undefined {
  const text = textOf(override)
  if (text === undefined) return undefined
  const [, quote, inner = text] = /^(['"])(.*)\1$/s.exec(text) ?? []
  return quote === undefined && !/^[\w .-]+$/.test(text) ? undefined : /['"\\]/.test(inner) ? undefined : inner
}

/** A dict of lists of texts, which YAML reads as well as long as nothing in it is escaped. */
function rolesOf(override: Override): Record<string, string[]> | undefined {
  const text = textOf(override)
  if (text === undefined || !/^\{[^\\#]*\}$/s.test(text)) return undefined
  let data: unknown
  try {
    data = parse(text, { logLevel: 'silent' })
  } catch {
    // Not a plain dict: the reader of the list of losses decides.
    return undefined
  }
  if (!isMap(data)) return undefined
  const isPlain = Object.values(data).every(
    (roles) => Array.isArray(roles) && roles.every((role) => typeof role === 'string'),
  )
  return isPlain ? (data as Record<string, string[]>) : undefined
}

const settings: readonly Rule[] = [
  {
    file: config,
    key: /^AUTH_USER_REGISTRATION$/,
    effect: 'access',
    why: 'People get an account at their first sign-in, or not. Write userRegistration in every entry of authentication.',
    isHarmless: true,
    read: (around) => {
      const value = flagOf(around.override)
      return value === undefined ? undefined : inEntries(around, 'userRegistration', value)
    },
  },
  {
    file: config,
    key: /^AUTH_USER_REGISTRATION_ROLE$/,
    effect: 'access',
    why: 'Everybody got that role. Write userRegistrationRole in every entry of authentication.',
    isHarmless: true,
    read: (around) => {
      const value = pythonText(around.override)
      return value === undefined || value === '' ? undefined : inEntries(around, 'userRegistrationRole', value)
    },
  },
  {
    file: config,
    key: /^AUTH_ROLES_SYNC_AT_LOGIN$/,
    effect: 'access',
    why: 'Roles are taken anew at each sign-in, or once. Write syncRolesAt in every entry of authentication.',
    isHarmless: true,
    read: (around) => {
      const value = flagOf(around.override)
      return value === undefined ? undefined : inEntries(around, 'syncRolesAt', value ? 'Login' : 'Registration')
    },
  },
  {
    file: config,
    key: /^AUTH_ROLES_MAPPING$/,
    effect: 'access',
    why: 'Groups got roles by it. Write them under roles of the product.',
    isHarmless: true,
    read: ({ override }) => {
      const roles = rolesOf(override)
      return roles && { set: [[['roles'], roles]] }
    },
  },
  {
    file: config,
    key: /^(?:AUTH_LDAP_(?:SERVER|SEARCH|SEARCH_FILTER|BIND_USER|BIND_PASSWORD|TLS_\w+|USE_TLS|ALLOW_SELF_SIGNED|GROUP_FIELD))$/,
    effect: 'access',
    why: 'Another directory, or another part of it, was asked than the class says. The rendered file says what the class says: change the class.',
  },
  {
    file: config,
    key: /^AUTH_LDAP_/,
    effect: 'identity',
    why: 'Names and addresses of people came from other attributes than the class says. The rendered file says what the class says: change ldapFieldNames of the class.',
    isHarmless: true,
  },
  {
    file: config,
    key: /^(?:AUTH_TYPE|AUTH_REMOTE_USER\w*|AUTH_ROLE_\w+|AUTH_USER_REGISTRATION_ROLE_JMESPATH|PUBLIC_ROLE_LIKE\w*|(?:CUSTOM_|FAB_)?SECURITY_MANAGER(?:_CLASS)?|GUEST_ROLE_NAME|FAB_ROLES)$/,
    effect: 'access',
    why: `Who gets in, or with which role, was decided by it. ${ownFile} ${renderedWins}`,
    isHarmless: true,
  },
  {
    file: config,
    key: /^(?:OAUTH_PROVIDERS|OPENID_PROVIDERS|AUTH_OPA_\w+|OIDC_\w+|GUEST_\w+)$/,
    effect: 'access',
    why: `Who gets in, or with which role, was decided by it. ${ownFile} ${renderedWins}`,
  },
  {
    file: config,
    key: /^(?:EXPERIMENTAL_)?FILE_(?:HEADER|FOOTER)$/,
    effect: 'access',
    why: `It is Python, which may change everything about sign-in. ${ownFile}`,
    read: ({ override }) =>
      /\bAUTH_|OAUTH|OIDC|SECURITY_MANAGER|SECRET_KEY|LOGIN|LDAP|SESSION|COOKIE|CSRF|PROXY/i.test(
        textOf(override) ?? 'AUTH_',
      )
        ? undefined
        : 'same',
  },
  {
    file: config,
    key: /^SECRET_KEY$/,
    effect: 'secret',
    why: 'Sessions were signed with it. Set the variable that secrets.env.example names to the same value, or people sign in again.',
  },
  {
    file: config,
    key: /^WTF_CSRF_ENABLED$/,
    effect: 'setting',
    why: `The protection of forms was changed by it, the sign-in page among them. ${ownFile} The file for Airflow always says True.`,
    isHarmless: true,
    read: asRendered('true'),
  },
  {
    file: config,
    key: /^PERMANENT_SESSION_LIFETIME$/,
    effect: 'setting',
    why: `Sessions lasted as long. ${ownFile}`,
    isHarmless: true,
    read: (around) => {
      const seconds = textOf(around.override) ?? ''
      return /^[1-9]\d{0,8}$/.test(seconds)
        ? { set: [[[kindOf(around), 'sessionLifetime'], `${seconds}s`]] }
        : undefined
    },
  },
  {
    file: config,
    key: /^LOGOUT_REDIRECT_URL$/,
    effect: 'setting',
    why: `People were sent there after they had signed out. ${ownFile}`,
    isHarmless: true,
    read: (around) => {
      const [, , url = ''] = /^(['"])(https?:\/\/[^\s'"\\$]+)\1$/.exec(textOf(around.override) ?? '') ?? []
      return url === '' ? undefined : { set: [[[kindOf(around), 'logoutUrl'], url]] }
    },
  },
  {
    file: config,
    key: /^(?:(?:SESSION|REMEMBER)_COOKIE_\w+|ENABLE_PROXY_FIX|PREFERRED_URL_SCHEME|TALISMAN_ENABLED|WTF_CSRF_\w+)$/,
    effect: 'setting',
    why: `Sign-in or sessions were tuned by it. ${ownFile} ${renderedWins}`,
    isHarmless: true,
  },
  {
    file: config,
    key: /^(?:AUTH_\w+|SESSION_\w+|REMEMBER_COOKIE_\w+|PERMANENT_SESSION_LIFETIME|ENABLE_PROXY_FIX|PROXY_FIX_CONFIG|PREFERRED_URL_SCHEME|LOGOUT_REDIRECT_URL|TALISMAN_\w+|RECAPTCHA_\w+|WTF_CSRF_\w+|RATELIMIT_\w+)$/,
    effect: 'setting',
    why: `Sign-in or sessions were tuned by it. ${ownFile}`,
  },
]

const keepVariable = 'The rendered files do not set it: keep it in the environment of the product.'

const variables: readonly Rule[] = [
  {
    file: /^env$/,
    key: /^AIRFLOW__(?:WEBSERVER|API)__BASE_URL$/,
    effect: 'setting',
    why: 'People open Airflow there. Write it as url of the product.',
    isHarmless: true,
    read: ({ override }) => {
      const url = textOf(override)?.replace(/\/+$/, '')
      return url !== undefined && /^https?:\/\/[^\s${}]+$/.test(url) ? { set: [[['url'], url]] } : undefined
    },
  },
  {
    file: /^env$/,
    key: /^AIRFLOW__CORE__AUTH_MANAGER$/,
    effect: 'access',
    why: 'Another part of Airflow signed people in. The rendered airflow.env names the auth manager of Flask-AppBuilder, which reads webserver_config.py: leave it to that.',
    isHarmless: true,
    read: asRendered('airflow.providers.fab.auth_manager.fab_auth_manager.fabauthmanager'),
  },
  {
    file: /^env$/,
    key: /^AIRFLOW__(?:API__AUTH_BACKENDS?|CORE__SIMPLE_AUTH_MANAGER_\w+|FAB__AUTH_BACKENDS?)$/,
    effect: 'access',
    why: `Programs, or everybody, got in by it. ${keepVariable}`,
    isHarmless: true,
    read: asRendered('airflow.api.auth.backend.session'),
  },
  {
    file: /^env$/,
    key: /^AIRFLOW__CORE__AUTH_OPA_\w+$/,
    effect: 'setting',
    why: `Open Policy Agent was asked with it. ${keepVariable}`,
    isHarmless: true,
  },
  {
    file: /^env$/,
    key: /^AIRFLOW__(?:WEBSERVER|FAB|API|API_AUTH)__\w*(?:SECRET|JWT)\w*$/,
    effect: 'secret',
    why: 'Sessions and tokens were signed with it. Set the variable of secrets.env.example to the same value, or people sign in again.',
  },
  {
    file: /^env$/,
    key: /^AIRFLOW__(?:WEBSERVER|FAB|API|API_AUTH)__(?:\w*(?:AUTH|COOKIE|SESSION|PROXY_FIX|CSRF|LOGIN|CONFIG_FILE|RBAC)\w*)$/,
    effect: 'setting',
    why: `Sign-in or sessions were tuned by it. ${keepVariable} Where airflow.env has a variable of this name, that one wins.`,
    isHarmless: true,
  },
]

export const flaskAppBuilderRules: readonly Rule[] = [...settings, ...variables]
