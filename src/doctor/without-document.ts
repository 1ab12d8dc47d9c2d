import type { Finding } from './contract.ts'

/** The finding of a check that cannot look because there is no discovery document; what is wrong stands at reachability or tls-chain. */
export function withoutDocument(check: string, subject: string): Finding {
  return { check, subject, status: 'skipped', evidence: {}, remedy: 'there is no discovery document to look at' }
}
