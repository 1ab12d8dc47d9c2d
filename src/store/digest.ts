import { hash, randomBytes } from 'node:crypto'

/** 256 random bits as 43 characters: session ids, states, codes. */
export function randomId(): string {
  return randomBytes(32).toString('base64url')
}

/** The digest under which something that gives access is stored (SHA-256; without salt, because the input has 256 random bits). */
export function digest(secret: string): string {
  return hash('sha256', secret, 'base64url')
}
