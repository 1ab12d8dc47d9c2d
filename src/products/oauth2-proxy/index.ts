import { isNested, shownClaim } from '../../claim-path.ts'
import { kindTitles } from '../../config/product-titles.ts'

import { comment, mdCode, type TomlBody, tomlKey, writeToml, writeYaml } from '../../formats.ts'
import type {
  ExpectedVariable,
  GitHubProvider,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  RenderedFile,
  Rendering,
  Strangers,
} from '../contract.ts'
import { dataWith, type TreeSyntax, tomlWith } from '../extra/files.ts'
import { isLoopback, plainUrlError } from '../writing/addresses.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { isGoPattern } from '../writing/go-pattern.ts'
import { claimCode } from '../writing/groups-claim.ts'
import { groupsThatGetIn } from '../writing/groups-that-get-in.ts'
import { innerAddressProblems } from '../writing/inner-address.ts'
import { error, warning } from '../writing/problem.ts'
import { groupClaimProblems, hasRoles } from '../writing/roles.ts'
import { isBefore } from '../writing/version.ts'
import { alphaConfiguration, alphaProblems, githubTokenVariable } from './alpha.ts'
import { basicAuthVariable } from './alpha-headers.ts'
import { oauth2ProxyClient } from './client.ts'
import { cookieDomainProblems } from './cookie-domains.ts'
import { ownProblems } from './own-problems.ts'
import { emailDomainsOf, ownSettings, withOwn } from './own-settings.ts'
import {
  admissionOf,
  backendLogoutUrl,
  caPath,
  dottedClaim,
  emailsFile,
  githubAddresses,
  isOpenId,
  type ProxyUpstreamProvider,
  providerOf,
  providerType,
  scopesOf,
} from './settings.ts'
import { plainUpstreamsOf, upstreamProblems } from './upstreams.ts'

const title = kindTitles['oauth2-proxy']

/** oauth2-proxy: `oauth2-proxy.cfg`, or its two files of the structured (alpha) form. */
export const oauth2Proxy: ProductDescription<'oauth2-proxy'> = {
  title,
  client: oauth2ProxyClient,
  people: {
    withoutEmail: 'is kept out',
    unverifiedEmail: 'is kept out',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in',
    singleGroup: 'counts',
    joinsGroups: 'with commas',
    refresh: 'takes a refresh token where it gets one',
  },
  accepts: {
    classes: {
      oidc: { most: 1, why: 'oauth2-proxy signs in at one provider' },
      github: { most: 1, why: 'oauth2-proxy signs in at one provider' },
    },
    oneTypeOnly: 'oauth2-proxy signs in at one provider',
    skipsVerification: ['oidc'],
    refusesPlainUrl: () => true,
  },
  admission: {
    withoutGroups,
    strangers,
  },
  problems,
  render,
}

function problems(input: ProductInput<'oauth2-proxy'>): ProductProblem[] {
  const provider = providerOf(input)
  return [
    ...urlProblems(input),
    ...upstreamProblems(input),
    ...routeProblems(input),
    ...cookieDomainProblems(input),
    ...ownProblems(input, provider),
    ...groupProblems(input, provider),
    ...groupClaimProblems(input, admissionOf(input).groups.length > 0),
    ...(provider.type === 'oidc' ? providerProblems(input, provider) : []),
    ...(input.options.alpha ? alphaProblems(input) : []),
  ]
}

/** Its provider google lets everybody in when groups are set but no service account that could ask for them. */
function withoutGroups(input: ProductInput<'oauth2-proxy'>, provider: Provider): string | undefined {
  if (admissionOf(input).groups.length === 0) return undefined
  return providerType(provider) === 'google' ? 'everybody gets in' : 'nobody gets in'
}

