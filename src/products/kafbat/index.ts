import { kindTitles } from '../../config/product-titles.ts'
import { mdCode, writeYaml, type YamlValue, yamlComment } from '../../formats.ts'
import type {
  GitHubProvider,
  LdapDirectory,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  Rendering,
  ResolvedClass,
  Strangers,
} from '../contract.ts'
import { type TreeSyntax, treeWith } from '../extra/files.ts'
import { bindVariables, clientVariables } from '../writing/expected-variables.ts'
import { claimCode, claimName, nestedClaimProblems } from '../writing/groups-claim.ts'
import { innerAddressProblems } from '../writing/inner-address.ts'
import {
  bindProblems,
  filterWithout,
  groupFilter,
  ldapPath,
  ldapProblems,
  personFilter,
} from '../writing/ldap-search.ts'
import { error, warning } from '../writing/problem.ts'
import { nameForPeople } from '../writing/provider-facts.ts'
import {
  clientTexts,
  type NamedText,
  providerTexts,
  roleTexts,
  textProblems,
  titleTexts,
} from '../writing/replaced-texts.ts'
import {
  groupClaimProblems,
  groupsByRole,
  hasRoles,
  isDecidedElsewhere,
  severalProviderProblems,
  unknownRoles,
} from '../writing/roles.ts'
import { isBefore } from '../writing/version.ts'
import { kafbatClient, redirectUri } from './client.ts'
import { kafbatRoleNames, permissionsOf } from './permissions.ts'

const title = kindTitles.kafbat

/** Kafbat UI for Kafka (formerly kafka-ui of Provectus): the parts of `application.yml` about sign-in and roles. */
export const kafbat: ProductDescription<'kafbat'> = {
  title,
  client: kafbatClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in without a role',
    singleGroup: 'is split at commas',
    refresh: 'needs no token',
  },
  accepts: {
    classes: {
      oidc: { most: Number.POSITIVE_INFINITY },
      github: { most: Number.POSITIVE_INFINITY },
      ldap: { most: 1 },
    },
    skipsVerification: [],
  },
  ignores: {
    organizations:
      'Kafbat UI lets in everybody who has an account at GitHub, and uses organisations for roles only: write them under `roles`',
    'ldapFieldNames.group': 'Kafbat UI searches for groups that name a person, below kafbat.groupSearchBase',
  },
  admission: {
    withoutGroups: (input) => (hasRoles(input) ? 'nobody gets a role' : undefined),
    strangers,
  },
  problems,
  render,
}

function problems(input: ProductInput<'kafbat'>): ProductProblem[] {
  return [
    ...mixProblems(input),
    ...input.classes.flatMap((someClass) => {
      if (someClass.type === 'oidc') return providerProblems(input, someClass)
      if (someClass.type === 'github') return springTexts(clientTexts(someClass))
      return someClass.type === 'ldap' ? directoryProblems(someClass) : []
    }),
    ...unknownRoles(input, isRoleName, kafbatRoleNames.join(', ')),
    ...groupClaimProblems(input),
    ...(hasRoles(input) ? nestedClaimProblems(input.providers, { title }) : []),
    ...severalProviderProblems(input, { readsGroups: hasRoles(input) }),
    ...roleProblems(input),
    ...springTexts(input.classes.flatMap(titleTexts)),
  ]
}

/** Where there are roles, people without one see nothing. */
function strangers(input: ProductInput<'kafbat'>, { type }: Provider | GitHubProvider): Strangers | undefined {
  if (hasRoles(input)) return undefined
  if (type === 'oidc') return { severity: 'warning' }
  return { severity: 'error', way: 'write `roles` for your organisation and its teams (organisation/team)' }
}

function mixProblems({ classes, path }: ProductInput<'kafbat'>): ProductProblem[] {
  const types = new Set(classes.map(({ type }) => (type === 'ldap' ? 'ldap' : 'oauth2')))
  if (types.size < 2) return []
  return [
    error(
      [...path, 'authentication'],
      'Kafbat UI signs people in with LDAP or OAuth 2, not both: keep the classes of one kind',
    ),
  ]
}

/** Values of `extra`. */
const springSyntax: TreeSyntax = { text: (text) => (text.includes('${') ? undefined : text), variable }

