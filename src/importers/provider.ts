/** What importers have in common: an authentication class from an address, and names and references that the schema accepts. */
import { issuerOf } from '../config/issuer.ts'
import { OidcProvider } from '../config/schema.ts'
import type { Data } from '../formats.ts'
import { discoveryUrlOf, issuerOfDocument } from '../issuer-text.ts'
import type { ProviderHint, Vendor, VendorKind } from '../vendors/contract.ts'
import { vendorAt, vendorOf, vendors } from '../vendors/index.ts'

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

export interface ImportedClass {
  oidc: ImportedOidc
  /** The issuer that the class stands for, when it is not the given one byte for byte: the case of the host, a query, what its vendor never writes. */
  differs?: string
  /** What was guessed and is to be checked, each a sentence that begins with a verb. */
  guesses: readonly string[]
}

/** The class of an issuer (or discovery URL); undefined when that is not an http address of an issuer. */
export function classOfIssuer({ issuer, scopes, principalClaim, hint }: ProviderFacts): ImportedClass | undefined {
  const given = issuerOfDocument(issuer)
  const url = URL.parse(given)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  const seen = vendorSeenAt(given, url)
  const providerHint = hint ?? seen?.hint
  const rootPath = rootPathOf(given, url, vendorOf(providerHint))
  const oidc: ImportedOidc = {
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(rootPath === undefined ? {} : { rootPath }),
    scopes: [...scopes],
    principalClaim,
    ...(providerHint === undefined ? {} : { providerHint }),
    ...(url.protocol === 'https:' ? { tls: { verification: { server: { caCert: { webPki: {} } } } } } : {}),
  }
  const parsed = OidcProvider.safeParse(oidc)
  if (!parsed.success) return undefined
  const said = issuerOf(parsed.data)
  const guesses = [
    ...(hint === undefined && seen && !seen.address?.host
      ? [
          `Check that this is ${seen.title}: only the path ${url.pathname} says so. If it is not, take out providerHint.`,
        ]
      : []),
    ...(given !== issuer && !isSlashKnown(vendorOf(providerHint), url)
      ? [
          `Check \`issuer\` in ${discoveryUrlOf(given)}: if it ends in a slash, write rootPath: ${url.pathname === '/' ? '/' : `${url.pathname}/`}.`,
        ]
      : []),
  ]
  return { oidc, ...(said === given ? {} : { differs: said }), guesses }
}

/** A path that lacks the slash which the vendor always writes is that of somebody else, or a slip: it stays as it is. */
function vendorSeenAt(given: string, url: URL): Vendor | undefined {
  const seen = vendorAt(url)
  return seen?.pathSlash === 'always' && url.pathname !== '/' && !given.endsWith('/') ? undefined : seen
}

/** Undefined where it may be left out: at the root, with the slash or of a vendor whose spelling is known. */
function rootPathOf(given: string, { origin, pathname }: URL, { rootSlash }: Vendor): string | undefined {
  if (pathname !== '/') return pathname
  return given.length > origin.length || rootSlash === 'never' || rootSlash === 'always' ? undefined : ''
}

function isSlashKnown({ rootSlash, pathSlash }: Vendor, { pathname }: URL): boolean {
  return pathname === '/' ? rootSlash === 'never' || rootSlash === 'always' : pathSlash === 'never'
}

/** What to do when the class stands for another issuer than the file. `setting` is the line of the rendered file. */
export function otherIssuer({ given, said, setting }: { given: string; said: string; setting: string }): string {
  const issuer = issuerOfDocument(given)
  const discovery = discoveryUrlOf(issuer)
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
