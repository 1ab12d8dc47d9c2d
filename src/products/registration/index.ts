import type { VendorKind } from '../contract.ts'
import { adfs } from './adfs.ts'
import { auth0 } from './auth0.ts'
import { cognito } from './cognito.ts'
import { dex } from './dex.ts'
import { entra } from './entra.ts'
import { gatehouse } from './gatehouse.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { keycloak } from './keycloak.ts'
import { okta } from './okta.ts'
import { unknown } from './unknown.ts'
import type { Vendor } from './vendor.ts'

/** Every vendor. A new one is a file and a line here. */
export const vendors: Readonly<Record<VendorKind, Vendor>> = {
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
  unknown,
}
