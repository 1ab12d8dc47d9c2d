import type { Credential } from './session-cache.ts'

/**
 * What goes on after the question whether it may: websockets, and every answer of a service until its last byte (downloads, event streams,
 * long polls, uploads under way). Each ends when its credential is revoked or expires.
 */
export interface LiveConnections {
  /** Before the service is asked: a revocation in the meantime counts. False: it may not begin any more, and was not added. */
  add(connection: LiveConnection): boolean
  /** It has ended by itself. */
  remove(connection: LiveConnection): void
  forgetNamed(name: string): void
  forgetUser(userId: string): void
  /** Closes what a bearer token has opened. */
  dropTokens(): void
  /** Closes what may not go on by rules that hold from now on, for what is added later too. */
  keepWhere(allowed: (connection: LiveConnection) => boolean): void
  /** Closes everything, because the server stops. */
  closeAll(): void
}

/** Why a connection ends before its time: nobody may have it any more, or the server stops. */
export type EndReason = 'revoked' | 'stopping'

export interface LiveConnection {
  readonly credential: Credential | undefined
  /** What was asked for: the name of the service, method, path and query as they went on. */
  readonly service: string
  readonly method: string
  readonly target: string
  close(why: EndReason): void
}

/** Milliseconds between looks for expired credentials: a timer for each answer would cost every request. */
const lookEvery = 1_000

export function createLiveConnections(now: () => number): LiveConnections {
  const live = new Set<LiveConnection>()
  let isAllowed: (connection: LiveConnection) => boolean = () => true

  function closeWhere(unwanted: (credential: Credential | undefined) => boolean): void {
    close(({ credential }) => unwanted(credential), 'revoked')
  }

  function close(unwanted: (connection: LiveConnection) => boolean, why: EndReason): void {
    // A copy: what is closed may begin anew, and is then judged by what holds now.
    const closed = [...live].filter(unwanted)
    for (const connection of closed) live.delete(connection)
    for (const connection of closed) connection.close(why)
  }

  const timer = setInterval(() => {
    const time = now()
    closeWhere((credential) => credential !== undefined && credential.expiresAt <= time)
  }, lookEvery)
  timer.unref()

  return {
    add(connection) {
      if (!isAllowed(connection)) return false
      live.add(connection)
      return true
    },
    remove: (connection) => void live.delete(connection),
    forgetNamed: (name) => closeWhere((credential) => credential?.names.includes(name) ?? false),
    forgetUser: (userId) => closeWhere((credential) => credential?.identity.userId === userId),
    dropTokens: () => closeWhere((credential) => credential !== undefined && credential.session === undefined),
    keepWhere(allowed) {
      isAllowed = allowed
      close((connection) => !allowed(connection), 'revoked')
    },
    closeAll() {
      clearInterval(timer)
      close(() => true, 'stopping')
    },
  }
}
