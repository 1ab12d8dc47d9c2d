/** People of Entra ID in more groups than a token holds: Microsoft Graph is asked, and nobody else. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AppError } from '../errors.ts'
import type { Fetch } from '../outgoing.ts'
import { graphGroups } from './graph-groups.ts'

const origin = 'https://graph.example.test'
const idOf = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`

/** Graph with that many groups, in pages of at most 99; `asked` are the addresses, with the token. */
function graphWith(count: number, link = (from: number) => `${origin}/v1.0/next?$skiptoken=${from}`) {
  const asked: string[] = []
  const fetch: Fetch = async (url, init) => {
    asked.push(`${url} ${new Headers(init?.headers).get('authorization')}`)
    const from = Number(new URL(url).searchParams.get('$skiptoken') ?? 0)
    const page = Array.from({ length: Math.min(99, count - from) }, (_, index) => ({ id: idOf(from + index) }))
    return Response.json({ value: page, ...(from + 99 < count ? { '@odata.nextLink': link(from + 99) } : {}) })
  }
  return { asked, fetch }
}
const question = (fetch: Fetch) => ({ userinfoEndpoint: `${origin}/oidc/userinfo`, accessToken: 'token', fetch })

describe('groups from Microsoft Graph', () => {
  test('all come, page by page', async () => {
    const graph = graphWith(250)

    const found = await graphGroups(question(graph.fetch))

    assert.ok('ids' in found)
    assert.equal(new Set(found.ids).size, 250)
    assert.equal(found.ids[249], idOf(249))
    assert.equal(graph.asked.length, 3)
    assert.ok(graph.asked.every((line) => line.startsWith(`${origin}/v1.0/`) && line.endsWith(' Bearer token')))
  })

  test('nobody is in no groups, and no page is asked for twice', async () => {
    const graph = graphWith(0)

    assert.deepEqual(await graphGroups(question(graph.fetch)), { ids: [] })
    assert.equal(graph.asked.length, 1)
  })

  test('no page elsewhere gets the token, and no chain of pages is endless', async () => {
    for (const link of [
      'https://evil.test/v1.0/next',
      '//evil.test/x',
      'javascript:1',
      'http://graph.example.test/x',
    ]) {
      const graph = graphWith(250, () => link)
      await assert.rejects(graphGroups(question(graph.fetch)), unavailable, link)
      assert.equal(graph.asked.length, 1, link)
    }
    const endless = graphWith(1_000_000)
    await assert.rejects(graphGroups(question(endless.fetch)), unavailable)
    assert.ok(endless.asked.length <= 20)
  })

  test('a refusal is said; what is no answer signs nobody in without groups', async () => {
    for (const status of [401, 403])
      assert.deepEqual(await graphGroups(question(async () => new Response('{}', { status }))), {
        refused: `status ${status}`,
      })
    const answers: Fetch[] = [
      async () => new Response('', { status: 503 }),
      async () => new Response('no JSON', { status: 200 }),
      async () => Response.json({ value: 'groups' }),
      async () => Response.json([]),
      async () => Promise.reject(new TypeError('fetch failed')),
    ]
    for (const fetch of answers) await assert.rejects(graphGroups(question(fetch)), unavailable)
  })
})

function unavailable(error: unknown): boolean {
  return (
    error instanceof AppError && error.code === 'groups-unavailable' && !JSON.stringify(error.details).includes('token')
  )
}
