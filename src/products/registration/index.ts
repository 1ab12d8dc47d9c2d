import type { VendorKind } from '../../vendors/contract.ts'
import { adfs } from './adfs.ts'
import { auth0 } from './auth0.ts'
import { authentik } from './authentik.ts'
import { cognito } from './cognito.ts'
import type { VendorGuide } from './contract.ts'
import { dex } from './dex.ts'
import { entra } from './entra.ts'
import { gatehouse } from './gatehouse.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { keycloak } from './keycloak.ts'
import { okta } from './okta.ts'
import { unknown } from './unknown.ts'

/** What is done at the provider of each vendor. */
export const vendorGuides: Readonly<Record<VendorKind, VendorGuide>> = {
  gatehouse,
  keycloak,
  entra,
  okta,
  auth0,
  cognito,
  google,
  adfs,
  dex,
  gitlab,
  authentik,
  unknown,
}
