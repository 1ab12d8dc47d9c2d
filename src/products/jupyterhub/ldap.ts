import {
  comment,
  type PyStatement,
  type PyValue,
  pyAssign,
  pyDict,
  pyEnvironment,
  pyFrom,
  pyName,
} from '../../formats.ts'
import type { LdapDirectory, ProductInput, ProductProblem } from '../contract.ts'
import { caVariableName } from '../writing/expected-variables.ts'
import { bindProblems, groupFilter, ldapProblems } from '../writing/ldap-search.ts'
import { warning } from '../writing/problem.ts'

/** ldapauthenticator 2. */
const authenticator = 'c.LDAPAuthenticator'

export function directoryProblems(
  directory: LdapDirectory,
  { product, path }: ProductInput<'jupyterhub'>,
): ProductProblem[] {
  const problems = [...ldapProblems(directory), ...bindProblems('JupyterHub', directory, 'binds-as-person')]
  for (const [group, roles] of Object.entries(product.roles)) {
    if (!group.includes('=')) {
      problems.push(
        warning(
          'group-not-dn',
          [...path, 'roles', group],
          'is not a DN, by which JupyterHub asks the directory: write cn=...,ou=... in full',
        ),
      )
    }
    if (roles.includes('admin')) {
      problems.push(
        warning(
          'admin-missing',
          [...path, 'roles', group],
          'lets its members in, but nobody becomes an administrator: LDAPAuthenticator cannot do that by group. Name them in jupyterhub.adminUsers',
        ),
      )
    }
  }
  return problems
}

export function ldapImports({ tls }: LdapDirectory): PyStatement[] {
  return tls.kind === 'plain'
    ? []
    : [pyFrom('ssl', [tls.kind === 'unverified' ? 'CERT_NONE' : 'CERT_REQUIRED', 'CHECKED'])]
}

export function ldapStatements(directory: LdapDirectory, allowedGroups: readonly string[]): PyStatement[] {
  const { host, port, tls, bind, searchBase, searchFilter, fields } = directory
  return [
    pyAssign('c.JupyterHub.authenticator_class', 'ldapauthenticator.LDAPAuthenticator'),
    pyAssign(`${authenticator}.server_address`, host),
    pyAssign(`${authenticator}.server_port`, port),
    pyAssign(`${authenticator}.tls_strategy`, tls.kind === 'plain' ? 'insecure' : 'on_connect'),
    ...tlsStatements(directory),
    pyAssign(`${authenticator}.user_search_base`, searchBase),
    pyAssign(`${authenticator}.user_attribute`, fields.uid),
    ...(bind
      ? [
          pyAssign(`${authenticator}.lookup_dn`, true),
          pyAssign(`${authenticator}.lookup_dn_search_user`, pyEnvironment(bind.userVariable)),
          pyAssign(`${authenticator}.lookup_dn_search_password`, pyEnvironment(bind.passwordVariable)),
          pyAssign(`${authenticator}.lookup_dn_user_dn_attribute`, fields.uid),
          ...(searchFilter === ''
            ? []
            : [
                pyAssign(
                  `${authenticator}.lookup_dn_search_filter`,
                  `(&({login_attr}={login})${braces(searchFilter)})`,
                ),
              ]),
        ]
      : [
          pyAssign(`${authenticator}.bind_dn_template`, [`${braces(fields.uid)}={username},${braces(searchBase)}`]),
          ...(searchFilter === ''
            ? []
            : [pyAssign(`${authenticator}.search_filter`, `(&({userattr}={username})${braces(searchFilter)})`)]),
        ]),
    comment('The characters that user names in a directory usually have.'),
    pyAssign(`${authenticator}.valid_username_regex`, '^[A-Za-z0-9][A-Za-z0-9._@-]*$'),
    ...groupStatements(allowedGroups),
  ]
}

/** The defaults request memberUid too, and ldap3 refuses an attribute that the schema of the directory lacks. */
function groupStatements(allowedGroups: readonly string[]): PyStatement[] {
  if (allowedGroups.length === 0) return []
  return [
    pyAssign(`${authenticator}.allowed_groups`, allowedGroups),
    pyAssign(`${authenticator}.group_search_filter`, groupFilter('{userdn}')),
    pyAssign(`${authenticator}.group_attributes`, ['member', 'uniqueMember']),
  ]
}

/** ldap3 checks certificates only if told to. */
function tlsStatements({ tls, className }: LdapDirectory): PyStatement[] {
  if (tls.kind === 'plain') return []
  const entries: [string, PyValue][] = [['validate', pyName('CHECKED')]]
  if (tls.kind === 'own-ca') entries.push(['ca_certs_file', pyEnvironment(caVariableName(className))])
  return [
    comment(
      tls.kind === 'unverified'
        ? 'Any certificate is accepted: tls.verification.none in the Gatehouse configuration.'
        : 'Without it ldap3 accepts any certificate.',
    ),
    pyAssign(`${authenticator}.tls_kwargs`, pyDict(entries)),
  ]
}

/** For `str.format` of Python. */
function braces(text: string): string {
  return text.replaceAll('{', '{{').replaceAll('}', '}}')
}
