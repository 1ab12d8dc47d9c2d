import { kindTitles } from '../../config/product-titles.ts'
import type { OptionsOf } from '../../config/schema.ts'
import {
  comment,
  mdCode,
  type PyStatement,
  type PyValue,
  pyAssign,
  pyCode,
  pyDict,
  pyEnvironment,
  pyImport,
  pyName,
  pySet,
  writePython,
  writeYaml,
} from '../../formats.ts'
import type {
  ClientAtProvider,
  ExpectedVariable,
  GitHubProvider,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  RenderedFile,
  Rendering,
  ResolvedClass,
} from '../contract.ts'
import { type PythonSyntax, pythonWith } from '../extra/files.ts'
import { extraVariables } from '../extra/values.ts'
import {
  bindVariables,
  caFileVariable,
  caVariableName,
  clientVariables,
  uniqueVariables,
} from '../writing/expected-variables.ts'
import { claimCode } from '../writing/groups-claim.ts'
import { secretKeyOf } from '../writing/kubernetes-secret.ts'
import { ownParameterProblems } from '../writing/own-parameters.ts'
import { error, warning } from '../writing/problem.ts'
import { groupsAreInTokensOnly, isPublic, nameForPeople, organizationsOf } from '../writing/provider-facts.ts'
import {
  groupClaimProblems,
  groupsByRole,
  groupsWithRoles,
  hasRoles,
  isDecidedElsewhere,
  unknownRoles,
} from '../writing/roles.ts'
import { throughLogin } from '../writing/ways-in.ts'
import { callbackUri, jupyterhubClient } from './client.ts'
import { directoryProblems, ldapImports, ldapStatements } from './ldap.ts'

const title = kindTitles.jupyterhub
const file = 'jupyterhub_config.py'

/** Values of `extra`. A setting of an authenticator is one whichever class of it is named: they inherit from each other. */
const hubSyntax: PythonSyntax = {
  names: /^c\.[A-Z]\w*\.[a-z]\w*$/,
  example: 'c.Spawner.default_url',
  spelled: ([name = '']) => name.replace(/^c\.\w*Authenticator\./, 'c.Authenticator.').toLowerCase(),
}

/** JupyterHub: `jupyterhub_config.py`, and the same settings as values of its Helm chart (Zero to JupyterHub). */
export const jupyterhub: ProductDescription<'jupyterhub'> = {
  title,
  client: jupyterhubClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'is kept out',
    singleGroup: 'counts',
    refresh: 'needs no token',
  },
  accepts: {
    classes: {
      oidc: { most: 1, why: 'JupyterHub has one authenticator' },
      ldap: { most: 1, why: 'JupyterHub has one authenticator' },
      github: { most: 1, why: 'JupyterHub has one authenticator' },
    },
    oneTypeOnly: 'JupyterHub has one authenticator',
    skipsVerification: ['ldap'],
  },
  ignores: { 'ldapFieldNames.group': 'JupyterHub looks up the person in the entry of the group' },
  admission: {
    withoutGroups: (input) => (hasRoles(input) ? 'nobody gets in' : undefined),
    // Without roles nobody from such a class gets in; the problem about missing roles says so.
    strangers: () => undefined,
  },
  problems,
  render,
}

/** The only class: `commonProblems` makes sure of that. */
function soleClass({ classes, name }: ProductInput<'jupyterhub'>): ResolvedClass {
  const [someClass] = classes
  if (!someClass) throw new Error(`${name} has no class`)
  return someClass
}

function problems(input: ProductInput<'jupyterhub'>): ProductProblem[] {
  const someClass = soleClass(input)
  return [
    ...unknownRoles(input, (role) => role === 'admin' || role === 'user', 'admin or user'),
    ...groupClaimProblems(input),
    ...(someClass.type === 'oidc' ? oidcProblems(someClass) : []),
    ...(someClass.type === 'github' ? githubProblems(input, someClass) : []),
    ...(someClass.type === 'ldap' ? directoryProblems(someClass, input) : []),
    ...accessProblems(input, someClass),
    ...optionProblems(input, someClass),
  ]
}

