import type { Vendor } from './vendor.ts'

/** This server. It knows its clients from the same configuration, so nothing is registered. */
export const gatehouse: Vendor = {
  kind: 'gatehouse',
  title: 'Gatehouse',
  hint: undefined,
  endpoints: (issuer) => ({
    authorization: `${issuer}/authorize`,
    token: `${issuer}/token`,
    jwks: `${issuer}/jwks`,
    userinfo: `${issuer}/userinfo`,
    endSession: `${issuer}/logout`,
  }),
  groupsClaim: 'groups',
  groupsScope: 'groups',
  refusesUnknownScopes: true,
  traps: () => [],
  steps: () => [],
  files: () => [],
  applying: () => [],
  neverSends: [],
}
