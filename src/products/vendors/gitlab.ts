import type { Vendor } from './contract.ts'

export const gitlab: Vendor = {
  kind: 'gitlab',
  title: 'GitLab',
  hint: 'GitLab',
  endpoints: (issuer) => ({
    authorization: `${issuer}/oauth/authorize`,
    token: `${issuer}/oauth/token`,
    jwks: `${issuer}/oauth/discovery/keys`,
    userinfo: `${issuer}/oauth/userinfo`,
    endSession: undefined,
  }),
  // At userinfo; the ID token has `groups_direct` only.
  groupsClaim: 'groups',
  groupsScope: undefined,
  refusesUnknownScopes: true,
  traps: () => [],
  steps: () => [],
  files: () => [],
}
