/** How somebody has proved who they are, in the words that ID tokens have for it: `acr` and `amr` (OpenID Connect Core section 2). */

/** The names of methods that are registered (RFC 8176 section 2, and the registry that it opened). */
const registeredMethods: ReadonlySet<string> = new Set([
  'face',
  'fpt',
  'geo',
  'hwk',
  'iris',
  'kba',
  'mca',
  'mfa',
  'otp',
  'pin',
  'pop',
  'pwd',
  'rba',
  'retina',
  'sc',
  'sms',
  'swk',
  'tel',
  'user',
  'vbm',
  'wia',
])

/** What is known of a sign-in. Nothing is ever made up: what nobody has said is absent. */
export interface AuthenticationContext {
  /** The class of the authentication, as whoever authenticated the person names it. */
  acr?: string | undefined
  /** Registered names of methods, each once. */
  amr?: readonly string[] | undefined
}

/** A password that was checked here. The class is SAML's, whose definition is public: a password over TLS, or over a plain connection. */
export function passwordContext({ secure }: { secure: boolean }): { acr: string; amr: readonly string[] } {
  const name = secure ? 'PasswordProtectedTransport' : 'Password'
  return { acr: `urn:oasis:names:tc:SAML:2.0:ac:classes:${name}`, amr: ['pwd'] }
}

/** Two factors that were checked here. The class is that of REFEDS, whose definition is public. */
export function secondFactorContext(methods: readonly string[]): { acr: string; amr: readonly string[] } {
  return { acr: 'https://refeds.org/profile/mfa', amr: [...methods, 'mfa'] }
}

/**
 * The class to tell a product that asks for certain ones: a password with a second factor is a password too. Undefined when none of them
 * fits.
 */
export function classAmong(
  asked: readonly string[],
  { acr, amr = [] }: AuthenticationContext,
  isSecure: { secure: boolean },
): string | undefined {
  const isTwoFactors = acr === secondFactorContext([]).acr && amr.includes('pwd')
  const held = [acr, ...(isTwoFactors ? [passwordContext(isSecure).acr] : [])]
  return asked.find((name) => held.includes(name))
}

/** What an ID token says. A class is one word, because `acr_values` separates them by blanks; names of methods that nobody registered are left out. */
export function contextOfClaims({ acr, amr }: { acr?: unknown; amr?: unknown }): AuthenticationContext {
  const methods = Array.isArray(amr) ? amr.filter((name) => registeredMethods.has(name)) : []
  return {
    acr: typeof acr === 'string' && /^[!-~]{1,255}$/.test(acr) ? acr : undefined,
    amr: methods.length > 0 ? [...new Set<string>(methods)] : undefined,
  }
}
