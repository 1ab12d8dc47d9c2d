import { AppError } from '../errors.ts'
import { readEmail } from '../username.ts'
import type { Vendor } from '../vendors/contract.ts'
import type { UpstreamIdentity } from './contract.ts'
import { type GroupsClaims, groupsOf, receivedGroups } from './groups.ts'

export type Claims = Record<string, unknown>

export interface Reading {
  issuer: string
  subject: string
  principalClaim: string
  groupsClaims: GroupsClaims
  /** A text is the name of one group; see `Vendor.groups.singleAsText`. */
  textIsOneGroup?: boolean | undefined
  /** The lasting key of the person, where that is not the subject; see `Vendor.personIn`. */
  person?: string | undefined
  /** Says whether an address is verified where `email_verified` is absent; see `Vendor.emailVerifiedClaim`. */
  emailVerifiedClaim?: string | undefined
  /** Whether a verified address still belongs to the person, where the vendor says so; see `Vendor.ownsAddress`. */
  ownsAddress?: Vendor['ownsAddress']
}

/** The identity that the claims of a provider state. Throws `principal-claim-missing`. */
export function statedIdentity(claims: Claims, reading: Reading): UpstreamIdentity {
  const { principalClaim, groupsClaims, textIsOneGroup } = reading
  const principal = claims[principalClaim]
  if (typeof principal !== 'string' || principal === '') {
    throw new AppError('principal-claim-missing', {
      principalClaim,
      claimsReceived: Object.keys(claims).sort().join(' '),
    })
  }
  const email = text(claims['email'])
  return {
    ...keysOf(reading),
    principal,
    email,
    emailVerified: emailVerified(claims, email, reading),
    ...namesOf(claims),
    groups: groupsOf(claims, groupsClaims, { textIsOneName: textIsOneGroup }),
    received: receivedGroups(claims, groupsClaims, { textIsOneName: textIsOneGroup }),
  }
}

function keysOf({ issuer, subject, person }: Reading): Pick<UpstreamIdentity, 'key' | 'formerKey'> {
  if (person === undefined || person === subject) return { key: { issuer, subject } }
  return { key: { issuer, subject: person }, formerKey: { issuer, subject } }
}

/**
 * Absent stays absent. Cognito's userinfo endpoint and Apple send a text in place of the boolean, mappers written in Python or .NET write it
 * `True`, and a claim of the vendor's own may be a `1`; anything else that a provider says is not the word that somebody has verified the address.
 */
function emailVerified(
  claims: Claims,
  email: string | undefined,
  { ownsAddress = () => true, emailVerifiedClaim }: Reading,
): boolean | undefined {
  const standard = claims['email_verified']
  const said = standard ?? (emailVerifiedClaim === undefined ? undefined : claims[emailVerifiedClaim])
  if (said === undefined || said === null || email === undefined) return undefined
  const domain = readEmail(email)?.domain
  return (
    (isTrue(said) || (standard == null && (said === 1 || said === '1'))) &&
    domain !== undefined &&
    ownsAddress(domain, claims)
  )
}

function isTrue(said: unknown): boolean {
  return said === true || (typeof said === 'string' && said.toLowerCase() === 'true')
}

/**
 * The parts of a name as they came, never made of the whole: nobody can tell which part of it is which. authentik has one field and sends
 * it twice, as `name` and as `given_name`: that is no part.
 */
function namesOf(claims: Claims): Pick<UpstreamIdentity, 'name' | 'givenName' | 'familyName'> {
  const whole = text(claims['name'])
  const given = text(claims['given_name'])
  const familyName = text(claims['family_name'])
  const givenName = familyName === undefined && given === whole ? undefined : given
  const joined = [given, familyName].filter((part) => part !== undefined).join(' ')
  return { name: whole ?? (joined === '' ? undefined : joined), givenName, familyName }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 500) : undefined
}
