/**
 * What is wrong with a configuration from which this server runs, beyond what one file can say: secrets in clear text on a network, hosts that
 * browsers take for one, rules that no request reaches. `check` says it, and `serve` does not start with an error of these. What
 * is only rendered is another product's business: warnings at most.
 */
import { shownClaim } from '../claim-path.ts'
import { isLoopbackHost } from '../loopback.ts'
import { vendorOf } from '../vendors/index.ts'
import { directoryProblems } from './directory-problems.ts'
import { groupsClaimOf } from './groups-claim.ts'
import { hostProblems } from './host-names.ts'
import { innerAddressProblems } from './inner-address.ts'
import { issuerOf, vendorOfClass } from './issuer.ts'
import { nameWarnings } from './names.ts'
import { isEverybody } from './networks.ts'
import { problem as error, type PathProblem, warning } from './problem.ts'
import type { Config, OidcProvider } from './schema.ts'
import { shadowedRules } from './shadowed-rules.ts'
import { storeIsOpen } from './store-address.ts'

/** Every such problem, in no order. */
export function serverProblems(config: Config): PathProblem[] {
  return [
    ...issuerProblems(config),
    ...wayInProblems(config),
    ...limitProblems(config),
    ...directoryProblems(config),
    ...clientProofProblems(config),
    ...straightProblems(config),
    ...callbackProblems(config),
    ...serviceProblems(config),
    ...renderedProblems(config),
    ...innerAddressProblems(config.authenticationClasses),
    ...openInnerAddresses(config),
    ...storeProblems(config),
    ...hostProblems(config),
    ...shadowedRules(config),
    ...nameWarnings(config),
  ]
}

/** Whether what is sent to an address can be read on a network. */
function isOpen(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !isLoopbackHost(hostname)
}

