import { localName } from './authentication-class.ts'
import type { Config } from './schema.ts'

/** What the configuration says about names of people. */
export interface Naming {
  /** The class whose people have plain names; undefined when only local accounts do. */
  owner: string | undefined
  /** Every class: no plain name ends in `@` and one of these. */
  classes: readonly string[]
  /** The class that vouches for a domain of e-mail addresses. */
  classOfDomain: ReadonlyMap<string, string>
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
  }
}

/** The providers among the ways in, in their order. */
export function providersOf(login: Config['login']): string[] {
  return login.flatMap(({ authenticationClass }) => authenticationClass ?? [])
}
