/** oauth2-proxy: its configuration file, flags, variables or structured (alpha) configuration. */

import { isDeepStrictEqual } from 'node:util'
import { isEverybody, isNetwork } from '../../config/networks.ts'
import { shownAddress, withoutUserinfo } from '../../config/shown-text.ts'
import type { Data } from '../../formats.ts'
import { isMap, own, withoutPrototype } from '../../maps.ts'
import { providerTypes } from '../../products/oauth2-proxy/names.ts'
import {
  type ImportComment,
  type Imported,
  type Importer,
  type ImportFile,
  type NotCarried,
  UnreadableImport,
} from '../contract.ts'
import { nameOfAuthority } from '../dex/connector.ts'
import { classOfIssuer, hintsByName, importedName, otherIssuer, reference } from '../provider.ts'
import { shownSetting } from '../shown-setting.ts'
import { loseTheRest } from './differences.ts'
import { type ProxySettings, readProxyFile } from './settings.ts'
import { TakenSettings } from './taken.ts'

export const oauth2Proxy: Importer = {
  source: 'oauth2-proxy',
  title: 'oauth2-proxy.cfg, its flags, variables or alpha configuration',
  read,
}

type Entry = Record<string, Data>

function read(files: readonly ImportFile[]): Imported {
  const notCarried: NotCarried[] = []
  const read = files.map((file) => readProxyFile(file, notCarried))
  const settings: ProxySettings = new Map(read.flatMap(({ settings: found }) => [...found]))
  if (settings.size === 0) {
    throw new UnreadableImport(files[0]?.name ?? '', 'has no setting of oauth2-proxy')
  }
  const taken = new TakenSettings(settings, notCarried)
  const provider = providerOf(taken)
  const product = productOf(
    taken,
    provider,
    read.some(({ isAlpha }) => isAlpha),
  )
  const config = {
    ...(provider ? { authenticationClasses: { [provider.className]: provider.class } } : {}),
    products: { 'oauth2-proxy': product },
    ...(provider ? { secrets: provider.secrets } : {}),
  }
  loseTheRest(taken, config)
  return {
    config,
    comments: commentsOf(files, { hasUrl: Object.hasOwn(product, 'url'), provider }),
    notCarried,
  }
}

function commentsOf(
  files: readonly ImportFile[],
  { hasUrl, provider }: { hasUrl: boolean; provider: ImportedProvider | undefined },
): ImportComment[] {
  const comments: ImportComment[] = [
    { path: [], text: `Imported from ${files.map(({ name }) => name).join(', ')} of oauth2-proxy.` },
  ]
  for (const text of provider?.guesses ?? []) {
    comments.push({ path: ['authenticationClasses', provider?.className ?? ''], text })
  }
  if (!hasUrl) {
    comments.push({
      path: ['products', 'oauth2-proxy'],
      text: 'Set url to the address at which people open it.',
    })
  }
  for (const [name, secret] of Object.entries(provider?.secrets ?? {})) {
    if (secret['clientId'] !== 'CLIENT-ID') continue
    comments.push({ path: ['secrets', name, 'clientId'], text: 'Put the client id here.' })
  }
  return comments
}

interface ImportedProvider {
  className: string
  class: Entry
  entry: Entry
  secrets: Record<string, Entry>
  /** What was guessed about it and is to be checked. */
  guesses?: readonly string[]
}

const hints = hintsByName(providerTypes)

