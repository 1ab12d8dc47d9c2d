import { BlockList, isIP } from 'node:net'
import { AppError } from '../errors.ts'
import { isLoopbackHost } from '../loopback.ts'

/** Where this server sends requests because the discovery document says so. */
const asked = ['token_endpoint', 'jwks_uri', 'userinfo_endpoint'] as const
/** Where the browser is sent. */
const opened = ['authorization_endpoint', 'end_session_endpoint'] as const

export type Endpoints = { readonly [Name in (typeof asked)[number] | (typeof opened)[number]]?: string | undefined }

/** Only this machine and its link: whoever else is behind a name, names alone do not tell. */
const inner = new BlockList()
inner.addSubnet('0.0.0.0', 8, 'ipv4')
inner.addSubnet('127.0.0.0', 8, 'ipv4')
inner.addSubnet('169.254.0.0', 16, 'ipv4')
inner.addAddress('::', 'ipv6')
inner.addAddress('::1', 'ipv6')
inner.addSubnet('fe80::', 10, 'ipv6')

/**
 * Refuses the endpoints of a provider that would have this server call itself or its machine's neighbours (metadata of clouds) in its name.
 * Throws `provider-answer-refused`. An issuer on this machine may have endpoints there.
 */
export function checkEndpoints(endpoints: Endpoints, issuer: string): void {
  const refused = (endpoint: string, problem: string) =>
    new AppError('provider-answer-refused', { issuer, endpoint, problem })
  const mayBeInner = isInner(new URL(issuer).hostname)
  for (const name of [...asked, ...opened]) {
    const address = endpoints[name]
    if (address === undefined) continue
    const url = URL.parse(address)
    if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
      throw refused(name, 'is no http or https URL without user name')
  }
  for (const name of asked) {
    const address = endpoints[name]
    if (address !== undefined && !mayBeInner && isInner(new URL(address).hostname))
      throw refused(name, 'is on this machine or its link, and the issuer is not')
  }
}

/** @param hostname as `URL` writes it: every spelling of an IPv4 address has become the usual one. */
function isInner(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '')
  if (isLoopbackHost(name)) return true
  const address = name.replace(/^\[|\]$/g, '')
  const version = isIP(address)
  return version !== 0 && inner.check(address, version === 4 ? 'ipv4' : 'ipv6')
}
