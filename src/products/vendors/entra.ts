import type { Vendor } from './contract.ts'

/** Microsoft Entra ID, endpoint version 2. */
export const entra: Vendor = {
  kind: 'entra',
  title: 'Microsoft Entra ID',
  hint: 'EntraID',
  endpoints: (issuer) => {
    const tenant = issuer.replace(/\/v2\.0\/?$/, '')
    return {
      authorization: `${tenant}/oauth2/v2.0/authorize`,
      token: `${tenant}/oauth2/v2.0/token`,
      jwks: `${tenant}/discovery/v2.0/keys`,
      userinfo: 'https://graph.microsoft.com/oidc/userinfo',
      endSession: `${tenant}/oauth2/v2.0/logout`,
    }
  },
  groupsClaim: 'groups',
  groupsScope: undefined,
  refusesUnknownScopes: true,
  traps: () => [],
  steps: () => [],
  files: () => [],
}
