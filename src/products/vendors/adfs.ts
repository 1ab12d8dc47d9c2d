import type { Vendor } from './contract.ts'

/** Active Directory Federation Services, 2016 and later. */
export const adfs: Vendor = {
  kind: 'adfs',
  title: 'ADFS',
  hint: 'ADFS',
  endpoints: (issuer) => ({
    authorization: `${issuer}/oauth2/authorize/`,
    token: `${issuer}/oauth2/token/`,
    jwks: `${issuer}/discovery/keys`,
    userinfo: `${issuer}/userinfo`,
    endSession: `${issuer}/oauth2/logout`,
  }),
  groupsClaim: 'groups',
  groupsScope: undefined,
  refusesUnknownScopes: true,
  traps: () => [],
  steps: () => [],
  files: () => [],
}
