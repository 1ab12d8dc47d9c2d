import { vendorOf } from '../vendors/index.ts'
import { localName } from './authentication-class.ts'
import { type PathProblem, warning } from './problem.ts'
import type { Config } from './schema.ts'

/** What the configuration says about names of people. */
export interface Naming {
  /** The class whose people have plain names; undefined when only local accounts do. */
  owner: string | undefined
  /** Every class: no plain name ends in `@` and one of these. */
  classes: readonly string[]
  /** The class that vouches for a domain of e-mail addresses. */
  classOfDomain: ReadonlyMap<string, string>
  /** Domains for which a class is believed where it says nothing about an address, by its name. */
  trustedFor?: ReadonlyMap<string, readonly string[]>
}

/** Whose people have plain names: never those of whoever came first, always what the configuration says. */
export function namingOf({
  names,
  login,
  authenticationClasses,
}: Pick<Config, 'names' | 'login' | 'authenticationClasses'>): Naming {
  const first = providersOf(login)[0]
  const owner = names?.from ?? first
  return {
    owner: owner === localName ? undefined : owner,
    classes: Object.keys(authenticationClasses),
    classOfDomain: new Map(
      login.flatMap(({ authenticationClass, emailDomains = [] }) =>
        authenticationClass === undefined ? [] : emailDomains.map((domain) => [domain, authenticationClass] as const),
      ),
    ),
    trustedFor: new Map(
      Object.entries(authenticationClasses).map(([name, { oidc }]) => [name, oidc?.emailTrustedFor ?? []] as const),
    ),
  }
}

/** The providers among the ways in, in their order. */
export function providersOf(login: Config['login']): string[] {
  return login.flatMap(({ authenticationClass }) => authenticationClass ?? [])
}

/** Claims that hold an address at providers that do not say whether they have verified it. */
const claimsOfAddresses = ['email', 'preferred_username', 'upn', 'unique_name']

/** Attributes of directories that hold one, in small letters. */
const attributesOfAddresses = ['mail', 'userprincipalname']

/** What the order of `login` decides because nobody said it, and names that a provider sends and nobody vouches for. */
export function nameWarnings(config: Pick<Config, 'names' | 'login' | 'authenticationClasses'>): PathProblem[] {
  const [owner, ...others] = providersOf(config.login)
  if (config.names !== undefined || others.length === 0) return unverifiedAddresses(config)
  const message = `people of ${owner} have plain names, those of ${others.join(', ')} are NAME@CLASS. Say so, before the order changes: names: { from: ${owner} }`
  return [warning('names-undecided', ['login'], message), ...unverifiedAddresses(config)]
}

function unverifiedAddresses({
  login,
  authenticationClasses,
}: Pick<Config, 'login' | 'authenticationClasses'>): PathProblem[] {
  return login.flatMap(({ authenticationClass: name, emailDomains = [] }, index) => {
    const { oidc: provider, ldap } = (name === undefined ? undefined : authenticationClasses[name]) ?? {}
    if (ldap && emailDomains.length === 0 && attributesOfAddresses.includes(ldap.ldapFieldNames.uid.toLowerCase())) {
      const message = `a directory does not say whether it has verified an address: people whose name is one (${ldap.ldapFieldNames.uid}) get in only when its domain is under emailDomains here`
      return [warning('address-unverified', ['login', index], message)]
    }
    const { title, sendsEmailVerified } = vendorOf(provider?.providerHint)
    if (sendsEmailVerified || emailDomains.length > 0 || provider?.emailTrustedFor) return []
    if (!claimsOfAddresses.includes(provider?.principalClaim ?? '')) return []
    const message = `${title} does not say whether it has verified an address: people whose name is one get in only when its domain is under emailDomains here`
    return [warning('address-unverified', ['login', index], message)]
  })
}
