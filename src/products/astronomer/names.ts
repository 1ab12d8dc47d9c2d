/** Names that Houston uses, for files that are rendered and files that are imported. */
import type { VendorKind } from '../../vendors/contract.ts'

/** Its names for providers that it knows; `custom` is any other. */
export const providerNames: Readonly<Partial<Record<VendorKind, string>>> = {
  entra: 'microsoft',
  okta: 'okta',
  auth0: 'auth0',
  cognito: 'cognito',
  google: 'google',
  adfs: 'adfs',
}

/** Roles of the platform. */
export const systemRoles = ['systemAdmin', 'systemEditor', 'systemViewer'] as const

/** `clientId` -> `CLIENT_ID`: how it reads its configuration from the environment. */
export function variableOf(...path: readonly string[]): string {
  return path.map((key) => key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()).join('__')
}
