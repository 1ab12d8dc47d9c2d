import { hash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { Lookups } from './cache-counts.ts'
import { createPendingLookups } from './pending-lookups.ts'
import type { Credential } from './session-cache.ts'

/** Verified bearer tokens, each verified once. What is kept is who it is, never what that person may do. */
export interface TokenCache {
  /** At once when the token is known for this audience, else when it has been verified. Rejects with the error of the verification. */
  identify(token: string, audience: string): Credential | Promise<Credential>
  /** Forgets the tokens that are revoked by that name: of a sign-in, a grant, or the token itself. */
  forgetNamed(name: string): void
  forgetUser(userId: string): void
  /** After a key rotation. */
  clear(): void
  readonly size: number
}

/** RFC 6750 tokens longer than this are refused unread. */
const maxTokenLength = 16_384

/** Three parts of base64url (RFC 7515, 7.1). */
const compactJws = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** @param verify the full verification; what it rejects is kept nowhere, so bad tokens cannot fill memory. */
export function createTokenCache({
  clock,
  limit,
  counts = { hit: 0, miss: 0 },
  verify,
}: {
  clock: Clock
  limit: number
  counts?: Lookups
  verify: (token: string, audience: string) => Promise<Credential>
}): TokenCache {
  // By the digest of the token. One that is for several services is verified anew when it goes from one to the other.
  const known = new Map<string, { credential: Credential; audience: string }>()
  // Users among them: a revocation must not look through all tokens.
  const byName = new Map<string, Set<string>>()
  const pending = new Map<string, Promise<Credential>>()
  const lookUps = createPendingLookups()

  async function verifyOnce(digest: string, token: string, audience: string): Promise<Credential> {
    for (;;) {
      const mark = lookUps.begin()
      try {
        const credential = await verify(token, audience)
        if (credential.expiresAt <= clock.now()) throw new AppError('token-invalid', { reason: 'expired' })
        if (lookUps.revokedSince(mark, [everyone, ...namesOf(credential)])) continue
        remember(digest, { credential, audience })
        return credential
      } finally {
        lookUps.end()
      }
    }
  }

  function remember(digest: string, entry: { credential: Credential; audience: string }): void {
    if (known.size >= limit) {
      const oldest = known.keys().next()
      if (!oldest.done) drop(oldest.value)
    }
    drop(digest)
    known.set(digest, entry)
    for (const name of namesOf(entry.credential)) {
      const digests = byName.get(name)
      if (digests) digests.add(digest)
      else byName.set(name, new Set([digest]))
    }
  }

  function drop(digest: string): void {
    const entry = known.get(digest)
    if (entry === undefined) return
    known.delete(digest)
    for (const name of namesOf(entry.credential)) {
      const digests = byName.get(name)
      digests?.delete(digest)
      if (digests?.size === 0) byName.delete(name)
    }
  }

  function forget(name: string): void {
    lookUps.revoked(name)
    for (const digest of byName.get(name) ?? []) drop(digest)
  }

  return {
    identify(token, audience) {
      if (token.length > maxTokenLength) return Promise.reject(unreadable())
      const digest = hash('sha256', token, 'base64url')
      const entry = known.get(digest)
      if (entry !== undefined && entry.audience === audience) {
        if (entry.credential.expiresAt > clock.now()) {
          counts.hit++
          return entry.credential
        }
        drop(digest)
      }
      counts.miss++
      if (!compactJws.test(token)) return Promise.reject(unreadable())

      const key = `${digest} ${audience}`
      const underWay = pending.get(key)
      if (underWay) return underWay
      const verification = verifyOnce(digest, token, audience).finally(() => pending.delete(key))
      pending.set(key, verification)
      return verification
    },
    forgetNamed: forget,
    forgetUser: forget,
    clear() {
      lookUps.revoked(everyone)
      known.clear()
      byName.clear()
    },
    get size() {
      return known.size
    },
  }
}

/** Everything by whose name it is revoked. */
function namesOf({ names, identity }: Credential): string[] {
  return [identity.userId, ...names]
}

function unreadable(): AppError {
  return new AppError('token-invalid', { reason: 'not a JWT, or too long' })
}

/** No user id has a blank in front. */
const everyone = ' everyone'
