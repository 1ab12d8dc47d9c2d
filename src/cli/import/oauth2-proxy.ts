/** oauth2-proxy: its configuration file, flags, variables or structured (alpha) configuration. */
import { isDeepStrictEqual } from 'node:util'
import type { ProviderHint } from '../../config/schema.ts'
import type { Data } from '../../formats.ts'
import { type Imported, type Importer, type ImportFile, type NotCarried, UnreadableImport } from './contract.ts'
import { nameOfAuthority } from './dex-connector.ts'
import { type ProxySettings, readProxyFile } from './oauth2-proxy-settings.ts'
import { classOfIssuer, importedName, reference } from './provider.ts'
import { isTree } from './settings-tree.ts'

export const oauth2Proxy: Importer = {
  source: 'oauth2-proxy',
  title: 'oauth2-proxy.cfg, its flags, variables or alpha configuration',
  read,
}

type Entry = Record<string, Data>

/** What the files say, and which of it has been taken. Later files win, as flags win over files. */
class Taken {
  readonly #settings: ProxySettings
  readonly #names = new Set<string>()
  readonly notCarried: NotCarried[]

  constructor(settings: ProxySettings, notCarried: NotCarried[]) {
    this.#settings = settings
    this.notCarried = notCarried
  }

  take(name: string): unknown {
    this.#names.add(name)
    const value = this.#settings.get(name)?.value
    return value === '' ? undefined : value
  }

  text(name: string): string | undefined {
    const value = this.take(name)
    return value === undefined || typeof value === 'object' ? undefined : String(value)
  }

  /** A list; in variables and flags also a text with commas. */
  list(name: string): string[] {
    const value = this.take(name)
    if (Array.isArray(value)) return value.map(String)
    return typeof value === 'string' ? value.split(',').map((item) => item.trim()) : []
  }

  flag(name: string): boolean {
    return String(this.take(name)) === 'true'
  }

