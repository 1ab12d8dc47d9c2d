/** Finds where the rendered files of oauth2-proxy differ from the imported ones. */
import type { Data } from '../../formats.ts'
import { own } from '../../maps.ts'
import { isStandIn, renderedImport } from '../rendered-import.ts'
import { noPlace, settingsBelow, shownSetting, shownValue } from '../shown-setting.ts'
import { readProxyFile } from './settings.ts'
import type { TakenSettings } from './taken.ts'

/** Lists the settings that the rendered files lack, have with another value, or add. */
export function loseTheRest(taken: TakenSettings, config: Readonly<Record<string, Data>>): void {
  const rendered = renderedSettings(config)
  loseWhatDiffers(taken, rendered ?? new Map())
  loseWhatHasNoPlace(taken, rendered ?? new Map())
  tellWhatIsNew(taken, rendered)
}

type Rendered = ReadonlyMap<string, unknown>

function renderedSettings(config: Readonly<Record<string, Data>>): Rendered | undefined {
  const files = renderedImport(config, 'oauth2-proxy')
  if (!files) return undefined
  const ofProvider = config['authenticationClasses'] === undefined ? ['provider', 'scope'] : []
  const settings = files.flatMap(({ path, content }) => [...readProxyFile({ name: path, text: content }, []).settings])
  return new Map(
    settings
      .map(([name, { value }]): [string, unknown] => [name, value])
      .filter(([name, value]) => !ofProvider.includes(name) && !isStandIn(value)),
  )
}

/** Not settings of the sign-in, or set elsewhere: secrets from the environment. */
const notCompared = [
  'client_id',
  'client_secret',
  'client_secret_file',
  'cookie_secret',
  'redirect_url',
  'principal',
  'parameters',
  // The name depends on the provider.
  'allowed_groups',
  'gitlab_groups',
  'github_org',
]
/** Where other files are; a name that is shown on a page which the rendered file skips. */
const meansNothing = ['config', 'alpha_config', 'provider_display_name']

/** For settings in both files, or in theirs alone where they mean nothing without others. */
const reasons: Readonly<Record<string, (rendered: string | undefined, value: unknown) => string>> = {
  provider: (rendered = '') =>
    rendered.includes('keycloak-oidc')
      ? `The rendered file has ${rendered} here, and with it roles of Keycloak join the groups, as \`role:NAME\`. Remove providerHint from the class to keep oidc.`
      : `The rendered file has ${rendered} here. Remove providerHint from the class to keep the other.`,
  backend_logout_url: (rendered) =>
    rendered === undefined
      ? 'The rendered file does not have it, so sign-out does not end the session at the provider. Put it back into the rendered file if you need it.'
      : differs(rendered),
  provider_ca_files: (rendered) => `The rendered file has ${rendered}. Put the file there.`,
  reverse_proxy: () => believesHeaders,
  skip_auth_regex: () => 'It is deprecated. Use skipAuthRoutes, such as ^/path, which are matched against the path.',
  google_groups: (_, groups) =>
    `People outside ${namesOf(groups)} now get in: the class has no groups of Google. Limit people by emailDomains, or put it back into the rendered file with google_admin_email and the service account.`,
  github_team: (_, team) =>
    `People outside ${namesOf(team)} now get in: the whole organisation. Set allowedGroups, such as acme:data.`,
  github_users: (_, people) =>
    `It let ${namesOf(people)} in, whatever their organisation. Put it back into the rendered file if you need it.`,
  authenticated_emails_file: () =>
    'EVERYONE of the provider gets in now. Limit people by allowedGroups or emailDomains.',
  htpasswd_file: () => 'Its accounts no longer get in. Create them at Gatehouse (`gatehouse users add`).',
  entra_id_allowed_tenants: () => 'A class is one tenant, by its id in rootPath. Other tenants no longer get in.',
  insecure_oidc_allow_unverified_email: () =>
    'People whose address is not verified are refused now. Verify addresses at the provider.',
}

const believesHeaders =
  'reverse_proxy = true trusts the X-Forwarded-* headers of every caller. List the proxy in front in trustedProxies (oauth2-proxy 7.15.2 and later) and let nobody else reach it; delete the line from the rendered file if there is no proxy in front.'

function differs(rendered: string): string {
  return `The rendered file has ${rendered} here. Change it there if you need yours.`
}

function loseWhatDiffers(taken: TakenSettings, rendered: Rendered): void {
  for (const { name, value, isTaken } of taken.all()) {
    if (notCompared.includes(name) || taken.isLost(name)) continue
    const other = rendered.get(name)
    if (name === 'whitelist_domains') {
      loseDomains(taken, value, other)
      continue
    }
    const shown = other === undefined ? undefined : shownSetting(name, other)
    const why = own(reasons, name)?.(shown, value) ?? (shown === undefined ? undefined : differs(shown))
    const isAccountedFor = other === undefined ? isTaken : isSame(name, value, other)
    if (why !== undefined && !isAccountedFor) taken.lose(name, shownValue(name, value), why)
  }
}

/** Where people may return: the rendered file has its own address, cookieDomains and the provider. */
function loseDomains(taken: TakenSettings, value: unknown, rendered: unknown): void {
  const known = listOf(rendered ?? [])
  const lost = listOf(value).filter((domain) => !known.includes(domain))
  if (lost.length === 0) return
  taken.lose(
    'whitelist_domains',
    shownValue('whitelist_domains', lost),
    'People no longer return there after sign-in or sign-out. Put it back into the rendered file, or add it to cookieDomains to share the session with it.',
  )
}

function loseWhatHasNoPlace(taken: TakenSettings, rendered: Rendered): void {
  const files = new Map<string, string[]>()
  for (const { name, value, where, isTaken } of taken.all()) {
    if (isTaken || rendered.has(name) || meansNothing.includes(name) || taken.isLost(name)) continue
    const file = where.slice(0, -`: ${name}`.length)
    const shown = settingsBelow(name, value).map(([key, inner]) => shownSetting(key, inner))
    files.set(file, [...(files.get(file) ?? []), ...shown])
  }
  for (const [where, settings] of files) taken.notCarried.push(noPlace(where, settings))
}

/** Defaults of oauth2-proxy: writing them down is not a change. */
const defaults: Readonly<Record<string, unknown>> = {
  provider: 'google',
  http_address: '127.0.0.1:4180',
  scope: 'openid email profile',
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
      why: 'The rendered file sets more than yours, such as reverse_proxy = true. Complete gatehouse.yaml, then `gatehouse render --diff` shows all of it.',
    })
    return
  }
  const said = new Set(taken.all().map(({ name }) => name))
  const added = [...rendered].filter(
    ([name, value]) =>
      !said.has(name) &&
      !notCompared.includes(name) &&
      !(Object.hasOwn(defaults, name) && isSame(name, defaults[name], value)),
  )
  if (added.length === 0) return
  taken.notCarried.push({
    where: 'oauth2-proxy.cfg',
    what: `set in the rendered file, but not in yours: ${added.map(([name, value]) => shownSetting(name, value)).join(', ')}`,
    why: added.some(([name]) => name === 'reverse_proxy')
      ? believesHeaders
      : 'oauth2-proxy behaves differently without them. Delete from the rendered file what you do not want.',
  })
}

/** In variables and flags every value is a text, and a list one with commas. */
function isSame(name: string, a: unknown, b: unknown): boolean {
  if (name === 'scope') return wordsOf(a) === wordsOf(b)
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

function namesOf(value: unknown): string {
  return listOf(value).join(', ')
}
