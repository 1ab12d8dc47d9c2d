/** What the look-alike has handed out: sessions of browsers, codes, tokens. In memory, as everything here. */
import { createHash, randomBytes } from 'node:crypto'
import type { GitHubAccount } from './accounts.ts'

export interface Granted {
  account: GitHubAccount
  scopes: readonly string[]
}

interface PendingCode extends Granted {
  redirectUri: string | undefined
  /** RFC 7636, `S256`; undefined: the client sent none. */
  challenge: string | undefined
  expiresAt: number
}

const codeLifetime = 600_000

export interface Grants {
  openSession(account: GitHubAccount): string
  accountOf(session: string): GitHubAccount | undefined
  issueCode(code: Omit<PendingCode, 'expiresAt'>): string
  /** The token for a code, once; undefined: the code is used, expired, unknown, or belongs to another request. */
  redeem(request: {
    code: string
    redirectUri: string | null
    verifier: string | null
  }): (Granted & { token: string }) | undefined
  grantOf(token: string): Granted | undefined
}

export function createGrants(now: () => number = Date.now): Grants {
  const sessions = new Map<string, GitHubAccount>()
  const codes = new Map<string, PendingCode>()
  const tokens = new Map<string, Granted>()

  return {
    openSession: (account) => kept(sessions, random(24), account),
    accountOf: (session) => sessions.get(session),
    issueCode: (code) => kept(codes, random(10), { ...code, expiresAt: now() + codeLifetime }),
    redeem: ({ code, redirectUri, verifier }) => {
      const found = codes.get(code)
      codes.delete(code)
      if (!found || found.expiresAt <= now()) return undefined
      if (redirectUri !== null && redirectUri !== found.redirectUri) return undefined
      if (found.challenge !== undefined && found.challenge !== challengeOf(verifier ?? '')) return undefined
      const { account, scopes } = found
      return { account, scopes, token: kept(tokens, `gho_${random(18)}`, { account, scopes }) }
    },
    grantOf: (token) => tokens.get(token),
  }
}

function kept<Value>(map: Map<string, Value>, key: string, value: Value): string {
  map.set(key, value)
  return key
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

function random(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}
