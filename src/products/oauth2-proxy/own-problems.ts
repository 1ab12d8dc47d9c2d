/** What oauth2-proxy would refuse at its start, or what opens it, in the options that are its own keys. */
import { milliseconds } from '../../duration.ts'
import type { ProductInput, ProductProblem } from '../contract.ts'
import { error, warning } from '../writing/problem.ts'
import { isBefore } from '../writing/version.ts'
import { emailDomainsOf, ownSettings } from './own-settings.ts'
import { type ProxyUpstreamProvider, providerType } from './settings.ts'

type Options = ProductInput<'oauth2-proxy'>['options']
type Name = keyof Options & string

export function ownProblems(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): ProductProblem[] {
  return [
    ...versionProblems(input),
    ...providerKeyProblems(input, provider),
    ...admissionProblems(input),
    ...sessionProblems(input),
    ...headerProblems(input),
    ...openings(input),
  ]
}

function at({ path }: ProductInput<'oauth2-proxy'>, option: Name): ProductProblem['path'] {
  return [...path, 'oauth2-proxy', option]
}

function versionProblems(input: ProductInput<'oauth2-proxy'>): ProductProblem[] {
  return ownSettings(input).flatMap(({ option, key, description: { since } }) =>
    since !== undefined && isBefore(input.version, since)
      ? [
          error(
            at(input, option as Name),
            `would keep oauth2-proxy from starting: it knows ${key} from ${since} on. Use a later version, or remove it`,
          ),
        ]
      : [],
  )
}

/** Keys that only one kind of provider reads. */
const ofProvider: Readonly<Partial<Record<Name, string>>> = {
  githubTeam: 'github',
  githubRepo: 'github',
  githubUsers: 'github',
  gitlabProjects: 'gitlab',
  googleGroups: 'google',
  googleAdminEmail: 'google',
  googleServiceAccountJson: 'google',
  googleUseApplicationDefaultCredentials: 'google',
  googleTargetPrincipal: 'google',
  googleUseOrganizationId: 'google',
  googleAdminApiUserScope: 'google',
  entraIdAllowedTenants: 'entra-id',
  entraIdFederatedTokenAuth: 'entra-id',
}

function providerKeyProblems(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): ProductProblem[] {
  const type = providerType(provider)
  const { options } = input
  const written = (Object.keys(ofProvider) as Name[]).filter((name) => options[name] !== undefined)
  const problems = written
    .filter((name) => ofProvider[name] !== type)
    .map((name) =>
      error(
        at(input, name),
        `is read by the provider ${ofProvider[name]} of oauth2-proxy only, and not by ${type}: remove it`,
      ),
    )
  for (const name of ['loginUrl', 'redeemUrl', 'validateUrl'] as const) {
    if (provider.type !== 'github' || options[name] === undefined) continue
    problems.push(
      error(at(input, name), `is known from authenticationClasses.${provider.className}.github.hostname: remove it`),
    )
  }
  const asks = options.googleUseApplicationDefaultCredentials === true || options.googleServiceAccountJson !== undefined
  if (options.googleGroups && !(options.googleAdminEmail !== undefined && asks)) {
    problems.push(
      error(
        at(input, 'googleGroups'),
        'keeps nobody out: oauth2-proxy asks for groups only with googleAdminEmail and googleServiceAccountJson (or googleUseApplicationDefaultCredentials)',
      ),
    )
  }
  return problems
}

function admissionProblems(input: ProductInput<'oauth2-proxy'>): ProductProblem[] {
  const { options } = input
  const problems: ProductProblem[] = []
  if (options.emails && options.authenticatedEmailsFile !== undefined) {
    problems.push(
      error(
        at(input, 'emails'),
        'is written into a file of its own, but oauth2-proxy reads only one: remove authenticatedEmailsFile',
      ),
    )
  }
  const listed = options.emails
    ? 'emails'
    : options.authenticatedEmailsFile === undefined
      ? undefined
      : 'authenticatedEmailsFile'
  if (listed !== undefined && emailDomainsOf(options).includes('*')) {
    problems.push(
      warning(
        'limit-passed-by',
        at(input, listed),
        'keeps nobody out, because emailDomains lets every address in: remove * there',
      ),
    )
  }
  options.cookieDomains.forEach((domain, index) => {
    if (/^\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(domain)) return
    problems.push(
      error(
        [...at(input, 'cookieDomains'), index],
        `${JSON.stringify(domain)} is no domain: no host ends in it, so browsers drop the cookie and nobody can sign in. Write one such as .example.com, or remove it`,
      ),
    )
  })
  return problems
}

