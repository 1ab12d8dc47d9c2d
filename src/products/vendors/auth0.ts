import type { Vendor } from './contract.ts'

export const auth0: Vendor = {
  kind: 'auth0',
  title: 'Auth0',
  hint: 'Auth0',
  // The issuer ends in a slash.
  endpoints: (issuer) => ({
    authorization: `${issuer}authorize`,
    token: `${issuer}oauth/token`,
    jwks: `${issuer}.well-known/jwks.json`,
    userinfo: `${issuer}userinfo`,
    endSession: `${issuer}oidc/logout`,
  }),
  groupsClaim: 'groups',
  groupsScope: undefined,
  refusesUnknownScopes: false,
  traps: () => [],
  steps: () => [],
  files: () => [],
}