function oidcProblems(provider: Provider): ProductProblem[] {
  const { endpoints, className, path } = provider
  const problems = ownParameterProblems(title, provider)
  if (!endpoints) {
    problems.push(
      error(
        path,
        `JupyterHub reads no discovery document, and the addresses of ${className} are not known: copy them from ${provider.discoveryUrl} to authenticationClasses.${className}.oidc.endpoints`,
      ),
    )
  }
  return problems
}

/** An organisation, or one of its teams: the name becomes a part of an address. */
const organization = /^[A-Za-z0-9-]+(:[A-Za-z0-9._-]+)?$/

function githubProblems(input: ProductInput<'jupyterhub'>, github: GitHubProvider): ProductProblem[] {
  const { path, className, organizations, teams } = github
  const problems: ProductProblem[] = []
  for (const [at, name] of [
    ...organizations.map((name) => [['authenticationClasses', className, 'github', 'organizations'], name] as const),
    ...teams.map((name) => [['authenticationClasses', className, 'github', 'teams'], name.replace('/', ':')] as const),
    ...Object.keys(input.product.roles).map((name) => [[...input.path, 'roles'], name] as const),
  ]) {
    if (organization.test(name)) continue
    problems.push(
      error(
        at,
        `${JSON.stringify(name)} is not an organisation of GitHub: write acme, or acme:team-name for one of its teams`,
      ),
    )
  }
  if (groupsByRole(input).has('admin')) {
    problems.push(
      warning(
        'admin-missing',
        [...input.path, 'roles'],
        'lets the members in, but nobody becomes an administrator: JupyterHub cannot do that by organisation. Name them in jupyterhub.adminUsers',
      ),
    )
  }
  problems.push(
    warning(
      'names-reusable',
      path,
      'GitHub lets people rename their account, and anybody can then take the old name, which is the user name here',
    ),
  )
  return problems
}

function optionProblems({ options, path }: ProductInput<'jupyterhub'>, { type }: ResolvedClass): ProductProblem[] {
  const at = (key: string) => [...path, 'jupyterhub', key]
  const problems: ProductProblem[] = []
  if (options.userdataFromIdToken !== undefined && type !== 'oidc') {
    problems.push(
      warning(
        'setting-ignored',
        at('userdataFromIdToken'),
        'is ignored: there is no class of type oidc, and so no ID token',
      ),
    )
  }
  for (const key of ['adminUsers', 'allowedUsers'] as const) {
    const odd = options[key].filter((name) => name !== name.toLowerCase())
    if (odd.length > 0) {
      problems.push(
        warning(
          'name-unreachable',
          at(key),
          `JupyterHub knows people in lower case: ${odd.join(', ')} is ${odd.join(', ').toLowerCase()} there`,
        ),
      )
    }
  }
  return problems
}

function accessProblems(input: ProductInput<'jupyterhub'>, someClass: ResolvedClass): ProductProblem[] {
  if (hasRoles(input) || isDecidedElsewhere(input) || input.options.allowedUsers.length > 0) return []
  if (someClass.type === 'github' && organizationsOf(someClass).length > 0) return []
  if (letsNobodyIn(someClass)) {
    const way = throughLogin([someClass], {
      way: ', or give the product the class gatehouse and roles (team: [user])',
      instead: '',
    })
    return [
      warning(
        'roles-missing',
        input.path,
        `has no roles, and everybody in the world can sign in at ${someClass.className}, so nobody gets in: name people in jupyterhub.allowedUsers${way}`,
      ),
    ]
  }
  return [
    warning(
      'roles-missing',
      input.path,
      `has no roles: everybody who can sign in at ${someClass.className} may start a server. Add roles (team: [user], team: [admin])`,
    ),
  ]
}

