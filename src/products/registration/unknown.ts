import type { Vendor } from './vendor.ts'

/** A provider of which nothing is known but what its class says. */
export const unknown: Vendor = {
  kind: 'unknown',
  title: 'the provider',
  hint: undefined,
  endpoints: () => undefined,
  groupsClaim: 'groups',
  groupsScope: 'groups',
  refusesUnknownScopes: false,
  traps: () => [],
  steps: () => [],
  files: () => [],
  applying: () => [],
  neverSends: [],
}
