import type { Vendor } from './contract.ts'

export const okta: Vendor = {
  kind: 'okta',
  title: 'Okta',
  hint: 'Okta',
  // The org server keeps its issuer at the root, custom servers theirs under /oauth2/<id>.
  endpoints: (issuer) => {
    const base = /\/oauth2\/[^/]+$/.test(issuer) ? `${issuer}/v1` : `${issuer}/oauth2/v1`
    return {
      authorization: `${base}/authorize`,
      token: `${base}/token`,
      jwks: `${base}/keys`,
      userinfo: `${base}/userinfo`,
      endSession: `${base}/logout`,
    }
  },
  groupsClaim: 'groups',
  groupsScope: 'groups',
  refusesUnknownScopes: true,
  traps: () => [],
  steps: () => [],
  files: () => [],
}
