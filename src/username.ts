/**
 * What may be the name of a person, in one spelling: the profile UsernameCaseMapped of RFC 8265 (section 3.3), and beyond it what a name
 * needs that rules, headers, paths and people's eyes read. It knows nothing of classes; directory/names.ts does.
 */
import { domainToASCII, domainToUnicode } from 'node:url'

/** The longest name, in bytes of UTF-8. */
const maxBytes = 255
/** The longest name as the gate writes it (identity-headers.ts), with three characters for a byte that is not ASCII. */
const maxHeader = 512

/** A name in its one spelling, or what is wrong with it, in words that continue after the name: `contains a blank`. */
export type ReadUsername = { username: string; problem?: undefined } | { username?: undefined; problem: string }

/** The one spelling of a name: width mapping, lower case, NFC (RFC 8265 section 3.3.3). Reading it again changes nothing. */
export function readUsername(text: string): ReadUsername {
  if (text === '') return { problem: 'is empty' }
  // Before anything that takes time: a provider may send megabytes.
  if (text.length > maxBytes) return tooLong
  if (!text.isWellFormed()) return { problem: 'is not well-formed Unicode' }
  const username = text.replace(fullOrHalfWidth, narrow).toLowerCase().normalize('NFC')
  if (Buffer.byteLength(username) > maxBytes || headerLength(username) > maxHeader) return tooLong
  const problem = characterProblem(username) ?? sidesProblem(username.split('@'))
  return problem === undefined ? { username } : { problem }
}

/**
 * What is wrong with a name that an older version stored, so that nobody may go on with it: it is that of a program, or no header can carry
 * it. Other names stay as they are: products know people by them.
 */
export function storedUsernameProblem(username: string): string | undefined {
  if (username.normalize('NFKC').toLowerCase().startsWith('client:')) return 'is that of a program'
  return headerLength(username) > maxHeader ? 'is too long for a header' : undefined
}

function headerLength(username: string): number {
  return username.toWellFormed().replace(/[^ -~]+|%/g, encodeURIComponent).length
}

const tooLong = { problem: `is longer than ${maxBytes} bytes` }

/** Width mapping (RFC 8265 section 3.3.1): forms of East Asian fonts, blank and colon among them. */
const fullOrHalfWidth = /[\u3000\uff01-\uffee]/g
const narrow = (character: string) => character.normalize('NFKC')