/** Everybody who signs in gets in, so something here must keep strangers out. */
function strangers(
  input: ProductInput<'oauth2-proxy'>,
  { type, className }: ProxyUpstreamProvider,
): Strangers | undefined {
  const { groups, organization } = admissionOf(input)
  const { options } = input
  if (groups.length > 0 || organization !== undefined || !emailDomainsOf(options).includes('*')) return undefined
  // Each of them keeps out whoever is on none of its lists.
  if (options.githubTeam ?? options.githubRepo ?? options.githubUsers ?? options.gitlabProjects) return undefined
  if (options.googleGroups && options.googleAdminEmail !== undefined) return undefined
  const domains =
    'the domains of your addresses in oauth2-proxy.emailDomains, or the addresses themselves in oauth2-proxy.emails'
  return {
    severity: 'error',
    way:
      type === 'github'
        ? `name your organisations in authenticationClasses.${className}.github.organizations, or ${domains}`
        : `name ${domains}`,
  }
}

function urlProblems(input: ProductInput<'oauth2-proxy'>): ProductProblem[] {
  const { product, path } = input
  const at = [...path, 'url']
  const problems: ProductProblem[] = []
  if (!product.url.startsWith('https:') && !isLoopback(product.url)) {
    problems.push(
      plainUrlError(input, 'the session would cross the network in clear text, as a cookie that anybody can use'),
    )
  }
  if (new URL(product.url).pathname !== '/') {
    problems.push(
      error(at, 'oauth2-proxy answers below /oauth2 at the root of a host: give it its own host name, without a path'),
    )
  }
  return problems
}

function routeProblems(input: ProductInput<'oauth2-proxy'>): ProductProblem[] {
  const { skipAuthRoutes, trustedProxies } = input.options
  const at = [...input.path, 'oauth2-proxy']
  const problems: ProductProblem[] = []
  skipAuthRoutes.forEach((route, index) => {
    // What comes after `METHOD=` or `METHOD!=`.
    if (!isGoPattern(route.replace(/^[^=]*=/, ''))) {
      problems.push(
        error(
          [...at, 'skipAuthRoutes', index],
          `${JSON.stringify(route)} is not a regular expression that oauth2-proxy can read, so it would not start: write one such as ^/healthz$ (RE2, without lookahead and back references)`,
        ),
      )
      return
    }
    if (/^(?:[A-Z]+!?=|!?=)?\^/.test(route)) return
    problems.push(
      warning(
        'route-open',
        [...at, 'skipAuthRoutes', index],
        `${JSON.stringify(route)} opens every path that contains it, because it is a regular expression without ^: begin it with ^/`,
      ),
    )
  })
  const before = isBefore(input.version, '7.15.2')
  if (trustedProxies.length > 0 && before) {
    problems.push(
      warning(
        'setting-ignored',
        [...at, 'trustedProxies'],
        'is ignored: oauth2-proxy knows trusted_proxy_ips from 7.15.2 on. Use a later version, and let only the proxy in front reach it',
      ),
    )
  }
  const isBehind = input.options.reverseProxy !== false
  if (skipAuthRoutes.length > 0 && isBehind && (trustedProxies.length === 0 || before)) {
    problems.push(
      warning(
        'proxy-unnamed',
        [...at, 'skipAuthRoutes'],
        'everybody who reaches oauth2-proxy itself can name such a path in X-Forwarded-Uri and get in anywhere: list the proxy in front in trustedProxies (oauth2-proxy 7.15.2 and later), and let nobody else reach it',
      ),
    )
  }
  return problems
}

function groupProblems(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): ProductProblem[] {
  const { path } = input
  const asked = groupsThatGetIn(input, input.options.allowedGroups)
  if (asked.length === 0) return []
  const problems: ProductProblem[] = []
  if (hasRoles(input)) {
    problems.push(
      warning(
        'roles-are-groups',
        [...path, 'roles'],
        'only the groups count: their members get in. oauth2-proxy has no roles, so leave the lists empty ([])',
      ),
    )
  }
  if (provider.type === 'github') {
    if (provider.organizations.length < 2 && provider.teams.length === 0) return problems
    problems.push(
      error(
        provider.path,
        `oauth2-proxy asks for one organisation, or for groups: remove ${provider.teams.length > 0 ? 'github.organizations and github.teams' : 'github.organizations'}, and write organisations and teams (acme, acme:data) in allowedGroups`,
      ),
    )
    return problems
  }
  return problems
}

