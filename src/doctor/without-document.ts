import { skipped } from './outcome.ts'

/** The outcome of a check that cannot look because there is no discovery document; what is wrong stands at reachability or tls-chain. */
export const withoutDocument = skipped('there is no discovery document to look at')
