import { setTimeout } from 'node:timers'

/** What the provider knows about an access token that it has issued. */
export interface IssuedToken {
  subject: string
  sid: string | undefined
  scope: string
}

/** Valid access tokens, by `jti`, until they expire or are revoked. The tokens themselves may say less. */
export interface IssuedTokens {
  add(jti: string, token: IssuedToken, secondsToLive: number): void
  find(jti: string): IssuedToken | undefined
  revoke(jti: string): void
}

export function createIssuedTokens(): IssuedTokens {
  const tokens = new Map<string, IssuedToken>()
  return {
    add: (jti, token, secondsToLive) => {
      tokens.set(jti, token)
      setTimeout(() => tokens.delete(jti), secondsToLive * 1000).unref()
    },
    find: (jti) => tokens.get(jti),
    revoke: (jti) => void tokens.delete(jti),
  }
}
