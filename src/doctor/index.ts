import { directoryAddresses, securityOf } from '../config/directory-address.ts'
import { githubAddresses, githubTls } from '../config/github.ts'
import { innerDiscoveryUrl } from '../config/inner-address.ts'
import { type Surroundings, trustOf, upstreamAuthorities } from '../config/network.ts'
import { proxyFor } from '../config/outgoing-proxy.ts'
import type { Config, GitHub, LdapServer } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { discoveryUrlOf } from '../issuer-text.ts'
import { own } from '../maps.ts'
import { resolveProduct } from '../products/resolve.ts'
import { type Bound, createBound } from './bound.ts'
import { clientSecret } from './client/client-secret.ts'
import { metadata } from './client/metadata.ts'
import { postLogoutUri } from './client/post-logout-uri.ts'
import { redirectUri } from './client/redirect-uri.ts'
import { scopes } from './client/scopes.ts'
import type {
  Checks,
  DirectoryContext,
  Finding,
  KeySeen,
  PeopleSeen,
  ProviderUnderTest,
  StoreSeen,
} from './contract.ts'
import { directoryAccount } from './directory/account.ts'
import { directoryReachable } from './directory/reachable.ts'
import { type Answer, createGuardedFetch, type GuardedFetch, headOf } from './guarded-fetch.ts'
import { type Probed, probeProvider, reachTcp } from './probe.ts'
import { claims } from './provider/claims.ts'
import { clock } from './provider/clock.ts'
import { innerAddress } from './provider/inner-address.ts'
import { issuer } from './provider/issuer.ts'
import { keys } from './provider/keys.ts'
import { reachability } from './provider/reachability.ts'
import { tlsChain } from './provider/tls-chain.ts'
import { issuerTrust, providersUnderTest, readTrust } from './providers-under-test.ts'
import { examineCase, findingOf } from './runner.ts'
import { issuerAnswers } from './server/issuer-answers.ts'
import { forwardedBy } from './service/forwarded-by.ts'
import { teamsOfRules } from './service/teams-of-rules.ts'
import { upstream } from './service/upstream.ts'
import { encryptionKey } from './store/encryption-key.ts'
import { groups } from './store/groups.ts'
import { schema } from './store/schema.ts'
import { space } from './store/space.ts'

/** Every check by its subject, in the order in which a request meets the things that they check. */
const checks: Checks = {
  directory: [directoryReachable, directoryAccount],
  provider: [reachability, tlsChain, issuer, innerAddress, clock, keys, claims],
  client: [metadata, scopes, redirectUri, postLogoutUri, clientSecret],
  product: [],
  service: [upstream, teamsOfRules, forwardedBy],
  store: [schema, encryptionKey, space, groups],
  server: [issuerAnswers],
}

/** A small provider answers one request after another: a request that waits its turn there must not time out here. */
const requestsAtOnce = 4
const subjectsAtOnce = 8

export interface Examination extends Surroundings {
  config: Config
  /** Limits the checks to what is between this product and a person. */
  product?: string
  /** Limits the checks to this service. */
  service?: string
  now: () => number
  /** False: client secrets are looked at and not tried at the provider. */
  triesSecrets?: boolean
  /** What the configured store says about itself. Looking neither creates nor changes it. */
  inspectStore: () => Promise<StoreSeen>
  /** Which key the store was made with, and which one there is here. */
  inspectKey?: () => Promise<KeySeen>
  /** What the store knows about people; undefined where nothing can be read. */
  people?: () => Promise<PeopleSeen | undefined>
  /** Bytes that are free where the store lies. */
  freeSpace?: () => Promise<number | undefined>
}

/**
 * Runs every check on what the configuration names. Findings come subject by subject: each provider with its clients, products, services,
 * and, where the configuration is one for `serve`, the store and the server.
 * Throws `secret-not-found` for a missing certificate authority that the configuration names.
 */
export async function examine(examination: Examination): Promise<Finding[]> {
  const { config, product, service } = examination
  if (service !== undefined) return (await Promise.all(examineServices(examination).map((run) => run()))).flat()
  const providers = providersUnderTest(config, examination)
  const isProvider = providers.some(({ className }) => className === 'gatehouse')
  const isServed = config.issuer !== undefined && (product === undefined || isProvider)
  const subjects = [
    ...examineProviders(providers, examination),
    ...productsOf(examination).map((name) => () => examineProduct(name, examination)),
    ...examineDirectories(examination),
    ...(product === undefined ? examineServices(examination) : []),
    ...(isServed ? [() => examineStore(examination), () => examineServer(examination, { isProvider })] : []),
  ]
  return (await Promise.all(subjects.map(createBound(subjectsAtOnce)))).flat()
}

