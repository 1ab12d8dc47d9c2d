import { adfs } from './adfs.ts'
import { auth0 } from './auth0.ts'
import { authentik } from './authentik.ts'
import { cognito } from './cognito.ts'
import type { MistakenAddress, ProviderHint, Vendor, VendorKind } from './contract.ts'
import { dex } from './dex.ts'
import { entra } from './entra.ts'
import { gatehouse } from './gatehouse.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { keycloak } from './keycloak.ts'
import { okta } from './okta.ts'
import { unknown } from './unknown.ts'

/** Every vendor. A new one is a file, a line here and its word in `providerHints` (contract.ts). */
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
  authentik,
  unknown,
}

const all = Object.values(vendors)

/** The vendor of an authentication class; `unknown` where that names none. */
export function vendorOf(hint: ProviderHint | null | undefined): Vendor {
  return (hint && all.find((vendor) => vendor.hint === hint)) || unknown
}

/** What an address is that people take for the issuer of a vendor; undefined: nothing is known against it. */
export function mistakenAddress(
  address: URL,
): { is: string; setting: MistakenAddress['setting']; instead: string } | undefined {
  const found = all
    .flatMap(({ mistakenAddresses = [] }) => mistakenAddresses)
    .find(({ host, path }) => (host?.test(address.hostname) ?? true) && (path?.test(address.pathname) ?? true))
  return found && { is: found.is, setting: found.setting, instead: found.instead(address) }
}

/** The vendor of an issuer whose class names none; `unknown` where the address does not tell. Of a host that has tenants, any path is one of them. */
export function vendorOfIssuer(issuer: string): Vendor {
  const url = new URL(issuer)
  const ofTenants = all.find(({ address, tenantOf }) => tenantOf && address?.host?.test(url.hostname))
  return vendorAt(url) ?? ofTenants ?? unknown
}

/** A vendor, or the one that the issuer shows where no class names any: its traps do not go away with the hint. */
export function vendorByAddress(vendor: Vendor, issuer: string): Vendor {
  return vendor === unknown ? vendorOfIssuer(issuer) : vendor
}

/** The vendor behind an address; undefined when the address does not tell. A host name says more than a path. */
export function vendorAt({ hostname, pathname }: Pick<URL, 'hostname' | 'pathname'>): Vendor | undefined {
  const path = `${pathname.replace(/\/+$/, '')}/`
  const known = all.filter(({ address }) => address?.path?.test(path) ?? address?.host !== undefined)
  return (
    known.find(({ address }) => address?.host?.test(hostname)) ?? known.find(({ address }) => address && !address.host)
  )
}