function providerOf(taken: TakenSettings): ImportedProvider | undefined {
  const type = taken.text('provider') ?? 'google'
  const client = clientOf(taken)
  if (type === 'github') return githubOf(taken, client)
  const hint = own(hints, type)
  if (type !== 'oidc' && hint === undefined) {
    taken.lose(
      'provider',
      type,
      'Gatehouse has no class for this provider. Describe it as oidc if it speaks OpenID Connect, otherwise sign in through another one.',
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
      'no usable issuer',
      'A class needs an http or https address. Describe the provider by hand.',
    )
    return undefined
  }
  if (found.differs !== undefined) {
    taken.lose(
      'oidc_issuer_url',
      String(issuer),
      otherIssuer({
        given: String(issuer),
        said: found.differs,
        setting: shownSetting('oidc_issuer_url', String(issuer)),
      }),
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
    guesses: found.guesses,
  }
}

function clientOf(taken: TakenSettings): Entry {
  const id = taken.text('client_id')
  const isVariable = id === undefined || /^\$\{?\w+\}?$/.test(id)
  if (isVariable) {
    taken.lose(
      'client_id',
      'the client id comes from a variable',
      'gatehouse.yaml holds the client id itself. Replace CLIENT-ID with it.',
    )
  }
  const secret = taken.text('client_secret')
  const file = taken.text('client_secret_file')
  if (secret !== undefined && !/^\$\{?\w+\}?$/.test(secret)) {
    taken.lose(
      'client_secret',
      'the client secret in clear text',
      'It is not copied. Set it as OAUTH2_PROXY_CLIENT_SECRET, and change it if others have seen the file.',
    )
  }
  if (taken.text('cookie_secret') !== undefined) {
    taken.lose(
      'cookie_secret',
      'the key of the cookies in clear text',
      'It is not copied. Set it as OAUTH2_PROXY_COOKIE_SECRET; with a new one, people must sign in again.',
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

function tlsOf(taken: TakenSettings, className: string): { tls: Data; secrets: Record<string, Entry> } {
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

function parametersOf(taken: TakenSettings): Record<string, string> {
  const found = withoutPrototype<string>()
  for (const key of ['prompt', 'acr_values', 'approval_prompt']) {
    const value = taken.text(key)
    // What `render` always writes, and the default that asks for approval each time.
    if (value !== undefined && !(key === 'approval_prompt' && /^(auto|force)$/.test(value))) found[key] = value
  }
  const list = taken.take('parameters')
  if (!Array.isArray(list)) return { ...found }
  for (const item of list as unknown[]) {
    if (!isMap(item) || typeof item['name'] !== 'string' || !Array.isArray(item['default'])) continue
    found[item['name']] = String(item['default'][0] ?? '')
    if (item['allow'] !== undefined || item['default'].length > 1) {
      taken.lose(
        'parameters',
        `more about the parameter ${item['name']}`,
        'Only its first value is sent. Put the rest back into the rendered file if you need it.',
      )
    }
  }
  return { ...found }
}

function githubOf(taken: TakenSettings, client: Entry): ImportedProvider {
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

function productOf(taken: TakenSettings, provider: ImportedProvider | undefined, alpha: boolean): Entry {
  const redirect = taken.text('redirect_url')
  const url = /^https?:\/\//.test(redirect ?? '') ? URL.parse(redirect ?? '') : null
  if (url === null) {
    taken.lose(
      'redirect_url',
      redirect ?? 'no redirect_url',
      'A product needs the address at which people open it. Set products.oauth2-proxy.url.',
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
      'The rendered file restricts the cookie to https only if the address begins with https. Set the address that people see.',
    )
  }
  const settings: Record<string, Data> = {}
  const add = (key: string, value: Data, usual: Data) => {
    if (!isDeepStrictEqual(value, usual)) settings[key] = value
  }
  add('upstreams', upstreamsOf(taken), [])
  add('emailDomains', taken.list('email_domains'), ['*'])
  if (isDeepStrictEqual(settings['emailDomains'], [])) delete settings['emailDomains']
  add('allowedGroups', groupsOf(taken), [])
  add('skipAuthRoutes', taken.list('skip_auth_routes'), [])
  add('cookieDomains', taken.list('cookie_domains'), [])
  add('trustedProxies', trustedProxiesOf(taken), [])
  add('httpAddress', taken.text('http_address') ?? '127.0.0.1:4180', '127.0.0.1:4180')
  add('alpha', alpha, false)
  return {
    product: 'oauth2-proxy',
    ...(url === null ? {} : { url: url.origin }),
    authentication: provider ? [provider.entry] : [],
    ...(Object.keys(settings).length > 0 ? { 'oauth2-proxy': settings } : {}),
  }
}

/** oauth2-proxy does not send the name and password in an upstream address, so nothing changes without them. */
function upstreamsOf(taken: TakenSettings): string[] {
  return taken.list('upstreams').map((upstream) => {
    const address = withoutUserinfo(upstream)
    if (address !== upstream) {
      taken.lose(
        'upstreams',
        `the username and password in front of ${shownAddress(address).replace(/^.*\/\//, '')}`,
        'They are not copied, and oauth2-proxy never sent them. Change the password if others have seen the file.',
      )
    }
    return address
  })
}

function trustedProxiesOf(taken: TakenSettings): string[] {
  const given = taken.list('trusted_proxy_ips')
  const lost = given.filter((text) => !isNetwork(text) || isEverybody([text]))
  if (lost.length > 0) {
    taken.lose(
      'trusted_proxy_ips',
      lost.join(', '),
      'It is neither an address nor a network, or it is everyone. Set trustedProxies to the proxy in front, such as 10.0.0.0/8.',
    )
  }
  return given.filter((text) => !lost.includes(text))
}

/** Whom oauth2-proxy really keeps out: it accepts some of these settings with providers that do not read them. */
function groupsOf(taken: TakenSettings): string[] {
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
      `The provider ${type} does not read it, so it kept nobody out. Set allowedGroups yourself to enforce it from now on.`,
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
