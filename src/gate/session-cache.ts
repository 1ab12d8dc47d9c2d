import type { Clock } from '../clock.ts'
import type { Lookups } from './cache-counts.ts'
import type { Identity, ServiceSession } from './identity.ts'
import type { IdentityHeaders } from './identity-headers.ts'

/** Someone who has proved who they are, with everything ready that an answer needs. */
export interface Credential {
  identity: Identity
  headers: IdentityHeaders
  /** Milliseconds since the epoch. */
  expiresAt: number
  /** Absent for a bearer token. */
  session?: ServiceSession
  /** The product to which a bearer token was issued. */
  product?: string | undefined
  /** The names by which it is revoked: of the session; of the sign-in and the grant that a token depends on, and of the token. */
  names: readonly string[]
}

interface Entry {
  id: string
  credential: Credential
  session: ServiceSession
  /** Milliseconds since the epoch; after it the store is asked again. */
  freshUntil: number
}

/**
 * The sessions seen lately, by the raw id of the cookie; bounded, and short-lived so that a lost revocation message does not last.
 * Only ids that the store knows come in: an attacker cannot fill it.
 */
export interface SessionCache {
  /** A session of that id, of whatever service: the caller compares. Undefined asks for the store. */
  get(id: string): Credential | undefined
  set(id: string, session: ServiceSession, credential: Credential): void
  forgetSession(key: string): void
  forgetUser(userId: string): void
  clear(): void
  readonly size: number
}

/** @param freshness how long an entry is believed, in milliseconds. */
export function createSessionCache({
  clock,
  limit,
  freshness,
  counts = { hit: 0, miss: 0 },
}: {
  clock: Clock
  limit: number
  freshness: number
  counts?: Lookups
}): SessionCache {
  // In the order of insertion, which is that of freshUntil: the first is the oldest.
  const byId = new Map<string, Entry>()
  const byKey = new Map<string, Set<Entry>>()
  const byUser = new Map<string, Set<Entry>>()

  function drop(entry: Entry): void {
    byId.delete(entry.id)
    unlink(byKey, entry.session.key, entry)
    unlink(byUser, entry.session.identity.userId, entry)
  }

  function makeRoom(now: number): void {
    let dropped = 0
    for (const entry of byId.values()) {
      // A few at a time: no request pays for a whole sweep.
      if (byId.size < limit && (entry.freshUntil > now || dropped >= 4)) return
      drop(entry)
      dropped++
    }
  }

  return {
    get(id) {
      const entry = byId.get(id)
      if (entry === undefined) {
        counts.miss++
        return undefined
      }
      const now = clock.now()
      if (entry.freshUntil > now && entry.session.expiresAt > now) {
        counts.hit++
        return entry.credential
      }
      counts.miss++
      drop(entry)
      return undefined
    },
    set(id, session, credential) {
      const previous = byId.get(id)
      if (previous) drop(previous)
      const now = clock.now()
      makeRoom(now)
      // A copy: the id may be a slice that keeps a whole Cookie header alive.
      const entry = {
        id: Buffer.from(id, 'latin1').toString('latin1'),
        credential,
        session,
        freshUntil: now + freshness,
      }
      byId.set(entry.id, entry)
      link(byKey, session.key, entry)
      link(byUser, session.identity.userId, entry)
    },
    forgetSession(key) {
      for (const entry of byKey.get(key) ?? []) drop(entry)
    },
    forgetUser(userId) {
      for (const entry of byUser.get(userId) ?? []) drop(entry)
    },
    clear() {
      byId.clear()
      byKey.clear()
      byUser.clear()
    },
    get size() {
      return byId.size
    },
  }
}

function link(index: Map<string, Set<Entry>>, name: string, entry: Entry): void {
  const entries = index.get(name)
  if (entries) entries.add(entry)
  else index.set(name, new Set([entry]))
}

function unlink(index: Map<string, Set<Entry>>, name: string, entry: Entry): void {
  const entries = index.get(name)
  if (entries === undefined) return
  entries.delete(entry)
  if (entries.size === 0) index.delete(name)
}