  lose(name: string, what: string, why: string): void {
    this.notCarried.push({ where: this.#settings.get(name)?.where ?? name, what, why })
  }

  left(): [string, unknown][] {
    return [...this.#settings].filter(([name]) => !this.#names.has(name)).map(([name, { value }]) => [name, value])
  }
}

function read(files: readonly ImportFile[]): Imported {
  const notCarried: NotCarried[] = []
  const read = files.map((file) => readProxyFile(file, notCarried))
  const settings: ProxySettings = new Map(read.flatMap(({ settings: found }) => [...found]))
  if (settings.size === 0) {
    throw new UnreadableImport(files[0]?.name ?? '', 'holds no setting of oauth2-proxy')
  }
  const taken = new Taken(settings, notCarried)
  const provider = providerOf(taken)
  const product = productOf(
    taken,
    provider,
    read.some(({ isAlpha }) => isAlpha),
  )
  loseTheRest(taken)
  return {
    config: {
      ...(provider ? { authenticationClasses: { [provider.className]: provider.class } } : {}),
      products: { 'oauth2-proxy': product },
      ...(provider ? { secrets: provider.secrets } : {}),
    },
    comments: [],
    notCarried,
  }
}

interface ImportedProvider {
  className: string
  class: Entry
  entry: Entry
  secrets: Record<string, Entry>
}

const hints: Readonly<Record<string, ProviderHint>> = {
  'keycloak-oidc': 'Keycloak',
  'entra-id': 'EntraID',
  google: 'Google',
  gitlab: 'GitLab',
  adfs: 'ADFS',
}

function providerOf(taken: Taken): ImportedProvider | undefined {
  const type = taken.text('provider') ?? 'google'
  const client = clientOf(taken)
  if (type === 'github') return githubOf(taken, client)
  const hint = hints[type]
  if (type !== 'oidc' && hint === undefined) {
    taken.lose(
      'provider',
      type,
      'Gatehouse knows no class for this provider. Describe it as oidc if it speaks OpenID Connect, else sign in through another one.',
    )
    return undefined
  }
  const issuer = type === 'google' ? 'https://accounts.google.com' : taken.text('oidc_issuer_url')
  const asked = taken.text('scope')?.split(/\s+/).filter(Boolean)
  const found =
    issuer === undefined
      ? undefined
      : classOfIssuer({
          issuer,
          scopes: [...new Set(['openid', ...(asked ?? ['email', 'profile'])])],
          principalClaim: taken.text('principal') ?? (type === 'google' ? 'email' : 'preferred_username'),
          hint,
        })
  if (!found) {
    taken.lose(
      'oidc_issuer_url',
      'no issuer that can be used',
      'A class needs an http or https address. Describe the provider by hand.',
    )
    return undefined
  }
  if (found.differs !== undefined) {
    taken.lose(
      'oidc_issuer_url',
      String(issuer),
      `The class stands for ${found.differs}, which is not the same to the letter. Compare with \`issuer\` in the discovery document.`,
    )
  }
  const className = importedName(hint?.toLowerCase() ?? found.oidc.providerHint?.toLowerCase() ?? 'idp', 'idp')
  const groupsClaim = taken.text('oidc_groups_claim')
  const { tls, secrets } = tlsOf(taken, className)
  const parameters = parametersOf(taken)
  return {
    className,
    class: {
      oidc: {
        ...found.oidc,
        ...(found.oidc.tls === undefined ? {} : { tls }),
        ...(groupsClaim === undefined || groupsClaim === 'groups' ? {} : { groupsClaim }),
      },
    },
    entry: {
      authenticationClass: className,
      oidc: {
        clientCredentialsSecret: `${className}-client`,
        ...(Object.keys(parameters).length > 0 ? { authorizationParameters: parameters } : {}),
      },
    },
    secrets: { [`${className}-client`]: client, ...secrets },
  }
}

function clientOf(taken: Taken): Entry {
  const id = taken.text('client_id')
  const isVariable = id === undefined || /^\$\{?\w+\}?$/.test(id)
  if (isVariable) {
    taken.lose(
      'client_id',
      'the client id comes from a variable',
      'gatehouse.yaml holds the client id itself. Write it in the place of CLIENT-ID.',
    )
  }
  const secret = taken.text('client_secret')
  const file = taken.text('client_secret_file')
  if (secret !== undefined && !/^\$\{?\w+\}?$/.test(secret)) {
    taken.lose(
      'client_secret',
      'the client secret in clear text',
      'It is not copied. Set it as OAUTH2_PROXY_CLIENT_SECRET, and change it if the file has been seen by others.',
    )
  }
  if (taken.text('cookie_secret') !== undefined) {
    taken.lose(
      'cookie_secret',
      'the key of the cookies in clear text',
      'It is not copied. Set it as OAUTH2_PROXY_COOKIE_SECRET; with a new one people sign in anew.',
    )
  }
  if (file !== undefined && !file.includes('$'))
    return { clientId: id ?? 'CLIENT-ID', clientSecret: `\${file:${file}}` }
  return {
    clientId: isVariable ? 'CLIENT-ID' : id,
    ...(isVariable ? { clientIdVariable: 'OAUTH2_PROXY_CLIENT_ID' } : {}),
    clientSecret: reference('OAUTH2_PROXY_CLIENT_SECRET'),
  }
}

function tlsOf(taken: Taken, className: string): { tls: Data; secrets: Record<string, Entry> } {
  const [first, ...others] = taken.list('provider_ca_files')
  if (taken.flag('ssl_insecure_skip_verify')) return { tls: { verification: { none: {} } }, secrets: {} }
  if (first === undefined) return { tls: { verification: { server: { caCert: { webPki: {} } } } }, secrets: {} }
  if (others.length > 0) {
    taken.lose(
      'provider_ca_files',
      'several certificate authorities',
      `A class takes one file. Put all of them into ${first}.`,
    )
  }
  const name = nameOfAuthority(first, className)
  return {
    tls: { verification: { server: { caCert: { secretClass: name } } } },
    secrets: { [name]: { 'ca.crt': `\${file:${first}}` } },
  }
}

function parametersOf(taken: Taken): Record<string, string> {
  const found: Record<string, string> = {}
  for (const key of ['prompt', 'acr_values', 'approval_prompt']) {
    const value = taken.text(key)
    // What is written without being asked for, and the default that asks for approval each time.
    if (value !== undefined && !(key === 'approval_prompt' && /^(auto|force)$/.test(value))) found[key] = value
  }
  const list = taken.take('parameters')
  if (!Array.isArray(list)) return found
  for (const item of list as unknown[]) {
    if (!isTree(item) || typeof item['name'] !== 'string' || !Array.isArray(item['default'])) continue
    found[item['name']] = String(item['default'][0] ?? '')
    if (item['allow'] !== undefined || item['default'].length > 1) {
      taken.lose(
        'parameters',
        `more about the parameter ${item['name']}`,
        'Only its first value is sent. Put the rest back into the rendered file if you need it.',
      )
    }
  }
  return found
}

function githubOf(taken: Taken, client: Entry): ImportedProvider {
  const org = taken.text('github_org')
  const login = URL.parse(taken.text('login_url') ?? '')
  for (const key of ['redeem_url', 'validate_url', 'scope', 'principal', 'approval_prompt']) taken.take(key)
  const hostname = login === null || login.hostname === 'github.com' ? {} : { hostname: login.hostname }
  return {
    className: 'github',
    class: { github: { ...hostname, organizations: org === undefined ? [] : [org] } },
    entry: { authenticationClass: 'github', oidc: { clientCredentialsSecret: 'github-client' } },
    secrets: { 'github-client': client },
  }
}

function productOf(taken: Taken, provider: ImportedProvider | undefined, alpha: boolean): Entry {
  const redirect = taken.text('redirect_url')
  const url = /^https?:\/\//.test(redirect ?? '') ? URL.parse(redirect ?? '') : null
  if (url === null) {
    taken.lose(
      'redirect_url',
      redirect ?? 'no redirect_url',
      'A product needs the address under which people open it. Write it as products.oauth2-proxy.url.',
    )
  } else if (url.pathname !== '/oauth2/callback') {
    taken.lose(
      'redirect_url',
      url.pathname,
      'The rendered file returns to /oauth2/callback. Register that address at the provider too.',
    )
  }
  const secure = taken.text('cookie_secure')
  if (secure !== undefined && url !== null && (secure === 'true') !== (url.protocol === 'https:')) {
    taken.lose(
      'cookie_secure',
      secure,
      'The rendered file sends the cookie over https only where the address begins with https. Write the address that people see.',
    )
  }
  const settings: Record<string, Data> = {}
  const add = (key: string, value: Data, usual: Data) => {
    if (!isDeepStrictEqual(value, usual)) settings[key] = value
  }
  add('upstreams', taken.list('upstreams'), [])
  add('emailDomains', taken.list('email_domains'), ['*'])
  if (isDeepStrictEqual(settings['emailDomains'], [])) delete settings['emailDomains']
  add('allowedGroups', groupsOf(taken), [])
  add('skipAuthRoutes', taken.list('skip_auth_routes'), [])
  add('cookieDomains', taken.list('cookie_domains'), [])
  add('trustedProxies', taken.list('trusted_proxy_ips'), [])
  add('httpAddress', taken.text('http_address') ?? '127.0.0.1:4180', '127.0.0.1:4180')
  add('alpha', alpha, false)
  return {
    product: 'oauth2-proxy',
    ...(url === null ? {} : { url: url.origin }),
    authentication: provider ? [provider.entry] : [],
    ...(Object.keys(settings).length > 0 ? { 'oauth2-proxy': settings } : {}),
  }
}

/** Whom oauth2-proxy really keeps out: it accepts some of these settings with providers that do not read them. */
function groupsOf(taken: Taken): string[] {
  const type = taken.text('provider') ?? 'google'
  const groups = taken.list('allowed_groups')
  const roles = taken.list('allowed_roles')
  const gitlab = taken.list('gitlab_groups')
  const keycloak = taken.list('keycloak_groups')
  const unread = (key: string, what: readonly string[]) => {
    if (what.length === 0) return
    taken.lose(
      key,
      what.join(', '),
      `The provider ${type} does not read it, so it kept nobody out. Write allowedGroups yourself if you want it from now on.`,
    )
  }
  if (keycloak.length > 0) unread('keycloak_groups', keycloak)
  if (type === 'gitlab') {
    unread('allowed_groups', groups)
    unread('allowed_roles', roles)
    return gitlab
  }
  unread('gitlab_groups', gitlab)
  if (type === 'google') {
    unread('allowed_groups', groups)
    return []
  }
  if (type !== 'keycloak-oidc') {
    unread('allowed_roles', roles)
    return groups
  }
  return [...groups, ...roles.map((role) => `role:${role}`)]
}

/** What `render` writes, so that nothing is lost by it. */
const rendered: Readonly<Record<string, readonly unknown[]>> = {
  reverse_proxy: [true, 'true'],
  skip_provider_button: [true, 'true'],
  set_xauthrequest: [true, 'true'],
  cookie_httponly: [true, 'true'],
  cookie_samesite: ['lax'],
  code_challenge_method: ['S256'],
  insecure_oidc_skip_nonce: [false, 'false'],
  oidc_email_claim: ['email'],
  oidc_audience_claims: [['aud']],
}

/** Written anew by what is known of the provider and the address. */
const followsAnyway = ['backend_logout_url', 'whitelist_domains', 'provider_display_name', 'config', 'alpha_config']

const reasons: Readonly<Record<string, string>> = {
  skip_auth_regex: 'It is deprecated. Write skipAuthRoutes, such as ^/path, which are matched against the path.',
  google_groups: 'NOBODY is limited by groups of Google any more. Limit people by emailDomains.',
  github_team: 'The whole organisation gets in now. Write allowedGroups, such as acme:data.',
  authenticated_emails_file: 'EVERYBODY of the provider gets in now. Limit people by allowedGroups or emailDomains.',
  htpasswd_file: 'Its accounts do not get in any more. Make them at Gatehouse (`gatehouse users add`).',
  entra_id_allowed_tenants: 'A class is one tenant, by its id in rootPath. Others do not get in any more.',
  insecure_oidc_allow_unverified_email:
    'People whose address is not verified are refused now. Verify addresses at the provider.',
}

function loseTheRest(taken: Taken): void {
  for (const [name, value] of taken.left()) {
    if (value === '' || followsAnyway.includes(name)) continue
    const same = rendered[name]?.some((usual) => isDeepStrictEqual(usual, value)) ?? false
    if (same) continue
    taken.lose(
      name,
      name,
      reasons[name] ??
        (rendered[name] === undefined
          ? 'It has no place in gatehouse.yaml. Put it back into the rendered file if you need it.'
          : `The rendered file says ${JSON.stringify(rendered[name][0])} here. Change it there if you need the other.`),
    )
  }
}
