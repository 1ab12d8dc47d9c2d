/** What both forms of oauth2-proxy's configuration express, each in its own keys. */

import type { ClaimPath } from '../../claim-path.ts'
import { innerAddress } from '../../config/inner-address.ts'
import type { GitHubProvider, ProductInput, Provider } from '../contract.ts'
import { groupsThatGetIn } from '../writing/groups-that-get-in.ts'
import { providerTypes } from './names.ts'

export type ProxyUpstreamProvider = Provider | GitHubProvider

export function providerOf({ classes, name }: ProductInput<'oauth2-proxy'>): ProxyUpstreamProvider {
  const someClass = classes.find(({ type }) => type === 'oidc' || type === 'github')
  if (someClass?.type !== 'oidc' && someClass?.type !== 'github') throw new Error(`${name} has no provider`)
  return someClass
}

export function providerType(provider: ProxyUpstreamProvider): string {
  return provider.type === 'github' ? 'github' : (providerTypes[provider.kind] ?? 'oidc')
}

/** `google` and `github` have addresses of their own and no issuer. */
export function isOpenId(provider: ProxyUpstreamProvider): provider is Provider {
  return provider.type === 'oidc' && providerType(provider) !== 'google'
}

/** oauth2-proxy needs these at GitHub, whatever the class says. */
export function scopesOf(provider: ProxyUpstreamProvider): string {
  return provider.type === 'github' ? 'user:email read:org' : provider.scopes.join(' ')
}

export interface Admission {
  groups: readonly string[]
  /** The one organisation of GitHub whose members get in. */
  organization: string | undefined
}

/** Members of a second organisation get in by group, because at GitHub organisations are groups too. */
export function admissionOf(input: ProductInput<'oauth2-proxy'>): Admission {
  const provider = providerOf(input)
  const groups = groupsThatGetIn(input, input.options.allowedGroups)
  if (provider.type !== 'github') return { groups, organization: undefined }
  const [only, ...others] = provider.organizations
  // A team is a group too, `acme:data`.
  const teams = provider.teams.map((team) => team.replace('/', ':'))
  return others.length > 0 || teams.length > 0
    ? { groups: [...provider.organizations, ...teams], organization: undefined }
    : { groups, organization: only }
}

export function caPath(secretClass: string): string {
  return `/etc/oauth2-proxy/ca/${secretClass}/ca.crt`
}

/** GitHub Enterprise Server; the addresses of github.com are known. */
export function githubAddresses({ hostname }: GitHubProvider): { login: string; redeem: string; validate: string } {
  const base = `https://${hostname}`
  return {
    login: `${base}/login/oauth/authorize`,
    redeem: `${base}/login/oauth/access_token`,
    validate: `${base}/api/v3/`,
  }
}

/** The proxy itself calls it, without anybody's cookie. */
export function backendLogoutUrl(provider: ProxyUpstreamProvider): string | undefined {
  if (provider.type !== 'oidc' || !provider.vendor.endsSessionWithoutCookie) return undefined
  const { issuer, internalUrl, endpoints } = provider
  const known = endpoints?.endSession
  if (!known) return undefined
  const called = internalUrl === undefined ? undefined : innerAddress(known, { issuer, internalUrl })
  return `${called ?? known}?id_token_hint={id_token}`
}

/** The file of `emails`. */
export const emailsFile = {
  name: 'authenticated-emails.txt',
  path: '/etc/oauth2-proxy/authenticated-emails.txt',
} as const

/** A path has dots between its names. */
export function dottedClaim(path: ClaimPath): string {
  return path.join('.')
}