function render(input: ProductInput<'jupyterhub'>): Rendering {
  const someClass = soleClass(input)
  const content = writePython(pythonWith(input, file, configModule(input, someClass), hubSyntax))
  const variables = uniqueVariables([
    ...variablesOf(input, someClass),
    ...(input.options.enableAuthState ? [cryptKey] : []),
    ...extraVariables(input),
  ])
  return {
    files: [{ path: file, content, takesExtra: true }, helmValues(input.name, content, variables)],
    variables,
    notes: {
      claims:
        someClass.type === 'oidc' && hasRoles(input)
          ? [`${claimCode(someClass.groupsClaim)} (a list of strings, for roles)`]
          : [],
      needsAudience: false,
      steps: steps(input, someClass),
    },
  }
}

const cryptKey: ExpectedVariable = {
  name: 'JUPYTERHUB_CRYPT_KEY',
  note: 'Encrypts what the hub keeps of people; the same for every restart. Make one: openssl rand -hex 32',
}

function variablesOf(input: ProductInput<'jupyterhub'>, someClass: ResolvedClass): ExpectedVariable[] {
  if (someClass.type === 'oidc') return [...clientVariables(input, someClass), ...caFileVariable(someClass)]
  if (someClass.type === 'github') return clientVariables(input, someClass)
  return someClass.type === 'ldap' ? [...bindVariables(someClass), ...caFileVariable(someClass)] : []
}

function configModule(input: ProductInput<'jupyterhub'>, someClass: ResolvedClass): PyStatement[] {
  return [
    comment(
      'Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.',
    ),
    pyImport('os'),
    ...(someClass.type === 'ldap' ? ldapImports(someClass) : []),
    comment(''),
    ...authenticatorStatements(input, someClass),
    ...accessStatements(input, someClass),
    ...peopleStatements(input.options),
  ]
}

function authenticatorStatements(input: ProductInput<'jupyterhub'>, someClass: ResolvedClass): PyStatement[] {
  if (someClass.type === 'oidc') return oauthStatements(input, someClass)
  if (someClass.type === 'github') return githubStatements(input, someClass)
  return someClass.type === 'ldap' ? ldapStatements(someClass, groupsWithRoles(input)) : []
}

const generic = 'c.GenericOAuthenticator'

function clientId({ clientId, clientIdVariable }: ClientAtProvider): PyValue {
  return clientIdVariable === undefined ? clientId : pyEnvironment(clientIdVariable)
}

function oauthStatements(input: ProductInput<'jupyterhub'>, provider: Provider): PyStatement[] {
  const { endpoints, className, tls, authorizationParameters } = provider
  return [
    pyAssign('c.JupyterHub.authenticator_class', 'generic-oauth'),
    pyAssign(`${generic}.login_service`, nameForPeople(provider)),
    pyAssign(`${generic}.client_id`, clientId(provider)),
    pyAssign(`${generic}.client_secret`, pyEnvironment(provider.secretVariable)),
    pyAssign(`${generic}.basic_auth`, provider.clientAuthenticationMethod === 'client_secret_basic'),
    pyAssign(`${generic}.oauth_callback_url`, callbackUri(input.product.url)),
    pyAssign(`${generic}.authorize_url`, endpoints?.authorization ?? ''),
    pyAssign(`${generic}.token_url`, endpoints?.token ?? ''),
    ...((input.options.userdataFromIdToken ?? groupsAreInTokensOnly(provider))
      ? [
          comment(
            input.options.userdataFromIdToken
              ? 'The ID token comes directly from the provider, over TLS.'
              : 'The userinfo endpoint of this provider has no groups; the ID token comes directly from the provider, over TLS.',
          ),
          pyAssign(`${generic}.userdata_from_id_token`, true),
        ]
      : [pyAssign(`${generic}.userdata_url`, endpoints?.userinfo ?? '')]),
    pyAssign(`${generic}.scope`, provider.scopes),
    pyAssign(`${generic}.username_claim`, provider.principalClaim),
    ...(Object.keys(authorizationParameters).length === 0
      ? []
      : [pyAssign(`${generic}.extra_authorize_params`, pyDict(Object.entries(authorizationParameters)))]),
    ...(tls.kind === 'own-ca'
      ? [pyAssign(`${generic}.http_request_kwargs`, pyDict([['ca_certs', pyEnvironment(caVariableName(className))]]))]
      : []),
    ...groupStatements(input, provider),
  ]
}

