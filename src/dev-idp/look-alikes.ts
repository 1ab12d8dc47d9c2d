import { authentik } from './authentik.ts'
import type { Quirks } from './contract.ts'
import { entra } from './entra.ts'
import { keycloak } from './keycloak.ts'
import { okta } from './okta.ts'

/** Every vendor that `--like` knows, by the word after it. */
export const lookAlikes: Readonly<Record<string, Quirks>> = { keycloak, okta, authentik, entra }
