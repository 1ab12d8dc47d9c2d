import type { Vendor } from './contract.ts'

export const dex: Vendor = {
  kind: 'dex',
  title: 'Dex',
  hint: 'Dex',
  endpoints: (issuer) => ({
    authorization: `${issuer}/auth`,
    token: `${issuer}/token`,
    jwks: `${issuer}/keys`,
    userinfo: `${issuer}/userinfo`,
    // Up to 2.45 it has none.
    endSession: undefined,
  }),
  groupsClaim: 'groups',
  groupsScope: 'groups',
  refusesUnknownScopes: true,
  traps: () => [],
  steps: () => [],
  files: () => [],
}
