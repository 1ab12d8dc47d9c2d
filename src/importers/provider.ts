/** What importers have in common: an authentication class from an address, and names and references that the schema accepts. */
import { issuerOf } from '../config/issuer.ts'
import { OidcProvider } from '../config/schema.ts'
import type { Data } from '../formats.ts'
import type { ProviderHint, VendorKind } from '../vendors/contract.ts'
import { vendorAt, vendors } from '../vendors/index.ts'

const wellKnown = /\/\.well-known\/(openid-configuration|oauth-authorization-server)\/?$/

/** The issuer of a discovery URL; an issuer stays as it is. */
function issuerOfDiscoveryUrl(url: string): string {
  return url.replace(wellKnown, '')
}

/** The `oidc` part of an authentication class, in the shape of gatehouse.yaml. */
export interface ImportedOidc {
  hostname: string
  port?: number
  rootPath?: string
  scopes: string[]
  principalClaim: string
  providerHint?: ProviderHint
  tls?: Data
}

export interface ProviderFacts {
  /** The issuer, or the discovery URL. */
  issuer: string
  scopes: readonly string[]
  principalClaim: string
  /** What the input says; guessed from the host name when undefined. */
  hint?: ProviderHint | undefined
}

/**
 * The class of an issuer (or discovery URL); undefined when that is not an http address of an issuer. `differs` is the issuer that
 * the class stands for, when it is not the given one byte for byte: a trailing slash, the case of the host, a query.
 */
export function classOfIssuer({
  issuer,
  scopes,
  principalClaim,
  hint,
}: ProviderFacts): { oidc: ImportedOidc; differs?: string } | undefined {
  const given = issuerOfDiscoveryUrl(issuer)
  const url = URL.parse(given)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  const providerHint = hint ?? vendorAt(url)?.hint
  const rootPath = url.pathname.replace(/\/+$/, '')
  const oidc: ImportedOidc = {
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(rootPath === '' ? {} : { rootPath }),
    scopes: [...scopes],
    principalClaim,
    ...(providerHint === undefined ? {} : { providerHint }),
    ...(url.protocol === 'https:' ? { tls: { verification: { server: { caCert: { webPki: {} } } } } } : {}),
  }
  const parsed = OidcProvider.safeParse(oidc)
  if (!parsed.success) return undefined
  const said = issuerOf(parsed.data)
  return said === given ? { oidc } : { oidc, differs: said }
}

/** What to do when the class stands for another issuer than the file. `setting` is the line of the rendered file. */
export function otherIssuer({ given, said, setting }: { given: string; said: string; setting: string }): string {
  const issuer = issuerOfDiscoveryUrl(given)
  const discovery = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`
  return `gatehouse.yaml cannot express it exactly: the class stands for ${said}. Open ${discovery}: if \`issuer\` there is ${said}, there is nothing to do; if it is ${issuer}, write ${setting} back into the rendered file.`
}

/** A name under `authenticationClasses`, `products` or `secrets`: lower-case letters, digits and inner hyphens. */
export function importedName(text: string, fallback: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '')
  return name === '' || name === 'gatehouse' ? fallback : name
}

/** The words of a product for vendors, inverted: from its word to the hint of a class. */
export function hintsByName(
  words: Readonly<Partial<Record<VendorKind, string>>>,
): Readonly<Record<string, ProviderHint>> {
  return Object.fromEntries(
    Object.values(vendors).flatMap(({ kind, hint }) => {
      const word = words[kind]
      return word === undefined || hint === undefined ? [] : [[word, hint]]
    }),
  )
}

/** `trino-client` -> `TRINO_CLIENT`. */
export function variableName(...parts: readonly string[]): string {
  const name = parts
    .join('_')
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  return /^[0-9]/.test(name) ? `_${name}` : name
}

/** `${env:NAME}` */
export function reference(variable: string): string {
  return `\${env:${variable}}`
}
