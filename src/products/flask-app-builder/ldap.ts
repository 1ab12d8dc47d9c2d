import { type Comment, comment, type PyStatement, pyAssign, pyEnvironment } from '../../formats.ts'
import type { LdapDirectory, ProductInput, ProductProblem } from '../contract.ts'
import { caVariableName } from '../writing/expected-variables.ts'
import { bindProblems, isLdapAttribute, ldapPath, ldapProblems } from '../writing/ldap-search.ts'
import { error, warning } from '../writing/problem.ts'

export function ldapDirectory({ classes }: ProductInput): LdapDirectory | undefined {
  return classes.find((someClass) => someClass.type === 'ldap')
}

export function directoryProblems(title: string, input: ProductInput): ProductProblem[] {
  const directory = ldapDirectory(input)
  if (!directory) return []
  return [
    ...ldapProblems(directory),
    ...personProblems(directory),
    ...searchWarnings(title, directory),
    ...bindProblems(title, directory, 'binds-as-person'),
    ...groupProblems(title, input, directory),
  ]
}

function personProblems(directory: LdapDirectory): ProductProblem[] {
  return (['givenName', 'surname', 'email'] as const)
    .filter((field) => !isLdapAttribute(directory.fields[field]))
    .map((field) =>
      error(
        [...ldapPath(directory), 'ldapFieldNames', field],
        `${JSON.stringify(directory.fields[field])} is not an attribute name: write one such as mail`,
      ),
    )
}

function searchWarnings(title: string, directory: LdapDirectory): ProductProblem[] {
  const { searchFilter, fields } = directory
  const problems: ProductProblem[] = []
  if (/%s|\{0\}|\$\{USER\}/.test(searchFilter)) {
    problems.push(
      warning(
        'filter-repeats-name',
        [...ldapPath(directory), 'searchFilter'],
        `${title} does not put the user name into it and adds (${fields.uid}=...) itself: remove that part`,
      ),
    )
  }
  return problems
}

function groupProblems(title: string, { product, path }: ProductInput, { fields }: LdapDirectory): ProductProblem[] {
  const names = Object.keys(product.roles).filter((group) => !group.includes('='))
  if (names.length === 0) return []
  return [
    warning(
      'group-not-dn',
      [...path, 'roles'],
      `${title} compares ${fields.group} as the directory writes it, a whole DN, but ${names.join(', ')} is not one: write cn=...,ou=... in full, exactly as it is there`,
    ),
  ]
}

export function ldapStatements(directory: LdapDirectory): PyStatement[] {
  const { url, searchBase, searchFilter, fields } = directory
  return [
    pyAssign('AUTH_LDAP_SERVER', url),
    ...tlsStatements(directory),
    pyAssign('AUTH_LDAP_SEARCH', searchBase),
    ...(searchFilter === '' ? [] : [pyAssign('AUTH_LDAP_SEARCH_FILTER', searchFilter)]),
    ...bindStatements(directory),
    pyAssign('AUTH_LDAP_UID_FIELD', fields.uid),
    pyAssign('AUTH_LDAP_FIRSTNAME_FIELD', fields.givenName),
    pyAssign('AUTH_LDAP_LASTNAME_FIELD', fields.surname),
    pyAssign('AUTH_LDAP_EMAIL_FIELD', fields.email),
    pyAssign('AUTH_LDAP_GROUP_FIELD', groupField(fields.group)),
  ]
}

/** Attribute names have no case, but Flask-AppBuilder looks for the spelling in which directories answer. */
function groupField(name: string): string {
  return name.toLowerCase() === 'memberof' ? 'memberOf' : name
}

function tlsStatements({ tls, className }: LdapDirectory): PyStatement[] {
  if (tls.kind === 'plain') return [pyAssign('AUTH_LDAP_TLS_DEMAND', false)]
  if (tls.kind === 'unverified') {
    return [
      comment('Any certificate is accepted: tls.verification.none in the Gatehouse configuration.'),
      pyAssign('AUTH_LDAP_ALLOW_SELF_SIGNED', true),
    ]
  }
  return [
    pyAssign('AUTH_LDAP_ALLOW_SELF_SIGNED', false),
    pyAssign('AUTH_LDAP_TLS_DEMAND', true),
    ...(tls.kind === 'own-ca' ? [pyAssign('AUTH_LDAP_TLS_CACERTFILE', pyEnvironment(caVariableName(className)))] : []),
  ]
}

function bindStatements({ bind, searchBase, fields }: LdapDirectory): (Comment | PyStatement)[] {
  if (bind) {
    return [
      pyAssign('AUTH_LDAP_BIND_USER', pyEnvironment(bind.userVariable)),
      pyAssign('AUTH_LDAP_BIND_PASSWORD', pyEnvironment(bind.passwordVariable)),
    ]
  }
  return [
    comment('There is no search account: people bind as the entry of their own name.'),
    pyAssign('AUTH_LDAP_USERNAME_FORMAT', `${percent(fields.uid)}=%s,${percent(searchBase)}`),
  ]
}

/** For the `%` operator of Python. */
function percent(text: string): string {
  return text.replaceAll('%', '%%')
}
