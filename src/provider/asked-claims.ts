/** The parameter `claims` (OpenID Connect Core 5.5): products ask for claims one by one, and for an `acr` that they need. */
import { errors, type KoaContextWithOIDC } from 'oidc-provider'

/** Members that oidc-provider reads as objects without looking. */
const readAsObjects = ['sub', 'acr'] as const
const mostValues = 20

/** Throws `invalid_request` for a parameter that means nothing; claims that nobody knows are none of its business (Core 5.5.1). */
export function assertClaimsParameter(
  _ctx: KoaContextWithOIDC,
  claims: { id_token?: unknown; userinfo?: unknown },
): void {
  for (const [place, asked] of Object.entries({ id_token: claims.id_token, userinfo: claims.userinfo })) {
    for (const name of readAsObjects) {
      const member = (asked as Record<string, unknown> | undefined)?.[name]
      if (!isMember(member)) throw new errors.InvalidRequest(`claims.${place}.${name} must be null or an object`)
    }
  }
}

function isMember(member: unknown): boolean {
  if (member === undefined || member === null) return true
  if (typeof member !== 'object' || Array.isArray(member)) return false
  const { value, values } = member as { value?: unknown; values?: unknown }
  const isText = (each: unknown) => typeof each === 'string' && each.length <= 255
  if (value !== undefined && !isText(value)) return false
  return values === undefined || (Array.isArray(values) && values.length <= mostValues && values.every(isText))
}

/** What is told of a person. */
const aboutPeople: ReadonlySet<string> = new Set([
  'email',
  'email_verified',
  'name',
  'preferred_username',
  'given_name',
  'family_name',
  'groups',
])

/** The claims about the person that a request asks for, in the ID token or from userinfo. oidc-provider has checked the parameter. */
export function claimsIn(parameter: unknown): string[] {
  if (typeof parameter !== 'string') return []
  const { id_token: idToken, userinfo } = JSON.parse(parameter) as { id_token?: object; userinfo?: object }
  const names = [idToken ?? {}, userinfo ?? {}].flatMap((member) => Object.keys(member))
  return [...new Set(names)].filter((name) => aboutPeople.has(name))
}