/** It looks for the whole text as a name, and then splits it at every dot. */
function pathProblems({ groupsClaim, className, path }: Provider): ProductProblem[] {
  if (!isNested(groupsClaim) || !groupsClaim.some((name) => name.includes('.'))) return []
  return [
    error(
      path,
      `the groups of ${className} are in ${shownClaim(groupsClaim)}, and oauth2-proxy would split a name in it at its dot: let the provider send them in a claim of their own and name that in a class for this product, or give the product the class gatehouse`,
    ),
  ]
}

/** Parameters that have their own key. */
const parameterKeys: ReadonlySet<string> = new Set(['prompt', 'acr_values', 'approval_prompt'])

function providerProblems(input: ProductInput<'oauth2-proxy'>, provider: Provider): ProductProblem[] {
  const { alpha } = input.options
  const problems = [
    ...(isOpenId(provider) ? innerAddressProblems('oauth2-proxy', provider) : []),
    ...pathProblems(provider),
  ]
  if (!provider.scopes.includes('email')) {
    problems.push(
      error(
        provider.path,
        'oauth2-proxy lets nobody in without an e-mail address, but the scope email is not requested: add it to the scopes of the class',
      ),
    )
  }
  if (!alpha && !['preferred_username', 'email', 'sub'].includes(provider.principalClaim)) {
    problems.push(
      warning(
        'principal-claim-unused',
        provider.path,
        `oauth2-proxy passes on sub, email and preferred_username only, and not ${provider.principalClaim}: write oauth2-proxy.alpha: true, whose X-Forwarded-User carries it`,
      ),
    )
  }
  if (!alpha) {
    for (const key of Object.keys(provider.authorizationParameters)) {
      if (parameterKeys.has(key)) continue
      problems.push(
        warning(
          'setting-ignored',
          [...provider.path, 'oidc', 'authorizationParameters', key],
          'is ignored: oauth2-proxy.cfg has no key for it. Write oauth2-proxy.alpha: true',
        ),
      )
    }
  }
  return problems
}

/** Values of `extra`. */
const proxySyntax = {
  withoutVariable: 'it reads every setting from its environment too, such as OAUTH2_PROXY_REDIS_PASSWORD',
}
const alphaSyntax: TreeSyntax = {
  text: (text) => (text.includes('$') ? undefined : text),
  variable: (name) => `\${${name}}`,
}

function render(input: ProductInput<'oauth2-proxy'>): Rendering {
  const provider = providerOf(input)
  const { alpha } = input.options
  const files: RenderedFile[] = [
    {
      path: 'oauth2-proxy.cfg',
      content: writeToml(tomlWith(input, 'oauth2-proxy.cfg', configuration(input, provider), proxySyntax)),
      takesExtra: true,
    },
  ]
  if (alpha) {
    files.push({
      path: 'oauth2-proxy-alpha.yaml',
      takesExtra: true,
      content: writeYaml(dataWith(input, 'oauth2-proxy-alpha.yaml', alphaConfiguration(input), alphaSyntax), {
        comment:
          'Written by `gatehouse render`: for --alpha-config, together with oauth2-proxy.cfg for --config (REGISTER.md).',
      }),
    })
  }
  if (input.options.emails) {
    files.push({ path: emailsFile.name, content: input.options.emails.map((address) => `${address}\n`).join('') })
  }
  return {
    files,
    variables: variablesOf(input, provider),
    notes: {
      claims: [
        '`email`, and `email_verified` if it is sent',
        ...(admissionOf(input).groups.length > 0 && provider.type === 'oidc'
          ? [`${claimCode(provider.groupsClaim)} (a list of strings, for people who get in)`]
          : []),
      ],
      needsAudience: false,
      steps: steps(input, provider),
    },
  }
}

function variablesOf(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): ExpectedVariable[] {
  return [
    ...clientVariables(input, provider).map((variable) =>
      input.options.alpha && variable.name === input.profile.secretVariable ? secretFileVariable : variable,
    ),
    ...(input.options.cookieSecretFile === undefined ? [cookieSecretVariable] : []),
    ...ownVariables(input.options),
  ]
}