/** Two classes may be realms of one provider, so they share the limit on requests to its address. */
function examineProviders(
  providers: readonly ProviderUnderTest[],
  examination: Examination,
): (() => Promise<Finding[]>)[] {
  const bounds = new Map<string, Bound>()
  return providers.map((provider) => () => {
    const { origin } = new URL(provider.issuer)
    const bound = bounds.get(origin) ?? createBound(requestsAtOnce)
    bounds.set(origin, bound)
    return examineProvider(provider, examination, bound)
  })
}

async function examineProvider(
  provider: ProviderUnderTest,
  { now, config, env, baseDir, triesSecrets = true }: Examination,
  bound: Bound,
): Promise<Finding[]> {
  const { className, fault } = provider
  const about = { authenticationClass: className, path: provider.path.split('.') }
  if (fault) return [findingOf('tls-chain', { kind: 'provider', name: className, outcome: fault, about })]
  const proxy = proxyFor(provider.issuer, config, { env, baseDir })
  return withFetch({ trust: provider.trust, proxy, bound, now }, async ({ ask, post }) => {
    const innerSurroundings = (url: string) => ({
      trust: provider.trust,
      proxy: proxyFor(url, config, { env, baseDir }),
      bound,
      now,
    })
    const askInner = (url: string) => askOnce(url, innerSurroundings(url))
    const outside = await probeProvider(provider, { ask, proxy })
    const inside = outside.failure && innerOf(provider)
    // Servers call the inner address only: the public one need not be reached from here.
    const probe = inside
      ? await probeProvider(inside, { ask: askInner, proxy: innerSurroundings(inside.discoveryUrl).proxy })
      : outside
    const publicFailure = outside.failure?.reason
    const context = { provider, probe, ask, askInner, now, ...(publicFailure === undefined ? {} : { publicFailure }) }
    const revealSecret = (reference: string) => resolveSecret(reference, { env, baseDir }).reveal()
    const ofClient = { ...context, post, revealSecret, triesSecrets }
    const findings = await Promise.all([
      examineCase(checks, { kind: 'provider', name: className, context, about }),
      ...provider.clients.map((client) =>
        examineCase(checks, {
          kind: 'client',
          name: client.subject,
          context: { ...ofClient, client },
          about: {
            authenticationClass: className,
            path: client.at,
            ...(client.product === undefined ? {} : { product: client.product }),
          },
        }),
      ),
    ])
    return findings.flatMap(withoutConsequences)
  })
}

/** The provider as servers call it. */
function innerOf({ issuer, internalUrl, trust }: ProviderUnderTest): Probed | undefined {
  return internalUrl === undefined ? undefined : { discoveryUrl: innerDiscoveryUrl({ issuer, internalUrl }), trust }
}

async function askOnce(url: string, surroundings: Parameters<typeof createGuardedFetch>[0]): Promise<Answer> {
  const calls = createGuardedFetch(surroundings)
  try {
    return await calls.ask(url)
  } finally {
    await calls.close()
  }
}

/** A client that the provider does not know has no secret that could be wrong. */
function withoutConsequences(findings: readonly Finding[]): Finding[] {
  if (!findings.some(({ code }) => code === 'client-unknown')) return [...findings]
  return findings.map((finding) => {
    if (finding.check !== 'client-secret' || finding.status !== 'problem') return finding
    const { code: _code, ...rest } = finding
    return { ...rest, status: 'skipped', remedy: 'the provider does not know the client' }
  })
}

function productsOf({ config, product }: Examination): string[] {
  return Object.keys(config.products).filter((name) => product === undefined || name === product)
}

function examineProduct(name: string, { config }: Examination): Promise<Finding[]> {
  return examineCase(checks, {
    kind: 'product',
    name,
    context: { product: resolveProduct(config, name) },
    about: { product: name, path: ['products', name] },
  })
}

/** Without the one of `examination`, all. */
function examineServices(examination: Examination): (() => Promise<Finding[]>)[] {
  const { config, service: only, people } = examination
  const { trustedProxies } = config.listen
  const teamsWithoutSource = Object.keys(config.teams).filter((team) => own(config.teams, team)?.from.length === 0)
  const head = async (url: string) => headOf(url, { authorities: upstreamAuthorities(config, examination) })
  const shared = { trustedProxies, teamsWithoutSource, people: people ?? unknown, reach: reachTcp, head }
  return Object.entries(config.services)
    .filter(([name]) => only === undefined || name === only)
    .map(
      ([name, service]) =>
        () =>
          examineCase(checks, {
            kind: 'service',
            name,
            context: { name, service, ...shared },
            about: { path: ['services', name] },
          }),
    )
}

async function noKey(): Promise<KeySeen> {
  return { kept: undefined, own: undefined, place: 'encryptionKey' }
}

async function unknown(): Promise<undefined> {
  return undefined
}

