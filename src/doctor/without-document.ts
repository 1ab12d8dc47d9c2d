import { skipped } from './outcome.ts'

/** The outcome of a check that needs the discovery document and has none; reachability or tls-chain says why. */
export const withoutDocument = skipped('there is no discovery document to look at')