const cookieSecretVariable: ExpectedVariable = {
  name: 'OAUTH2_PROXY_COOKIE_SECRET',
  note: "The cookie key, 32 bytes, the same for every replica. Make one: openssl rand -base64 32 | tr -- '+/' '-_' | tr -d '\\n'",
}

/** Variables that headers are filled from. The form reads them at the start, and fails without. */
function headerVariables({
  injectRequestHeaders = [],
  injectResponseHeaders = [],
}: ProductInput<'oauth2-proxy'>['options']): ExpectedVariable[] {
  const notes = [...injectRequestHeaders, ...injectResponseHeaders].flatMap(({ name, values }) =>
    values.flatMap(({ fromEnv, basicAuthPasswordFromEnv: password }): [string, string][] => [
      ...(fromEnv === undefined ? [] : [[fromEnv, `What the header ${name} holds.`] as [string, string]]),
      ...(password === undefined ? [] : [[password, `The password in the header ${name}.`] as [string, string]]),
    ]),
  )
  return [...new Map(notes)].map(([name, note]) => ({ name, note }))
}

/** Secrets that go with an option: oauth2-proxy reads each under its own name. */
function ownVariables(options: ProductInput<'oauth2-proxy'>['options']): ExpectedVariable[] {
  const { sessionStoreType, redisUseSentinel, passBasicAuth, setBasicAuth, githubRepo } = options
  return [
    ...(sessionStoreType === 'redis'
      ? [{ name: 'OAUTH2_PROXY_REDIS_PASSWORD', note: 'The password of Redis; leave it out if Redis asks for none.' }]
      : []),
    ...(sessionStoreType === 'redis' && redisUseSentinel
      ? [
          {
            name: 'OAUTH2_PROXY_REDIS_SENTINEL_PASSWORD',
            note: 'The password of the Sentinels; leave it out if they ask for none.',
          },
        ]
      : []),
    ...(passBasicAuth || setBasicAuth
      ? [{ name: basicAuthVariable, note: 'The password that applications get with each user name.' }]
      : []),
    ...headerVariables(options),
    ...(githubRepo === undefined
      ? []
      : [
          {
            name: githubTokenVariable,
            note: 'A token of GitHub that may see who has access to the repository; leave it out to ask as the person.',
          },
        ]),
  ]
}

const secretFileVariable: ExpectedVariable = {
  name: 'OAUTH2_PROXY_CLIENT_SECRET_FILE',
  note: 'Path of a file with the client secret and no newline after it, such as a mounted Secret.',
}

function configuration(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): TomlBody {
  const { alpha } = input.options
  const own = ownSettings(input).filter(({ description }) => !alpha || description.alpha === undefined)
  const body = [
    comment(
      alpha
        ? 'Written by `gatehouse render`: for --config, with oauth2-proxy-alpha.yaml. The cookie key comes as OAUTH2_PROXY_COOKIE_SECRET.'
        : 'Written by `gatehouse render`: for --config. Secrets come as OAUTH2_PROXY_CLIENT_SECRET and OAUTH2_PROXY_COOKIE_SECRET.',
    ),
    ...(alpha ? [] : providerKeys(input, provider)),
    ...coreKeys(input, provider),
    ...cookieKeys(input),
  ]
  return withOwn(body, own)
}

/** Keys that move to the other file in the alpha form. */
function providerKeys(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): TomlBody {
  return [
    tomlKey('http_address', input.options.httpAddress),
    tomlKey('provider', providerType(provider)),
    ...(isOpenId(provider) ? [tomlKey('oidc_issuer_url', provider.issuer), ...innerKeys(provider)] : []),
    ...(provider.clientIdVariable === undefined ? [tomlKey('client_id', provider.clientId)] : []),
    tomlKey('scope', scopesOf(provider)),
    tomlKey('code_challenge_method', 'S256'),
    ...(isOpenId(provider) ? openIdKeys(provider) : []),
    ...(provider.type === 'oidc' ? tlsKeys(provider) : githubKeys(provider)),
    ...admissionKeys(input, provider),
    ...parameterEntries(provider),
    tomlKey('upstreams', plainUpstreamsOf(input)),
    comment('X-Auth-Request-User, -Email, -Groups and -Preferred-Username, for a proxy that asks (forward-auth).'),
    tomlKey('set_xauthrequest', true),
    ...logoutKeys(provider),
  ]
}

