import type { Vendor } from './contract.ts'

export const google: Vendor = {
  kind: 'google',
  title: 'Google',
  hint: 'Google',
  endpoints: () => ({
    authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
    token: 'https://oauth2.googleapis.com/token',
    jwks: 'https://www.googleapis.com/oauth2/v3/certs',
    userinfo: 'https://openidconnect.googleapis.com/v1/userinfo',
    endSession: undefined,
  }),
  // It sends none; a name is needed where a product wants one.
  groupsClaim: 'groups',
  groupsScope: undefined,
  refusesUnknownScopes: true,
  traps: () => [],
  steps: () => [],
  files: () => [],
}
