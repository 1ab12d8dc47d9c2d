/** What a server reads and what cannot work all the same: `check` warns, `serve` starts with it. */
import { own } from '../maps.ts'
import { hostAndPortOf } from './host-names.ts'
import { issuerOf } from './issuer.ts'
import { mistakenAddresses } from './mistaken-addresses.ts'
import { type PathProblem, warning } from './problem.ts'
import { publicWaysIn } from './public-ways-in.ts'
import type { Config } from './schema.ts'
import { suspectTexts } from './suspect-texts.ts'
import { teamSources } from './team-sources.ts'

export function deadSettings(config: Config): PathProblem[] {
  return [
    ...clientProblems(config),
    ...mistakenAddresses(config),
    ...publicWaysIn(config),
    ...teamSources(config),
    ...timeoutProblems(config),
    ...loopProblems(config),
    ...suspectTexts(config),
  ]
}

/** One use of a client: a way in, or a product at a class. */
interface ClientUse {
  at: (string | number)[]
  /** The provider: its issuer, or what else identifies it. */
  provider: string
  /** As people call it. */
  className: string
  clientId: string
  secret: string
}

/** One client at one provider with two secrets, and two clients with one secret: one of them is wrong. */
function clientProblems(config: Config): PathProblem[] {
  const byClient = new Map<string, ClientUse>()
  const bySecret = new Map<string, ClientUse>()
  return clientUses(config).flatMap((use) => {
    const client = JSON.stringify([use.provider, use.clientId])
    const same = byClient.get(client) ?? use
    const holder = bySecret.get(use.secret) ?? use
    byClient.set(client, same)
    bySecret.set(use.secret, holder)
    if (same.secret !== use.secret) {
      const message = `has the client id of ${same.at.join('.')} at ${use.className} and another secret: a client has one, so one of the two is probably wrong`
      return [warning('client-two-secrets', placeOf(use), message)]
    }
    if (holder.clientId === use.clientId) return []
    const message = `has the secret of ${holder.at.join('.')}, which is another client (${holder.clientId}): each has a secret of its own, so one of the two is probably wrong`
    return [warning('secret-shared', placeOf(use), message)]
  })
}

function placeOf({ at }: ClientUse): (string | number)[] {
  return [...at, 'oidc', 'clientCredentialsSecret']
}

function clientUses({ issuer, login, products, secrets, authenticationClasses }: Config): ClientUse[] {
  const entries = [
    ...login.map(({ authenticationClass, oidc }, index) => ({ at: ['login', index], authenticationClass, oidc })),
    ...Object.entries(products).flatMap(([name, { authentication }]) =>
      authentication.map(({ authenticationClass, oidc }, index) => ({
        at: ['products', name, 'authentication', index],
        authenticationClass,
        oidc,
      })),
    ),
  ]
  return entries.flatMap(({ at, authenticationClass: className, oidc }) => {
    const named = oidc?.clientCredentialsSecret
    const { clientId, clientSecret: secret } = (named === undefined ? undefined : own(secrets, named)) ?? {}
    if (className === undefined || clientId === undefined || secret === undefined) return []
    const described = own(authenticationClasses, className)?.oidc
    const provider = described ? issuerOf(described) : className === 'gatehouse' ? (issuer ?? className) : className
    return [{ at, provider, className, clientId, secret }]
  })
}

/** The gate would forward to itself until a limit ends it. */
function loopProblems({ issuer, services, listen }: Config): PathProblem[] {
  const listener = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  const hosts = [listener, 'localhost', '127.0.0.1', '[::1]']
  const addresses = [
    ...hosts.map((host) => `http://${host}:${listen.port}`),
    ...Object.values(services).map(({ url }) => url),
    ...(issuer === undefined ? [] : [issuer]),
  ]
  const own = new Set(addresses.map(hostAndPortOf))
  return Object.entries(services).flatMap(([name, { upstream }]) => {
    if (upstream === undefined || !own.has(hostAndPortOf(upstream))) return []
    const message =
      'is an address of this server itself, which would ask itself for ever: write the address where the service listens'
    return [warning('upstream-is-here', ['services', name, 'upstream'], message)]
  })
}

/** The proxy in front forwards such a service, and waits as long as it likes. */
function timeoutProblems({ services }: Pick<Config, 'services'>): PathProblem[] {
  return Object.entries(services).flatMap(([name, { upstream, timeout }]) => {
    if (upstream !== undefined || timeout === undefined) return []
    const message = 'is ignored: without upstream another proxy forwards to the service. Set it there'
    return [warning('setting-ignored', ['services', name, 'timeout'], message)]
  })
}
