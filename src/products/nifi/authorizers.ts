/** NiFi's authorizers.xml: which users and groups exist, and who may do what at first. */
import { comment, writeXml, type XmlElement, xmlElement } from '../../formats.ts'
import type { LdapDirectory, ProductInput, RenderedFile } from '../contract.ts'
import { filterWithout } from '../writing/ldap-search.ts'
import { isBefore } from '../writing/version.ts'
import { elementsWith } from './extra-properties.ts'
import { ldapConnection, xmlProperty } from './login-providers.ts'
import { plainText } from './placeholders.ts'

export const managedAuthorizer = 'managed-authorizer'
export const singleUserAuthorizer = 'single-user-authorizer'

export function authorizers(input: ProductInput<'nifi'>): RenderedFile {
  const [someClass] = input.classes
  const elements = someClass?.type === 'static' ? [singleUser()] : managed(input)
  const note = comment('Permissions. Written by `gatehouse render`: apply.sh copies it to conf/ (REGISTER.md).')
  const path = 'authorizers.xml'
  const root = xmlElement('authorizers', {}, elementsWith(input, path, elements))
  return { path, content: writeXml(root, [note]), takesExtra: true }
}

function singleUser(): XmlElement {
  return xmlElement('authorizer', {}, [
    xmlElement('identifier', {}, singleUserAuthorizer),
    xmlElement('class', {}, 'org.apache.nifi.authorization.single.user.SingleUserAuthorizer'),
  ])
}

function managed(input: ProductInput<'nifi'>): XmlElement[] {
  const directory = directoryOfUsers(input)
  const users = directory ? ldapUsers(directory) : fileUsers(input)
  const { initialAdmin, initialAdminGroup } = input.options
  return [
    users.element,
    xmlElement('accessPolicyProvider', {}, [
      xmlElement('identifier', {}, 'file-access-policy-provider'),
      xmlElement('class', {}, 'org.apache.nifi.authorization.FileAccessPolicyProvider'),
      xmlProperty('User Group Provider', users.identifier),
      xmlProperty('Authorizations File', './conf/authorizations.xml'),
      ...(initialAdmin === undefined ? [] : [xmlProperty('Initial Admin Identity', plainText(initialAdmin))]),
      ...(initialAdminGroup === undefined ? [] : [xmlProperty('Initial Admin Group', plainText(initialAdminGroup))]),
    ]),
    xmlElement('authorizer', {}, [
      xmlElement('identifier', {}, managedAuthorizer),
      xmlElement('class', {}, 'org.apache.nifi.authorization.StandardManagedAuthorizer'),
      xmlProperty('Access Policy Provider', 'file-access-policy-provider'),
    ]),
  ]
}

/** The directory, if users and groups come from it. */
export function directoryOfUsers({ classes, options }: ProductInput<'nifi'>): LdapDirectory | undefined {
  const [someClass] = classes
  return options.ldapUsers && someClass?.type === 'ldap' ? someClass : undefined
}

/** NIFI-14391: from 2.5 on groups can exist from the first start. */
export function makesGroups({ version }: ProductInput<'nifi'>): boolean {
  return !isBefore(version, '2.5')
}

/** Groups that NiFi has from the first start: groups of a sign-in count only if NiFi has them by name. */
export function initialGroups(input: ProductInput<'nifi'>): string[] {
  if (!makesGroups(input)) return []
  const { initialAdminGroup } = input.options
  const fromTeams = input.providers.some(({ vendor, wantsGroups }) => vendor.isOurs && wantsGroups)
  return [
    ...new Set([...(initialAdminGroup === undefined ? [] : [initialAdminGroup]), ...(fromTeams ? input.teams : [])]),
  ]
}

function fileUsers(input: ProductInput<'nifi'>): { identifier: string; element: XmlElement } {
  const identifier = 'file-user-group-provider'
  const { initialAdmin } = input.options
  const element = xmlElement('userGroupProvider', {}, [
    xmlElement('identifier', {}, identifier),
    xmlElement('class', {}, 'org.apache.nifi.authorization.FileUserGroupProvider'),
    xmlProperty('Users File', './conf/users.xml'),
    ...(initialAdmin === undefined ? [] : [xmlProperty('Initial User Identity 1', plainText(initialAdmin))]),
    ...initialGroups(input).map((name, index) => xmlProperty(`Initial Group Identity ${index + 1}`, plainText(name))),
  ])
  return { identifier, element }
}

/** Groups from the attribute of the person: the class does not say where they are in the directory, so their DN is the name. */
function ldapUsers(directory: LdapDirectory): { identifier: string; element: XmlElement } {
  const identifier = 'ldap-user-group-provider'
  const { searchBase, searchFilter, fields } = directory
  const element = xmlElement('userGroupProvider', {}, [
    xmlElement('identifier', {}, identifier),
    xmlElement('class', {}, 'org.apache.nifi.ldap.tenants.LdapUserGroupProvider'),
    ...ldapConnection(directory),
    xmlProperty('Sync Interval', '30 mins'),
    xmlProperty('Group Membership - Enforce Case Sensitivity', 'false'),
    xmlProperty('User Search Base', plainText(searchBase)),
    xmlProperty('User Object Class', 'person'),
    xmlProperty('User Search Scope', 'SUBTREE'),
    xmlProperty('User Search Filter', filterWithout(/[$]/g, searchFilter)),
    xmlProperty('User Identity Attribute', ''),
    xmlProperty('User Group Name Attribute', fields.group),
    xmlProperty('User Group Name Attribute - Referenced Group Attribute', ''),
    xmlProperty('Group Search Base', ''),
  ])
  return { identifier, element }
}
