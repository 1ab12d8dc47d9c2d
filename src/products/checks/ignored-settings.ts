/** Settings in the configuration that a product kind does not follow. */
import { shownClaim } from '../../claim-path.ts'
import type { OidcClientOptions, ProductAuthentication } from '../../config/schema.ts'
import type { ProductDescription, ProductInput, ProductProblem, ResolvedClass, Setting } from '../contract.ts'
import { error, warning } from '../writing/problem.ts'

const ldapDefaults: Readonly<Record<string, string>> = {
  uid: 'uid',
  group: 'memberof',
  givenName: 'givenName',
  surname: 'sn',
  email: 'mail',
}

/** Settings in the configuration, each with its place. */
function writtenSettings({ product, classes, path }: ProductInput): [Setting, ProductProblem['path']][] {
  const written: [Setting, ProductProblem['path']][] = []
  if (Object.keys(product.roles).length > 0) written.push(['roles', [...path, 'roles']])
  for (const key of ['redirectUris', 'postLogoutRedirectUris'] as const) {
    if (product[key].length > 0) written.push([key, [...path, key]])
  }
  if (product.responseTypes !== undefined) written.push(['responseTypes', [...path, 'responseTypes']])
  for (const someClass of classes) {
    const { entry, path: at, className } = someClass
    if (entry.title !== undefined) written.push(['title', [...at, 'title']])
    for (const key of someClass.type === 'oidc' ? (['extraScopes', 'authorizationParameters'] as const) : []) {
      if (isWritten(entry, key)) written.push([key, [...at, 'oidc', key]])
    }
    for (const key of ['userRegistration', 'userRegistrationRole', 'syncRolesAt'] as const) {
      if (entry[key] !== undefined) written.push([key, [...at, key]])
    }
    if (someClass.type === 'oidc' && shownClaim(someClass.groupsClaim) !== someClass.vendor.groups.claim) {
      written.push(['groupsClaim', ['authenticationClasses', className, 'oidc', 'groupsClaim']])
    }
    for (const key of ['groupsFilter', 'groupsPrefix'] as const) {
      if (someClass.type !== 'oidc' || someClass[key] === undefined) continue
      written.push([key, ['authenticationClasses', className, 'oidc', key]])
    }
    if (someClass.type === 'oidc' && someClass.internalUrl !== undefined) {
      written.push(['internalUrl', ['authenticationClasses', className, 'oidc', 'internalUrl']])
    }
    if (someClass.type === 'github' && someClass.organizations.length > 0) {
      written.push(['organizations', ['authenticationClasses', className, 'github', 'organizations']])
    }
    written.push(...writtenLimits(someClass))
    if (someClass.type !== 'ldap') continue
    const ldap = ['authenticationClasses', className, 'ldap']
    if (someClass.searchFilter !== '') written.push(['searchFilter', [...ldap, 'searchFilter']])
    for (const [field, name] of Object.entries(someClass.fields)) {
      if (name === ldapDefaults[field]) continue
      written.push([`ldapFieldNames.${field}` as Setting, [...ldap, 'ldapFieldNames', field]])
    }
  }
  return written
}

const generalReasons: Readonly<Partial<Record<Setting, string>>> = {
  roles: 'has no roles that Gatehouse could assign',
  redirectUris: 'has its own addresses below url',
  postLogoutRedirectUris: 'has its own addresses below url',
  responseTypes: 'has one flow',
  authorizationParameters: 'cannot send custom parameters to the authorization endpoint',
  internalUrl:
    'calls the provider at its public address. Let the public host name lead to the provider inside of your network too (split DNS, or hostAliases of Kubernetes)',
  groupsFilter: 'gets the groups as the provider sends them',
  groupsPrefix: 'gets the groups as the provider sends them',
  userRegistration: 'has no such switch',
  userRegistrationRole: 'has no such setting',
  syncRolesAt: 'has no such setting',
  title: 'has no button that could be named',
}

/** Settings of a class that keep people out: where one is not followed, everybody would get in. */
const limits = ['teams', 'allowedGroups', 'hostedDomains', 'allowedTenants', 'allowedDomains'] as const

function writtenLimits(someClass: ResolvedClass): [Setting, ProductProblem['path']][] {
  const { type, className } = someClass
  if (type !== 'oidc' && type !== 'github') return []
  const written: Partial<Record<(typeof limits)[number], readonly string[]>> = someClass
  return limits
    .filter((limit) => (written[limit] ?? []).length > 0)
    .map((limit) => [limit, ['authenticationClasses', className, type, limit]])
}

export function ignoredSettings(input: ProductInput, description: ProductDescription): ProductProblem[] {
  return [
    ...unfollowed(input, description),
    ...input.classes.flatMap(clientOptions),
    ...input.classes.flatMap((someClass) => onlyHere(someClass, input, description)),
  ]
}

function unfollowed(input: ProductInput, description: ProductDescription): ProductProblem[] {
  return writtenSettings(input)
    .filter(([setting]) => !description.client.follows.includes(setting))
    .map(([setting, at]) => {
      const reason =
        description.ignores?.[setting] ?? `${description.title} ${generalReasons[setting] ?? 'does not read it'}`
      return isLimit(setting)
        ? unheeded(at, input, description)
        : warning('setting-ignored', at, `is ignored: ${reason}`)
    })
}

function isLimit(setting: Setting): boolean {
  return (limits as readonly Setting[]).includes(setting)
}

function unheeded(at: ProductProblem['path'], { name }: ProductInput, { title, client }: ProductDescription) {
  const [, className = ''] = at
  const way =
    client.takesGatehouse === false
      ? `give it a class without it and limit people in ${title} itself, or put Dex in between (product dex)`
      : `list ${className} under \`login\` and give ${name} the class gatehouse`
  return error(at, `${title} cannot keep anybody out by it and would let everybody in: ${way}`)
}

/** Whether the configuration contains a setting of the client: the schema fills in empty ones. */
function isWritten({ oidc }: ProductAuthentication, key: keyof OidcClientOptions): boolean {
  const value = oidc?.[key]
  return typeof value === 'object' ? Object.keys(value).length > 0 : value !== undefined
}

/** GitHub uses only the credentials of the client; a class without clients uses nothing of it. */
function clientOptions(someClass: ResolvedClass): ProductProblem[] {
  const { entry, type, className, path } = someClass
  if (type === 'oidc' || !entry.oidc) return []
  const reason = `is ignored: ${className} is not an OpenID Connect provider, remove it`
  if (type !== 'github') return [warning('setting-ignored', [...path, 'oidc'], reason)]
  return (['extraScopes', 'clientAuthenticationMethod', 'authorizationParameters'] as const)
    .filter((key) => isWritten(entry, key))
    .map((key) => warning('setting-ignored', [...path, 'oidc', key], reason))
}

/** Products get the address of one server, and ldaps: with StartTLS there is no such port. */
function onlyHere(
  someClass: ResolvedClass,
  { name }: ProductInput,
  { title, client }: ProductDescription,
): ProductProblem[] {
  if (someClass.type !== 'ldap') return []
  const { className } = someClass
  return someClass.onlyHere.map((key) => {
    const at = ['authenticationClasses', className, 'ldap', key]
    if (key !== 'startTls') return warning('setting-ignored', at, `is ignored in ${title}: it is for signing in here`)
    const here =
      client.takesGatehouse === false
        ? ''
        : `, or list ${className} under \`login\` and give ${name} the class gatehouse`
    return error(
      at,
      `is for signing in here, and ${title} is given ldaps: take it out and name the port of ldaps${here}`,
    )
  })
}
