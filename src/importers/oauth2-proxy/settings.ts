/**
 * Reads every form of configuration of oauth2-proxy into one map with the names of its TOML file: the file, flags (a command line, or
 * `args` of a Deployment), variables, and the structured (alpha) YAML.
 */
import { parse as parseToml } from 'smol-toml'
import { isMap } from '../../maps.ts'
import { type ImportFile, type NotCarried, UnreadableImport } from '../contract.ts'
import { readVariables, SettingsTree } from '../settings-tree.ts'
import { noPlace, settingsBelow, shownSetting } from '../shown-setting.ts'
import { yamlDocuments } from '../yaml-documents.ts'

export interface ProxySetting {
  value: unknown
  where: string
}
export type ProxySettings = Map<string, ProxySetting>

export interface ProxyFile {
  settings: ProxySettings
  isAlpha: boolean
}

export function readProxyFile(file: ImportFile, notCarried: NotCarried[]): ProxyFile {
  const form = formOf(file)
  if (form === 'yaml') return readYaml(file, notCarried)
  const entries = form === 'toml' ? tomlEntries(file) : form === 'flags' ? flagEntries(file.text) : envEntries(file)
  return { settings: withPlace(file.name, entries), isAlpha: false }
}

function withPlace(name: string, entries: readonly (readonly [string, unknown])[]): ProxySettings {
  return new Map(entries.map(([key, value]) => [key, { value, where: `${name}: ${key}` }]))
}

