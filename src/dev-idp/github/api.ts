/** GitHub's REST API as an Enterprise Server has it, below `/api/v3`: the four questions about the person whose token it is. */
import type { GitHubAccount } from './accounts.ts'
import type { Exchange } from './exchange.ts'
import type { Granted } from './grants.ts'
import type { Settings } from './settings.ts'

export const apiPath = '/api/v3'

/** Scopes that include others ("Scopes for OAuth apps"). */
const includes: Readonly<Record<string, readonly string[]>> = {
  user: ['read:user', 'user:email'],
  'admin:org': ['read:org'],
  'write:org': ['read:org'],
}

/** What the API answers. */
export interface ApiAnswer {
  status: number
  body: unknown
  headers: Headers
}

type Headers = Readonly<Record<string, string>>

export function apiAnswer({ request, url }: Exchange, settings: Settings): ApiAnswer {
  const path = url.pathname.slice(apiPath.length)
  if (path === '/meta') return ok({ verifiable_password_authentication: true, installed_version: '3.17.0' })
  if ((request.headers['user-agent'] ?? '') === '') return refusal(403, 'Request forbidden by administrative rules.')
  const [, token = ''] = /^(?:bearer|token) (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (token === '') return refusal(401, 'Requires authentication')
  const granted = settings.grants.grantOf(token)
  if (!granted || settings.faults.revoked) return refusal(401, 'Bad credentials')
  const headers = { 'x-oauth-scopes': granted.scopes.join(', '), 'x-ratelimit-limit': '5000' }
  if (settings.faults.rateLimit) {
    const reset = String(Math.ceil(Date.now() / 1000) + 600)
    const limits = { ...headers, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }
    return refusal(403, `API rate limit exceeded for user ID ${granted.account.id}.`, limits)
  }
  return aboutPerson({ path, url, granted, settings, headers: { ...headers, 'x-ratelimit-remaining': '4999' } })
}

interface Question {
  path: string
  url: URL
  granted: Granted
  settings: Settings
  headers: Headers
}

function aboutPerson({ path, url, granted, settings, headers }: Question): ApiAnswer {
  const { account } = granted
  const has = (scope: string) => granted.scopes.some((own) => own === scope || includes[own]?.includes(scope))
  const seen = (organization: string) => has('read:org') && !isHidden(organization, settings)
  const hidden = account.organizations.filter((organization) => settings.faults.saml?.includes(organization))
  const sso: Headers =
    hidden.length === 0 ? {} : { 'x-github-sso': `partial-results; organizations=${hidden.map(numberOf)}` }
  if (path === '/user') return ok(profileOf(account), headers)
  if (path === '/user/emails')
    return has('user:email') ? pageOf(account.emails, url, headers) : refusal(404, 'Not Found', headers)
  if (path === '/user/orgs')
    return pageOf(account.organizations.filter(seen).map(organizationOf), url, { ...headers, ...sso })
  if (path !== '/user/teams') return refusal(404, 'Not Found', headers)
  if (!has('read:org')) return refusal(403, 'Must have admin rights to Repository.', headers)
  const teams = account.teams.filter((team) => seen(team.split(':')[0] ?? ''))
  return pageOf(teams.map(teamOf), url, { ...headers, ...sso })
}

/** Organisations that have not approved the application say nothing, and not that they do. */
function isHidden(organization: string, { faults }: Settings): boolean {
  return [...(faults.saml ?? []), ...(faults.restricted ?? [])].includes(organization)
}

/** One page of a list, with a `Link` header when there is another (RFC 8288). At most a hundred entries, thirty by default. */
function pageOf(items: readonly unknown[], url: URL, headers: Headers): ApiAnswer {
  const size = Math.min(numberIn(url, 'per_page') ?? 30, 100)
  const page = numberIn(url, 'page') ?? 1
  const last = Math.max(Math.ceil(items.length / size), 1)
  const link = (rel: string, number: number) => {
    const other = new URL(url)
    other.searchParams.set('page', String(number))
    return `<${other}>; rel="${rel}"`
  }
  const more: Headers = page < last ? { link: [link('next', page + 1), link('last', last)].join(', ') } : {}
  return ok(items.slice((page - 1) * size, page * size), { ...headers, ...more })
}

function numberIn({ searchParams }: URL, name: string): number | undefined {
  const number = Number(searchParams.get(name) ?? '')
  return Number.isInteger(number) && number > 0 ? number : undefined
}

function profileOf({ id, login, name, publicEmail }: GitHubAccount): Record<string, unknown> {
  return { login, id, node_id: nodeId('U', id), type: 'User', site_admin: false, name, email: publicEmail }
}

function organizationOf(login: string): Record<string, unknown> {
  const id = numberOf(login)
  return { login, id, node_id: nodeId('O', id), description: `The organisation ${login}` }
}

function teamOf(team: string): Record<string, unknown> {
  const [organization = '', slug = ''] = team.split(':')
  const id = numberOf(team)
  // What people read is not what is compared.
  const name = slug.replaceAll('-', ' ').replace(/^./, (letter) => letter.toUpperCase())
  return {
    id,
    node_id: nodeId('T', id),
    name,
    slug,
    privacy: 'closed',
    parent: null,
    organization: organizationOf(organization),
  }
}

/** The same number for the same name. */
function numberOf(name: string): number {
  return [...name].reduce((number, letter) => (number * 31 + (letter.codePointAt(0) ?? 0)) % 90_000_000, 7) + 10_000_000
}

function nodeId(kind: string, id: number): string {
  return `${kind}_${Buffer.from(String(id)).toString('base64url')}`
}

function ok(body: unknown, headers: Headers = {}): ApiAnswer {
  return { status: 200, body, headers }
}

function refusal(status: number, message: string, headers: Headers = {}): ApiAnswer {
  const body = { message, documentation_url: 'https://docs.github.com/rest', status: String(status) }
  return { status, body, headers }
}
