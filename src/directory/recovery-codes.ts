import { createHmac, randomInt } from 'node:crypto'

/** Crockford's base32: no letter that looks like a digit. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const groups = 3
const groupLength = 4
/** How many somebody gets. */
const codesMade = 10

/** New codes of 60 random bits each, as they are shown: `x4k9-2mfq-7hwd`. */
export function newRecoveryCodes(): string[] {
  const group = () => Array.from({ length: groupLength }, () => alphabet[randomInt(alphabet.length)]).join('')
  return Array.from({ length: codesMade }, () => Array.from({ length: groups }, group).join('-'))
}

/** What is stored of a code of a person: under a key, because sixty bits alone could be tried out. */
export function recoveryCodeHash(key: string, userId: string, code: string): string {
  return createHmac('sha256', key)
    .update(`${userId} ${plain(code)}`)
    .digest('base64url')
}

/** One form for what people type: letter case, blanks, hyphens, and letters that look like digits. */
function plain(code: string): string {
  return code
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^0-9a-z]/g, '')
    .replaceAll('o', '0')
    .replace(/[il]/g, '1')
}