/** LDAP directories and GitHub: there is no discovery document, so only the way there can be looked at. */
function examineDirectories(examination: Examination): (() => Promise<Finding[]>)[] {
  const { config, product } = examination
  const used = productsOf(examination).flatMap((name) =>
    resolveProduct(config, name).classes.map(({ className }) => className),
  )
  const ways = product === undefined ? config.login.flatMap(({ authenticationClass }) => authenticationClass ?? []) : []
  return [...new Set([...ways, ...used])].flatMap((className) => {
    const { ldap, github } = own(config.authenticationClasses, className) ?? {}
    const type = ldap ? 'ldap' : 'github'
    if (!ldap && !github) return []
    const path = ['authenticationClasses', className, type]
    const about = { authenticationClass: className, path }
    const tls = ldap ? ldap.tls : github && githubTls(github)
    const trusted = readTrust(() => trustOf(config, tls, examination))
    if (trusted.fault) {
      const { fault } = trusted
      return [async () => [findingOf('reachability', { kind: 'directory', name: className, outcome: fault, about })]]
    }
    const places = ldap ? [directoryPlace(className, ldap)] : github ? gitHubPlaces(className, github) : []
    const isEncrypted = ldap ? securityOf(ldap) === 'ldaps' : tls
    const tryAccount = github ? 'GitHub needs no account that searches' : accountTrial(examination, className)
    return places.map(({ name, host, port }) => () => {
      const context = { host, port, trust: isEncrypted ? trusted.trust : undefined, path: path.join('.'), tryAccount }
      return examineCase(checks, { kind: 'directory', name, context, about })
    })
  })
}

interface Place {
  name: string
  host: string
  port: number
}

function directoryPlace(name: string, ldap: LdapServer): Place {
  return { name, host: ldap.hostname, port: directoryAddresses(ldap)[0]?.port ?? 0 }
}

/** Where browsers go and tokens come from, and the API, which is elsewhere except on an Enterprise Server. */
function gitHubPlaces(name: string, github: GitHub): Place[] {
  const { web, api } = githubAddresses(github)
  const places = [
    { name, url: new URL(web) },
    { name: `${name} (API)`, url: new URL(api) },
  ]
  return places
    .filter(({ url }, index) => index === 0 || url.host !== places[0]?.url.host)
    .map(({ name: subject, url: { hostname, port, protocol } }) => ({
      name: subject,
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (protocol === 'https:' ? 443 : 80),
    }))
}

/** Only for people who sign in here: products have their own accounts at the directory. */
function accountTrial(
  { config, env, baseDir, triesSecrets = true }: Examination,
  className: string,
): DirectoryContext['tryAccount'] {
  const ldap = own(config.authenticationClasses, className)?.ldap
  const entry = config.login.find(({ authenticationClass }) => authenticationClass === className)
  if (!ldap || !entry) return 'nobody signs in here by it'
  if (!triesSecrets) return 'secrets are not tried (--no-secrets)'
  return async () => (await import('../connectors/ldap-class.ts')).tryReader(ldap, { config, env, baseDir, entry })
}

function examineStore({ config, inspectStore, inspectKey, people, freeSpace }: Examination): Promise<Finding[]> {
  const context = {
    address: withoutPassword(config.store),
    inspect: inspectStore,
    key: inspectKey ?? noKey,
    teams: config.teams,
    people: people ?? unknown,
    free: freeSpace ?? unknown,
  }
  return examineCase(checks, { kind: 'store', name: 'store', context, about: { path: ['store'] } })
}

async function examineServer(examination: Examination, { isProvider }: { isProvider: boolean }): Promise<Finding[]> {
  const { config, now } = examination
  const { issuer = '' } = config
  const { trust, fault } = readTrust(() => issuerTrust(config, examination))
  const about = { path: ['issuer'] }
  if (fault) return [findingOf('issuer-answers', { kind: 'server', name: 'server', outcome: fault, about })]
  const probed = { discoveryUrl: discoveryUrlOf(issuer), trust }
  const proxy = proxyFor(issuer, config, examination)
  return withFetch({ trust: probed.trust, proxy, bound: createBound(requestsAtOnce), now }, async ({ ask }) => {
    const probe = await probeProvider(probed, { ask, proxy })
    return examineCase(checks, {
      kind: 'server',
      name: 'server',
      about,
      context: { issuer, discoveryUrl: probed.discoveryUrl, probe, isProvider },
    })
  })
}

async function withFetch(
  surroundings: Parameters<typeof createGuardedFetch>[0],
  work: (calls: GuardedFetch) => Promise<Finding[]>,
): Promise<Finding[]> {
  const calls = createGuardedFetch(surroundings)
  try {
    return await work(calls)
  } finally {
    await calls.close()
  }
}

function withoutPassword(address: string): string {
  const url = URL.parse(address)
  if (!url || url.password === '') return address
  url.password = '***'
  return url.href
}
