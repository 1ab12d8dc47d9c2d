import { adfs } from './adfs.ts'
import { auth0 } from './auth0.ts'
import { authentik } from './authentik.ts'
import { cognito } from './cognito.ts'
import type { Quirks } from './contract.ts'
import { dex } from './dex.ts'
import { entra } from './entra.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { keycloak } from './keycloak.ts'
import { okta } from './okta.ts'

/** Every vendor that `--like` knows, by the word after it. */
export const lookAlikes: Readonly<Record<string, Quirks>> = {
  keycloak,
  okta,
  authentik,
  entra,
  auth0,
  cognito,
  google,
  adfs,
  dex,
  gitlab,
}
