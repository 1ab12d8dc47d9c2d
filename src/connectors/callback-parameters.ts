import { AppError } from '../errors.ts'
import { issuerOfTenant, isTenantTemplate } from '../issuer-text.ts'

/** Longer than the code of any provider; a server may answer a longer one with whatever it likes. */
const maxLength = 4096

/** What an answer may have (RFC 6749, 4.1.2 and 4.1.2.1; RFC 9207, 2). Anything else is not passed on to anybody. */
const known = ['state', 'code', 'error', 'error_description', 'iss']

/**
 * Reads what the browser brought back from the provider. Whoever is at the browser can have written it, so what is wrong with it is no
 * failure of ours or of the provider. Throws `callback-mismatch`: a parameter came twice, is too long or missing, or the answer names
 * another issuer than the one that was asked (RFC 9207, 2.4).
 *
 * @param expected.namesIssuer whether the provider says that its answers name it.
 */
export function callbackParameters(
  { searchParams }: URL,
  expected: { issuer: string; namesIssuer: boolean },
): URLSearchParams {
  const given = readAnswer(searchParams, expected, known)
  if (!given.get('code') && !given.get('error')) throw new AppError('callback-mismatch', { reason: 'there is no code' })
  return given
}

const tokenLimit = 64 * 1024

/** The same of an answer that has tokens itself (OpenID Connect Core 1.0 section 3.2.2.5), from a form or a fragment. */
export function tokenParameters(
  { searchParams }: URL,
  expected: { issuer: string; namesIssuer: boolean; state: string },
): { idToken: string; accessToken: string | undefined } | { error: string; error_description: string | null } {
  const names = ['state', 'id_token', 'access_token', 'error', 'error_description', 'iss']
  const given = readAnswer(searchParams, expected, names)
  if (given.get('state') !== expected.state) throw new AppError('callback-mismatch', { reason: 'state is another one' })
  const [error, idToken] = [given.get('error'), given.get('id_token')]
  if (error) return { error, error_description: given.get('error_description') }
  // An access token alone may have been issued to anybody: it is no proof of a sign-in here.
  if (!idToken) throw new AppError('callback-mismatch', { reason: 'there is no ID token' })
  return { idToken, accessToken: given.get('access_token') ?? undefined }
}

function readAnswer(
  searchParams: URLSearchParams,
  expected: { issuer: string; namesIssuer: boolean },
  names: readonly string[],
): URLSearchParams {
  const given = new URLSearchParams()
  for (const name of names) {
    const values = searchParams.getAll(name)
    const [value = ''] = values
    if (values.length > 1) throw new AppError('callback-mismatch', { reason: `${name} came ${values.length} times` })
    if (value.length > (name.endsWith('_token') ? tokenLimit : maxLength))
      throw new AppError('callback-mismatch', { reason: `${name} is too long` })
    if (values.length === 1) given.set(name, value)
  }
  const issuer = given.get('iss')
  if (issuer === null ? expected.namesIssuer : !isNamed(issuer, expected.issuer)) {
    throw new AppError('callback-mismatch', { asked: expected.issuer, answered: issuer?.slice(0, 200) ?? 'nobody' })
  }
  return given
}

/** Of many tenants, each answers by its own name; its token says which one may come. */
function isNamed(answered: string, asked: string): boolean {
  if (!isTenantTemplate(asked)) return answered === asked
  const id = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(answered)?.[0]
  return id !== undefined && answered === issuerOfTenant(asked, id)
}
