import type { Vendor } from '../vendors/contract.ts'
import { vendorAt, vendorOf, vendorOfIssuer } from '../vendors/index.ts'
import type { OidcProvider } from './schema.ts'

type Address = Pick<OidcProvider, 'hostname' | 'port' | 'rootPath' | 'tls' | 'providerHint'>

/**
 * The issuer that an authentication class stands for: scheme from `tls`, the default port left out, and `rootPath` as it is written, with
 * its slash at the end or without. Only where the vendor is known to write the other one, its spelling is taken.
 */
export function issuerOf(provider: Address): string {
  return readIssuer(provider).issuer
}

/** What is to be said about the slash at the end of `rootPath`; undefined: nothing. A sentence without its subject, which is `rootPath`. */
export function slashProblem(provider: Address): string | undefined {
  return readIssuer(provider).problem
}

/** The vendor that a class names, else the one that its address shows; `unknown` where neither does. */
export function vendorOfClass(provider: Address): Vendor {
  if (provider.providerHint) return vendorOf(provider.providerHint)
  return vendorOfIssuer(writtenIssuer(provider))
}

function readIssuer(provider: Address): { issuer: string; problem?: string } {
  const written = writtenIssuer(provider)
  const { origin, pathname } = new URL(written)
  const hinted = provider.providerHint ? vendorOf(provider.providerHint) : undefined
  const vendor = hinted ?? vendorAt(new URL(written))
  if (!vendor) return { issuer: written }
  if (pathname === '/') return atRoot(vendor, { origin, written, isEmpty: provider.rootPath === '' })
  const { title, pathSlash } = vendor
  if (pathSlash === undefined || written.endsWith('/') === (pathSlash === 'always')) return { issuer: written }
  if (pathSlash === 'always') return hinted ? lengthened(hinted, written, provider.rootPath) : { issuer: written }

  const shorter = provider.rootPath.replace(/\/+$/, '')
  if (hinted?.address?.path && !hinted.address.path.test(pathname)) {
    const problem = `ends in a slash, which issuers of ${title} (providerHint) never do: it is kept. If it is not ${title}, take out providerHint; else write ${shorter}`
    return { issuer: written, problem }
  }
  const known = hinted ? `issuers of ${title}` : `it looks like ${title}, whose issuers`
  const problem = `has a slash at the end, which is left out: ${known} ${hinted ? 'have none' : 'have none there'}. Write ${shorter}`
  return { issuer: written.replace(/\/+$/, ''), problem }
}

/** Only a class that says so is told from a provider that nobody knows: an address is taken as it is written. */
function lengthened({ title }: Vendor, written: string, rootPath: string): { issuer: string; problem: string } {
  const problem = `has no slash at the end, which is added: issuers of ${title} (providerHint) end in one. Write ${rootPath}/`
  return { issuer: `${written}/`, problem }
}

/** `/` also stands for "no path", so that it says nothing about the slash; `""` says that there is none. */
function atRoot(
  { title, rootSlash }: Vendor,
  { origin, written, isEmpty }: { origin: string; written: string; isEmpty: boolean },
): { issuer: string; problem?: string } {
  if (rootSlash === 'never') return { issuer: origin }
  if (rootSlash !== 'always' || !isEmpty) return { issuer: written }
  return { issuer: `${origin}/`, problem: `is empty, but issuers of ${title} end in a slash: write /` }
}

function writtenIssuer({ hostname, port, rootPath, tls }: Address): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname
  const base = new URL(`${tls ? 'https' : 'http'}://${host}`)
  if (port !== undefined && port !== null) base.port = String(port)
  // Several slashes are a slip of the hand: no issuer ends in two.
  const path = rootPath.replace(/\/+$/, '/')
  return base.origin + (path === '' || path.startsWith('/') ? path : `/${path}`)
}
