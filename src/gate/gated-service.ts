import type { Service } from '../config/schema.ts'
import { AppError } from '../errors.ts'
import { type CompiledRule, compileRule } from './decide.ts'
import { canonicalPath } from './path.ts'

/** A service of the configuration, with everything worked out that does not depend on the request. */
export interface GatedService {
  name: string
  url: string
  /** Scheme, host and port. */
  origin: string
  /** Host and port as browsers write them in `Host`. */
  host: string
  secure: boolean
  upstream: URL | undefined
  rules: readonly CompiledRule[]
  /** Teams that rules name: they come first in the groups header. */
  namedTeams: ReadonlySet<string>
  /** Whether any rule depends on the method, or on the path: a proxy that does not tell them cannot be answered then. */
  rulesNeedMethod: boolean
  rulesNeedPath: boolean
  sessionCookie: string
  /** What follows it is the beginning of the state. */
  stateCookiePrefix: string
  /** Name prefixes of cookies that upstreams never see. */
  ownCookies: readonly string[]
  challenge: string
  /** For a token that came but is not valid (RFC 6750, 3.1). */
  tokenChallenge: string
  /** The answer to an API call without credentials: made once, sent as it is. */
  deniedHead: string[]
  deniedBody: string
}

/**
 * Prepares a service of the configuration.
 *
 * @throws AppError `config-invalid` for a url with a path (cookies and endpoints belong to a host) and for a rule whose path is ambiguous.
 */
export function gatedService(name: string, service: Service): GatedService {
  const url = new URL(service.url)
  if (url.pathname !== '/') {
    throw new AppError('config-invalid', {
      at: `services.${name}.url`,
      value: service.url,
      problem: 'must have no path: a service has a host name of its own',
    })
  }
  const secure = url.protocol === 'https:'
  const prefix = secure ? '__Host-gatehouse_' : 'gatehouse_'
  const challenge = `Bearer realm="${url.origin}"`
  const deniedBody = JSON.stringify({
    error: 'sign-in-required',
    message: 'Sign in to use this service.',
    hint: 'Sign in with a browser, or send a bearer token of this issuer.',
  })
  return {
    name,
    url: service.url,
    origin: url.origin,
    host: url.host,
    secure,
    upstream: service.upstream === undefined ? undefined : new URL(service.upstream),
    rules: service.rules.map((rule, at) =>
      compileRule({ ...rule, path: rulePath(rule.path, `services.${name}.rules.${at}.path`) }),
    ),
    namedTeams: new Set(service.rules.flatMap((rule) => (Array.isArray(rule.allow) ? rule.allow : [])).flatMap(teamOf)),
    rulesNeedMethod: service.rules.some((rule) => rule.methods !== undefined),
    rulesNeedPath: service.rules.some((rule) => rule.path !== '/'),
    sessionCookie: `${prefix}session`,
    stateCookiePrefix: `${prefix}state_`,
    ownCookies: ['gatehouse_', '__Host-gatehouse_'],
    challenge,
    tokenChallenge: `${challenge}, error="invalid_token"`,
    deniedHead: [
      'Content-Type',
      'application/json',
      'Cache-Control',
      'no-store',
      'WWW-Authenticate',
      challenge,
      'Content-Length',
      String(Buffer.byteLength(deniedBody)),
    ],
    deniedBody,
  }
}

/**
 * The services by the value of `Host`, in lower case: with and without the default port, and by the bare name where only one service has
 * it (`proxy_set_header Host $host` of nginx loses the port). Two of one host would share cookies: refused as `config-invalid`.
 */
export function servicesByHost(services: readonly GatedService[]): ReadonlyMap<string, GatedService> {
  const byHost = new Map<string, GatedService>()
  for (const service of services) {
    const other = byHost.get(service.host)
    if (other) {
      throw new AppError('config-invalid', {
        at: `services.${service.name}.url`,
        problem: `has the same host as services.${other.name}.url`,
      })
    }
    byHost.set(service.host, service)
  }
  for (const service of services) {
    const { hostname, port } = new URL(service.origin)
    if (port === '') byHost.set(`${hostname}:${service.secure ? 443 : 80}`, service)
    else if (
      !byHost.has(hostname) &&
      services.every((other) => other === service || new URL(other.origin).hostname !== hostname)
    ) {
      byHost.set(hostname, service)
    }
  }
  return byHost
}

function rulePath(path: string, at: string): string {
  // What people write outside ASCII arrives escaped.
  const canonical = canonicalPath(path.replace(/[^!-~]+/g, encodeURIComponent))
  if (canonical === undefined) {
    throw new AppError('config-invalid', {
      at,
      value: path,
      problem: 'must have no dot segments, no `//` and no path parameters',
    })
  }
  return canonical
}

function teamOf(entry: string): string[] {
  return entry.startsWith('team:') ? [entry.slice(5)] : []
}
