/** Host names that browsers take for one: cookies know no ports (RFC 6265 section 8.5), no case and no dot at the end. */
import { isLoopbackHost } from '../loopback.ts'
import { type PathProblem, problem, warning } from './problem.ts'
import type { Config } from './schema.ts'

/** A host name as browsers compare it: lower case, punycode, IPv4 in four numbers (all by the URL parser), no dot at the end. */
export function hostNameOf(url: string): string | undefined {
  return URL.parse(url)?.hostname.replace(/\.$/, '')
}

/** Host name and port, the port of the scheme included. */
export function hostAndPortOf(url: string): string | undefined {
  const parsed = URL.parse(url)
  if (!parsed) return undefined
  return `${hostNameOf(url)}:${parsed.port || (parsed.protocol === 'https:' ? '443' : '80')}`
}

/**
 * Services on the host name of the issuer or of another service, with another port. Such a service is sent the cookies of the other, and takes
 * over its address wherever a proxy leaves the port out. On this machine it is a warning, unless one of the two has no port in its address: there
 * one name with many ports is how people try things out. The same name with the same port is found by `referenceProblems`.
 */
export function hostProblems(config: Pick<Config, 'issuer' | 'services' | 'products'>): PathProblem[] {
  return [...serviceProblems(config), ...productWarnings(config)]
}

function serviceProblems({ issuer, services }: Pick<Config, 'issuer' | 'services'>): PathProblem[] {
  const taken = new Map<string, { who: string; at: string | undefined }>()
  if (issuer !== undefined) taken.set(hostNameOf(issuer) ?? '', { who: 'the issuer', at: hostAndPortOf(issuer) })
  return Object.entries(services).flatMap(([name, { url }]): PathProblem[] => {
    const host = hostNameOf(url) ?? ''
    const at = hostAndPortOf(url)
    const first = taken.get(host)
    if (!first) taken.set(host, { who: `services.${name}`, at })
    if (!first || first.at === at) return []
    const losesPort = [at, first.at].some((address) => /:(?:80|443)$/.test(address ?? ''))
    const message = `has the host name of ${first.who}, ${host}, with another port. Browsers send cookies to every port of a host, so each gets the cookies of the other: give it a host name of its own`
    const path = ['services', name, 'url']
    return [isLoopbackHost(host) && !losesPort ? warning('host-shared', path, message) : problem(path, message)]
  })
}

/** Products on the host name of the issuer. They run elsewhere, so their configuration is not refused. */
function productWarnings({ issuer, products }: Pick<Config, 'issuer' | 'products'>): PathProblem[] {
  const host = issuer === undefined ? undefined : hostNameOf(issuer)
  if (host === undefined || isLoopbackHost(host)) return []
  const message = `has the host name of the issuer, ${host}. Browsers send the cookies of sign-ins to every port and path of a host, so whoever runs the product can act as its visitors: give one of the two a host name of its own`
  return Object.entries(products)
    .filter(([, { url }]) => hostNameOf(url) === host)
    .map(([name]) => warning('host-shared', ['products', name, 'url'], message))
}
