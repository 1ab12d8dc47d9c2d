import type { Naming } from '../config/names.ts'
import type { UpstreamIdentity } from '../connectors/contract.ts'
import { AppError } from '../errors.ts'
import { readEmail, readUsername, storedUsernameProblem } from '../username.ts'

/** What a new person can be called. */
export interface GivenName {
  /** At the class. */
  own: string
  /** Here, in the order in which they are tried. Only names that no other class, and nobody before, can have. */
  usernames: readonly string[]
}

/** Whose name is whose. A name belongs to its class: nobody gets another's by coming first. */
export interface Names {
  /** The names of somebody whom a class has signed in. Throws `username-refused` or `email-not-verified`. */
  given(identity: Claimed, authenticationClass: string): GivenName
  /** The name at the class alone; undefined when it is refused. */
  own(identity: Claimed, authenticationClass: string): string | undefined
  /** The name of an account that is kept here, in its one spelling; or why it is refused. */
  local(text: string): ReadName
  /** A new name for somebody who is known at these classes: `NAME@CLASS` may be the name of somebody there. */
  renamed(text: string, authenticationClasses: readonly string[]): ReadName
  /**
   * Whether an address is verified: what the class says, but `true` where it speaks for the domain, and `false` where another one does; where it says
   * nothing, `true` in domains for which it is trusted.
   * Undefined: nobody says anything. Only `true` makes a name of an address.
   */
  vouches(identity: Pick<Claimed, 'email' | 'emailVerified'>, authenticationClass: string): boolean | undefined
}

export type ReadName = { username: string; refused?: undefined } | { username?: undefined; refused: AppError }

type Claimed = Pick<UpstreamIdentity, 'principal' | 'email' | 'emailVerified'>

export function createNames({ owner, classes, classOfDomain, trustedFor = new Map() }: Naming): Names {
  return {
    given: (identity, authenticationClass) => {
      const { username: own, refused } = ownName(identity, authenticationClass)
      if (refused) throw refused
      const ofClass = readUsername(`${own}@${authenticationClass}`)
      if (ofClass.problem !== undefined) throw refusal(own, ofClass.problem)
      if (authenticationClass !== owner) return { own, usernames: [ofClass.username] }
      const problem = plainProblem(own)
      if (problem !== undefined) throw refusal(own, problem)
      return { own, usernames: [own, ofClass.username] }
    },

    own: (identity, authenticationClass) => ownName(identity, authenticationClass).username,

    local: (text) => {
      const read = readUsername(text)
      if (read.problem !== undefined) return { refused: refusal(text, read.problem) }
      const problem = plainProblem(read.username)
      return problem === undefined ? read : { refused: refusal(text, problem) }
    },

    renamed: (text, authenticationClasses) => {
      const read = readUsername(text)
      if (read.problem !== undefined) return { refused: refusal(text, read.problem) }
      const isTheirs = authenticationClasses.some((name) => read.username.endsWith(`@${name}`))
      const problem = isTheirs ? undefined : plainProblem(read.username)
      return problem === undefined ? read : { refused: refusal(text, problem) }
    },

    vouches,
  }

  function ownName(identity: Claimed, authenticationClass: string): ReadName {
    const { username, problem } = readUsername(identity.principal)
    if (problem !== undefined) return { refused: refusal(identity.principal, problem) }
    const refused = username.includes('@') ? strangersAddress(username, identity, authenticationClass) : undefined
    return refused ? { refused } : { username }
  }

  /** Why a name cannot be plain: people of a class have it. */
  function plainProblem(username: string): string | undefined {
    const theirs = classes.find((name) => username.endsWith(`@${name}`))
    return theirs && `ends in @${theirs}, as names of people of that class do`
  }

  /** Why an address does not name this person: it names somebody only when it is theirs. */
  function strangersAddress(name: string, identity: Claimed, authenticationClass: string): AppError | undefined {
    const address = readEmail(name)
    if (!address) return refusal(name, 'has an @ but is no e-mail address')
    const said = readUsername(identity.email ?? '').username
    const emailVerified = said === name ? identity.emailVerified : undefined
    if (vouches({ email: name, emailVerified }, authenticationClass)) return undefined
    return new AppError('email-not-verified', { username: name, authenticationClass, domain: address.domain })
  }

  function vouches(
    { email, emailVerified }: Pick<Claimed, 'email' | 'emailVerified'>,
    authenticationClass: string,
  ): boolean | undefined {
    const address = readEmail(email ?? '')
    if (!address) return undefined
    const speaker = classOfDomain.get(address.domain)
    if (speaker !== undefined) return speaker === authenticationClass
    // What a provider denies is denied, whoever trusts it.
    const isTrusted = trustedFor.get(authenticationClass)?.includes(address.domain) ?? false
    return emailVerified ?? (isTrusted ? true : undefined)
  }
}

/** Refuses a stored name with which nobody may go on. Throws `username-refused`. */
export function refuseForbidden(username: string): void {
  const problem = storedUsernameProblem(username)
  if (problem !== undefined) throw refusal(username, problem)
}

function refusal(text: string, problem: string): AppError {
  return new AppError('username-refused', { username: text.slice(0, 100), problem })
}
