import type { VendorKind } from '../../vendors/contract.ts'

/** oauth2-proxy's names for providers that it knows; `oidc` is any other. */
export const providerTypes: Readonly<Partial<Record<VendorKind, string>>> = {
  keycloak: 'keycloak-oidc',
  entra: 'entra-id',
  google: 'google',
  gitlab: 'gitlab',
  adfs: 'adfs',
}
