/** Finds where the rendered files of oauth2-proxy differ from the imported ones. */
import { parse as parseToml } from 'smol-toml'
import type { Data } from '../../formats.ts'
import { own } from '../../maps.ts'
import { optionOfKey, proxyKeys } from '../../products/oauth2-proxy/names.ts'
import { isStandIn, renderedImport } from '../rendered-import.ts'
import { settingsBelow, shownSetting, shownValue } from '../shown-setting.ts'
import { effectOfKey, harmlessKeys, withoutOption } from './effects.ts'
import { keysOfFlags } from './flags.ts'
import { FromElsewhere } from './found.ts'
import { readProxyFile } from './settings.ts'
import type { TakenSettings } from './taken.ts'

const showing = { harmless: harmlessKeys }

/** Lists the settings that the rendered files lack, have with another value, or add. */
export function loseTheRest(
  taken: TakenSettings,
  config: Readonly<Record<string, Data>>,
  { isUnread }: { isUnread: boolean },
): void {
  const rendered = renderedSettings(config)
  loseWhatIsElsewhere(taken)
  loseWhatDiffers(taken, rendered ?? new Map())
  loseWhatHasNoPlace(taken, rendered ?? new Map())
  // What an unread file says may be just that.
  if (!isUnread) tellWhatIsNew(taken, rendered)
}

type Rendered = ReadonlyMap<string, unknown>

function renderedSettings(config: Readonly<Record<string, Data>>): Rendered | undefined {
  const files = renderedImport(config, 'oauth2-proxy')
  if (!files) return undefined
  const ofProvider = config['authenticationClasses'] === undefined ? ['provider', 'scope'] : []
  const settings = files.flatMap(({ path, content }): [string, unknown][] => {
    if (path.endsWith('.cfg')) return Object.entries(parseToml(content))
    if (!path.endsWith('.yaml')) return []
    return readProxyFile({ name: path, text: content }).settings.map(({ key, value }) => [key, value])
  })
  return new Map(settings.filter(([name, value]) => !ofProvider.includes(name) && !isStandIn(value)))
}

/** Not settings of the sign-in, or set elsewhere: secrets from the environment. */
const notCompared = [
  'client_id',
  'client_secret',
  'client_secret_file',
  'cookie_secret',
  'redis_password',
  'redis_sentinel_password',
  'basic_auth_password',
  'github_token',
  'redirect_url',
  'principal',
  'parameters',
  // The name depends on the provider.
  'allowed_groups',
  'gitlab_groups',
  'github_org',
  // Other files are written there.
  'authenticated_emails_file',
  'pass_basic_auth',
  'whitelist_domains',
  'skip_auth_regex',
  'skip_auth_routes',
  'upstreams',
]

const silent = new Set(['config', 'alpha_config'])

/** Why a setting is not as it was, and what to do. `rendered` is the line of the rendered file, if it has one. */
const reasons: Readonly<Record<string, (rendered: string | undefined, value: unknown) => string>> = {
  provider: (rendered = '') =>
    rendered.includes('keycloak-oidc')
      ? `Roles of Keycloak join the groups, as \`role:NAME\`: the rendered file has ${rendered} here. Remove providerHint from the class to keep oidc.`
      : `The rendered file has ${rendered} here. Remove providerHint from the class to keep the other.`,
  provider_ca_files: (rendered) =>
    rendered === undefined
      ? 'Only authorities of the system are trusted at the provider. Add yours there.'
      : `The rendered file has ${rendered}. Put the file there.`,
  reverse_proxy: () => believesHeaders,
  proxy_prefix: () =>
    'Addresses such as /oauth2/start and /oauth2/callback replace those below it. Register the new callback at the provider, and change what asks the old ones.',
  relative_redirect_url: () =>
    'The provider gets the whole address of the product, whatever the host that people came by. Register it there.',
  signature_key: () =>
    'Applications no longer get the header GAP-Signature. Keep the flag --signature-key if they check it.',
  ssl_insecure_skip_verify: (rendered) =>
    rendered === undefined
      ? 'The certificate of the provider is checked from now on. Let it have one that can be.'
      : differs('ssl_insecure_skip_verify', rendered),
  code_challenge_method: (rendered) => `The rendered file has ${rendered ?? 'S256'}, which the provider must know.`,
  force_code_challenge_method: () =>
    'The rendered file has code_challenge_method = "S256", which the provider must know.',
}

const believesHeaders =
  'reverse_proxy = true trusts the X-Forwarded-* headers of every caller. List the proxy in front in trustedProxies (oauth2-proxy 7.15.2 and later) and let nobody else reach it, or write reverseProxy: false.'

function differs(name: string, rendered: string): string {
  return `The rendered file has ${rendered} here. ${keepIt(name)}`
}

/** Variables and flags win over the file, whatever `render` writes. The alpha form reads none for what it has itself. */
function keepIt(name: string): string {
  return `To keep yours, leave it as the variable OAUTH2_PROXY_${name.toUpperCase()} or as a flag: both win over the rendered file (in the alpha form only for what is no part of it).`
}