/** Names and addresses that exist inside of a cluster or an office only: there clear text is usual, and often encrypted below. */
function isInternal(hostname: string): boolean {
  return (
    isLoopbackHost(hostname) ||
    (!hostname.includes('.') && !hostname.includes(':')) ||
    /\.(?:svc|local|internal|intranet|lan|home\.arpa|test)$/.test(hostname) ||
    /^(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.[\d.]+$/.test(hostname) ||
    /^\[f[cd]/.test(hostname)
  )
}

function issuerProblems({ issuer, listen }: Config): PathProblem[] {
  const { host, internalUrl, trustedProxies, insecure } = listen
  const internal =
    internalUrl !== undefined && isOpen(internalUrl) && !isInternal(new URL(internalUrl).hostname)
      ? [warning('clear-text', ['listen', 'internalUrl'], `is http: ${clearText('client secrets and tokens')}`)]
      : []
  if (insecure) return internal
  const everybody = isEverybody(trustedProxies)
    ? [
        error(
          ['listen', 'trustedProxies'],
          `together are a good part of the internet, and whoever is trusted can say who asks and from where: name your proxies. ${unless('listen')}`,
        ),
      ]
    : []
  if (issuer === undefined || !issuer.startsWith('http:')) return [...everybody, ...internal]
  if (isOpen(issuer)) {
    const message = `is http, and ${new URL(issuer).hostname} is not this machine: ${clearText('passwords, cookies and tokens')} Write https and put TLS in front. ${unless('listen')}`
    return [error(['issuer'], message), ...everybody, ...internal]
  }
  const listens = isLoopbackHost(host.includes(':') ? `[${host}]` : host)
    ? []
    : [
        error(
          ['listen', 'host'],
          `lets other machines in while the issuer is http: ${clearText('passwords, cookies and tokens')} Listen on 127.0.0.1, or write an https issuer. ${unless('listen')}`,
        ),
      ]
  return [...listens, ...everybody, ...internal]
}

function clearText(what: string): string {
  return `${what} cross the network in clear text.`
}

function unless(place: string): string {
  return `If that is meant, write insecure: true in ${place}.`
}

function wayInProblems({ login, authenticationClasses }: Config): PathProblem[] {
  return login.flatMap(({ authenticationClass: name, insecure }, index) => {
    const definition = name === undefined ? undefined : authenticationClasses[name]
    if (name === undefined || definition === undefined) return []
    const { oidc, ldap, github } = definition
    const provider = oidc ?? ldap ?? github
    if (!provider || isLoopbackHost(hostOf(provider.hostname))) return []
    const path = ['authenticationClasses', name, oidc ? 'oidc' : ldap ? 'ldap' : 'github']
    if (provider.tls?.verification.none) {
      const message = `is a way in whose certificate nobody checks: whoever is between reads ${secretsOf(oidc ?? github)}. Name the authority in tls.verification.server.caCert`
      return [warning('certificate-unchecked', [...path, 'tls', 'verification', 'none'], message)]
    }
    // GitHub is https without a word about it.
    if (provider.tls || insecure || (oidc ?? ldap ?? { insecure: true }).insecure) return []
    const message = `has no tls, and ${provider.hostname} is not this machine: ${clearText(secretsOf(oidc))} Add tls. ${unless(`login.${index}`)}`
    return [error(path, message)]
  })
}

/** A way in by which nobody could come, or that a limit does not fit. */
function limitProblems({ login, authenticationClasses }: Config): PathProblem[] {
  return login.flatMap(({ authenticationClass: name, emailDomains }, index) => {
    const { oidc, github } = (name === undefined ? undefined : authenticationClasses[name]) ?? {}
    if (github && emailDomains) {
      const message = `trusts addresses that nobody has verified, and at GitHub everybody can enter any: take it out, GitHub says itself which are verified`
      return [error(['login', index, 'emailDomains'], message)]
    }
    if (name === undefined || !oidc) return []
    const vendor = vendorOf(oidc.providerHint)
    const at = ['authenticationClasses', name, 'oidc']
    const problems: PathProblem[] = []
    if (oidc.allowedGroups.length > 0 && vendor.neverSends.includes(shownClaim(groupsClaimOf(oidc).path))) {
      const message = `names groups, and ${vendor.title} sends none, so nobody could sign in by ${name}: limit people by hostedDomains, or by a claim that carries groups (groupsClaim)`
      problems.push(error([...at, 'allowedGroups'], message))
    }
    if (oidc.hostedDomains.length > 0 && !vendor.namesHostedDomain) {
      const message = `is for Google, and nobody else sends the claim hd, so nobody could sign in by ${name}: write providerHint: Google if it is Google, or allowedGroups`
      problems.push(error([...at, 'hostedDomains'], message))
    }
    if (oidc.allowedTenants?.includes('*') && emailDomains) {
      const message = `gives the domains to ${name}, where people of every tenant in the world can have any address: name the tenants in allowedTenants`
      problems.push(error(['login', index, 'emailDomains'], message))
    }
    return [...problems, ...tenantLimitProblems(oidc, at)]
  })
}

function straightProblems({ login }: Config): PathProblem[] {
  if (login.length < 2) return []
  return login.flatMap(({ auto }, index) => {
    const message = `is for the only way in, and there are ${login.length}: the page has to show them`
    return auto ? [error(['login', index, 'auto'], message)] : []
  })
}

/** With one address for two providers, the one could be sent the code of the other (RFC 9700 section 4.4). */
function callbackProblems({ login }: Config): PathProblem[] {
  const paths = login.map(({ oidc }) => oidc?.callbackPath)
  return paths.flatMap((path, index) => {
    const first = paths.indexOf(path)
    if (path === undefined || first === index) return []
    const message = `is that of login.${first} as well: with one address for two providers the one could get codes of the other`
    return [error(['login', index, 'oidc', 'callbackPath'], message)]
  })
}

/** A client that says how it proves itself, and has nothing to prove it with. */
function clientProofProblems({ login, secrets }: Config): PathProblem[] {
  return login.flatMap(({ oidc }, index) => {
    const { clientAuthenticationMethod: method, clientCredentialsSecret: name } = oidc ?? {}
    const entry = name === undefined ? undefined : secrets[name]
    if (!entry) return []
    const missing = { private_key_jwt: 'privateKey', client_secret_jwt: 'clientSecret' } as const
    const key = method === 'private_key_jwt' || method === 'client_secret_jwt' ? missing[method] : undefined
    if (key === undefined || entry[key] !== undefined) return []
    const message = `needs ${key} in secrets.${name}, by reference`
    return [error(['login', index, 'oidc', 'clientAuthenticationMethod'], message)]
  })
}

/** Of people of every tenant in the world, some write any address that they like into their profile. */
function tenantLimitProblems(oidc: OidcProvider, at: readonly string[]): PathProblem[] {
  const { allowedTenants } = oidc
  if (!allowedTenants) return []
  const tenant = vendorOfClass(oidc).tenantOf?.(issuerOf(oidc))
  if (!tenant) {
    const message = 'is for Microsoft Entra ID, whose tokens name a tenant: write providerHint: EntraID if it is that'
    return [error([...at, 'allowedTenants'], message)]
  }
  if (!tenant.isForAll) {
    const message =
      'says nothing more than rootPath, which names one tenant: remove it, or write /organizations/v2.0 there'
    return [error([...at, 'allowedTenants'], message)]
  }
  if (!allowedTenants.includes('*') || oidc.emailTrustedFor === undefined) return []
  const message =
    'trusts the administrators of every tenant in the world, who can give anybody any address: name the tenants in allowedTenants'
  return [error([...at, 'emailTrustedFor'], message)]
}

function hostOf(hostname: string): string {
  return URL.parse(hostname.includes(':') ? `http://[${hostname}]` : `http://${hostname}`)?.hostname ?? hostname
}

function secretsOf(oidc: object | undefined): string {
  return oidc ? 'the client secret, codes and tokens' : 'passwords'
}

function serviceProblems(config: Config): PathProblem[] {
  return [...unreachableServices(config), ...openServices(config)]
}

/** A service is reached through the gate, or by a proxy that asks the gate; one that has neither is reached by nobody. */
function unreachableServices({ issuer, services, listen }: Config): PathProblem[] {
  if (issuer === undefined || listen.trustedProxies.length > 0) return []
  return Object.entries(services)
    .filter(([, { upstream }]) => upstream === undefined)
    .map(([name]) => {
      const message =
        'has no upstream, and no proxy may ask the gate for it (listen.trustedProxies is empty): nobody can open it. Set upstream to the address where it listens, or list the proxy in front of it in listen.trustedProxies'
      return warning('service-unreachable', ['services', name], message)
    })
}

function openServices({ services }: Config): PathProblem[] {
  return Object.entries(services).flatMap(([name, { url, upstream, insecure }]) => {
    if (insecure) return []
    const at = ['services', name]
    const opens = isOpen(url)
      ? [
          error(
            [...at, 'url'],
            `is http, and ${new URL(url).hostname} is not this machine: ${clearText('cookies of its sessions')} Write https and put TLS in front. ${unless(at.join('.'))}`,
          ),
        ]
      : []
    const sends =
      upstream !== undefined && isOpen(upstream) && !isInternal(new URL(upstream).hostname)
        ? [
            warning(
              'clear-text',
              [...at, 'upstream'],
              `is http, and not in the own network by its name: ${clearText('who people are, and what they send,')}`,
            ),
          ]
        : []
    return [...opens, ...sends]
  })
}

/** Classes that only products use, and addresses of products: they speak for themselves. */
function renderedProblems({ login, authenticationClasses, products }: Config): PathProblem[] {
  const waysIn = new Set(login.map(({ authenticationClass }) => authenticationClass))
  const used = new Set(
    Object.values(products).flatMap(({ authentication }) =>
      authentication.map(({ authenticationClass }) => authenticationClass),
    ),
  )
  const classes = Object.entries(authenticationClasses).flatMap(([name, { oidc }]) => {
    if (!oidc || oidc.tls || oidc.insecure || waysIn.has(name) || !used.has(name)) return []
    const { hostname } = new URL(issuerOf(oidc))
    if (isInternal(hostname)) return []
    return [
      warning(
        'clear-text',
        ['authenticationClasses', name, 'oidc'],
        `has no tls: products send it ${secretsOf(oidc)} in clear text`,
      ),
    ]
  })
  const addresses = Object.entries(products).flatMap(([name, { url, authentication, insecure }]) => {
    const isOurs = authentication.some(({ authenticationClass }) => authenticationClass === 'gatehouse')
    if (!isOurs || insecure || !isOpen(url) || isInternal(new URL(url).hostname)) return []
    return [warning('clear-text', ['products', name, 'url'], `is http: ${clearText('codes and cookies')}`)]
  })
  return [...classes, ...addresses]
}

function openInnerAddresses({ authenticationClasses }: Config): PathProblem[] {
  return Object.entries(authenticationClasses).flatMap(([name, { oidc }]) => {
    const { internalUrl, insecure } = oidc ?? {}
    if (internalUrl === undefined || insecure || !isOpen(internalUrl) || isInternal(new URL(internalUrl).hostname)) {
      return []
    }
    const path = ['authenticationClasses', name, 'oidc', 'internalUrl']
    return [warning('clear-text', path, `is http: ${clearText('client secrets and tokens')}`)]
  })
}

function storeProblems({ store }: Config): PathProblem[] {
  if (!storeIsOpen(store)) return []
  return [
    warning(
      'clear-text',
      ['store'],
      'is not on this machine, and sslmode=disable sends it in clear text: write sslmode=verify-full',
    ),
  ]
}
