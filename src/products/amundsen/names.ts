/** Words of flaskoidc, for files that are rendered and files that are imported. */
import type { VendorKind } from '../../vendors/contract.ts'

/** Any name works; flaskoidc's author has tried these, and for google it asks for refresh tokens the way Google wants. */
export function providerName({ kind }: { kind: VendorKind }): string {
  return kind === 'google' || kind === 'okta' || kind === 'keycloak' ? kind : 'custom'
}
