import type { Service } from '../config/schema.ts'
import { milliseconds } from '../duration.ts'
import { teamsNamed } from '../teams-named.ts'
import { type CompiledRule, compileRule } from './decide.ts'
import { createHeaderKinds, type HeaderKinds } from './header-kinds.ts'
import { canonicalPath } from './path.ts'
import { createPathReader, type PathReader } from './readings.ts'

const usualTimeout = '5m'

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
  /** Milliseconds until an answer of the upstream must begin, and in which an upload must move on. */
  timeout: number
  rules: readonly CompiledRule[]
  /** Teams that rules name: they come first in the groups header. */
  namedTeams: ReadonlySet<string>
  /** Whether any rule depends on the method, or on the path: a proxy that does not tell them cannot be answered then. */
  rulesNeedMethod: boolean
  rulesNeedPath: boolean
  /** The same for the method of preflights, which pass without a sign-in. */
  preflightsNeedMethod: boolean
  sessionCookie: string
  /** What follows it is the beginning of the state. */
  stateCookiePrefix: string
  /** What becomes of the headers of requests. */
  headerKind: HeaderKinds
  /** As which paths servers may read one that is not written plainly, as far as the rules can tell them apart. */
  paths: PathReader
  /** Origins of pages whose scripts may read refusals, and those whose preflights pass. */
  readers: ReadonlySet<string>
  callers: ReadonlySet<string>
  challenge: string
  /** For a token that came but is not valid (RFC 6750, 3.1). */
  tokenChallenge: string
  /** The answer to an API call without credentials: made once, sent as it is. */
  deniedHead: string[]
  deniedBody: string
}

/**
 * Prepares a service of a checked configuration: its url has no path (cookies and endpoints belong to a host) and a host that no other
 * service has, and the paths of its rules can be read in one way only.
 *
 * @param pageOrigins of the configuration: other services, products, the issuer.
 */
export function gatedService(name: string, service: Service, pageOrigins: readonly string[]): GatedService {
  const url = new URL(service.url)
  const secure = url.protocol === 'https:'
  const prefix = secure ? '__Host-gatehouse_' : 'gatehouse_'
  const rules = service.rules.map((rule) => ({ ...rule, path: rulePath(rule.path, service.allowOddPaths) }))
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
    timeout: milliseconds(service.timeout ?? usualTimeout),
    rules: rules.map(compileRule),
    namedTeams: new Set(service.rules.flatMap(({ allow }) => (Array.isArray(allow) ? teamsNamed(allow) : []))),
    rulesNeedMethod: service.rules.some((rule) => rule.methods !== undefined),
    rulesNeedPath: service.rules.some((rule) => rule.path !== '/'),
    preflightsNeedMethod: (service.allowedOrigins ?? []).length > 0,
    sessionCookie: `${prefix}session`,
    stateCookiePrefix: `${prefix}state_`,
    headerKind: createHeaderKinds({
      remove: service.removeHeaders,
      keep: service.keepHeaders,
      allowOdd: service.allowOddHeaderNames,
    }),
    paths: createPathReader({ paths: rules.map(({ path }) => path), allowOdd: service.allowOddPaths === true }),
    readers: new Set([...pageOrigins, ...(service.allowedOrigins ?? [])].filter((origin) => origin !== url.origin)),
    callers: new Set(service.allowedOrigins),
    challenge,
    tokenChallenge: `${challenge}, error="invalid_token"`,
    deniedHead: [
      'Content-Type',
      'application/json',
      'Cache-Control',
      'no-store',
      'X-Content-Type-Options',
      'nosniff',
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
 * it (`proxy_set_header Host $host` of nginx loses the port).
 */
export function servicesByHost(services: readonly GatedService[]): ReadonlyMap<string, GatedService> {
  const byHost = new Map(services.map((service) => [service.host, service]))
  const sharing = Map.groupBy(services, ({ origin }) => new URL(origin).hostname)
  for (const service of services) {
    const { hostname, port } = new URL(service.origin)
    if (port === '') byHost.set(`${hostname}:${service.secure ? 443 : 80}`, service)
    else if (!byHost.has(hostname) && sharing.get(hostname)?.length === 1) byHost.set(hostname, service)
  }
  return byHost
}

/** The form that paths of requests have: what people write outside ASCII arrives escaped. */
function rulePath(path: string, allowOdd: boolean | undefined): string {
  const canonical = canonicalPath(path.replace(/[^!-~]+/g, encodeURIComponent), allowOdd ? -1 : undefined)
  // A rule that matches nothing would leave its requests to a laxer one below it.
  if (canonical === undefined) throw new Error(`the path ${path} of a rule was not checked`)
  return canonical
}
