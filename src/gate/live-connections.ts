import type { Credential } from './session-cache.ts'

/** Connections that outlive the question whether they may exist: websockets and event streams. */
export interface LiveConnections {
  /** Registers one; it is closed on revocation and when the credential expires. Call the result when it ended by itself. */
  add(credential: Credential | undefined, close: () => void): () => void
  forgetSession(key: string): void
  forgetUser(userId: string): void
  closeAll(): void
}

interface Live {
  credential: Credential | undefined
  close: () => void
}

/** Timers of Node hold 2^31 - 1 milliseconds at most. */
const longestTimer = 2 ** 31 - 1

export function createLiveConnections(now: () => number): LiveConnections {
  const live = new Set<Live>()

  function closeWhere(unwanted: (credential: Credential | undefined) => boolean): void {
    for (const connection of live) {
      if (!unwanted(connection.credential)) continue
      live.delete(connection)
      connection.close()
    }
  }

  return {
    add(credential, close) {
      const connection = { credential, close }
      live.add(connection)
      const left =
        credential === undefined ? undefined : Math.min(Math.max(credential.expiresAt - now(), 0), longestTimer)
      const timer = left === undefined ? undefined : setTimeout(() => live.delete(connection) && close(), left)
      timer?.unref()
      return () => {
        clearTimeout(timer)
        live.delete(connection)
      }
    },
    forgetSession: (key) => closeWhere((credential) => credential?.sessionKey === key),
    forgetUser: (userId) => closeWhere((credential) => credential?.identity.userId === userId),
    closeAll: () => closeWhere(() => true),
  }
}
