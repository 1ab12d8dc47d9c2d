import type { Vendor } from '../../vendors/contract.ts'

const placeholder =
  /^(?:change[-_ ]?(?:me|it|this)\w*|placeholder|to[-_ ]?do|fix[-_ ]?me|tbd|x{3,}|\*{3,}|\.{3,}|<.*>|\[.*\]|secret|password|client[-_ ]?secret|your[-_ ].*|example|dummy|null|undefined|none|\$\{?.*\}?)$/i

/**
 * What a secret looks like that it should not, as the rest of a sentence ("it ..."); undefined when nothing is odd. Never has any part of
 * the secret itself.
 */
export function oddShapeOf(secret: string, { mistakenSecret }: Pick<Vendor, 'mistakenSecret'>): string | undefined {
  if (secret.trim() === '') return 'has only blanks'
  if (/[\r\n]/.test(secret.trim())) return 'has several lines'
  if (/[\r\n]$/.test(secret)) return 'ends in a newline'
  if (secret !== secret.trim()) return 'begins or ends with a blank'
  if (/^(["']).*\1$/.test(secret)) return 'has quotation marks around it'
  if (/^Basic |^Bearer |^[A-Z][A-Z0-9_]+=/.test(secret)) return 'begins with a word that is not part of it'
  if (placeholder.test(secret)) return 'is a placeholder'
  if (mistakenSecret?.[0].test(secret)) return mistakenSecret[1]
  return isEncodedTwice(secret) ? 'looks like text in base64: perhaps it was encoded once too often' : undefined
}

/** A Secret of Kubernetes whose value was already in base64. Random secrets hardly ever decode to plain text. */
function isEncodedTwice(secret: string): boolean {
  if (secret.length < 12 || secret.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(secret)) return false
  return /^[\x20-\x7e]{8,}\r?\n?$/.test(Buffer.from(secret, 'base64').toString('latin1'))
}