function groupStatements(input: ProductInput<'jupyterhub'>, { groupsClaim }: Provider): PyStatement[] {
  if (!hasRoles(input)) return []
  const is16 = input.options.oauthenticator === '16'
  const admins = groupsByRole(input).get('admin') ?? []
  const users = groupsByRole(input).get('user') ?? []
  return [
    comment(''),
    comment('Groups, as the provider writes them: who may sign in, and who administers the hub.'),
    pyAssign(`${generic}.manage_groups`, true),
    comment('Not just the name: JupyterHub would read dots as a path, and a single group as a list of letters.'),
    pyAssign('GATEHOUSE_GROUPS_CLAIM', [...groupsClaim]),
    comment(''),
    is16 ? groupsOfClaims : groupsOfState,
    comment(''),
    pyAssign(`${generic}.${is16 ? 'claim_groups_key' : 'auth_state_groups_key'}`, pyName('gatehouse_groups')),
    ...(users.length === 0 ? [] : [pyAssign(`${generic}.allowed_groups`, pySet(users))]),
    ...(admins.length === 0 ? [] : [pyAssign(`${generic}.admin_groups`, pySet(admins))]),
  ]
}

const groupsOfState = pyCode`
def gatehouse_groups(auth_state):
    groups = auth_state["oauth_user"]
    for name in GATEHOUSE_GROUPS_CLAIM:
        groups = groups.get(name) if isinstance(groups, dict) else None
    return [groups] if isinstance(groups, str) else groups or []
`

const groupsOfClaims = pyCode`
def gatehouse_groups(claims):
    groups = claims
    for name in GATEHOUSE_GROUPS_CLAIM:
        groups = groups.get(name) if isinstance(groups, dict) else None
    return [groups] if isinstance(groups, str) else groups or []
`

function githubStatements(input: ProductInput<'jupyterhub'>, github: GitHubProvider): PyStatement[] {
  const authenticator = 'c.GitHubOAuthenticator'
  // It separates an organisation from its team with a colon.
  const teams = github.teams.map((team) => team.replace('/', ':'))
  const allowed = [...new Set([...github.organizations, ...teams, ...groupsWithRoles(input)])]
  return [
    pyAssign('c.JupyterHub.authenticator_class', 'github'),
    pyAssign(`${authenticator}.github_url`, `https://${github.hostname}`),
    pyAssign(`${authenticator}.client_id`, clientId(github)),
    pyAssign(`${authenticator}.client_secret`, pyEnvironment(github.secretVariable)),
    pyAssign(`${authenticator}.oauth_callback_url`, callbackUri(input.product.url)),
    ...(allowed.length === 0
      ? []
      : [
          comment('Without this scope JupyterHub sees only public members.'),
          pyAssign(`${authenticator}.scope`, ['read:org']),
          pyAssign(`${authenticator}.allowed_organizations`, pySet(allowed)),
        ]),
  ]
}

/** People by name, in addition to groups; and what is kept of them. */
function peopleStatements({ adminUsers, allowedUsers, enableAuthState }: OptionsOf<'jupyterhub'>): PyStatement[] {
  if (adminUsers.length + allowedUsers.length === 0 && !enableAuthState) return []
  return [
    comment(''),
    ...(allowedUsers.length === 0 ? [] : [pyAssign('c.Authenticator.allowed_users', pySet(allowedUsers))]),
    ...(adminUsers.length === 0 ? [] : [pyAssign('c.Authenticator.admin_users', pySet(adminUsers))]),
    ...(enableAuthState
      ? [
          comment('Encrypted with JUPYTERHUB_CRYPT_KEY; without the key nobody can sign in.'),
          pyAssign('c.Authenticator.enable_auth_state', true),
        ]
      : []),
  ]
}