function sessionProblems(input: ProductInput<'oauth2-proxy'>): ProductProblem[] {
  const { options } = input
  const problems: ProductProblem[] = []
  const refresh = length(options.cookieRefresh ?? '0s')
  const expire = length(options.cookieExpire ?? '168h')
  if (expire > 0 && refresh >= expire) {
    problems.push(
      error(
        at(input, 'cookieRefresh'),
        'must be shorter than cookieExpire (168h when absent), or oauth2-proxy does not start',
      ),
    )
  }
  const needsTokens = [
    ...(refresh > 0 ? ['cookieRefresh'] : []),
    ...(['passAccessToken', 'passAuthorizationHeader', 'setAuthorizationHeader'] as const).filter(
      (name) => options[name],
    ),
  ]
  if (options.sessionCookieMinimal && needsTokens.length > 0) {
    problems.push(
      error(
        at(input, 'sessionCookieMinimal'),
        `leaves out the tokens that ${needsTokens.join(', ')} needs, and oauth2-proxy does not start: remove one of them`,
      ),
    )
  }
  if (options.sessionStoreType === 'redis' && !redisAddress(options)) {
    problems.push(error(at(input, 'sessionStoreType'), 'needs the address of Redis: write redisConnectionUrl'))
  }
  return problems
}

function redisAddress(options: Options): unknown {
  if (options.redisUseSentinel) return options.redisSentinelConnectionUrls && options.redisSentinelMasterName
  return options.redisUseCluster ? options.redisClusterConnectionUrls : options.redisConnectionUrl
}

/** Go's units below a millisecond count as nothing here. */
function length(duration: string): number {
  return [...duration.matchAll(/(\d+)(?:\.\d+)?(ns|us|ms|s|m|h)/g)].reduce((sum, [, count = '0', unit = '']) => {
    const isTiny = unit === 'ns' || unit === 'us'
    return sum + (isTiny ? Number(count) / (unit === 'ns' ? 1e6 : 1e3) : milliseconds(`${count}${unit}`))
  }, 0)
}

function headerProblems(input: ProductInput<'oauth2-proxy'>): ProductProblem[] {
  const { options } = input
  const problems: ProductProblem[] = []
  for (const name of ['injectRequestHeaders', 'injectResponseHeaders', 'proxyRawPath'] as const) {
    if (options[name] && !options.alpha) {
      problems.push(error(at(input, name), 'has no key in oauth2-proxy.cfg: write oauth2-proxy.alpha: true'))
    }
  }
  const requested = (['passBasicAuth', 'passAuthorizationHeader'] as const).filter((name) => options[name] === true)
  const answered = (['setBasicAuth', 'setAuthorizationHeader'] as const).filter((name) => options[name] === true)
  for (const [first, second] of [requested, answered]) {
    if (first === undefined || second === undefined) continue
    problems.push(
      error(
        at(input, first),
        `and ${second} are for the same header Authorization, and oauth2-proxy does not start with both: remove one`,
      ),
    )
  }
  return problems
}

/** Settings that let people, or their tokens, through. */
const opening: Readonly<Partial<Record<Name, string>>> = {
  insecureOidcAllowUnverifiedEmail:
    'lets in whoever writes the address of somebody else into an account at the provider: remove it once addresses are verified there',
  insecureOidcSkipIssuerVerification:
    'takes tokens of any issuer that has the keys: remove it if there is only one tenant',
  insecureOidcSkipNonce: 'takes an ID token a second time: remove it, unless the provider sends no nonce',
  sslUpstreamInsecureSkipVerify: 'calls whoever answers for an upstream: let it have a certificate that can be checked',
  showDebugOnError: 'shows people what is inside: remove it when the search is over',
  trustedIps:
    'opens everything to these addresses without sign-in, and they can be forged where the proxy in front does not set them: remove it if sessions will do',
}

function openings(input: ProductInput<'oauth2-proxy'>): ProductProblem[] {
  const { options } = input
  const problems = Object.entries(opening).flatMap(([name, message]) => {
    const value = options[name as Name]
    return value === undefined || value === false
      ? []
      : [warning('check-switched-off', at(input, name as Name), message)]
  })
  if (options.reverseProxy === false && options.trustedProxies.length > 0) {
    problems.push(
      warning(
        'setting-ignored',
        at(input, 'trustedProxies'),
        'is not read, because reverseProxy is false: remove one of the two',
      ),
    )
  }
  return problems
}
