/** The public keys that clients publish at an address of the configuration (`jwksUri`). Nothing else is ever fetched for a client. */
import type { JSONWebKeySet } from 'jose'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { Fetch } from '../outgoing.ts'

/**
 * Whoever knows the name of a client can make us ask for its keys, so it is done once in a while, whatever comes of it. A key that has just
 * been published works after that time, and a withdrawn one does not work any more.
 */
const askAgainAfter = 5_000
const askAgainAfterFailure = 30_000
/** How long the last known keys count while the address does not answer. */
const keptThrough = 10 * 60_000
const mostKeys = 20

interface Known {
  keys: JSONWebKeySet
  readAt: number
}

/**
 * The keys at an address, as they are now or were a moment ago; none when they cannot be read, so that nobody can prove to be the client.
 *
 * @param fetch follows no redirect, and gives up on answers that are too late or too large.
 */
export function createClientKeys({
  fetch,
  clock,
  log,
}: {
  fetch: Fetch
  clock: Clock
  log: Pick<Logger, 'warn'>
}): (address: string) => Promise<JSONWebKeySet> {
  const asked = new Map<string, { until: number; keys: Promise<JSONWebKeySet> }>()
  const known = new Map<string, Known>()

  return (address) => {
    const before = asked.get(address)
    if (before && clock.now() < before.until) return before.keys
    const asking = { until: clock.now() + askAgainAfter, keys: read(address) }
    asked.set(address, asking)
    return asking.keys

    async function read(from: string): Promise<JSONWebKeySet> {
      try {
        const keys = await readKeySet(from, fetch)
        known.set(from, { keys, readAt: clock.now() })
        return keys
      } catch (err) {
        log.warn({ err, address: from }, 'the keys of a client cannot be read')
        asking.until = clock.now() + askAgainAfterFailure
        const last = known.get(from)
        return last && clock.now() - last.readAt < keptThrough ? last.keys : { keys: [] }
      }
    }
  }
}

async function readKeySet(address: string, call: Fetch): Promise<JSONWebKeySet> {
  const answer = await call(address, { headers: { accept: 'application/json' } })
  if (answer.status !== 200) throw new Error(`the address answers ${answer.status}`)
  const body: unknown = await answer.json()
  const keys = typeof body === 'object' && body !== null && 'keys' in body ? body.keys : undefined
  if (!Array.isArray(keys) || keys.length > mostKeys) throw new Error(`is no key set of at most ${mostKeys} keys`)
  return { keys: keys.filter(isPublicKey) }
}

/** Symmetric ones and private parts do not belong there, and one of them must not make the others useless. */
function isPublicKey(key: unknown): key is JSONWebKeySet['keys'][number] {
  if (typeof key !== 'object' || key === null || !('kty' in key)) return false
  return ['RSA', 'EC', 'OKP'].includes(String(key.kty)) && !('d' in key)
}
