/** Trino's password authenticators: directories and lists of accounts, one file each. */
import { airliftVariable, type Comment, comment, mdCode, type Property, property, shellWord } from '../../formats.ts'
import type {
  ExpectedVariable,
  LdapDirectory,
  ProductInput,
  ProductProblem,
  RenderedFile,
  StaticAccounts,
} from '../contract.ts'
import { propertiesFile } from '../extra/files.ts'
import { bindVariables } from '../writing/expected-variables.ts'
import { bindProblems, filterWithout, ldapPath, ldapProblems, personFilter } from '../writing/ldap-search.ts'
import { error, warning } from '../writing/problem.ts'
import { isExpanded, trinoCaFile, trinoSyntax } from './values.ts'

type PasswordClass = LdapDirectory | StaticAccounts

export function passwordClasses({ classes }: ProductInput<'trino'>): PasswordClass[] {
  return classes.filter((someClass) => someClass.type === 'ldap' || someClass.type === 'static')
}

/** With one class Trino finds the file itself; several must be named. */
export function passwordProperties(input: ProductInput<'trino'>): Property[] {
  const all = passwordClasses(input)
  if (all.length < 2) return []
  return [
    property('password-authenticator.config-files', all.map((someClass) => `etc/${fileName(someClass)}`).join(',')),
  ]
}

function fileName({ className, type }: PasswordClass): string {
  return `${className}-password-${type === 'ldap' ? 'ldap' : 'file'}-auth.properties`
}

export function passwordFiles(input: ProductInput<'trino'>): RenderedFile[] {
  const all = passwordClasses(input)
  return all.map((someClass) => {
    const path = all.length === 1 ? 'password-authenticator.properties' : fileName(someClass)
    const entries = [
      comment('Passwords. Written by `gatehouse render`: put it into etc/ of the coordinator (REGISTER.md).'),
      ...(someClass.type === 'ldap' ? ldapAuthenticator(someClass) : fileAuthenticator(someClass)),
    ]
    return propertiesFile(input, path, entries, { syntax: trinoSyntax })
  })
}

function fileAuthenticator(accounts: StaticAccounts): Property[] {
  return [property('password-authenticator.name', 'file'), property('file.password-file', passwordFile(accounts))]
}

function passwordFile({ className }: StaticAccounts): string {
  return `etc/${className}-passwords.db`
}

/** How a directory is reached, the same for passwords and for groups. */
export function ldapConnection(directory: LdapDirectory): (Comment | Property)[] {
  const { url, tls } = directory
  return [
    property('ldap.url', url),
    ...(tls.kind === 'plain' ? [property('ldap.allow-insecure', 'true')] : []),
    ...(tls.kind === 'own-ca' ? [property('ldap.ssl.truststore.path', trinoCaFile(directory))] : []),
  ]
}

/** Trino puts the user name where it finds `${USER}`, and refuses names with characters that mean something to LDAP. */
const user = '${USER}'

function ldapAuthenticator(directory: LdapDirectory): (Comment | Property)[] {
  const { bind, searchBase, searchFilter, fields } = directory
  const connection = [property('password-authenticator.name', 'ldap'), ...ldapConnection(directory)]
  const search = [
    property('ldap.user-base-dn', searchBase),
    property('ldap.group-auth-pattern', searchPattern(directory)),
  ]
  if (bind) {
    return [
      ...connection,
      ...search,
      property('ldap.bind-dn', airliftVariable(bind.userVariable)),
      property('ldap.bind-password', airliftVariable(bind.passwordVariable)),
    ]
  }
  return [
    ...connection,
    comment('There is no search account: people bind with the entry of this name, directly below the search base.'),
    property('ldap.user-bind-pattern', `${fields.uid}=${user},${searchBase}`),
    ...(searchFilter === '' ? [] : search),
  ]
}

function searchPattern({ fields, searchFilter }: LdapDirectory): string {
  const person = `${fields.uid}=${user}`
  if (searchFilter === '') return `(&(${person}))`
  // The filter must contain neither ${USER} nor ${ENV:...}.
  return personFilter(person, filterWithout(/\$/g, searchFilter))
}

export function passwordProblems(input: ProductInput<'trino'>): ProductProblem[] {
  return passwordClasses(input).flatMap((someClass) =>
    someClass.type === 'ldap' ? directoryProblems(someClass) : accountProblems(someClass),
  )
}

function directoryProblems(directory: LdapDirectory): ProductProblem[] {
  const { searchBase, bind } = directory
  const at = [...ldapPath(directory), 'searchBase']
  const problems = [...ldapProblems(directory), ...bindProblems('Trino', directory, 'binds-as-person')]
  if (isExpanded(searchBase) || searchBase.includes(user)) {
    problems.push(error(at, `Trino would replace a part of ${JSON.stringify(searchBase)}: write it without \${...}`))
  }
  if (!bind && searchBase.includes(':')) {
    problems.push(
      error(at, `Trino reads ${JSON.stringify(searchBase)} as several, because of the colon: add bindCredentials`),
    )
  }
  return problems
}

function accountProblems({ users, path, secretName }: StaticAccounts): ProductProblem[] {
  if (users.length === 0) {
    return [
      warning(
        'accounts-missing',
        path,
        `there is no account in secrets.${secretName}.users, so nobody can sign in: add one`,
      ),
    ]
  }
  return users
    .filter(({ name }) => name.includes(':') || name.trim() !== name || /^[#-]/.test(name))
    .map(({ name }) =>
      error(
        path,
        `Trino's password file cannot hold the user name ${JSON.stringify(name)}: write it without colons, surrounding blanks or a leading # or -`,
      ),
    )
}

export function passwordVariables(input: ProductInput<'trino'>): ExpectedVariable[] {
  return passwordClasses(input).flatMap((someClass) =>
    someClass.type === 'ldap'
      ? bindVariables(someClass)
      : someClass.users.map(({ name, passwordVariable }) => ({
          name: passwordVariable,
          note: `The password of ${name}, for the command in REGISTER.md that creates ${passwordFile(someClass)}.`,
          from: { secretName: someClass.secretName, key: name },
        })),
  )
}

export function passwordSteps(input: ProductInput<'trino'>): string[] {
  const all = passwordClasses(input)
  if (all.length === 0) return []
  const files = all.length === 1 ? ['password-authenticator.properties'] : all.map(fileName)
  return [
    `Copy ${files.map(mdCode).join(', ')} to \`etc/\` of the coordinator.`,
    ...all.flatMap((someClass) => (someClass.type === 'ldap' ? directorySteps(someClass) : accountSteps(someClass))),
  ]
}

function directorySteps(directory: LdapDirectory): string[] {
  if (directory.tls.kind !== 'own-ca') return []
  return [
    `Copy the certificate authority (\`ca.crt\` of ${mdCode(directory.tls.secretClass)}, PEM) to ${mdCode(trinoCaFile(directory))}. Trino does not start without the file.`,
  ]
}

function accountSteps(accounts: StaticAccounts): string[] {
  const file = passwordFile(accounts)
  return [
    [
      `Create ${mdCode(file)} from the passwords in the environment (\`htpasswd\` is in apache2-utils), and again whenever one changes. Trino rereads the file every 5 seconds and stores no password in clear text:`,
      '```sh',
      `: > ${shellWord(file)}`,
      ...accounts.users.map(
        ({ name, passwordVariable }) =>
          `printf '%s' "$${passwordVariable}" | htpasswd -niBC 12 ${shellWord(name)} >> ${shellWord(file)}`,
      ),
      '```',
    ].join('\n'),
  ]
}