function loseWhatIsElsewhere(taken: TakenSettings): void {
  const known = [
    'client_id',
    'client_secret',
    'cookie_secret',
    'redis_password',
    'redis_sentinel_password',
    'basic_auth_password',
    'github_token',
  ]
  for (const { name, value, rank } of taken.all()) {
    if (!(value instanceof FromElsewhere) || known.includes(name) || taken.isLost(name)) continue
    const stays =
      rank === 'variable' ? 'It holds as long as oauth2-proxy has the variable, which wins over the rendered file.' : ''
    const option = optionOfKey(name)
    taken.lose(
      name,
      `it comes from ${value.source}`,
      `Its value is not read. ${stays} ${Object.hasOwn(proxyKeys, name) ? `Write it as ${option} below products.oauth2-proxy.oauth2-proxy, if it is no secret.` : ''}`
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
  }
}

function loseWhatDiffers(taken: TakenSettings, rendered: Rendered): void {
  for (const { name, value, isTaken } of taken.all()) {
    if (notCompared.includes(name) || value instanceof FromElsewhere || taken.isLost(name)) continue
    const other = rendered.get(name)
    const shown = other === undefined ? undefined : shownSetting(name, other, showing)
    const why = own(reasons, name)?.(shown, value) ?? (shown === undefined ? undefined : differs(name, shown))
    const isAccountedFor = other === undefined ? isTaken : isSame(name, value, other)
    if (why !== undefined && !isAccountedFor && !isDefault(name, value))
      taken.lose(name, shownValue(name, value, showing), why)
  }
}

/** What holds without a word anyway. */
function isDefault(name: string, value: unknown): boolean {
  const usual = withoutOption(name)
  return usual !== undefined && isSame(name, value, usual)
}

/** Known keys without an option, and names that are no keys at all. */
function loseWhatHasNoPlace(taken: TakenSettings, rendered: Rendered): void {
  const unknown = new Map<string, string[]>()
  for (const { name, value, place, isTaken } of taken.all()) {
    if (isTaken || rendered.has(name) || silent.has(name) || taken.isLost(name) || value instanceof FromElsewhere)
      continue
    if (isDefault(name, value)) continue
    const shown = settingsBelow(name, value).map(([key, inner]) => shownSetting(key, inner, showing))
    if (Object.hasOwn(proxyKeys, name)) {
      taken.lose(
        name,
        shown.join(', '),
        `oauth2-proxy goes without it from now on: gatehouse.yaml has no option for it. Write it under products.oauth2-proxy.extra (\`oauth2-proxy.cfg\`), or leave it as the variable OAUTH2_PROXY_${name.toUpperCase()} or as a flag.`,
      )
    } else if (keysOfFlags.has(name)) {
      const key = keysOfFlags.get(name) ?? name
      const why = `It held nobody and nothing: oauth2-proxy 7 reads ${key} there, and not the name of the flag. Decide whether it shall hold from now on.`
      taken.lose(name, shown.join(', '), why, effectOfKey(key))
    } else unknown.set(place, [...(unknown.get(place) ?? []), ...shown])
  }
  for (const [where, settings] of unknown) {
    taken.notCarried.push({
      where,
      what: settings.join(', '),
      why: 'Nothing changes if oauth2-proxy never read it: 7.15 has no setting of that name. Look it up in the documentation of your version.',
    })
  }
}

/** Defaults of oauth2-proxy: writing them down is not a change. */
const defaults: Readonly<Record<string, unknown>> = {
  provider: 'google',
  http_address: '127.0.0.1:4180',
  scope: 'openid email profile',
  reverse_proxy: false,
  cookie_secure: true,
  cookie_httponly: true,
  oidc_email_claim: 'email',
  oidc_groups_claim: 'groups',
  oidc_audience_claims: ['aud'],
}

function tellWhatIsNew(taken: TakenSettings, rendered: Rendered | undefined): void {
  if (!rendered) {
    taken.notCarried.push({
      where: 'oauth2-proxy.cfg',
      what: 'nothing to compare with yet',
      why: 'The rendered file sets more than yours, such as code_challenge_method. Complete gatehouse.yaml, then `gatehouse render --diff` shows all of it.',
      effect: 'added',
    })
    return
  }
  const said = new Set(taken.all().map(({ name }) => name))
  const added = [...rendered].filter(
    ([name, value]) =>
      !said.has(name) &&
      !taken.isLost(name) &&
      !(Array.isArray(value) && value.length === 0) &&
      !(notCompared.includes(name) && name !== 'whitelist_domains') &&
      !(Object.hasOwn(defaults, name) && isSame(name, defaults[name], value)),
  )
  if (added.length === 0) return
  taken.notCarried.push({
    where: 'oauth2-proxy.cfg',
    what: `set in the rendered file, but not in yours: ${added.map(([name, value]) => shownSetting(name, value, showing)).join(', ')}`,
    why: 'They are how Gatehouse writes it: PKCE, a nonce that is checked, no page before the provider. Options of the product change some of them; a variable or a flag wins over all.',
    effect: 'added',
  })
}

/** In variables and flags every value is a text, and a list one with commas. */
function isSame(name: string, a: unknown, b: unknown): boolean {
  if (name === 'scope') return wordsOf(a) === wordsOf(b)
  if (name === 'http_address') return String(a).replace(/^http:\/\//, '') === String(b)
  if (Array.isArray(a) || Array.isArray(b)) return JSON.stringify(listOf(a)) === JSON.stringify(listOf(b))
  return String(a) === String(b)
}

function wordsOf(value: unknown): string {
  return String(value).split(/\s+/).filter(Boolean).sort().join(' ')
}

function listOf(value: unknown): string[] {
  return Array.isArray(value)
    ? value.map(String)
    : String(value)
        .split(',')
        .map((item) => item.trim())
}