/** The document would be read at the issuer: each address by itself sends browsers to the public one, and its own calls to the inner one. */
function innerKeys({ innerIssuer, endpoints }: Provider): TomlBody {
  if (innerIssuer === undefined || !endpoints) return []
  return [
    tomlKey('skip_oidc_discovery', true),
    tomlKey('login_url', endpoints.authorization),
    tomlKey('redeem_url', endpoints.token),
    tomlKey('oidc_jwks_url', endpoints.jwks),
    tomlKey('profile_url', endpoints.userinfo),
  ]
}

function openIdKeys({ groupsClaim }: Provider): TomlBody {
  return [
    ...(dottedClaim(groupsClaim) === 'groups' ? [] : [tomlKey('oidc_groups_claim', dottedClaim(groupsClaim))]),
    comment('Without this line oauth2-proxy does not check the nonce of ID tokens.'),
    tomlKey('insecure_oidc_skip_nonce', false),
  ]
}

function tlsKeys({ tls }: Provider): TomlBody {
  return tls.kind === 'own-ca' ? [tomlKey('provider_ca_files', [caPath(tls.secretClass)])] : []
}

function githubKeys(provider: GitHubProvider): TomlBody {
  if (provider.hostname === 'github.com') return []
  const { login, redeem, validate } = githubAddresses(provider)
  return [tomlKey('login_url', login), tomlKey('redeem_url', redeem), tomlKey('validate_url', validate)]
}

function admissionKeys(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): TomlBody {
  const { groups, organization } = admissionOf(input)
  // The provider gitlab replaces allowed_groups with its own list, even an empty one.
  const key = providerType(provider) === 'gitlab' ? 'gitlab_groups' : 'allowed_groups'
  return [
    ...(organization === undefined ? [] : [tomlKey('github_org', organization)]),
    ...(groups.length === 0 ? [] : [tomlKey(key, groups)]),
  ]
}

function parameterEntries(provider: ProxyUpstreamProvider): TomlBody {
  const parameters = provider.type === 'oidc' ? Object.entries(provider.authorizationParameters) : []
  const known = parameters.filter(([name]) => parameterKeys.has(name)).map(([name, value]) => tomlKey(name, value))
  // The default is `force`, with which Dex and Google ask for approval each time.
  const hasPrompt = known.some(({ key }) => key === 'prompt' || key === 'approval_prompt')
  return hasPrompt ? known : [tomlKey('approval_prompt', 'auto'), ...known]
}

function logoutKeys(provider: ProxyUpstreamProvider): TomlBody {
  const url = backendLogoutUrl(provider)
  return url === undefined ? [] : [tomlKey('backend_logout_url', url)]
}

function coreKeys(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): TomlBody {
  const { options } = input
  const { skipAuthRoutes, trustedProxies } = options
  const emailDomains = emailDomainsOf(options)
  const { url } = input.product
  const trusted = trustedProxies.length > 0 && !isBefore(input.version, '7.15.2')
  return [
    tomlKey('redirect_url', `${url}/oauth2/callback`),
    tomlKey('email_domains', emailDomains),
    ...(options.emails ? [tomlKey('authenticated_emails_file', emailsFile.path)] : []),
    comment('Where people may return to after sign-in and sign-out.'),
    tomlKey('whitelist_domains', whitelistOf(input, provider)),
    ...(provider.type === 'oidc' && provider.tls.kind === 'unverified'
      ? [tomlKey('ssl_insecure_skip_verify', true)]
      : []),
    tomlKey('reverse_proxy', true),
    ...(trusted ? [tomlKey('trusted_proxy_ips', trustedProxies)] : []),
    ...(skipAuthRoutes.length > 0 ? [tomlKey('skip_auth_routes', skipAuthRoutes)] : []),
    tomlKey('skip_provider_button', true),
  ]
}