/** Spring replaces `${...}` in every value, and before 6.2 it has no escape for it. */
function springTexts(texts: readonly NamedText[]): ProductProblem[] {
  return textProblems(
    texts,
    (text) => text.includes('${'),
    'contains a part that Spring would replace: write it without ${...}',
  )
}

function providerProblems({ version }: ProductInput<'kafbat'>, provider: Provider): ProductProblem[] {
  const { path, entry } = provider
  const problems = [...springTexts(providerTexts(provider)), ...innerAddressProblems('Kafbat UI', provider)]
  if (entry.oidc?.clientAuthenticationMethod !== undefined && isBefore(version, '1.4')) {
    problems.push(
      warning(
        'setting-ignored',
        [...path, 'oidc', 'clientAuthenticationMethod'],
        'may be ignored: only 1.4 and later is known to read it',
      ),
    )
  }
  return problems
}

function directoryProblems(directory: LdapDirectory): ProductProblem[] {
  const { bind, searchBase } = directory
  const at = ldapPath(directory)
  const problems = [
    ...ldapProblems(directory),
    ...bindProblems(title, directory, 'binds-as-person'),
    ...springTexts([{ what: 'searchBase', text: searchBase, path: [...at, 'searchBase'] }]),
  ]
  if (!bind && /[{}']/.test(searchBase)) {
    problems.push(
      error(
        [...at, 'searchBase'],
        `${JSON.stringify(searchBase)} becomes part of a pattern, where {, } and ' have a meaning: add bindCredentials`,
      ),
    )
  }
  if (!bind && directory.searchFilter !== '') {
    problems.push(
      error(
        [...at, 'searchFilter'],
        'needs bindCredentials: without them there is no search, and people bind with the entry of their name',
      ),
    )
  }
  return problems
}

function roleProblems(input: ProductInput<'kafbat'>): ProductProblem[] {
  const { path } = input
  if (hasRoles(input)) return [...springTexts(optionTexts(input)), ...missingOptions(input)]
  if (isDecidedElsewhere(input)) return optionProblems(input)
  return [warning('permissions-unchecked', path, everybodyDoesEverything), ...optionProblems(input)]
}

function optionTexts(input: ProductInput<'kafbat'>): NamedText[] {
  const { clusters, groupSearchBase } = input.options
  const at = [...input.path, 'kafbat']
  return [
    ...roleTexts(input),
    ...clusters.map((text) => ({ what: 'name', text, path: [...at, 'clusters'] })),
    ...(groupSearchBase === undefined
      ? []
      : [{ what: 'groupSearchBase', text: groupSearchBase, path: [...at, 'groupSearchBase'] }]),
  ]
}

function missingOptions({ options, path, classes }: ProductInput<'kafbat'>): ProductProblem[] {
  const { clusters, groupSearchBase } = options
  const problems: ProductProblem[] = []
  if (clusters.length === 0) {
    problems.push(
      error(
        [...path, 'kafbat', 'clusters'],
        'is missing: roles apply to clusters. Write their names as in kafka.clusters',
      ),
    )
  }
  if (classes.some(({ type }) => type === 'ldap') && groupSearchBase === undefined) {
    problems.push(
      error(
        [...path, 'kafbat', 'groupSearchBase'],
        'is missing: Kafbat UI searches for the groups of a person below it. Write it, such as ou=groups,dc=example,dc=com',
      ),
    )
  }
  return problems
}

const everybodyDoesEverything =
  'has no roles: everybody who signs in may do everything, even delete topics. Add roles (team: [viewer]) and kafbat.clusters'

function optionProblems({ options, path }: ProductInput<'kafbat'>): ProductProblem[] {
  if (options.clusters.length === 0 && options.groupSearchBase === undefined) return []
  return [warning('setting-ignored', [...path, 'kafbat'], 'is ignored: it is about roles, and there are none')]
}

function isRoleName(text: string): text is (typeof kafbatRoleNames)[number] {
  return kafbatRoleNames.some((name) => name === text)
}

function render(input: ProductInput<'kafbat'>): Rendering {
  const value: YamlValue = { auth: authOf(input), ...springOf(input), ...serverOf(input), ...rolesOf(input) }
  return {
    files: [
      {
        path: 'application.yml',
        takesExtra: true,
        content: writeYaml(treeWith(input, 'application.yml', value, springSyntax), {
          comment:
            'Sign-in. Written by `gatehouse render`: list it after your own file in spring.config.additional-location (REGISTER.md).',
        }),
      },
    ],
    variables: input.classes.flatMap((someClass) => {
      if (someClass.type === 'oidc' || someClass.type === 'github') return clientVariables(input, someClass)
      return someClass.type === 'ldap' ? bindVariables(someClass) : []
    }),
    notes: {
      claims: hasRoles(input) ? rolesClaims(input) : [],
      needsAudience: false,
      steps: steps(input),
    },
  }
}

function rolesClaims({ providers }: ProductInput<'kafbat'>): string[] {
  return [...new Set(providers.map(({ groupsClaim }) => `${claimCode(groupsClaim)} (a list of strings)`))]
}

function authOf({ classes, product }: ProductInput<'kafbat'>): YamlValue {
  if (classes.some(({ type }) => type === 'ldap')) return { type: 'LDAP' }
  const clients = classes.flatMap((someClass): [string, YamlValue][] => {
    if (someClass.type === 'oidc') return [[keyOf(someClass), oidcClient(someClass, product.url)]]
    return someClass.type === 'github' ? [[keyOf(someClass), gitHubClient(someClass, product.url)]] : []
  })
  return { type: 'OAUTH2', oauth2: { client: new Map(clients) } }
}

/** A dot would split the key in two. */
function keyOf({ className }: ResolvedClass): string {
  return className.includes('.') ? `[${className}]` : className
}

function variable(name: string): string {
  return `\${${name}}`
}

function clientOf(someClass: Provider | GitHubProvider, url: string) {
  const { clientId, clientIdVariable, secretVariable, className } = someClass
  return {
    clientId: clientIdVariable === undefined ? clientId : variable(clientIdVariable),
    clientSecret: variable(secretVariable),
    'client-name': nameForPeople(someClass),
    'redirect-uri': redirectUri(url, className),
    'authorization-grant-type': 'authorization_code',
  }
}

/** How Kafbat reads the roles of a person: it knows the groups of Cognito, and a claim. */
function typeOf({ kind }: Provider): 'cognito' | 'oauth' {
  return kind === 'cognito' ? kind : 'oauth'
}

function oidcClient(provider: Provider, url: string): YamlValue {
  const { scopes, principalClaim, groupsClaim, clientAuthenticationMethod: method } = provider
  return {
    ...clientOf(provider, url),
    ...(method === 'client_secret_post' ? { 'client-authentication-method': method } : {}),
    provider: typeOf(provider),
    scope: scopes,
    ...addressesOf(provider),
    'user-name-attribute': principalClaim,
    'custom-params': { type: typeOf(provider), 'roles-field': claimName(groupsClaim) },
  }
}

/** Spring reads the document at `issuer-uri`, and no other; with an inner address each one is written instead. */
function addressesOf({ issuer, innerIssuer, endpoints }: Provider): { [key: string]: YamlValue } {
  if (innerIssuer === undefined || !endpoints) return { 'issuer-uri': issuer }
  return {
    'authorization-uri': yamlComment(
      'No issuer-uri: Spring would read the document at the public address. Tokens are known by the keys of the issuer.',
      endpoints.authorization,
    ),
    'token-uri': endpoints.token,
    'jwk-set-uri': endpoints.jwks,
    'user-info-uri': endpoints.userinfo,
  }
}

/** GitHub has no document to read the addresses from. */
function gitHubClient(someClass: GitHubProvider, url: string): YamlValue {
  const { hostname } = someClass
  const api = hostname === 'github.com' ? 'https://api.github.com' : `https://${hostname}/api/v3`
  return {
    ...clientOf(someClass, url),
    provider: 'github',
    scope: ['read:user', 'read:org'],
    'authorization-uri': `https://${hostname}/login/oauth/authorize`,
    'token-uri': `https://${hostname}/login/oauth/access_token`,
    'user-info-uri': `${api}/user`,
    'user-name-attribute': 'login',
    'custom-params': { type: 'github' },
  }
}

function springOf({ classes, options }: ProductInput<'kafbat'>): { [key: string]: YamlValue } {
  const directory = classes.find((someClass) => someClass.type === 'ldap')
  if (!directory) return {}
  const { groupSearchBase } = options
  return {
    spring: {
      ldap: {
        urls: directory.url,
        ...searchOf(directory),
        ...(groupSearchBase === undefined
          ? {}
          : {
              'group-filter-search-base': groupSearchBase,
              'group-filter-search-filter': groupFilter('{0}', '{1}'),
            }),
      },
    },
  }
}

function searchOf({ bind, fields, searchBase, searchFilter }: LdapDirectory): { [key: string]: YamlValue } {
  if (!bind) return { base: `${fields.uid}={0},${searchBase}` }
  return {
    'admin-user': variable(bind.userVariable),
    'admin-password': variable(bind.passwordVariable),
    'user-filter-search-base': searchBase,
    'user-filter-search-filter': personFilter(`${fields.uid}={0}`, filterWithout(/[${}]/g, searchFilter)),
  }
}

function serverOf({ product }: ProductInput<'kafbat'>): { [key: string]: YamlValue } {
  const { pathname } = new URL(product.url)
  return {
    server: {
      // Its pages and redirects then follow the headers of the proxy in front.
      'forward-headers-strategy': 'framework',
      ...(pathname === '/' ? {} : { servlet: { 'context-path': pathname } }),
    },
  }
}

function rolesOf(input: ProductInput<'kafbat'>): { [key: string]: YamlValue } {
  // An empty list of roles counts as none: Kafbat would let everybody do everything.
  if (!hasRoles(input)) return {}
  const { options, classes } = input
  const byRole = groupsByRole(input)
  const roles = kafbatRoleNames.flatMap((name) => {
    const groups = byRole.get(name) ?? []
    const subjects = classes.flatMap((someClass) => subjectsOf(someClass, groups))
    return subjects.length === 0
      ? []
      : [
          {
            name,
            clusters: options.clusters,
            subjects: unique(subjects),
            permissions: permissionsOf(name),
          },
        ]
  })
  return { rbac: { roles } }
}

interface Subject {
  provider: string
  type: string
  value: string
}

function subjectsOf(someClass: ResolvedClass, groups: readonly string[]): Subject[] {
  const { type } = someClass
  return groups.map((value) => {
    if (type === 'ldap') return { provider: 'LDAP', type: 'group', value }
    if (type === 'github')
      return { provider: 'OAUTH_GITHUB', type: value.includes('/') ? 'team' : 'organization', value }
    const isCognito = someClass.type === 'oidc' && typeOf(someClass) === 'cognito'
    return isCognito ? { provider: 'OAUTH_COGNITO', type: 'group', value } : { provider: 'OAUTH', type: 'role', value }
  })
}

/** Two providers of the same type share a line. */
function unique(subjects: readonly Subject[]): { [key: string]: YamlValue }[] {
  const texts = subjects.map((subject) => JSON.stringify(subject))
  return subjects.filter((_, index) => texts.indexOf(texts[index] ?? '') === index).map((subject) => ({ ...subject }))
}

function steps(input: ProductInput<'kafbat'>): string[] {
  const { product, classes } = input
  const authorities = classes.flatMap((someClass) =>
    (someClass.type === 'oidc' || someClass.type === 'ldap') && someClass.tls.kind === 'own-ca'
      ? [{ className: someClass.className, secretClass: someClass.tls.secretClass }]
      : [],
  )
  return [
    'Mount `application.yml` as `/etc/kafkaui/sign-in.yml` next to your own file with the clusters, and name both: `SPRING_CONFIG_ADDITIONAL-LOCATION=/etc/kafkaui/application.yml,/etc/kafkaui/sign-in.yml`.',
    'Set the variables of `secrets.env.example` in the environment of the container.',
    ...authorities.map(
      ({ className, secretClass }) =>
        `Let the JVM trust the certificate authority (\`ca.crt\` of ${mdCode(secretClass)}, PEM): ${mdCode(`keytool -importcert -noprompt -cacerts -storepass changeit -alias ${className} -file ca.crt`)} in the image.`,
    ),
    'A proxy in front must send `X-Forwarded-Proto` and `X-Forwarded-Host`: Kafbat UI builds its own addresses from them.',
    hasRoles(input)
      ? 'People who are in no group under `roles` sign in and see no cluster.'
      : 'Without `roles` everybody who signs in may do everything.',
    `Open ${mdCode(product.url)}.`,
  ]
}
