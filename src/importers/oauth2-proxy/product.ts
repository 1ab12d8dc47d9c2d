/** The product oauth2-proxy: its address, who gets in, what is behind it. */
import { isDeepStrictEqual } from 'node:util'
import { isEverybody, isNetwork } from '../../config/networks.ts'
import type { Data } from '../../formats.ts'
import type { ImportAnswers } from '../contract.ts'
import { basicAuthOf, headersOf, upstreamsOf } from './applications.ts'
import type { ProxyFile } from './found.ts'
import { ownOptions } from './own-options.ts'
import type { ImportedProvider } from './provider.ts'
import type { TakenSettings } from './taken.ts'

type Entry = Record<string, Data>

export interface ProductQuestion {
  provider: ImportedProvider | undefined
  file: ProxyFile
  answers: ImportAnswers
  /** Whether a file that would say more was named and not given. */
  isUnread: boolean
}

export function productOf(taken: TakenSettings, { provider, file, answers, isUnread }: ProductQuestion): Entry {
  const url = urlOf(taken, { file, answers })
  const settings: Entry = {}
  const add = (key: string, value: Data | undefined, usual: Data) => {
    if (value !== undefined && !isDeepStrictEqual(value, usual)) settings[key] = value
  }
  add('upstreams', upstreamsOf(taken, file.alpha?.upstreams), [])
  Object.assign(settings, whoGetsIn(taken, { file, isUnread }))
  add('allowedGroups', groupsOf(taken, provider?.type ?? (isUnread ? 'oidc' : 'google')), [])
  add('skipAuthRoutes', openRoutes(taken), [])
  add('cookieDomains', taken.list('cookie_domains'), [])
  add('whitelistDomains', whitelistOf(taken, { url, provider }), [])
  add('trustedProxies', trustedProxiesOf(taken), [])
  add('httpAddress', addressOf(taken), '127.0.0.1:4180')
  add('alpha', file.alpha !== undefined, false)
  if (!isUnread || taken.has('reverse_proxy')) add('reverseProxy', taken.flag('reverse_proxy'), true)
  if (file.alpha) {
    const user = sessionClaim(taken.text('principal'))
    add('injectRequestHeaders', headersOf(taken, 'request', { headers: file.alpha.requestHeaders, user }), '')
    add('injectResponseHeaders', headersOf(taken, 'response', { headers: file.alpha.responseHeaders, user }), '')
  } else Object.assign(settings, basicAuthOf(taken))
  Object.assign(settings, ownOptions(taken, { type: provider?.type, skipped: provider?.skipped ?? [] }))
  return {
    product: 'oauth2-proxy',
    ...(url === undefined ? {} : { url: url.origin }),
    authentication: provider ? [provider.entry] : [],
    ...(Object.keys(settings).length > 0 ? { 'oauth2-proxy': settings } : {}),
  }
}

/** The name in a session of the claim that people are named by. */
function sessionClaim(principal = 'preferred_username'): string {
  return principal === 'sub' ? 'user' : principal
}

function urlOf(taken: TakenSettings, { file, answers }: Pick<ProductQuestion, 'file' | 'answers'>): URL | undefined {
  const redirect = taken.text('redirect_url')
  const given = /^https?:\/\//.test(redirect ?? '') ? URL.parse(redirect ?? '') : null
  const url = given ?? URL.parse(answers.url ?? file.urls[0] ?? '')
  if (url === null) {
    const source = taken.elsewhere('redirect_url')
    taken.lose(
      'redirect_url',
      redirect ?? (source === undefined ? 'no redirect_url' : `it comes from ${source}`),
      'The provider sends nobody back yet: a product needs the address at which people open it. Say it with --url, or set products.oauth2-proxy.url.',
    )
    return undefined
  }
  const [path = '/oauth2/callback'] = [given?.pathname ?? (redirect?.startsWith('/') ? redirect : undefined)]
  if (path !== '/oauth2/callback') {
    taken.lose(
      'redirect_url',
      path,
      'People cannot sign in until the provider knows the other address: the rendered file returns to /oauth2/callback. Register that one too.',
      'access',
    )
  }
  if (file.urls.length > 1 && given === null && answers.url === undefined) {
    taken.lose(
      'redirect_url',
      `people open it at ${file.urls.join(', ')}`,
      `The provider sends everybody back to ${url.origin}. gatehouse.yaml has one address for a product; choose with --url.`,
    )
  }
  const secure = taken.text('cookie_secure')
  if (secure !== undefined && (secure === 'true') !== (url.protocol === 'https:')) {
    taken.lose(
      'cookie_secure',
      secure,
      'The rendered file restricts the cookie to https only if the address begins with https. Set the address that people see.',
    )
  }
  return url
}

