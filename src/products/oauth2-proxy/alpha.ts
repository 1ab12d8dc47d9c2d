/**
 * The structured (alpha) configuration of oauth2-proxy. It expands variables in the text of the whole file before it parses the
 * YAML, so none of our texts may contain a `$`, and the client secret comes from a file.
 */
import type { Data } from '../../formats.ts'
import type { ProductInput, ProductProblem } from '../contract.ts'
import { error } from '../writing/problem.ts'
import { isBefore } from '../writing/version.ts'
import {
  admissionOf,
  backendLogoutUrl,
  caPath,
  githubAddresses,
  isOpenId,
  isStaticUpstream,
  type ProxyUpstreamProvider,
  providerOf,
  providerType,
  scopesOf,
  upstreamPath,
  upstreamsOf,
} from './settings.ts'

type Entry = { readonly [key: string]: Data }

export function alphaProblems(input: ProductInput<'oauth2-proxy'>): ProductProblem[] {
  const provider = providerOf(input)
  const problems = textsOf(input, provider)
    .filter((text) => text.includes('$'))
    .map((text) =>
      error(
        provider.path,
        `oauth2-proxy would replace a part of ${JSON.stringify(text)} in its alpha configuration: write it without $, or remove oauth2-proxy.alpha`,
      ),
    )
  if (additionalClaim(provider) !== undefined && isBefore(input.version, '7.15')) {
    problems.push(
      error(
        provider.path,
        `oauth2-proxy passes on the claim of principalClaim (${principalOf(provider)}) from 7.15 on: use a later version, or preferred_username`,
      ),
    )
  }
  return problems
}

function textsOf(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): string[] {
  const { groups, organization } = admissionOf(input)
  const texts = [...upstreamsOf(input), ...groups, scopesOf(provider), input.options.httpAddress]
  if (organization !== undefined) texts.push(organization)
  if (provider.clientIdVariable === undefined) texts.push(provider.clientId)
  if (provider.type === 'github') return texts
  const { issuer, groupsClaim, principalClaim, authorizationParameters, endpoints } = provider
  return [
    ...texts,
    issuer,
    groupsClaim,
    principalClaim,
    endpoints?.endSession ?? '',
    ...Object.entries(authorizationParameters).flat(),
  ]
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

/** A claim that sessions keep only when told to. */
function additionalClaim(provider: ProxyUpstreamProvider): string | undefined {
  const claim = principalOf(provider)
  return sessionClaims.has(claim) ? undefined : claim
}

export function alphaConfiguration(input: ProductInput<'oauth2-proxy'>): Data {
  const provider = providerOf(input)
  const principal = principalOf(provider)
  const user = sessionClaims.get(principal) ?? principal
  const headers = (prefix: string) =>
    [
      ['User', user],
      ['Email', 'email'],
      ['Groups', 'groups'],
      ['Preferred-Username', 'preferred_username'],
    ].map(([name = '', claim = '']) => ({ name: `${prefix}-${name}`, values: [source(input, claim)] }))
  return {
    upstreamConfig: { upstreams: upstreamsOf(input).map(upstreamEntry) },
    injectRequestHeaders: headers('X-Forwarded'),
    injectResponseHeaders: headers('X-Auth-Request'),
    server: { bindAddress: input.options.httpAddress },
    providers: [providerEntry(input, provider)],
  }
}

/** Nested from 7.14 on, flat before; neither version reads the other form. */
function source({ version }: ProductInput<'oauth2-proxy'>, claim: string): Entry {
  return isBefore(version, '7.14') ? { claim } : { claimSource: { claim } }
}

function upstreamEntry(upstream: string, index: number): Entry {
  const place = { id: `upstream-${index + 1}`, path: upstreamPath(upstream) }
  if (!isStaticUpstream(upstream)) return { ...place, uri: upstream }
  return { ...place, static: true, staticCode: Number(upstream.slice('static://'.length)) }
}

function providerEntry(input: ProductInput<'oauth2-proxy'>, provider: ProxyUpstreamProvider): Entry {
  const { groups, organization } = admissionOf(input)
  const type = providerType(provider)
  const claim = additionalClaim(provider)
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
            groupsClaim: provider.groupsClaim,
            audienceClaims: ['aud'],
          },
        }
      : {}),
    ...(inner ? { loginURL: inner.authorization, redeemURL: inner.token, profileURL: inner.userinfo } : {}),
    ...(provider.type === 'oidc' && provider.tls.kind === 'own-ca'
      ? { caFiles: [caPath(provider.tls.secretClass)] }
      : {}),
    ...(claim === undefined ? {} : { additionalClaims: [claim] }),
    ...(groups.length > 0 && type !== 'gitlab' ? { allowedGroups: groups } : {}),
    ...(groups.length > 0 && type === 'gitlab' ? { gitlabConfig: { group: groups } } : {}),
    ...(provider.type === 'github' ? githubEntry(provider, organization) : {}),
    ...parametersOf(provider),
    ...(logout === undefined ? {} : { backendLogoutURL: logout }),
  }
}

function githubEntry(
  provider: Extract<ProxyUpstreamProvider, { type: 'github' }>,
  organization: string | undefined,
): Entry {
  const { login, redeem, validate } = githubAddresses(provider)
  return {
    ...(provider.hostname === 'github.com' ? {} : { loginURL: login, redeemURL: redeem, validateURL: validate }),
    ...(organization === undefined ? {} : { githubConfig: { org: organization } }),
  }
}

function parametersOf(provider: ProxyUpstreamProvider): Entry {
  const parameters = provider.type === 'oidc' ? Object.entries(provider.authorizationParameters) : []
  if (parameters.length === 0) return {}
  return { loginURLParameters: parameters.map(([name, value]) => ({ name, default: [value] })) }
}
