/** What is wrong with LDAP directories at which this server signs people in. */
import { problem as error, type PathProblem } from './problem.ts'
import type { Config } from './schema.ts'

export function directoryProblems({ login, authenticationClasses }: Config): PathProblem[] {
  return login.flatMap(({ authenticationClass: name }) => {
    const ldap = name === undefined ? undefined : authenticationClasses[name]?.ldap
    if (name === undefined || !ldap) return []
    const path = ['authenticationClasses', name, 'ldap']
    const needsBase = 'is needed without bindCredentials: people bind as UID=NAME,SEARCHBASE'
    return [
      ...(ldap.bindCredentials === undefined && ldap.searchBase === ''
        ? [error([...path, 'searchBase'], needsBase)]
        : []),
      ...filterProblem([...path, 'searchFilter'], ldap.searchFilter),
      ...filterProblem([...path, 'groups', 'searchFilter'], ldap.groups?.searchFilter ?? ''),
    ]
  })
}

/** Parentheses of a filter that are meant as such are never escaped, those of a value always (RFC 4515 section 3). */
function filterProblem(path: string[], text: string): PathProblem[] {
  const written = text.trim()
  const [placeholder] = /%s|\{\d\}|\$\{\w+\}|%\(\w+\)s/.exec(written) ?? []
  if (placeholder !== undefined) {
    const message = `is a template (${placeholder}), and this server compares ldapFieldNames.uid with the name by itself: leave that part out`
    return [error(path, message)]
  }
  const isBalanced = [...written].reduce((depth, character) => {
    if (depth < 0) return depth
    return depth + (character === '(' ? 1 : character === ')' ? -1 : 0)
  }, 0)
  if (isBalanced !== 0) return [error(path, 'is not a filter of LDAP: its parentheses do not match (RFC 4515)')]
  if (written.startsWith('(') && /\)\s*\(/.test(written) && !/^\([&|!]/.test(written))
    return [error(path, 'is more than one filter: write (&(...)(...)) for all of them, or (|(...)(...)) for any')]
  return []
}
