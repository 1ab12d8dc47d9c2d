/** What GitHub's REST API says about the person whose token it gets: four questions, lists in pages. Reads the fields that count, and nothing else. */
import { AppError } from '../errors.ts'
import { isMap } from '../maps.ts'

/** Asks the API with the person's token; every answer has status 200. Throws AppError. */
export type AskGitHub = (path: string) => Promise<Response>

export interface GitHubPerson {
  /** The number of the account: it stays when the login changes, and nobody else ever gets it. */
  id: number
  login: string
  name: string | undefined
  /** The primary address, which may be private; undefined when GitHub does not say it. */
  email: { address: string; verified: boolean } | undefined
  organizations: GitHubList
  /** Each `organisation:slug`. */
  teams: GitHubList
  /** Scopes that were granted, as the header `X-OAuth-Scopes` has them; undefined: it says none, as for GitHub Apps. */
  scopes: string | undefined
}

export interface GitHubList {
  names: readonly string[]
  /** Why there may be more than these; undefined: they are all that there are. */
  incomplete?: string | undefined
}

/** A team with its organisation has about 3 kB, and an answer at most 256. */
const pageSize = 50
/** Two thousand organisations or teams: calls to GitHub, one after another, while a person waits. */
const maxPages = 40
/** Milliseconds for all of them; more is no list that is read in part, because teams would go away by the day's weather. */
const patience = 30_000

/** Throws AppError: `provider-unavailable` for a limit of calls, `provider-answer-unusable`, and what `ask` throws. */
export async function readPerson(ask: AskGitHub): Promise<GitHubPerson> {
  const answer = await ask('/user')
  const user: unknown = await answer.json()
  const { id, login, name } = isMap(user) ? user : {}
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id <= 0 || typeof login !== 'string' || login === '')
    throw unusable('/user', 'has no number and login of an account')
  const [email, organizations, teams] = await Promise.all([
    primaryEmail(ask),
    namesIn(ask, '/user/orgs', organizationName),
    namesIn(ask, '/user/teams', teamName),
  ])
  return {
    id,
    login,
    name: typeof name === 'string' ? name : undefined,
    email,
    organizations,
    teams,
    scopes: answer.headers.get('x-oauth-scopes') ?? undefined,
  }
}

/** The one address that GitHub calls primary. The one in the profile (`/user`) is whichever the person shows to the public. */
async function primaryEmail(ask: AskGitHub): Promise<GitHubPerson['email']> {
  const { items } = await listAt(ask, '/user/emails')
  const primary = items.find((item) => isMap(item) && item['primary'] === true)
  if (!isMap(primary) || typeof primary['email'] !== 'string') return undefined
  return { address: primary['email'], verified: primary['verified'] === true }
}

async function namesIn(
  ask: AskGitHub,
  path: string,
  nameOf: (item: unknown) => string | undefined,
): Promise<GitHubList> {
  const { items, incomplete } = await listAt(ask, path)
  const names = items.map((item) => {
    const name = nameOf(item)
    if (name === undefined) throw unusable(path, 'is a list of something else')
    return name
  })
  return { names: [...new Set(names)], incomplete }
}

function organizationName(item: unknown): string | undefined {
  const { login } = isMap(item) ? item : {}
  return typeof login === 'string' && login !== '' ? login : undefined
}

function teamName(item: unknown): string | undefined {
  const { slug, organization } = isMap(item) ? item : {}
  const owner = organizationName(organization)
  return typeof slug === 'string' && slug !== '' && owner !== undefined ? `${owner}:${slug}` : undefined
}

interface Items {
  items: readonly unknown[]
  incomplete?: string | undefined
}

/** All pages. The next one is asked for by its number: an address in an answer would get the token. */
async function listAt(ask: AskGitHub, path: string): Promise<Items> {
  const items: unknown[] = []
  const end = performance.now() + patience
  for (let page = 1; page <= maxPages; page++) {
    if (performance.now() > end) {
      const reason = `no whole list within ${patience / 1000} s`
      throw new AppError('provider-unreachable', { endpoint: 'API', address: path, reason })
    }
    const answer = await ask(`${path}?per_page=${pageSize}&page=${page}`).catch(refusedList)
    if ('refused' in answer) return { items: [], incomplete: answer.refused }
    const { headers } = answer
    const list: unknown = await answer.json()
    if (!Array.isArray(list)) throw unusable(path, 'is no list')
    items.push(...list)
    if (!hasNextPage(headers)) return { items, incomplete: hiddenBySso(headers) }
  }
  return { items, incomplete: `only the first ${items.length} were read` }
}

/** A list that this token may not read is empty and said to be so: it takes rights away and gives none. Anything else ends the sign-in. */
function refusedList(error: unknown): { refused: string } {
  const { code, details } = error instanceof AppError ? error : {}
  const mayNotRead = (code === 'provider-refused' && details?.['status'] === 403) || details?.['status'] === 404
  if (!mayNotRead && code !== 'sign-in-incomplete') throw error
  const said = details?.['says'] === undefined ? '' : `: ${String(details['says'])}`
  return { refused: `GitHub does not show them to this client (${String(details?.['status'])})${said}` }
}

/** RFC 8288: `<https://...&page=2>; rel="next"`. */
function hasNextPage(headers: Headers): boolean {
  return /;\s*rel="?next\b/i.test(headers.get('link') ?? '')
}

/** `partial-results; organizations=21955855,20582480`: organisations that ask for a sign-in of their own, by their numbers. */
function hiddenBySso(headers: Headers): string | undefined {
  const [, numbers = ''] =
    /^partial-results;\s*organizations=([\d,]{1,200})/.exec(headers.get('x-github-sso') ?? '') ?? []
  return numbers === '' ? undefined : `organisations that ask for a sign-in of their own (SAML) are missing: ${numbers}`
}

function unusable(path: string, problem: string): AppError {
  return new AppError('provider-answer-unusable', { endpoint: 'API', address: path, problem })
}
