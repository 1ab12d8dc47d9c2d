/** Settings that are options of the product under their own names: `cookie_expire` is `cookieExpire`. */
import { isDeepStrictEqual } from 'node:util'
import { oauth2Proxy } from '../../config/kinds/oauth2-proxy.ts'
import { withoutUserinfo } from '../../config/shown-text.ts'
import type { Data } from '../../formats.ts'
import { type KeyType, optionOfKey, proxyKeys } from '../../products/oauth2-proxy/names.ts'
import { shownValue } from '../shown-setting.ts'
import { harmlessKeys, withoutOption } from './effects.ts'
import { FromElsewhere } from './found.ts'
import { isTrue, type TakenSettings } from './taken.ts'

/** They are made of several settings, or of another spelling. */
const notHere = new Set([
  'upstreams',
  'email_domains',
  'allowed_groups',
  'skip_auth_routes',
  'cookie_domains',
  'whitelist_domains',
  'http_address',
  'reverse_proxy',
  'pass_basic_auth',
  'authenticated_emails_file',
])
/** Their names and passwords come as variables. */
const redisAddresses = new Set([
  'redis_connection_url',
  'redis_sentinel_connection_urls',
  'redis_cluster_connection_urls',
])

const { shape } = oauth2Proxy.unwrap()

/** What only one kind of provider reads; with others it did nothing. */
const ofProvider: Readonly<Record<string, string>> = {
  github_team: 'github',
  github_repo: 'github',
  github_users: 'github',
  gitlab_projects: 'gitlab',
  google_groups: 'google',
  google_admin_email: 'google',
  google_service_account_json: 'google',
  google_use_application_default_credentials: 'google',
  google_target_principal: 'google',
  google_use_organization_id: 'google',
  google_admin_api_user_scope: 'google',
  entra_id_allowed_tenants: 'entra-id',
  entra_id_federated_token_auth: 'entra-id',
}

/** `type` is the provider that is rendered; undefined when there is none yet. `skipped` are keys that the class says. */
export function ownOptions(
  taken: TakenSettings,
  { type, skipped }: { type: string | undefined; skipped: readonly string[] },
): Record<string, Data> {
  const options: Record<string, Data> = {}
  for (const { name, value } of taken.all()) {
    // The older name of the same, which oauth2-proxy still prefers.
    const key = name === 'user_id_claim' ? 'oidc_email_claim' : name
    const option = optionOfKey(key)
    if (!Object.hasOwn(shape, option) || notHere.has(key) || skipped.includes(key)) continue
    if (value instanceof FromElsewhere) continue
    taken.take(name)
    const only = Object.hasOwn(ofProvider, key) ? ofProvider[key] : undefined
    if (only !== undefined && type !== undefined && only !== type) {
      taken.lose(
        key,
        shownValue(key, value, { harmless: harmlessKeys }),
        `Nothing changes: the provider ${type} does not read it, only ${only} does.`,
      )
      continue
    }
    const plain = redisAddresses.has(key) ? withoutCredentials(taken, key, value) : value
    const read = readValue(plain, proxyKeys[key]?.type ?? 'text')
    if (isSame(key, read, withoutOption(key))) continue
    const { success } = shape[option as keyof typeof shape].safeParse(read)
    if (success) options[option] = read
    else {
      taken.lose(
        key,
        shownValue(key, value, { harmless: harmlessKeys }),
        'oauth2-proxy goes without it from now on: gatehouse.yaml takes another kind of value there. Look it up in the documentation of oauth2-proxy.',
      )
    }
  }
  return options
}

function readValue(value: unknown, type: KeyType): Data {
  if (type === 'flag') return isTrue(value)
  if (type === 'number') return Number(value)
  if (type === 'list')
    return Array.isArray(value)
      ? value.map(String)
      : String(value)
          .split(',')
          .map((item) => item.trim())
  return type === 'duration' ? durationOf(value) : String(value)
}

/** A number counts nanoseconds. */
export function durationOf(value: unknown): string {
  const text = String(value).trim()
  if (/^0+$/.test(text)) return '0s'
  return /^\d+$/.test(text) ? `${text}ns` : text.replaceAll('µs', 'us')
}

function isSame(key: string, value: Data, other: unknown): boolean {
  if (proxyKeys[key]?.type !== 'duration') return isDeepStrictEqual(value, other)
  return other !== undefined && seconds(String(value)) === seconds(String(other))
}

const unit: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }

function seconds(text: string): number {
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)].reduce(
    (sum, [, count, name = 's']) => sum + Number(count) * (unit[name] ?? 1),
    0,
  )
}

/** The user name becomes an option, the password a variable. */
function withoutCredentials(taken: TakenSettings, key: string, value: unknown): Data {
  const addresses = Array.isArray(value) ? value.map(String) : String(value).split(',')
  if (addresses.some((address) => withoutUserinfo(address) !== address)) {
    taken.lose(
      key,
      'the user name and password of Redis in an address',
      'They are not copied. Set the password as OAUTH2_PROXY_REDIS_PASSWORD and the name as redisUsername; change the password if others have seen the file.',
      'secret',
    )
  }
  const plain = addresses.map((address) => withoutUserinfo(address.trim()))
  return Array.isArray(value) || key !== 'redis_connection_url' ? plain : (plain[0] ?? '')
}
