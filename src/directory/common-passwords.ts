/** Imported on demand, by who chooses a password: a server that only signs people in never loads the list. */
import { dictionary } from '@zxcvbn-ts/language-common'

/** Passwords that attackers try first, in lower case: the list of zxcvbn, about 49,000. */
export const commonPasswords: ReadonlySet<string> = new Set(dictionary['passwords-common'])
