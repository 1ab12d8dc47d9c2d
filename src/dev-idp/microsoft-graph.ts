/** The parts of Microsoft Graph that say who is in which groups. Groups come in pages; without a permission to read them, without names. */
import type { ApiAnswer, ApiRequest } from './contract.ts'
import { stableId } from './people.ts'

export const isGraphPath = /^\/v1\.0\//

/** Graph's own default and its greatest page. */
const usualPage = 100
const greatestPage = 999
const greatestList = 1000

export function answerGraph(request: ApiRequest): ApiAnswer {
  const { method, url, user } = request
  const path = decodeURIComponent(url.pathname)
  if (path === '/v1.0/directoryObjects/getByIds' && method === 'POST') return getByIds(request)
  const [, whose, what] = /^\/v1\.0\/(?:me|users\/([^/]+))(?:\/(.+))?$/.exec(path) ?? []
  if (whose !== undefined && whose !== user.id && whose !== user.email) {
    return failure(404, 'Request_ResourceNotFound', `Resource '${whose}' does not exist.`)
  }
  if (what === undefined && method === 'GET') return me(request)
  if (/^getMember(?:Objects|Groups)$/.test(what ?? '') && method === 'POST') return memberObjects(request)
  if (/^(?:transitiveM|m)emberOf(?:\/microsoft\.graph\.group)?$/.test(what ?? '')) return memberOf(request)
  return failure(400, 'BadRequest', `Resource not found for the segment '${what}'.`)
}

function me({ user }: ApiRequest): ApiAnswer {
  return answer({
    id: user.id,
    displayName: user.name,
    givenName: user.givenName,
    surname: user.familyName,
    mail: user.username === 'bob' ? null : user.email,
    userPrincipalName: user.email,
  })
}

/** All of them at once: ids alone. */
function memberObjects({ user, body }: ApiRequest): ApiAnswer {
  const { securityEnabledOnly } = (body ?? {}) as { securityEnabledOnly?: unknown }
  if (typeof securityEnabledOnly !== 'boolean') {
    return failure(400, 'Request_BadRequest', "The parameter 'securityEnabledOnly' is required.")
  }
  return answer({ value: user.groups.map(groupIdOf) })
}

function memberOf({ user, url, scope }: ApiRequest): ApiAnswer {
  const top = Number(url.searchParams.get('$top') ?? usualPage)
  if (!Number.isInteger(top) || top < 1 || top > greatestPage) {
    return failure(
      400,
      'Request_UnsupportedQuery',
      `Invalid page size specified: '${top}'. Must be between 1 and ${greatestPage} inclusive.`,
    )
  }
  const from = Number(url.searchParams.get('$skiptoken') ?? 0)
  const page = user.groups.slice(from, from + top)
  const next = new URL(url)
  next.searchParams.set('$skiptoken', String(from + top))
  return answer({
    value: page.map((name) => ({
      '@odata.type': '#microsoft.graph.group',
      id: groupIdOf(name),
      displayName: readsGroups(scope) ? name : null,
    })),
    ...(from + top < user.groups.length ? { '@odata.nextLink': next.href } : {}),
  })
}

function getByIds({ user, body, scope }: ApiRequest): ApiAnswer {
  const { ids } = (body ?? {}) as { ids?: unknown }
  if (!Array.isArray(ids) || ids.length > greatestList) {
    return failure(400, 'Request_BadRequest', `The parameter 'ids' must have 1 to ${greatestList} ids.`)
  }
  if (!readsGroups(scope)) {
    return failure(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.')
  }
  const found = user.groups.filter((name) => ids.includes(groupIdOf(name)))
  return answer({ value: found.map((name) => ({ id: groupIdOf(name), displayName: name })) })
}

function readsGroups(scope: ReadonlySet<string>): boolean {
  const names = [...scope].map((name) => name.replace('https://graph.microsoft.com/', ''))
  return names.some((name) => /^(?:GroupMember|Group|Directory)\.Read\.All$|^\.default$/.test(name))
}

/** Groups have no name in tokens. */
export function groupIdOf(name: string): string {
  return stableId(`group ${name}`)
}

function answer(body: unknown): ApiAnswer {
  return { status: 200, body }
}

function failure(status: number, code: string, message: string): ApiAnswer {
  return { status, body: { error: { code, message } } }
}
