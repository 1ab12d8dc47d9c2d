/**
 * The one rule for new passwords, whatever the door: the page, the command, the set-up link, the link of a reset. Length counts, not
 * classes of characters; what everybody would guess is refused (NIST SP 800-63B, section 3.1.1.2).
 */
import { AppError } from '../errors.ts'

/** Characters at least, where the configuration says nothing: the floor of NIST SP 800-63B. No configuration goes below it. */
export const minPasswordLength = 8
/** Bytes of a new password at most, and characters of one that somebody tries. */
export const maxPasswordLength = 1024

/** Whose password it is to be: their own names are the second thing that people guess. */
export interface PasswordOwner {
  username?: string | undefined
  email?: string | undefined
}

export interface PasswordRule {
  /** Characters at least. */
  minLength: number
  /** What is wrong with a new password, in words that continue after its name; undefined when nothing is. */
  problemIn(password: string, owner: PasswordOwner): Promise<string | undefined>
  /** The same as an error; it never holds the password. */
  mistakeIn(password: string, owner: PasswordOwner): Promise<AppError | undefined>
}

export function createPasswordRule({
  minLength = minPasswordLength,
}: {
  minLength?: number | undefined
} = {}): PasswordRule {
  const problemIn: PasswordRule['problemIn'] = async (password, owner) => {
    // A line break is what a pipe brought along, and nobody can type it into the form again.
    if (/\p{Cc}/u.test(password) || !password.isWellFormed())
      return 'must have no line breaks or other control characters'
    if ([...password].length < minLength) return `needs at least ${minLength} characters`
    if (Buffer.byteLength(password) > maxPasswordLength) return 'must have at most 1,024 bytes'
    const folded = foldedPassword(password)
    if (namesOf(owner).includes(folded)) return 'must not be the name or the address of the account'
    const { commonPasswords } = await import('./common-passwords.ts')
    if (commonPasswords.has(folded)) return 'is one of those that are guessed first: choose another one'
    return undefined
  }
  return {
    minLength,
    problemIn,
    mistakeIn: async (password, owner) => {
      const problem = await problemIn(password, owner)
      return problem === undefined ? undefined : new AppError('password-refused', { password: problem })
    },
  }
}

function namesOf({ username, email }: PasswordOwner): string[] {
  const mailbox = email?.split('@', 1)[0]
  return [username, email, mailbox].flatMap((name) => (name === undefined ? [] : foldedPassword(name)))
}

/** One form of spellings that a guesser tries together. For comparing only: passwords themselves are kept to the letter. */
function foldedPassword(password: string): string {
  return password.normalize('NFKC').toLowerCase().trim()
}
