/** What a directory says when it does not take a password, in the words of each product. */
import { ResultCodeError } from 'ldapts'
import { AppError } from '../../errors.ts'
import type { DirectoryEntry } from './entry.ts'

/** Attributes that say that somebody may not sign in: Active Directory, AD LDS, 389 and FreeIPA, OpenLDAP's ppolicy. */
export const stateAttributes = [
  'userAccountControl',
  'msDS-UserAccountDisabled',
  'nsAccountLock',
  'pwdAccountLockedTime',
]

type DirectoryRefusal =
  | 'directory-account-disabled'
  | 'directory-account-expired'
  | 'directory-account-locked'
  | 'directory-password-expired'
  | 'directory-sign-in-restricted'

/** Result codes of RFC 4511 appendix A.2. */
const result = {
  constraintViolation: 19,
  noSuchObject: 32,
  invalidDnSyntax: 34,
  inappropriateAuthentication: 48,
  invalidCredentials: 49,
  insufficientAccess: 50,
  busy: 51,
  unavailable: 52,
  unwilling: 53,
}

/**
 * The number after `data` in Active Directory's answer, a system error of Windows in hexadecimal. All but 775 come only to whoever gave
 * the right password; a locked account is said to anybody.
 */
const windowsErrors: Readonly<Record<string, DirectoryRefusal>> = {
  '530': 'directory-sign-in-restricted',
  '531': 'directory-sign-in-restricted',
  '532': 'directory-password-expired',
  '533': 'directory-account-disabled',
  '568': 'directory-sign-in-restricted',
  '701': 'directory-account-expired',
  '773': 'directory-password-expired',
  '775': 'directory-account-locked',
}

/** Why a password was not taken: `wrong`, or the error that the person is told. Throws what has nothing to do with the password. */
export function refusalOf(error: unknown, entry: DirectoryEntry | undefined): AppError | 'wrong' {
  if (!(error instanceof ResultCodeError)) throw unreachable(error)
  const { code, message } = error
  const [, windowsError = ''] = /AcceptSecurityContext error, data ([0-9a-f]+)/i.exec(message) ?? []
  const known = windowsErrors[windowsError.toLowerCase()]
  if (known !== undefined) return new AppError(known, { data: windowsError })
  switch (code) {
    case result.invalidCredentials:
    case result.noSuchObject:
    case result.invalidDnSyntax:
    case result.inappropriateAuthentication:
      return isLocked(entry) ? new AppError('directory-account-locked') : 'wrong'
    // 389: "Exceed password retry limit. Please try later."
    case result.constraintViolation:
      return new AppError('directory-account-locked')
    // 389 and FreeIPA: "Account inactivated. Contact system administrator."
    case result.unwilling:
      return new AppError(
        isDisabled(entry) || /inactiv|disabled/i.test(message)
          ? 'directory-account-disabled'
          : 'directory-sign-in-restricted',
      )
    case result.insufficientAccess:
      return new AppError('directory-sign-in-restricted')
    case result.busy:
    case result.unavailable:
      throw unreachable(error)
    default:
      throw new AppError(
        'directory-search-failed',
        { asked: 'the password of a person', reason: error.message },
        { cause: error },
      )
  }
}

/** Refuses an account that is marked although its password was taken: a copy of a directory may not know what the mark means. */
export function refuseDisabled(entry: DirectoryEntry): void {
  if (isDisabled(entry)) throw new AppError('directory-account-disabled')
}

function isDisabled(entry: DirectoryEntry | undefined): boolean {
  // ADS_UF_ACCOUNTDISABLE.
  const flags = Number(entry?.first('userAccountControl') ?? 0)
  return (flags & 2) !== 0 || isTrue(entry, 'nsAccountLock') || isTrue(entry, 'msDS-UserAccountDisabled')
}

/**
 * OpenLDAP answers "invalid credentials" for a locked account too. This value is that of an administrator, for ever (pwdAccountLockedTime
 * of draft-behera-ldap-password-policy); a time stays there also when the lock is over.
 */
function isLocked(entry: DirectoryEntry | undefined): boolean {
  return entry?.first('pwdAccountLockedTime') === '000001010000Z'
}

function isTrue(entry: DirectoryEntry | undefined, attribute: string): boolean {
  return entry?.first(attribute)?.toLowerCase() === 'true'
}

function unreachable(cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new AppError('provider-unreachable', { reason }, { cause })
}

/** What went wrong at a search. */
export function searchFailure(error: unknown, asked: string): AppError {
  if (!(error instanceof ResultCodeError) || error.code === result.busy || error.code === result.unavailable)
    return unreachable(error)
  return new AppError('directory-search-failed', { asked, reason: error.message }, { cause: error })
}