/** By the name of the file, otherwise by its content. */
function formOf({ name, text }: ImportFile): 'toml' | 'yaml' | 'flags' | 'env' {
  if (/\.(cfg|toml)$/.test(name)) return 'toml'
  if (/\.ya?ml$/.test(name)) return 'yaml'
  if (/\.env$/.test(name)) return 'env'
  if (/(?:^|\s)["']?--?[a-z][a-z-]+[= ]/m.test(text)) return 'flags'
  if (/^\s*(?:export\s+)?OAUTH2_PROXY_[A-Z_]+=/m.test(text)) return 'env'
  return /^\s*[a-z_]+\s*=/m.test(text) ? 'toml' : 'yaml'
}

function tomlEntries({ name, text }: ImportFile): [string, unknown][] {
  try {
    return Object.entries(parseToml(text))
  } catch (error) {
    // The message of the parser quotes the line, which may hold a secret.
    const line = error instanceof Error && 'line' in error ? `line ${String(error.line)}: ` : ''
    throw new UnreadableImport(name, `${line}is not TOML`)
  }
}

function envEntries(file: ImportFile): [string, unknown][] {
  const prefix = 'OAUTH2_PROXY_'
  return [...readVariables(file)]
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => [name.slice(prefix.length).toLowerCase(), value])
}

/** Repeatable flags have another name in the file. */
const plurals: ReadonlyMap<string, string> = new Map([
  ['upstream', 'upstreams'],
  ['email_domain', 'email_domains'],
  ['allowed_group', 'allowed_groups'],
  ['allowed_role', 'allowed_roles'],
  ['whitelist_domain', 'whitelist_domains'],
  ['cookie_domain', 'cookie_domains'],
  ['skip_auth_route', 'skip_auth_routes'],
  ['api_route', 'api_routes'],
  ['provider_ca_file', 'provider_ca_files'],
  ['trusted_proxy_ip', 'trusted_proxy_ips'],
  ['trusted_ip', 'trusted_ips'],
  ['extra_jwt_issuer', 'extra_jwt_issuers'],
  ['oidc_audience_claim', 'oidc_audience_claims'],
  ['oidc_extra_audience', 'oidc_extra_audiences'],
  ['keycloak_group', 'keycloak_groups'],
  ['gitlab_group', 'gitlab_groups'],
  ['gitlab_project', 'gitlab_projects'],
  ['github_user', 'github_users'],
  ['google_group', 'google_groups'],
  ['entra_id_allowed_tenant', 'entra_id_allowed_tenants'],
])

function flagEntries(text: string): [string, unknown][] {
  return entriesOfFlags(wordsOf(text.replaceAll(/\\\r?\n/g, ' ')))
}

/** Words of a command line or of a list, quotes taken off. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+/g)]
    .map(([word]) =>
      word
        .replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double?: string, single?: string) =>
          double === undefined ? (single ?? '') : double.replaceAll(/\\(.)/g, '$1'),
        )
        .replace(/,$/, ''),
    )
    .filter((word) => word !== '-' && word !== '')
}

function entriesOfFlags(words: readonly string[]): [string, unknown][] {
  const found = new Map<string, unknown>()
  words.forEach((word, index) => {
    const [, name, value] = /^--?([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word) ?? []
    if (name === undefined) return
    const following = words[index + 1]
    const given = value ?? (following !== undefined && !following.startsWith('-') ? following : 'true')
    const plain = name.replaceAll('-', '_')
    const key = plurals.get(plain) ?? plain
    const before = found.get(key)
    const list = Array.isArray(before) ? [...(before as string[]), given] : [given]
    found.set(key, plurals.has(plain) ? list : given)
  })
  return [...found]
}

function readYaml(file: ImportFile, notCarried: NotCarried[]): ProxyFile {
  const found: ProxyFile = { settings: new Map(), isAlpha: false }
  for (const data of yamlDocuments(file)) {
    const entries = isAlphaData(data) ? alphaEntries(file.name, data, notCarried) : entriesOfManifest(data)
    found.isAlpha ||= isAlphaData(data)
    for (const [key, setting] of withPlace(file.name, entries)) found.settings.set(key, setting)
  }
  return found
}

function isAlphaData(data: unknown): data is Readonly<Record<string, unknown>> {
  return isMap(data) && (Array.isArray(data['providers']) || isMap(data['upstreamConfig']))
}

/** Flags in a list, and in the containers of a Deployment; the file in a ConfigMap. */
function entriesOfManifest(data: unknown): [string, unknown][] {
  if (Array.isArray(data)) {
    const words = data.filter((item) => typeof item === 'string')
    return words.length === data.length
      ? entriesOfFlags(words)
      : data.flatMap((item: unknown) => entriesOfManifest(item))
  }
  if (!isMap(data)) return []
  return Object.entries(data).flatMap(([key, value]): [string, unknown][] => {
    if (key === 'env' && Array.isArray(value)) return value.flatMap((item: unknown) => entryOfVariable(item))
    if (/\.(cfg|toml)$/.test(key) && typeof value === 'string') return tomlEntries({ name: key, text: value })
    return entriesOfManifest(value)
  })
}

function entryOfVariable(item: unknown): [string, unknown][] {
  if (!isMap(item) || typeof item['name'] !== 'string' || typeof item['value'] !== 'string') return []
  return envEntries({ name: '', text: `${item['name']}=${JSON.stringify(item['value'])}` })
}

/** The name of an alpha setting in the other form. */
const alphaKeys: readonly (readonly [string, string])[] = [
  ['provider', 'provider'],
  ['clientID', 'client_id'],
  ['clientSecret', 'client_secret'],
  ['clientSecretFile', 'client_secret_file'],
  ['scope', 'scope'],
  ['allowedGroups', 'allowed_groups'],
  ['caFiles', 'provider_ca_files'],
  ['code_challenge_method', 'code_challenge_method'],
  ['backendLogoutURL', 'backend_logout_url'],
  ['loginURL', 'login_url'],
  ['redeemURL', 'redeem_url'],
  ['validateURL', 'validate_url'],
  ['oidcConfig.issuerURL', 'oidc_issuer_url'],
  ['oidcConfig.groupsClaim', 'oidc_groups_claim'],
  ['oidcConfig.emailClaim', 'oidc_email_claim'],
  ['oidcConfig.audienceClaims', 'oidc_audience_claims'],
  ['oidcConfig.insecureSkipNonce', 'insecure_oidc_skip_nonce'],
  ['oidcConfig.insecureAllowUnverifiedEmail', 'insecure_oidc_allow_unverified_email'],
  ['keycloakConfig.roles', 'allowed_roles'],
  ['keycloakConfig.groups', 'keycloak_groups'],
  ['githubConfig.org', 'github_org'],
  ['githubConfig.team', 'github_team'],
  ['gitlabConfig.group', 'gitlab_groups'],
]

function alphaEntries(
  name: string,
  data: Readonly<Record<string, unknown>>,
  notCarried: NotCarried[],
): [string, unknown][] {
  const tree = new SettingsTree(data)
  const providers = tree.take(['providers'])
  const list: unknown[] = Array.isArray(providers) ? providers : []
  const provider = new SettingsTree(isMap(list[0]) ? list[0] : {})
  const entries: [string, unknown][] = []
  const add = (key: string, value: unknown) => {
    if (value !== undefined && value !== '') entries.push([key, value])
  }
  for (const [path, key] of alphaKeys) add(key, provider.take(path.split('.')))
  for (const path of [['id'], ['name'], ['additionalClaims']]) provider.take(path)
  add('parameters', provider.take(['loginURLParameters']))
  add('upstreams', upstreamsOf(tree.take(['upstreamConfig', 'upstreams'])))
  add('http_address', tree.text(['server', 'bindAddress']))
  add('principal', principalOf(tree.take(['injectRequestHeaders'])))
  tree.take(['injectResponseHeaders'])
  if (list.length > 1) {
    notCarried.push({
      where: `${name}: providers[1]`,
      what: 'a second provider',
      why: 'oauth2-proxy uses only the first one. To have several, give the product the class gatehouse.',
    })
  }
  const left = [
    ...provider.left().map((path) => [`providers[0].${path.join('.')}`, provider.peek(path)] as const),
    ...tree.left().map((path) => [path.join('.'), tree.peek(path)] as const),
  ]
  const shown = left
    .flatMap(([path, value]) => settingsBelow(path, value))
    .map(([key, value]) => shownSetting(key, value, ':'))
  if (shown.length > 0) notCarried.push(noPlace(name, shown))
  return entries
}

function upstreamsOf(list: unknown): string[] | undefined {
  if (!Array.isArray(list)) return undefined
  return (list as unknown[]).flatMap((item) => {
    if (!isMap(item)) return []
    if (item['static'] === true) return [`static://${String(item['staticCode'] ?? 200)}`]
    return typeof item['uri'] === 'string' ? [item['uri']] : []
  })
}

/** The claim in X-Forwarded-User, in both forms that header sources have had. */
function principalOf(headers: unknown): string | undefined {
  if (!Array.isArray(headers)) return undefined
  const header: unknown = headers.find((item) => isMap(item) && item['name'] === 'X-Forwarded-User')
  const tree = new SettingsTree(isMap(header) ? header : {})
  const values = tree.take(['values'])
  const source = new SettingsTree(Array.isArray(values) && isMap(values[0]) ? values[0] : {})
  const claim = source.text(['claimSource', 'claim']) ?? source.text(['claim'])
  return claim === 'user' ? 'sub' : claim
}
