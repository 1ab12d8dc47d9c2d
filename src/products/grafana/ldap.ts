import { comment, type TomlBody, tomlKey, tomlTable, tomlTables } from '../../formats.ts'
import type { LdapDirectory, ProductInput } from '../contract.ts'
import { filterWithout, personFilter } from '../writing/ldap-search.ts'
import { groupsByRole } from '../writing/roles.ts'
import { grafanaVariable } from './variable.ts'

/** The highest first: Grafana takes the first that matches. */
export const grafanaRoles = ['GrafanaAdmin', 'Admin', 'Editor', 'Viewer'] as const
export type GrafanaRole = (typeof grafanaRoles)[number]

export function isGrafanaRole(role: string): role is GrafanaRole {
  return grafanaRoles.some((known) => known === role)
}

/** `ldap.toml`. With group mappings only people of a mapped group get in. */
export function ldapToml(input: ProductInput, ldap: LdapDirectory): TomlBody {
  return [
    comment('The directory. Written by `gatehouse render`: put it where [auth.ldap] config_file says.'),
    tomlTables('servers', [[...connection(ldap), ...search(ldap), attributes(ldap), ...mappings(input)]]),
  ]
}

function connection({ className, host, port, tls, bind, fields, searchBase }: LdapDirectory): TomlBody {
  return [
    tomlKey('host', host),
    tomlKey('port', port),
    tomlKey('use_ssl', tls.kind !== 'plain'),
    tomlKey('start_tls', false),
    ...(tls.kind === 'unverified' ? [tomlKey('ssl_skip_verify', true)] : []),
    ...(tls.kind === 'own-ca' ? [tomlKey('root_ca_cert', `/etc/grafana/${className}-ca.pem`)] : []),
    ...(bind
      ? [
          tomlKey('bind_dn', grafanaVariable(bind.userVariable)),
          tomlKey('bind_password', grafanaVariable(bind.passwordVariable)),
        ]
      : [
          comment('There is no search account: Grafana binds as the person.'),
          tomlKey('bind_dn', `${fields.uid}=%s,${searchBase}`),
        ]),
  ]
}

function search({ searchBase, searchFilter, fields }: LdapDirectory): TomlBody {
  return [
    tomlKey('search_filter', personFilter(`${fields.uid}=%s`, filterWithout(/%/g, searchFilter))),
    tomlKey('search_base_dns', [searchBase]),
  ]
}

function attributes({ fields }: LdapDirectory): TomlBody[number] {
  return tomlTable('attributes', [
    tomlKey('name', fields.givenName),
    tomlKey('surname', fields.surname),
    tomlKey('username', fields.uid),
    tomlKey('member_of', fields.group),
    tomlKey('email', fields.email),
  ])
}

function mappings(input: ProductInput): TomlBody {
  const groups = groupsByRole(input)
  const bodies = grafanaRoles.flatMap((role) => (groups.get(role) ?? []).map((group) => mapping(group, role)))
  return bodies.length === 0 ? [] : [tomlTables('group_mappings', bodies)]
}

function mapping(group: string, role: GrafanaRole): TomlBody {
  const isServerAdmin = role === 'GrafanaAdmin'
  return [
    tomlKey('group_dn', group),
    tomlKey('org_role', isServerAdmin ? 'Admin' : role),
    ...(isServerAdmin ? [tomlKey('grafana_admin', true)] : []),
  ]
}
