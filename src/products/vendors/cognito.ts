import type { Vendor } from './contract.ts'

/** A user pool. Its pages live on a domain of their own, which does not follow from the issuer. */
export const cognito: Vendor = {
  kind: 'cognito',
  title: 'Amazon Cognito',
  hint: 'Cognito',
  endpoints: () => undefined,
  groupsClaim: 'cognito:groups',
  groupsScope: undefined,
  refusesUnknownScopes: true,
  traps: () => [],
  steps: () => [],
  files: () => [],
}
