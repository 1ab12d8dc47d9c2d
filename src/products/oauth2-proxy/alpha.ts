/**
 * The structured (alpha) configuration of oauth2-proxy. It expands variables in the text of the whole file before it parses the
 * YAML, so none of our texts may contain a `$`, and the client secret comes from a file.
 */
import type { Data } from '../../formats.ts'
import type { ProductInput, ProductProblem } from '../contract.ts'
import { error } from '../writing/problem.ts'
import { isBefore } from '../writing/version.ts'
import { requestHeaders, responseHeaders, writtenHeaders } from './alpha-headers.ts'
import { alphaOwn, joined, ownSettings } from './own-settings.ts'
import {
  admissionOf,
  backendLogoutUrl,
  caPath,
  dottedClaim,
  githubAddresses,
  isOpenId,
  type ProxyUpstreamProvider,
  providerOf,
  providerType,
  scopesOf,
} from './settings.ts'
import { alphaUpstream, upstreamsOf } from './upstreams.ts'

/** For `githubRepo`, which is asked for in the name of the person otherwise. */
export const githubTokenVariable = 'OAUTH2_PROXY_GITHUB_TOKEN'

type Entry = { readonly [key: string]: Data }

export function alphaProblems(input: ProductInput<'oauth2-proxy'>): ProductProblem[] {
  const provider = providerOf(input)
  const problems = textsBelow(alphaConfiguration(input))
    .filter((text) => isExpanded(text))
    .map((text) =>
      error(
        provider.path,
        `oauth2-proxy would replace a part of ${JSON.stringify(text)} in its alpha configuration: write it without $, or remove oauth2-proxy.alpha`,
      ),
    )
  const more = additionalClaims(input, provider)
  const principal = principalOf(provider)
  if (more.length > 0 && isBefore(input.version, '7.15')) {
    problems.push(
      error(
        provider.path,
        more.includes(principal)
          ? `oauth2-proxy passes on the claim of principalClaim (${principal}) from 7.15 on: use a later version, or preferred_username`
          : `oauth2-proxy passes on ${more.join(', ')} from 7.15 on: use a later version, or leave the claim out of injectRequestHeaders and injectResponseHeaders`,
      ),
    )
  }
  return problems
}

function textsBelow(data: Data): string[] {
  if (typeof data === 'string') return [data]
  if (typeof data !== 'object' || data === null) return []
  const entries = Array.isArray(data) ? data : Object.entries(data).flat()
  return (entries as readonly Data[]).flatMap(textsBelow)
}

