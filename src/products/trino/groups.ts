/** Where Trino takes groups from: a claim (up to 479), a file, or a directory. */
import { airliftVariable, comment, mdCode, type Property, property } from '../../formats.ts'
import type { LdapDirectory, ProductInput, ProductProblem, RenderedFile } from '../contract.ts'
import { propertiesFile } from '../extra/files.ts'
import { nestedClaimProblems } from '../writing/groups-claim.ts'
import { filterWithout, personFilter } from '../writing/ldap-search.ts'
import { error, warning } from '../writing/problem.ts'
import { isBefore } from '../writing/version.ts'
import { ldapConnection } from './passwords.ts'
import { trinoSyntax } from './values.ts'

export type GroupSource = { kind: 'claim' } | { kind: 'file' } | { kind: 'ldap'; directory: LdapDirectory }

/** Undefined: nobody asked for groups. */
export function groupSource(input: ProductInput<'trino'>): GroupSource | undefined {
  const asked = input.options.groupsFrom
  const directory = searchable(input)
  const fromDirectory: GroupSource = directory ? { kind: 'ldap', directory } : { kind: 'file' }
  if (asked !== undefined) return asked === 'ldap' ? fromDirectory : { kind: 'file' }
  if (!input.providers.some(({ wantsGroups }) => wantsGroups)) return undefined
  return isBefore(input.version, '480') ? { kind: 'claim' } : fromDirectory
}

/** A directory in which the group provider may search. */
function searchable({ classes }: ProductInput<'trino'>): LdapDirectory | undefined {
  return classes.find((someClass) => someClass.type === 'ldap' && someClass.bind !== undefined) as
    | LdapDirectory
    | undefined
}

export function groupProvider(input: ProductInput<'trino'>): RenderedFile | undefined {
  const source = groupSource(input)
  if (!source || source.kind === 'claim') return undefined
  const entries =
    source.kind === 'file'
      ? [
          comment(
            'Groups for access control. Written by `gatehouse render`: put it into etc/ beside etc/groups.txt (REGISTER.md).',
          ),
          property('group-provider.name', 'file'),
          property('file.group-file', 'etc/groups.txt'),
        ]
      : [
          comment('Groups for access control. Written by `gatehouse render`: put it into etc/ (REGISTER.md).'),
          ...ldapGroups(source.directory),
        ]
  return propertiesFile(input, 'group-provider.properties', entries, { syntax: trinoSyntax })
}

/** From the attribute of the person that names the groups: the class does not say where groups are kept. */
function ldapGroups(directory: LdapDirectory): Property[] {
  const { bind, fields, searchBase, searchFilter } = directory
  const connection = ldapConnection(directory).filter((entry) => entry.kind === 'property')
  // The braces belong to the group provider, which puts the user name into {0}.
  const filter = personFilter(`${fields.uid}={0}`, filterWithout(/[${}]/g, searchFilter))
  return [
    property('group-provider.name', 'ldap'),
    ...connection,
    ...(bind
      ? [
          property('ldap.admin-user', airliftVariable(bind.userVariable)),
          property('ldap.admin-password', airliftVariable(bind.passwordVariable)),
        ]
      : []),
    property('ldap.user-base-dn', searchBase),
    property('ldap.user-search-filter', filter),
    property('ldap.group-name-attribute', 'cn'),
    property('ldap.use-group-filter', 'false'),
    property('ldap.user-member-of-attribute', fields.group),
  ]
}

export function groupProblems(input: ProductInput<'trino'>): ProductProblem[] {
  const asked = input.options.groupsFrom
  const at = [...input.path, 'trino', 'groupsFrom']
  const problems: ProductProblem[] = []
  if (asked === 'ldap' && isBefore(input.version, '476')) {
    problems.push(error(at, 'Trino 476 and later reads groups from a directory: use a later version, or file'))
  }
  if (asked === 'ldap' && !searchable(input)) {
    problems.push(
      error(
        at,
        'needs a class of type ldap with bindCredentials in `authentication`, which may search: add one, or write file',
      ),
    )
  }
  const byClaim = groupSource(input)?.kind === 'claim' ? input.providers : []
  return [
    ...problems,
    ...nestedClaimProblems(byClaim, { title: 'Trino' }),
    ...sourceProblems(input),
    ...ignoredGroupField(input),
  ]
}

function sourceProblems(input: ProductInput<'trino'>): ProductProblem[] {
  if (input.options.groupsFrom !== undefined || isBefore(input.version, '480')) return []
  const from =
    groupSource(input)?.kind === 'ldap'
      ? 'asks the directory instead, for the user name that Trino knows'
      : 'reads etc/groups.txt instead; REGISTER.md says how to write it'
  return input.providers
    .filter(({ wantsGroups }) => wantsGroups)
    .map(({ path }) =>
      warning(
        'groups-missing',
        path,
        `Trino 480 and later reads no groups at sign-in: group-provider.properties ${from}`,
      ),
    )
}

/** `memberof` is the default of the schema, so only another name shows that somebody wants groups. */
function ignoredGroupField(input: ProductInput<'trino'>): ProductProblem[] {
  const source = groupSource(input)
  return input.classes
    .filter((someClass) => someClass.type === 'ldap')
    .filter(
      (someClass) =>
        someClass.fields.group !== 'memberof' && !(source?.kind === 'ldap' && source.directory === someClass),
    )
    .map(({ className }) =>
      warning(
        'setting-ignored',
        ['authenticationClasses', className, 'ldap', 'ldapFieldNames', 'group'],
        'is ignored: Trino reads groups from a group provider only. Set trino.groupsFrom to ldap (Trino 476 and later)',
      ),
    )
}

export function groupSteps(input: ProductInput<'trino'>): string[] {
  const source = groupSource(input)
  if (source?.kind === 'ldap') {
    return [
      `Copy \`group-provider.properties\` to \`etc/\`. Trino takes the groups from the attribute ${mdCode(source.directory.fields.group)} of the person, by their \`cn\`. The plugin \`ldap-group-provider\` must be there (it is in the server and in the image, not in \`trino-server-core\`).`,
    ]
  }
  return source?.kind === 'file' ? [groupFileStep(input)] : []
}

function groupFileStep({ teams }: ProductInput<'trino'>): string {
  const examples = (teams.length > 0 ? teams : ['analysts']).map((team) => `${team}:alice,bob`)
  return [
    'Copy `group-provider.properties` to `etc/` and write `etc/groups.txt`, one line per group, its members by user name. Trino does not start without the file and reads changes within 5 seconds:',
    '```text',
    ...examples,
    '```',
  ].join('\n')
}
