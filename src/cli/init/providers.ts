/** The providers that `gatehouse init` describes: what it must ask for each, and what it writes for it. */

import type { VendorKind } from '../../vendors/contract.ts'
import { vendors } from '../../vendors/index.ts'

export interface ProviderTemplate {
  vendor: VendorKind
  /** Described by a class of type `github`: there is no vendor of OpenID Connect behind it. */
  isGitHub?: true
  /** Where it is if nobody says so; then nobody is asked. */
  address?: string
  /** What its address looks like. */
  example: string
  /** The part of the path that its address lacks, and the option that gives it. */
  part?: { option: 'realm' | 'tenant'; says: string; example: string; form: RegExp; path: (word: string) => string }
  /** The path of every issuer of this vendor, where an address names none. */
  path?: string
  principalClaim: string
  /** Scopes without which the tokens lack what this server reads. */
  extraScopes?: readonly string[]
  /** Its console gives every client an id; otherwise we are called `gatehouse` there. */
  givesClientId?: true
  /** A group as this provider writes it. */
  group: string
  /** What brings groups, as lines of YAML that may stand in a comment, each with the place that it belongs to. */
  groups?: { at: 'class' | 'client'; line: string; when: string }
  /** The guide, below docs/guides. */
  guide: string
}

/** By their word in `--provider`, which is the name of the class too. Local accounts are no provider: `local` stands for none of these. */
export const providerTemplates: Readonly<Record<string, ProviderTemplate>> = {
  keycloak: {
    vendor: 'keycloak',
    example: 'https://sso.example.com/realms/data',
    part: {
      option: 'realm',
      says: 'name of the realm',
      example: 'data',
      form: /^[^\s/?#%\p{Cc}]+$/u,
      path: (realm) => `/realms/${encodeURIComponent(realm)}`,
    },
    principalClaim: 'preferred_username',
    group: '/data/analysts',
    groups: { at: 'client', line: 'extraScopes: [groups]', when: 'once the realm has the client scope `groups`' },
    guide: 'providers/keycloak.md',
  },
  entra: {
    vendor: 'entra',
    address: 'https://login.microsoftonline.com',
    example: 'https://login.microsoftonline.com',
    part: {
      option: 'tenant',
      says: 'id of the tenant (Overview, Tenant ID)',
      example: '3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31',
      // With `common`, or a domain, the issuer would not be the one in tokens.
      form: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
      path: (tenant) => `/${tenant}/v2.0`,
    },
    principalClaim: 'preferred_username',
    givesClientId: true,
    group: '8c1f0a52-0b1c-4f0e-a7a9-1d2e3f405162',
    groups: {
      at: 'class',
      line: 'groupsClaim: groups',
      when: 'once the application sends groups (Token configuration)',
    },
    guide: 'providers/entra.md',
  },
  okta: {
    vendor: 'okta',
    example: 'https://acme.okta.com',
    principalClaim: 'preferred_username',
    givesClientId: true,
    group: 'analysts',
    groups: { at: 'client', line: 'extraScopes: [groups]', when: 'once the application has a filter for groups' },
    guide: 'providers/okta.md',
  },
  google: {
    vendor: 'google',
    address: 'https://accounts.google.com',
    example: 'https://accounts.google.com',
    principalClaim: 'email',
    givesClientId: true,
    group: 'analysts',
    guide: 'providers/google.md',
  },
  auth0: {
    vendor: 'auth0',
    example: 'https://acme.eu.auth0.com',
    principalClaim: 'email',
    givesClientId: true,
    group: 'analysts',
    groups: {
      at: 'class',
      line: 'groupsClaim: https://example.com/groups',
      when: 'once an Action of the tenant sends groups under that name',
    },
    guide: 'providers/auth0.md',
  },
  cognito: {
    vendor: 'cognito',
    example: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab12Cd34E',
    principalClaim: 'cognito:username',
    givesClientId: true,
    group: 'analysts',
    groups: { at: 'class', line: 'groupsClaim: cognito:groups', when: 'for groups of the pool' },
    guide: 'providers/cognito.md',
  },
  adfs: {
    vendor: 'adfs',
    example: 'https://sts.example.com/adfs',
    path: '/adfs',
    principalClaim: 'upn',
    extraScopes: ['allatclaims'],
    givesClientId: true,
    group: 'analysts',
    groups: { at: 'class', line: 'groupsClaim: groups', when: 'once a rule sends groups' },
    guide: 'providers/adfs.md',
  },
  dex: {
    vendor: 'dex',
    example: 'https://dex.example.com/dex',
    principalClaim: 'email',
    group: 'analysts',
    groups: { at: 'client', line: 'extraScopes: [groups]', when: 'for connectors that have groups' },
    guide: 'providers/dex.md',
  },
  gitlab: {
    vendor: 'gitlab',
    address: 'https://gitlab.com',
    example: 'https://gitlab.com',
    principalClaim: 'preferred_username',
    givesClientId: true,
    group: 'data/analysts',
    groups: { at: 'class', line: 'groupsClaim: groups', when: 'for groups' },
    guide: 'providers/gitlab.md',
  },
  authentik: {
    vendor: 'authentik',
    example: 'https://auth.example.com/application/o/gatehouse/',
    principalClaim: 'preferred_username',
    group: 'analysts',
    groups: { at: 'class', line: 'groupsClaim: groups', when: 'for groups' },
    guide: 'providers/authentik.md',
  },
  github: {
    vendor: 'unknown',
    isGitHub: true,
    address: 'https://github.com',
    example: 'https://github.com',
    principalClaim: 'login',
    givesClientId: true,
    group: 'acme:analysts',
    guide: 'providers/github.md',
  },
  oidc: {
    vendor: 'unknown',
    example: 'https://login.example.com/oauth2',
    principalClaim: 'preferred_username',
    group: 'analysts',
    groups: { at: 'client', line: 'extraScopes: [groups]', when: 'if groups need a scope there' },
    guide: 'names.md',
  },
}

/** The name that people know. */
export const titleOf = ({ vendor, isGitHub }: ProviderTemplate): string => (isGitHub ? 'GitHub' : vendors[vendor].title)

/** Every word that `--provider` takes. */
export const providerWords: readonly string[] = [...Object.keys(providerTemplates), 'local']

/**
 * Whether its people get in only when their domain is listed: they are named by an address, and it never says whether an address is verified.
 */
export function needsEmailDomain({ vendor, principalClaim, isGitHub }: ProviderTemplate): boolean {
  return (
    !isGitHub && !vendors[vendor].sendsEmailVerified && ['email', 'preferred_username', 'upn'].includes(principalClaim)
  )
}
