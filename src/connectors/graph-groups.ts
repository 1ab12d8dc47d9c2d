/** The groups of somebody who is in more of them than a token of Entra ID holds, by Microsoft Graph. */
import { AppError } from '../errors.ts'
import type { Fetch } from '../outgoing.ts'

export interface GraphQuestion {
  /** Of its discovery document: Graph is at its host, in every cloud. */
  userinfoEndpoint: string
  accessToken: string
  fetch: Fetch
}

/** What Graph says: ids of groups, or why it does not let us know. */
export type GraphGroups = { ids: string[] } | { refused: string }

// 999 groups a page; nobody can be in more than 2048 groups that count (Microsoft Learn, "service limits").
const maxPages = 20

/**
 * Every group of the signed-in person, through other groups too, page by page. The address that the token names for them is not asked:
 * what somebody else writes there would get the token. Throws `groups-unavailable` when Graph does not answer as it does, so that nobody
 * is without their groups for a while.
 */
export async function graphGroups({ userinfoEndpoint, accessToken, fetch: ask }: GraphQuestion): Promise<GraphGroups> {
  const { origin } = new URL(userinfoEndpoint)
  const ids = new Set<string>()
  let next: string | undefined = `${origin}/v1.0/me/transitiveMemberOf/microsoft.graph.group?$select=id&$top=999`
  for (let page = 0; next !== undefined; page++) {
    if (page === maxPages) throw unavailable(origin, `has more than ${maxPages} pages`)
    const answer = await pageAt(next, { origin, accessToken, ask })
    if ('refused' in answer) return answer
    for (const id of answer.ids) ids.add(id)
    next = answer.next
  }
  return { ids: [...ids] }
}

interface Page {
  ids: string[]
  next: string | undefined
}

async function pageAt(
  address: string,
  { origin, accessToken, ask }: { origin: string; accessToken: string; ask: Fetch },
): Promise<Page | { refused: string }> {
  const headers = { authorization: `Bearer ${accessToken}`, accept: 'application/json' }
  const answer = await ask(address, { headers }).catch((error: unknown) => {
    throw unavailable(origin, 'did not answer', error)
  })
  // The token is for another API, or nobody has consented to reading groups: the answer would be the same tomorrow.
  if (answer.status === 401 || answer.status === 403) return { refused: `status ${answer.status}` }
  const body: unknown = answer.status === 200 ? await answer.json().catch(() => undefined) : undefined
  if (typeof body !== 'object' || body === null) throw unavailable(origin, `answered with status ${answer.status}`)
  const { value, '@odata.nextLink': link } = body as { value?: unknown; '@odata.nextLink'?: unknown }
  if (!Array.isArray(value)) throw unavailable(origin, 'named no groups')
  const ids = value.flatMap(({ id }: { id?: unknown } = {}) => (typeof id === 'string' ? [id] : []))
  if (link === undefined || link === null) return { ids, next: undefined }
  if (typeof link !== 'string' || URL.parse(link)?.origin !== origin) throw unavailable(origin, 'leads elsewhere')
  return { ids, next: link }
}

function unavailable(origin: string, problem: string, cause?: unknown): AppError {
  return new AppError('groups-unavailable', { address: origin, problem }, cause === undefined ? {} : { cause })
}
