/**
 * `internalUrl` of an authentication class: where products and this server reach a provider, beside the address that browsers and tokens
 * know. Only calls of servers go there; the issuer stays the public one to the letter.
 */
import { discoveryUrlOf } from '../issuer-text.ts'
import type { ProviderEndpoints } from '../vendors/contract.ts'
import { vendorOf } from '../vendors/index.ts'
import { issuerOf } from './issuer.ts'
import { type PathProblem, warning } from './problem.ts'
import type { AuthenticationClass } from './schema.ts'

/** Two addresses of one provider. */
export interface TwoAddresses {
  issuer: string
  /** Without a path it stands for the host, with one for the issuer. */
  internalUrl: string
}

/** The inner address of a public one; undefined where the public one is elsewhere, or not below the issuer. */
export function innerAddress(address: string, { issuer, internalUrl }: TwoAddresses): string | undefined {
  return moved(address, { from: issuer, to: internalUrl })
}

/** The public address of an inner one: what a provider says that answers with the host that it was asked by. */
export function publicAddress(address: string, { issuer, internalUrl }: TwoAddresses): string | undefined {
  // Without a path it stands for the whole host, and so does the public one.
  return moved(address, { from: internalUrl, to: pathOf(internalUrl) === '' ? new URL(issuer).origin : issuer })
}

/** Paths are compared and kept as they are written: a parser of addresses would write some of their characters differently. */
function moved(address: string, { from, to }: { from: string; to: string }): string | undefined {
  if (URL.parse(address)?.origin !== new URL(from).origin) return undefined
  const [path, target, rest] = [pathOf(from), pathOf(to), behindHost(address)]
  const { origin } = new URL(to)
  if (target === '' || target === path) return `${origin}${rest}`
  const isBelow = rest.replace(/\?.*$/s, '') === path || rest.startsWith(`${path}/`)
  return isBelow ? `${origin}${target}${rest.slice(path.length)}` : undefined
}

/** Without a slash at its end. */
function pathOf(url: string): string {
  return behindHost(url).replace(/\/+$/, '')
}

/** The path, with the query. */
function behindHost(url: string): string {
  return url
    .replace(/^[a-z]+:\/\/[^/?#]*/i, '')
    .replace(/^(?!\/)/, '/')
    .replace(/#.*$/s, '')
}

/** The discovery document, as servers reach it. */
export function innerDiscoveryUrl(addresses: TwoAddresses): string {
  const known = discoveryUrlOf(addresses.issuer)
  return innerAddress(known, addresses) ?? known
}

/** What servers call is inner, where browsers go is public. An address elsewhere stays as it is. */
export function innerEndpoints(endpoints: ProviderEndpoints, addresses: TwoAddresses): ProviderEndpoints {
  const inner = (address: string) => innerAddress(address, addresses) ?? address
  return {
    ...endpoints,
    token: inner(endpoints.token),
    jwks: inner(endpoints.jwks),
    userinfo: inner(endpoints.userinfo),
  }
}

/** An inner address that is none: the public one itself, or one whose place below the issuer nobody can tell. */
export function innerAddressProblems(classes: Readonly<Record<string, AuthenticationClass>>): PathProblem[] {
  return Object.entries(classes).flatMap(([name, { oidc }]): PathProblem[] => {
    const { internalUrl } = oidc ?? {}
    if (!oidc || internalUrl === undefined) return []
    const path = ['authenticationClasses', name, 'oidc', 'internalUrl']
    const issuer = issuerOf(oidc)
    const [inner, known] = [new URL(internalUrl), new URL(issuer)]
    if (inner.origin === known.origin) {
      const message = `is the public address itself (${known.origin}): remove it, or write the address inside of your network`
      return [warning('internal-address-useless', path, message)]
    }
    const endpoints = oidc.endpoints ?? vendorOf(oidc.providerHint).endpoints(issuer)
    const isInside = (address: string) =>
      innerAddress(address, { issuer, internalUrl }) !== undefined || URL.parse(address)?.origin === inner.origin
    if (!endpoints || [endpoints.token, endpoints.jwks, endpoints.userinfo].some(isInside)) return []
    const message = `reaches none of the addresses that are called: ${endpoints.token} is elsewhere than ${issuer}. Remove it, or write ${internalUrl}/... in endpoints`
    return [warning('internal-address-useless', path, message)]
  })
}
