/** What products that search a directory have in common: filters (RFC 4515) and the attributes and bases that go into them. */
import type { LdapDirectory, ProductProblem } from '../contract.ts'
import { error, warning } from './problem.ts'

const deepest = 50
const assertion = /^[A-Za-z0-9][A-Za-z0-9.;-]*(?::dn)?(?::[A-Za-z0-9.-]+)?:?[~<>]?=(?:[^()\\\0]|\\[0-9a-fA-F]{2})*$/

/** Whether a text is exactly one filter. Other text could close the filter into which a product puts it, and open another. */
export function isLdapFilter(text: string): boolean {
  return isCharacters(text) && endOfFilter(text, 0, 0) === text.length
}

/** No lone surrogates, and neither of the two code points that XML cannot express. */
function isCharacters(text: string): boolean {
  return text.isWellFormed() && !/[\ufffe\uffff]/.test(text)
}

/** The end of the filter that begins at `start`; -1 when there is none. */
function endOfFilter(text: string, start: number, depth: number): number {
  if (text[start] !== '(' || depth > deepest) return -1
  const operator = text[start + 1] ?? ''
  if ('&|!'.includes(operator) && operator !== '') return endOfList(text, start + 2, operator === '!', depth)
  const end = text.indexOf(')', start)
  return end > 0 && assertion.test(text.slice(start + 1, end)) ? end + 1 : -1
}

function endOfList(text: string, start: number, one: boolean, depth: number): number {
  let at = start
  let filters = 0
  while (text[at] === '(') {
    at = endOfFilter(text, at, depth + 1)
    if (at < 0) return -1
    filters++
  }
  return text[at] === ')' && filters > 0 && (!one || filters === 1) ? at + 1 : -1
}

/** RFC 4512 section 1.4: a name or an OID, with options. */
export function isLdapAttribute(text: string): boolean {
  return /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)(?:;[A-Za-z0-9-]+)*$/.test(text)
}

/** The same filter with characters escaped that have a meaning to the product (RFC 4515 section 3). */
export function filterWithout(characters: RegExp, filter: string): string {
  return filter.replace(characters, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** Finds the entry of the person who signs in: by name, and by the filter of the class if there is one. */
export function personFilter(assertion: string, searchFilter: string): string {
  return searchFilter === '' ? `(${assertion})` : `(&(${assertion})${searchFilter})`
}

/** Where the settings of a directory are in the configuration. */
export function ldapPath({ className }: LdapDirectory): string[] {
  return ['authenticationClasses', className, 'ldap']
}

/** What no product can put into a filter. `placeholder`: what this product replaces with the user name, allowed in searchFilter. */
export function ldapProblems(directory: LdapDirectory, placeholder?: string): ProductProblem[] {
  const at = ldapPath(directory)
  const { fields, searchFilter, searchBase } = directory
  const problems: ProductProblem[] = []
  for (const [field, attribute] of [
    ['uid', fields.uid],
    ['group', fields.group],
  ] as const) {
    if (isLdapAttribute(attribute)) continue
    problems.push(
      error(
        [...at, 'ldapFieldNames', field],
        `${JSON.stringify(attribute)} is not an attribute name: write one such as uid`,
      ),
    )
  }
  const filter = placeholder === undefined ? searchFilter : searchFilter.replaceAll(placeholder, 'name')
  if (searchFilter !== '' && !isLdapFilter(filter)) {
    problems.push(
      error(
        [...at, 'searchFilter'],
        `${JSON.stringify(searchFilter)} is not a single LDAP filter (RFC 4515): write one in parentheses, such as (memberOf=cn=data,ou=teams,dc=example,dc=com), and characters with a meaning as \\28, \\29, \\2a and \\5c`,
      ),
    )
  }
  if (!isCharacters(searchBase)) {
    problems.push(
      error(
        [...at, 'searchBase'],
        `${JSON.stringify(searchBase)} contains characters that no name may have: write it again`,
      ),
    )
  }
  if (searchBase === '') {
    problems.push(
      error(
        [...at, 'searchBase'],
        'is empty, so nobody is found: name the branch with the people, such as ou=people,dc=example,dc=com',
      ),
    )
  }
  return problems
}

/** What happens without an account that searches: an error, an anonymous search, or no search at all. */
export type WithoutBind = 'required' | 'anonymous' | 'binds-as-person'

export function bindProblems(title: string, directory: LdapDirectory, without: WithoutBind): ProductProblem[] {
  const { bind, fields, searchBase } = directory
  if (bind) return []
  const at = [...ldapPath(directory), 'bindCredentials']
  if (without === 'required') {
    return [error(at, `is missing: ${title} looks people up before they sign in. Add it, with a DN that may search`)]
  }
  if (without === 'anonymous') {
    return [
      warning(
        'bind-missing',
        at,
        `is missing, so ${title} looks people up anonymously: add it unless the directory lets everybody search`,
      ),
    ]
  }
  return [
    warning(
      'bind-missing',
      at,
      `is missing, so there is no search and people bind as ${fields.uid}=NAME,${searchBase}: add it unless every account has that DN (never so in Active Directory)`,
    ),
  ]
}

/**
 * Entries that list somebody as a member: `member` is in groupOfNames and in Active Directory, `uniqueMember` in groupOfUniqueNames
 * (RFC 4519 section 2). The filter names no classes of entries, because they differ between directories. `person`: what the product
 * replaces with the DN. `name`: likewise with the user name, by which groups of POSIX list people (RFC 2307); undefined where the product
 * cannot ask for that.
 */
export function groupFilter(person: string, name?: string): string {
  return `(|(member=${person})(uniqueMember=${person})${name === undefined ? '' : `(memberUid=${name})`})`
}