/** `$1` of a rewrite and a `$` at the end of a pattern stay as they are; our own variables are meant. */
function isExpanded(text: string): boolean {
  return /\$[A-Za-z_{$]/.test(text) && !/^\$\{OAUTH2_PROXY_[A-Z_]+\}$/.test(text)
}

function principalOf(provider: ProxyUpstreamProvider): string {
  return provider.type === 'oidc' ? provider.principalClaim : 'preferred_username'
}

/** The names in its sessions for claims that they always have. */
const sessionClaims: ReadonlyMap<string, string> = new Map([
  ['sub', 'user'],
  ['email', 'email'],
  ['preferred_username', 'preferred_username'],
])

/** What every session has besides those. */
const sessionParts = ['user', 'groups', 'access_token', 'id_token', 'refresh_token', 'created_at', 'expires_on']

/** Claims that sessions keep only when told to. */
function additionalClaims(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): string[] {
  const user = userClaim(provider)
  const named = [...requestHeaders(input, user), ...responseHeaders(input, user)]
    .flatMap(({ values }) => values)
    .flatMap(({ claim }) => claim ?? [])
  const known = [...sessionClaims.values(), ...sessionParts]
  return [...new Set([user, ...named])].filter((claim) => !known.includes(claim))
}

/** The claim of `principalClaim`, by its name in a session. */
function userClaim(provider: ProxyUpstreamProvider): string {
  const principal = principalOf(provider)
  return sessionClaims.get(principal) ?? principal
}

export function alphaConfiguration(input: ProductInput<'oauth2-proxy'>): Data {
  const provider = providerOf(input)
  const user = userClaim(provider)
  const own = ownSettings(input)
  const metrics = alphaOwn(own, 'metricsServer')
  const common = alphaOwn(own, 'upstream')
  return {
    upstreamConfig: {
      ...alphaOwn(own, 'upstreamConfig'),
      upstreams: upstreamsOf(input).map((upstream, index) => alphaUpstream(upstream, index, common)),
    },
    injectRequestHeaders: writtenHeaders(requestHeaders(input, user), input),
    injectResponseHeaders: writtenHeaders(responseHeaders(input, user), input),
    server: joined({ bindAddress: input.options.httpAddress }, alphaOwn(own, 'server')),
    ...(Object.keys(metrics).length > 0 ? { metricsServer: metrics } : {}),
    providers: [joined(providerEntry(input, provider), alphaOwn(own, 'provider'))],
  }
}

function providerEntry(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): Record<string, Data> {
  const { groups, organization } = admissionOf(input)
  const type = providerType(provider)
  const claims = additionalClaims(input, provider)
  const logout = backendLogoutUrl(provider)
  const inner = isOpenId(provider) && provider.innerIssuer !== undefined ? provider.endpoints : undefined
  return {
    id: provider.className,
    provider: type,
    clientID: provider.clientIdVariable === undefined ? provider.clientId : `\${OAUTH2_PROXY_CLIENT_ID}`,
    clientSecretFile: `\${OAUTH2_PROXY_CLIENT_SECRET_FILE}`,
    scope: scopesOf(provider),
    code_challenge_method: 'S256',
    ...(isOpenId(provider)
      ? {
          oidcConfig: {
            issuerURL: provider.issuer,
            ...(inner ? { skipDiscovery: true, jwksURL: inner.jwks } : {}),
            insecureSkipNonce: false,
            emailClaim: 'email',
            groupsClaim: dottedClaim(provider.groupsClaim),
            audienceClaims: ['aud'],
          },
        }
      : {}),
    ...(inner ? { loginURL: inner.authorization, redeemURL: inner.token, profileURL: inner.userinfo } : {}),
    ...(provider.type === 'oidc' && provider.tls.kind === 'own-ca'
      ? { caFiles: [caPath(provider.tls.secretClass)] }
      : {}),
    ...(claims.length > 0 ? { additionalClaims: claims } : {}),
    ...(groups.length > 0 && type !== 'gitlab' ? { allowedGroups: groups } : {}),
    ...(groups.length > 0 && type === 'gitlab' ? { gitlabConfig: { group: groups } } : {}),
    ...(provider.type === 'github' ? githubEntry(input, provider, organization) : {}),
    ...parametersOf(provider),
    ...(logout === undefined ? {} : { backendLogoutURL: logout }),
  }
}

function githubEntry(
  { options }: ProductInput<'oauth2-proxy'>,
  provider: Extract<ProxyUpstreamProvider, { type: 'github' }>,
  organization: string | undefined,
): Entry {
  const { login, redeem, validate } = githubAddresses(provider)
  const githubConfig = {
    ...(organization === undefined ? {} : { org: organization }),
    // An unset variable is an empty text, with which it asks as the person.
    ...(options.githubRepo === undefined ? {} : { token: `\${${githubTokenVariable}}` }),
  }
  return {
    ...(provider.hostname === 'github.com' ? {} : { loginURL: login, redeemURL: redeem, validateURL: validate }),
    ...(Object.keys(githubConfig).length > 0 ? { githubConfig } : {}),
  }
}

function parametersOf(provider: ProxyUpstreamProvider): Entry {
  const parameters = provider.type === 'oidc' ? Object.entries(provider.authorizationParameters) : []
  if (parameters.length === 0) return {}
  return { loginURLParameters: parameters.map(([name, value]) => ({ name, default: [value] })) }
}
