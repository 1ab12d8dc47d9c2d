/**
 * JWTs that clients sign: authorization requests (RFC 9101, OpenID Connect Core 6.1) and proofs of who they are (RFC 7523). oidc-provider
 * checks signature, issuer, audience and times; here is that neither passes for the other, and that a proof cannot live for ever.
 */
import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider'

/** Asymmetric ones for whoever has keys, HS256 with the client secret. Unsigned requests prove nothing, and are refused. */
export const requestObjectAlgs = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519', 'HS256'] as const
export const assertionAlgs = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'] as const

/** Seconds. A proof works once, so that its time only bounds how long it is remembered; Authlib's lasts for an hour. */
const longestAssertion = 3600 + 60
const longestId = 255

type Claims = Readonly<Record<string, unknown>>

/** Throws `invalid_request_object`. */
export function checkRequestObject(_ctx: KoaContextWithOIDC, { sub }: Claims, { typ }: Claims, client: Client): void {
  if (!isTyped(typ, /^(?:application\/)?oauth-authz-req\+jwt$/i)) {
    throw new errors.InvalidRequestObject('Request Object is a JWT of another type')
  }
  // RFC 9101 section 10.8: with the client as its subject it could be shown as the proof of the client, and the other way round.
  if (sub === client.clientId) {
    throw new errors.InvalidRequestObject('the subject of a Request Object must not be the client')
  }
}

/** Throws `invalid_client`. */
export function createAssertionCheck(now: () => number) {
  return (_ctx: KoaContextWithOIDC, { sub, jti, exp }: Claims, { typ }: Claims, client: Client): void => {
    const refuse = (problem: string) => new errors.InvalidClientAuth(problem)
    if (!isTyped(typ, /^(?:application\/)?client-authentication\+jwt$/i)) throw refuse('is a JWT of another type')
    if (sub !== client.clientId) throw refuse('sub must be the client_id')
    if (typeof jti !== 'string' || jti.length > longestId) throw refuse('jti must be a text')
    // It is remembered until then, so that it works once.
    if (typeof exp !== 'number' || exp > now() / 1000 + longestAssertion) throw refuse('exp must be within an hour')
  }
}

/** What a JWT may call itself (RFC 8725 section 3.11); nothing is what most say. */
function isTyped(typ: unknown, own: RegExp): boolean {
  return typ === undefined || (typeof typ === 'string' && (own.test(typ) || /^(?:application\/)?jwt$/i.test(typ)))
}
