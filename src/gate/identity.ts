/** Who is asking, as rules and upstreams see it. */
export interface Identity {
  userId: string
  /** Unique among the users of the store, as services see it. */
  username: string
  /** The entries of rules that mean this person, made when the session or token is looked up: `user:NAME`, `user:CLASS/NAME`. */
  names: readonly string[]
  email?: string
  name?: string
  teams: readonly string[]
  /** For a program with a token of its own: the product that it is; `client:PRODUCT` in rules. */
  program?: string
}

/** What a bearer token was found to be. */
export interface VerifiedToken {
  identity: Identity
  /** Milliseconds since the epoch. */
  expiresAt: number
  /** The sign-in that the token depends on: a name by which it is revoked. Absent when the token outlives the sign-in. */
  session?: string
  /** The grant that the token depends on, and the token itself: names by which it is revoked too. */
  grant?: string
  token?: string
  /** The product to which it was issued. */
  product?: string
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