/** The first pattern that matches says what is wrong. */
const refused: readonly (readonly [RegExp, string])[] = [
  [/[\s\p{Z}]/u, 'contains a blank'],
  [/\p{Cc}/u, 'contains a control character'],
  [/\p{Bidi_Control}/u, 'contains a character that changes the direction of writing'],
  // RFC 8264 allows joiners in a few places. Nobody sees whether they are there.
  [/\p{Cf}|\p{Default_Ignorable_Code_Point}/u, 'contains an invisible character'],
  // `client:`, `user:` and `team:` of rules, `system:` of Kubernetes; HTTP Basic (RFC 7617) has no names with a colon.
  [/:/, 'contains a colon, as prefixes such as client: and user: do'],
  // What separates, quotes or is a pattern in rules, paths, lists and headers; the other characters of addresses stay.
  [/["%(),/;<>?[\\\]^`{}*]/, 'contains a character that means something in rules, paths or lists'],
  // The IdentifierClass of RFC 8264 (section 4.2): letters, digits, marks and ASCII. Symbols, and letters of another look, are not in it.
  [/[^!-~\p{Ll}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}]/u, 'contains a character that is neither a letter nor a digit'],
  // Section 9.6 of RFC 8264, and letters that are only there for phonetics: they look like others.
  [/[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b\u1100-\u11ff]/, 'contains a letter that names cannot have'],
  [/[\u01c0-\u01c3\u0251\u0261\u0269\u02b0-\u02ff\u1d00-\u1dbf\ua720-\ua7ff\uab30-\uab6f]/, 'contains a look-alike letter'],
] // biome-ignore format: a table

/** UTS 39 section 5.4, of letters and marks taken apart. `i` with a dot above is what `İ` becomes in lower case. */
const hiddenMark = /(?:^|@)\p{M}|\p{Mn}{5}|(\p{Mn})\1|\p{Soft_Dotted}\p{Mn}*\u0307/u

function characterProblem(username: string): string | undefined {
  const found = refused.find(([pattern]) => pattern.test(username))
  if (found) return found[1]
  if (hiddenMark.test(username.normalize('NFD'))) return 'contains a mark that nobody can see'
  // HasCompat of RFC 8264 section 9.17: a letter that is another one in another look.
  if (username.normalize('NFKC').toLowerCase() !== username) return 'contains a letter that stands for another one'
  return /[\p{L}\p{Nd}]/u.test(username) ? undefined : 'has neither a letter nor a digit'
}

/** A name and the domain behind it are read apart: letters of two scripts may stand on the two sides of an `@`. */
function sidesProblem(sides: readonly string[]): string | undefined {
  if (!sides.every((side) => scripts.some((script) => script.test(side)))) return 'mixes letters of several scripts'
  if (sides.some((side) => mixedDigits.test(side))) return 'mixes digits of several scripts'
  if (sides.some((side) => lookAlikes.some((pattern) => pattern.test(side))))
    return 'looks like a name in Latin letters'
  return sides.some((side) => rightToLeft.test(side) && !isReadOneWay.test(side))
    ? 'can be read in two directions'
    : undefined
}

/** UTS 39 section 5.2, without Latin beside others: one script of UAX 31 table 5, or those that one language writes together. */
const scripts = [
  ...['Latn', 'Grek', 'Cyrl', 'Armn', 'Hebr', 'Arab', 'Thaa', 'Deva', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml', 'Telu'],
  ...['Knda', 'Mlym', 'Sinh', 'Thai', 'Laoo', 'Tibt', 'Mymr', 'Geor', 'Ethi', 'Khmr'],
  ...['Hani Hira Kana', 'Hani Bopo', 'Hani Hang'],
].map((names) => {
  const classes = `${names} Zyyy Zinh`.split(' ').map((name) => `\\p{Script_Extensions=${name}}`)
  return new RegExp(`^[${classes.join('')}]*$`, 'u')
})

const mixedDigits = /\d.*[^\d\P{Nd}]|[^\d\P{Nd}].*\d|[\u0660-\u0669].*[\u06f0-\u06f9]|[\u06f0-\u06f9].*[\u0660-\u0669]/u

/** Sides all of whose letters are those with which Latin ones are imitated (UTS 39, whole-script confusables). */
const lookAlikes = [
  /^(?=.*\p{L})[\P{L}асеорхуѕіјһԁԛԝӏѵ]*$/u,
  /^(?=.*\p{L})[\P{L}ονικρυχαγ]*$/u,
  /^(?=.*\p{L})[\P{L}օոսհցզ]*$/u,
]

/** The Bidi rule (RFC 5893 section 2) for a side in one script: it begins and ends with what is written from right to left. */
const rightToLeft = /[\p{Script=Hebr}\p{Script=Arab}\p{Script=Thaa}]/u
const isReadOneWay = /^[\p{Script=Hebr}\p{Script=Arab}\p{Script=Thaa}](?:.*[\p{Script=Hebr}\p{Script=Arab}\p{Script=Thaa}\p{Nd}])?\p{Mn}*$/u // biome-ignore format: one pattern

/** An e-mail address: its domain decides who may vouch for it. */
export interface Email {
  address: string
  domain: string
}

/**
 * The address in a text: exactly one `@`, no quotes, comments or blanks before it, a host name behind it, which becomes lower case. Undefined
 * for anything else: where one reader sees one domain and another one another, nobody vouches.
 */
export function readEmail(text: string): Email | undefined {
  if (text.length > maxBytes) return undefined
  const [local = '', domain = '', ...more] = text.split('@')
  if (more.length > 0 || !localPart.test(local) || !hostName.test(domain)) return undefined
  const lower = domain.toLowerCase()
  return { address: `${local}@${lower}`, domain: lower }
}

/**
 * The address of an account that is kept here, as an administrator or its owner writes it: blanks at the ends do not count, and a domain may
 * have letters beyond ASCII (it becomes its ASCII form, RFC 5891), in the one spelling that this form stands for.
 */
export function readOwnEmail(text: string): Email | undefined {
  if (text.length > 2 * maxBytes) return undefined
  const trimmed = text.trim()
  const at = trimmed.lastIndexOf('@')
  const domain = trimmed.slice(at + 1).toLowerCase()
  const ascii = /[^\0-\x7f]/.test(domain) ? domainToASCII(domain) : domain
  if (ascii !== domain && domainToUnicode(ascii) !== domain) return undefined
  return readEmail(`${trimmed.slice(0, at + 1)}${ascii}`)
}

/**
 * One key for all spellings of an address: people type one as it comes, and no mailbox of ours differs from another by case. Undefined
 * for a text that is no address. Domains have no case (RFC 5321 section 2.4); for the part before the `@` we decide the same.
 */
export function emailKey(text: string): string | undefined {
  return readOwnEmail(text.slice(0, 2 * maxBytes + 1).normalize('NFKC'))?.address.toLowerCase()
}

/** `dot-atom` of RFC 5322 section 3.2.3, with the letters of RFC 6532. */
const localPart = /^[\w!#$%&'*+/=?^`{|}~\p{L}\p{N}\p{M}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\p{L}\p{N}\p{M}-]+)*$/u
const hostName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i

/** Whom `user:NAME` or `user:CLASS/NAME` of a rule means, each name in its one spelling; or what is wrong with the entry. */
export type ReadUserEntry =
  | { entry: string; authenticationClass: string | undefined; problem?: undefined }
  | { entry?: undefined; authenticationClass?: undefined; problem: string }

/** Reads an entry of a rule that begins with `user:`. A name has no slash, so that what is before one is a class. */
export function readUserEntry(text: string): ReadUserEntry {
  const [, authenticationClass, name = ''] = /^user:(?:([^/]*)\/)?(.*)$/su.exec(text) ?? []
  const { username, problem } = readUsername(name)
  if (problem !== undefined) return { problem: `the name ${problem}` }
  return { entry: userEntry(username, authenticationClass), authenticationClass }
}

/** The entry of a rule that means the person with this name, or with this name at this class. */
export function userEntry(username: string, authenticationClass?: string): string {
  return authenticationClass === undefined ? `user:${username}` : `user:${authenticationClass}/${username}`
}

/** A name that is only shown: without what moves a cursor, turns the direction of writing or ends a line. Undefined when nothing is left. */
export function readDisplayName(text: string): string | undefined {
  const shown = text
    .slice(0, 500)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, ' ')
    .trim()
  return shown === '' ? undefined : shown
}