/** Domains, and addresses one by one: who is on neither list stays out. */
function whoGetsIn(
  taken: TakenSettings,
  { file: { emails }, isUnread }: Pick<ProductQuestion, 'file' | 'isUnread'>,
): Entry {
  const domains = taken.list('email_domains')
  const path = taken.text('authenticated_emails_file')
  const listed: Entry =
    emails.length > 0 ? { emails: [...new Set(emails)] } : path === undefined ? {} : { authenticatedEmailsFile: path }
  const hasList = Object.keys(listed).length > 0
  if (hasList && domains.includes('*')) {
    taken.lose(
      'email_domains',
      '*',
      'Nothing changes, but everybody gets in: it makes the list of addresses useless. Remove * from emailDomains if only that list is meant.',
    )
    return { emailDomains: domains, ...listed }
  }
  if (domains.length === 0 && !hasList && isUnread) return {}
  if (domains.length === 0 && !hasList && !taken.has('htpasswd_file')) {
    taken.lose(
      'email_domains',
      'no email_domains',
      'Everybody of the provider gets in now; oauth2-proxy did not start without it. Set emailDomains, unless allowedGroups or organisations are enough.',
    )
    return {}
  }
  const isAll = domains.length === 1 && domains[0] === '*'
  if (domains.length === 0 && !hasList) return { emailDomains: [] }
  return { ...(isAll || domains.length === 0 ? {} : { emailDomains: domains }), ...listed }
}

/** Both are matched against the path; a pattern with `=` would be read as a method. */
function openRoutes(taken: TakenSettings): string[] {
  const patterns = taken.list('skip_auth_regex')
  const kept = patterns.filter((pattern) => !/!?=/.test(pattern))
  const lost = patterns.filter((pattern) => !kept.includes(pattern))
  if (lost.length > 0) {
    taken.lose(
      'skip_auth_regex',
      lost.join(', '),
      'These paths ask for a sign-in now: in skipAuthRoutes what stands before `=` is a method. Write the pattern without it.',
    )
  }
  return [...taken.list('skip_auth_routes'), ...kept]
}

/** What the rendered file has anyway is left out. */
function whitelistOf(
  taken: TakenSettings,
  { url, provider }: { url: URL | undefined; provider: ImportedProvider | undefined },
): string[] {
  const known = [
    ...(url === undefined ? [] : [url.host]),
    ...taken.list('cookie_domains'),
    ...(provider?.issuer === undefined ? [] : [URL.parse(provider.issuer)?.host ?? '']),
  ]
  return [...new Set(taken.list('whitelist_domains'))].filter((domain) => !known.includes(domain))
}

function addressOf(taken: TakenSettings): string {
  const given = (taken.text('http_address') ?? '127.0.0.1:4180').replace(/^http:\/\//, '')
  if (/^(?:[A-Za-z0-9.:[\]-]*:\d+|unix:\/\/\S+|fd:\d+|-)$/.test(given)) return given
  taken.lose('http_address', given, 'It listens at 127.0.0.1:4180 now: this is no address and port. Write httpAddress.')
  return '127.0.0.1:4180'
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
function groupsOf(taken: TakenSettings, rendered: string): string[] {
  const type = taken.text('provider') ?? rendered
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
  if (type === 'keycloak') {
    unread('allowed_roles', roles)
    unread('gitlab_groups', gitlab)
    return [...new Set([...groups, ...keycloak])]
  }
  unread('keycloak_groups', keycloak)
  if (type === 'gitlab') {
    unread('allowed_groups', groups)
    unread('allowed_roles', roles)
    return gitlab
  }
  unread('gitlab_groups', gitlab)
  if (type === 'google') {
    unread('allowed_groups', groups)
    unread('allowed_roles', roles)
    return []
  }
  if (type !== 'keycloak-oidc') {
    unread('allowed_roles', roles)
    return groups
  }
  return [...groups, ...roles.map((role) => `role:${role}`)]
}