/** Where everybody in the world could start a server, and no group could keep them out, nobody gets in. */
function letsNobodyIn(someClass: ResolvedClass): boolean {
  if (!isPublic(someClass, jupyterhubClient)) return false
  return someClass.type === 'github' || someClass.vendor.neverSends.includes(someClass.vendor.groups.claim)
}

/** Since oauthenticator 16 and JupyterHub 5 nobody gets in unless a setting allows it. */
function accessStatements(input: ProductInput<'jupyterhub'>, someClass: ResolvedClass): PyStatement[] {
  if (hasRoles(input) || input.options.allowedUsers.length > 0) return []
  if (someClass.type === 'github' && organizationsOf(someClass).length > 0) return []
  if (letsNobodyIn(someClass)) {
    return [
      comment(''),
      comment(
        'This file lets nobody in, because everybody in the world can sign in there: name people in jupyterhub.allowedUsers.',
      ),
    ]
  }
  return [
    comment(''),
    comment('No roles in the Gatehouse configuration: everybody who can sign in gets in.'),
    pyAssign('c.Authenticator.allow_all', true),
  ]
}

/** Values for Zero to JupyterHub: the same Python, and where its variables come from. */
function helmValues(product: string, source: string, variables: readonly ExpectedVariable[]): RenderedFile {
  const extraEnv = variables.map(
    (variable) => [variable.name, { valueFrom: { secretKeyRef: secretKeyOf(product, variable) } }] as const,
  )
  const hub = {
    extraEnv: new Map(extraEnv),
    extraConfig: { 'gatehouse.py': source },
  }
  return {
    path: 'values.yaml',
    manifest: 'values',
    content: writeYaml(
      { hub },
      {
        comment:
          'Written by `gatehouse render`: for the Helm chart of JupyterHub, with the Secrets of `gatehouse render --format kubernetes` (REGISTER.md).',
      },
    ),
  }
}

function steps(input: ProductInput<'jupyterhub'>, someClass: ResolvedClass): string[] {
  const packages =
    someClass.type === 'ldap' ? 'jupyterhub-ldapauthenticator>=2' : `oauthenticator==${input.options.oauthenticator}.*`
  const list = [
    `Install the authenticator into the environment of the hub: ${mdCode(`pip install '${packages}'`)}. The images of the Helm chart contain it.`,
  ]
  if (someClass.type === 'github') {
    list.push(`Give the OAuth App at GitHub the callback URL ${mdCode(callbackUri(input.product.url))}.`)
  }
  if ((someClass.type === 'oidc' || someClass.type === 'ldap') && someClass.tls.kind === 'own-ca') {
    list.push(
      `Copy the certificate authority (\`ca.crt\` of ${mdCode(someClass.tls.secretClass)}, PEM) to the machine and put its path into ${mdCode(caVariableName(someClass.className))}. It replaces the public ones for these calls.`,
    )
  }
  list.push(
    'Without Helm: end your own `jupyterhub_config.py` with `load_subconfig("/path/to/rendered/jupyterhub_config.py")`, and set the variables of `secrets.env.example` in the environment of the hub.',
    'With Helm: `helm upgrade ... --values values.yaml` after your own values. The Secrets that it names must be in the namespace of the hub.',
    'JupyterHub converts user names to lower case and knows people only by them: if it had another provider before, check in `/hub/admin` that its names belong to the same people.',
    `Open ${mdCode(`${input.product.url}/hub/login`)} and sign in.`,
  )
  return list
}
