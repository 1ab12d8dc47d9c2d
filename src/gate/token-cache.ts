import { hash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { createRevocations } from './revocations.ts'
import type { Credential } from './session-cache.ts'

/** Verified bearer tokens, each verified once. What is kept is who it is, never what that person may do. */
export interface TokenCache {
  /** At once when the token is known for this audience, else when it has been verified. Rejects with the error of the verification. */
  identify(token: string, audience: string): Credential | Promise<Credential>
  forgetSession(key: string): void
  forgetUser(userId: string): void
  /** After a key rotation. */
  clear(): void
}

/** RFC 6750 tokens longer than this are refused unread. */
const maxTokenLength = 16_384

/** Three parts of base64url (RFC 7515, 7.1). */
const compactJws = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** @param verify the full verification; what it rejects is kept nowhere, so bad tokens cannot fill memory. */
export function createTokenCache({
  clock,
  limit,
  verify,
}: {
  clock: Clock
  limit: number
  verify: (token: string, audience: string) => Promise<Credential>
}): TokenCache {
  const known = new Map<string, Credential>()
  const pending = new Map<string, Promise<Credential>>()
  const revocations = createRevocations()

  async function verifyOnce(key: string, token: string, audience: string): Promise<Credential> {
    for (;;) {
      const mark = revocations.begin()
      try {
        const credential = await verify(token, audience)
        if (credential.expiresAt <= clock.now()) throw new AppError('token-invalid', { reason: 'expired' })
        const { sessionKey, identity } = credential
        if (revocations.since(mark, [everyone, identity.userId, ...(sessionKey ? [sessionKey] : [])])) continue
        remember(key, credential)
        return credential
      } finally {
        revocations.end()
      }
    }
  }

  function remember(key: string, credential: Credential): void {
    if (known.size >= limit) {
      const oldest = known.keys().next()
      if (!oldest.done) known.delete(oldest.value)
    }
    known.set(key, credential)
  }

  function forget(unwanted: (credential: Credential) => boolean): void {
    for (const [key, credential] of known) if (unwanted(credential)) known.delete(key)
  }

  return {
    identify(token, audience) {
      if (token.length > maxTokenLength || !compactJws.test(token)) {
        return Promise.reject(new AppError('token-invalid', { reason: 'not a JWT, or too long' }))
      }
      const key = `${hash('sha256', token, 'base64url')} ${audience}`
      const credential = known.get(key)
      if (credential !== undefined) {
        if (credential.expiresAt > clock.now()) return credential
        known.delete(key)
      }

      const underWay = pending.get(key)
      if (underWay) return underWay
      const verification = verifyOnce(key, token, audience).finally(() => pending.delete(key))
      pending.set(key, verification)
      return verification
    },
    forgetSession(sessionKey) {
      revocations.note(sessionKey)
      forget((credential) => credential.sessionKey === sessionKey)
    },
    forgetUser(userId) {
      revocations.note(userId)
      forget((credential) => credential.identity.userId === userId)
    },
    clear() {
      revocations.note(everyone)
      known.clear()
    },
  }
}

/** No user id has a blank in front. */
const everyone = ' everyone'
