import type { Vendor } from './contract.ts'

/** A provider that we know only from its class. */
export const unknown: Vendor = {
  kind: 'unknown',
  title: 'the provider',
  rootSlash: 'perhaps',
  endpoints: () => undefined,
  groups: {
    claim: 'groups',
    scope: 'groups',
    where: { idToken: 'perhaps', userinfo: 'perhaps', accessToken: 'perhaps' },
  },
  refusesUnknownScopes: false,
  neverSends: [],
  namesInIdToken: 'perhaps',
  sendsEmailVerified: true,
  refreshToken: 'scope offline_access',
  accessToken: () => ({ kind: 'signed' }),
  listsFirst: 'unknown',
}
