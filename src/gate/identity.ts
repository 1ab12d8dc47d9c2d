/** Who is asking, as rules and upstreams see it. */
export interface Identity {
  userId: string
  /** Unique among the users of the store; `user:NAME` in rules. */
  username: string
  email?: string
  name?: string
  teams: readonly string[]
}

/** One sign-in of one person at one service. */
export interface ServiceSession {
  /** Hash of the id in the cookie: the name under which it is revoked. */
  key: string
  service: string
  identity: Identity
  /** Milliseconds since the epoch. */
  expiresAt: number
}