/** The proxy itself, everything that shares its cookie, and the provider's sign-out page. */
function whitelistOf(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): string[] {
  const endSession = provider.type === 'oidc' ? provider.endpoints?.endSession : undefined
  return [
    ...new Set([
      new URL(input.product.url).host,
      ...input.options.cookieDomains,
      ...input.options.whitelistDomains,
      ...(endSession === undefined ? [] : [new URL(endSession).host]),
    ]),
  ]
}

function cookieKeys(input: ProductInput<'oauth2-proxy'>): TomlBody {
  const { cookieDomains } = input.options
  return [
    tomlKey('cookie_secure', input.product.url.startsWith('https:')),
    tomlKey('cookie_httponly', true),
    tomlKey('cookie_samesite', 'lax'),
    ...(cookieDomains.length > 0 ? [tomlKey('cookie_domains', cookieDomains)] : []),
  ]
}

function steps(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): string[] {
  const { alpha } = input.options
  const { url } = input.product
  const call = `oauth2-proxy --config=oauth2-proxy.cfg${alpha ? ' --alpha-config=oauth2-proxy-alpha.yaml' : ''}`
  const list = [
    alpha
      ? 'Set the variables of `secrets.env.example` in the environment of oauth2-proxy. The client secret is in a file, because the alpha form expands variables in its text before parsing it, and a secret with a quote would break it: `printf %s "$SECRET" > client-secret`, without a newline.'
      : 'Set the variables of `secrets.env.example` in the environment of oauth2-proxy. It reads them under these names only.',
    `Test the files, without any network call: \`${call} --config-test\` answers \`configuration is valid\`. Then start it: \`${call}\`.`,
  ]
  if (provider.type === 'oidc' && provider.tls.kind === 'own-ca') {
    list.push(
      `Copy the certificate authority (\`ca.crt\` of ${mdCode(provider.tls.secretClass)}, PEM) to ${mdCode(caPath(provider.tls.secretClass))}. oauth2-proxy then trusts no other at the provider.`,
    )
  }
  if (input.options.emails) {
    list.push(
      `Copy ${mdCode(emailsFile.name)} to ${mdCode(emailsFile.path)}. oauth2-proxy reads it again when it changes.`,
    )
  }
  list.push(forwardedStep(input), signOutStep(url, provider), `Open ${mdCode(`${url}/`)} and sign in.`)
  return list
}

function forwardedStep({ options, version }: ProductInput<'oauth2-proxy'>): string {
  if (options.reverseProxy === false) {
    return 'oauth2-proxy believes no `X-Forwarded-...` header of a proxy in front (`reverse_proxy = false`).'
  }
  return options.trustedProxies.length > 0 && !isBefore(version, '7.15.2')
    ? 'The proxy in front sets `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Forwarded-Uri`; oauth2-proxy ignores them from addresses other than `trusted_proxy_ips`.'
    : 'The proxy in front sets `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Forwarded-Uri`, and removes those of the client. oauth2-proxy believes them from everybody, so nobody else may reach it.'
}

function signOutStep(url: string, provider: ProxyUpstreamProvider): string {
  const here = `Sign-out is ${mdCode(`${url}/oauth2/sign_out`)}`
  const endSession = provider.type === 'oidc' ? provider.endpoints?.endSession : undefined
  if (endSession === undefined) return `${here}; it ends the session here only.`
  const back = `${endSession}?id_token_hint={id_token}&post_logout_redirect_uri=${encodeURIComponent(`${url}/`)}`
  const also =
    backendLogoutUrl(provider) === undefined
      ? 'it ends the session here only. To end it at the provider too'
      : 'it ends the session at the provider as well. To show the page of the provider'
  return `${here}; ${also}, send people to ${mdCode(`${url}/oauth2/sign_out?rd=${encodeURIComponent(back)}`)}: oauth2-proxy replaces \`{id_token}\` with the token.`
}
