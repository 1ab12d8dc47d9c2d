/** What import has not taken: what it means that the rendered files do not have it. */
import { own } from '../../maps.ts'
import type { NotCarried } from '../contract.ts'
import { givesNothingAway } from '../settings-tree.ts'
import type { Findings } from './findings.ts'
import { shown } from './harmless.ts'
import { isOfFlaskoidc, type Setting } from './service-settings.ts'

/** Values that the rendered files have too, or that mean nothing any more. */
const expected: Readonly<Record<string, readonly string[]>> = {
  FLASK_APP_MODULE_NAME: ['flaskoidc', 'gatehouse_amundsen'],
  FLASK_APP_CLASS_NAME: ['FlaskOIDC'],
  APP_WRAPPER: ['flaskoidc', 'gatehouse_amundsen'],
  APP_WRAPPER_CLASS: ['FlaskOIDC'],
  FRONTEND_SVC_CONFIG_MODULE_CLASS: [
    'amundsen_application.oidc_config.OidcConfig',
    'gatehouse_amundsen.FrontendConfig',
  ],
  METADATA_SVC_CONFIG_MODULE_CLASS: ['metadata_service.config.LocalConfig', 'gatehouse_amundsen.MetadataConfig'],
  FLASK_OIDC_REDIRECT_URI: ['/auth'],
  SESSION_TYPE: ['sqlalchemy'],
  OIDC_ID_TOKEN_COOKIE_SECURE: ['True', 'true'],
  OIDC_CALLBACK_ROUTE: ['/oidc_callback'],
  SQLALCHEMY_TRACK_MODIFICATIONS: ['False', 'false'],
}

/** Endpoints that are open in the rendered files, or that flaskoidc opens itself. */
const openEndpoints = ['status', 'healthcheck', 'health', 'login', 'logout', 'auth', 'oidc_callback']

const again = 'Set it again in an environment file, or in values, that come after the rendered ones'

const reasons: Readonly<Record<string, Pick<NotCarried, 'why' | 'effect'>>> = {
  FLASK_APP_MODULE_NAME: {
    why: 'Your own application class is no longer used: Gatehouse writes files for flaskoidc. Use the gate (`services`) for it.',
    effect: 'access',
  },
  FRONTEND_SVC_CONFIG_MODULE_CLASS: {
    why: 'What your class sets is not used, who people are included: the rendered files name gatehouse_amundsen.FrontendConfig. Let your class inherit gatehouse_amundsen.FrontendSignIn first, and name it again.',
    effect: 'identity',
  },
  METADATA_SVC_CONFIG_MODULE_CLASS: {
    why: 'What your class sets is not used: the rendered files name gatehouse_amundsen.MetadataConfig. Let your class inherit gatehouse_amundsen.MetadataSignIn first, and name it again.',
  },
  FLASK_OIDC_REDIRECT_URI: {
    why: 'The provider refuses every sign-in until it knows the new redirect URI: the rendered files use /auth. Register that one.',
    effect: 'access',
  },
  OIDC_CALLBACK_ROUTE: {
    why: 'The provider refuses every sign-in until it knows the new redirect URI: the rendered files use /oidc_callback. Register that one.',
    effect: 'access',
  },
  FLASK_OIDC_WHITELISTED_ENDPOINTS: {
    why: `Whoever calls them without a sign-in is sent to it: the rendered files let only health checks through. ${again} if you need more.`,
    effect: 'access',
  },
  FLASK_OIDC_PROVIDER_ADDITIONAL_PARAMETERS_FILE_PATH: {
    why: 'What the file adds to requests is missing, for it is a file of its own. Copy its authorize_params to oidc.authorizationParameters of the entry under authentication.',
  },
  SESSION_TYPE: {
    why: 'Everybody signs in once more, and the store of your sessions is no longer used: the rendered files keep them in SQLAlchemy. Write sessions: shared of the product for several replicas.',
  },
}

/** Keys that sign sessions: always secrets. */
const keys = ['FLASK_OIDC_SECRET_KEY', 'SECRET_KEY']

/** What has words of its own when it is kept elsewhere, or stays there. */
const saidElsewhere = [
  'FLASK_OIDC_CLIENT_ID',
  'FLASK_OIDC_CLIENT_SECRET',
  'OIDC_CLIENT_ID',
  'OIDC_CLIENT_SECRET',
  'FLASK_OIDC_CONFIG_URL',
  'OIDC_ORG_URL',
  'OIDC_CLIENT_SECRETS',
  'SQLALCHEMY_DATABASE_URI',
  'FRONTEND_BASE',
]

/** A value that is not here: what it would have said is not in the result. */
function reportUnread({ settings, notCarried }: Findings): void {
  for (const [name, { where, from }] of settings.unread()) {
    if (saidElsewhere.includes(name)) continue
    notCarried.push({
      where,
      what: `${name}, which is in ${from}`,
      why: 'The result is as if it were not set. Look its value up, and correct the result, or write it into a copy and import that.',
      effect: /USER_ID|SCOPES/.test(name) ? 'identity' : 'setting',
    })
  }
}

function reportDefaulted({ settings, notCarried }: Findings): void {
  const defaulted = settings.defaulted()
  if (defaulted.length === 0) return
  notCarried.push({
    where: defaulted[0]?.[1].where ?? '',
    what: defaulted.map(([name, { unless }]) => `${name}, unless the variable ${unless} is set`).join(', '),
    why: 'The result has what the input says for when it is not. Compare with the variable, and correct the result.',
  })
}

export function reportLeft(found: Findings): void {
  reportUnread(found)
  reportDefaulted(found)
  const others: [string, Setting][] = []
  const unknown: [string, Setting][] = []
  for (const [name, setting] of found.settings.left()) {
    if (keys.includes(name)) reportKey(found, name, setting)
    else if (isExpected(name, setting)) continue
    else {
      const reason = own(reasons, name)
      if (reason) found.notCarried.push({ where: setting.where, what: shownLeft(name, setting), ...reason })
      else if (isOfFlaskoidc(name)) unknown.push([name, setting])
      else others.push([name, setting])
    }
  }
  if (unknown.length > 0) {
    found.notCarried.push({
      where: unknown[0]?.[1].where ?? '',
      what: unknown.map(([name, setting]) => shownLeft(name, setting)).join(', '),
      why: 'The rendered files do not have them. Write what you need into `extra` of the product: `extra: { frontend.env: { NAME: value } }`.',
    })
  }
  if (others.length === 0) return
  found.notCarried.push({
    where: others[0]?.[1].where ?? '',
    what: others.map(([name]) => name).join(', '),
    why: 'They are not about sign-in. Keep them where they are.',
  })
}

/** What it is, or what has it. */
function shownLeft(name: string, { value, from }: Setting): string {
  return value === '' && from !== undefined ? `${name}, which is in ${from}` : shown(name, value)
}

function isExpected(name: string, { value, from }: Setting): boolean {
  if (own(expected, name)?.includes(value)) return true
  if (name !== 'FLASK_OIDC_WHITELISTED_ENDPOINTS' || from !== undefined) return false
  return value.split(',').every((endpoint) => openEndpoints.includes(endpoint.trim().replace(/^\/|\/$/g, '')))
}

function reportKey({ notCarried }: Findings, name: string, { value, where, from }: Setting): void {
  if (from !== undefined || givesNothingAway(value)) return
  notCarried.push({
    where,
    what: 'the key of the sessions in clear text',
    why: `Whoever read the file can sign in as anyone. gatehouse.yaml does not hold it; the services read it from ${name}. Create a new one: openssl rand -base64 42.`,
    effect: 'secret',
  })
}
