import type { VendorKind } from '../../vendors/contract.ts'

/** What oauth2-proxy calls the providers that it knows; `oidc` is any other. */
export const providerTypes: Readonly<Partial<Record<VendorKind, string>>> = {
  keycloak: 'keycloak-oidc',
  entra: 'entra-id',
  google: 'google',
  gitlab: 'gitlab',
  adfs: 'adfs',
}
