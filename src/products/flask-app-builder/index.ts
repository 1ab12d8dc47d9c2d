/**
 * What Superset and Airflow share: Flask-AppBuilder, which decides who somebody is and which roles they have. The names of files,
 * versions and everything around it are in `superset/` and `airflow/`.
 */

import { shownClaim } from '../../claim-path.ts'
import type { OptionsOf, Product, ProductAuthentication } from '../../config/schema.ts'
import { milliseconds } from '../../duration.ts'
import {
  comment,
  mdCode,
  type PyStatement,
  type PyValue,
  pyAssign,
  pyDict,
  pyEnvironment,
  pyImport,
  pyName,
} from '../../formats.ts'
import { protocolBase } from '../../vendors/keycloak.ts'
import type {
  ClassSupport,
  ClientAtProvider,
  ExpectedVariable,
  GitHubProvider,
  ProductDescription,
  ProductInput,
  ProductProblem,
  ProductSettings,
  Provider,
  Strangers,
} from '../contract.ts'
import type { PythonSyntax } from '../extra/files.ts'
import { bindVariables, caFileVariable, caVariableName, clientVariables } from '../writing/expected-variables.ts'
import { claimCode } from '../writing/groups-claim.ts'
import { ownParameterProblems } from '../writing/own-parameters.ts'
import { error, warning } from '../writing/problem.ts'
import { groupClaimProblems, hasRoles, isDecidedElsewhere, severalProviderProblems } from '../writing/roles.ts'
import { throughLogin } from '../writing/ways-in.ts'
import { oauthProviderName } from './client.ts'
import { directoryProblems, ldapDirectory, ldapStatements } from './ldap.ts'
import { type SecurityManagerBase, securityImports, securityManager } from './security.ts'

export interface FlaskAppBuilder {
  title: string
  /** A role for ordinary work, as an example in messages. */
  exampleRole: string
  securityManager: SecurityManagerBase
  /** The address below `url` where it answers. */
  callbackUri: (settings: ProductSettings, providerName: string) => string
}

const classes: ClassSupport = {
  oidc: { most: Number.POSITIVE_INFINITY },
  ldap: { most: 1, why: 'Flask-AppBuilder asks one LDAP directory' },
  github: { most: 1, why: 'Flask-AppBuilder knows one provider named github' },
}

/** What all products that are built on it have in common. */
export const flaskAppBuilderKind = {
  accepts: {
    classes,
    skipsVerification: ['ldap'],
  },
  admission: {
    strangers,
  },
  ignores: {
    title: 'the button says the name of the class, which Flask-AppBuilder puts into the redirect URI too',
  },
} satisfies Partial<ProductDescription>

/** Values of `extra`: Flask reads names in capitals, and no others. */
export const flaskSyntax: PythonSyntax = {
  names: /^[A-Z][A-Z0-9_]*$/,
  example: 'SQLLAB_TIMEOUT, in capitals',
  refused: [
    [
      /^(?:WTF_CSRF_ENABLED|TALISMAN_ENABLED|SESSION_COOKIE_(?:SECURE|HTTPONLY))$/,
      'is a protection of sessions: take it out',
    ],
    [/^AUTH_ROLE_PUBLIC$/, 'gives people a role who have not signed in: take it out'],
    [
      /^(?:CUSTOM_SECURITY_MANAGER|SECURITY_MANAGER_CLASS|FAB_SECURITY_MANAGER_CLASS)$/,
      'replaces the code that decides who somebody is: take it out',
    ],
  ],
}

/** Whether Flask-AppBuilder's own parser does it all: one Keycloak, with the claims that it reads. */
function isReadByFlaskAppBuilder({ product, classes }: ProductInput, { vendor, groupsClaim }: Provider): boolean {
  return (
    classes.length === 1 &&
    vendor.answersLikeKeycloak === true &&
    !vendor.isOurs &&
    (shownClaim(groupsClaim) === 'groups' || !hasRoles({ product }))
  )
}

function readByGatehouse(input: ProductInput): readonly Provider[] {
  return input.providers.filter((provider) => !isReadByFlaskAppBuilder(input, provider))
}

interface AccountRules {
  userRegistration: boolean
  userRegistrationRole: string
  syncRolesAt: 'Registration' | 'Login'
}

function accountRulesOf(entry: ProductAuthentication | undefined, product: Product): AccountRules {
  return {
    userRegistration: entry?.userRegistration ?? true,
    userRegistrationRole: entry?.userRegistrationRole ?? 'Public',
    syncRolesAt: entry?.syncRolesAt ?? (hasRoles({ product }) ? 'Login' : 'Registration'),
  }
}

/** One for all classes: `problems` makes sure that they are equal. */
export function accountRules({ product }: ProductInput): AccountRules {
  return accountRulesOf(product.authentication[0], product)
}

export function flaskAppBuilderProblems(fab: FlaskAppBuilder, input: ProductInput): ProductProblem[] {
  const { title } = fab
  return [
    ...mixtureProblems(input),
    ...accountProblems(fab, input),
    ...severalProblems(title, input),
    ...twoManagers(fab, input),
    ...input.providers.flatMap((provider) => providerProblems(title, input, provider)),
    ...groupClaimProblems(input),
    ...githubProblems(title, input),
    ...directoryProblems(title, input),
  ]
}

/** dpgaspar/Flask-AppBuilder#1924 */
function mixtureProblems(input: ProductInput): ProductProblem[] {
  if (!ldapDirectory(input) || input.classes.every(({ type }) => type === 'ldap')) return []
  const way = throughLogin(input.classes, {
    way: 'keep the classes of one kind, or combine them under `login` and give the product the class gatehouse',
    instead: 'keep the classes of one kind',
  })
  return [
    error([...input.path, 'authentication'], `Flask-AppBuilder signs people in with LDAP or OAuth, never both: ${way}`),
  ]
}

function accountProblems({ title, exampleRole }: FlaskAppBuilder, input: ProductInput): ProductProblem[] {
  const { product, path } = input
  const problems: ProductProblem[] = []
  const first = accountRules(input)
  for (const [index, entry] of product.authentication.entries()) {
    const rules = accountRulesOf(entry, product)
    for (const key of ['userRegistration', 'userRegistrationRole', 'syncRolesAt'] as const) {
      if (rules[key] === first[key]) continue
      problems.push(
        error(
          [...path, 'authentication', index, key],
          `is ${rules[key]} here and ${first[key]} in the first entry, but ${title} has one setting for all: write the same value in every entry`,
        ),
      )
    }
    if (entry.userRegistrationRole !== undefined && !rules.userRegistration) {
      problems.push(
        warning(
          'setting-ignored',
          [...path, 'authentication', index, 'userRegistrationRole'],
          'is ignored: it is for people who get an account at their first sign-in, and userRegistration is false',
        ),
      )
    }
  }
  if (first.userRegistration && first.userRegistrationRole === 'Admin') {
    problems.push(
      warning(
        'role-for-all',
        [...path, 'authentication', 0, 'userRegistrationRole'],
        'makes everybody who can sign in an administrator: write Public there, and give Admin to a group under roles',
      ),
    )
  }
  if (hasRoles(input) || isDecidedElsewhere(input)) return problems
  if (first.syncRolesAt === 'Login') {
    problems.push(
      warning(
        'roles-removed',
        [...path, 'authentication', 0, 'syncRolesAt'],
        'removes at every sign-in the roles that were given by hand, because roles is empty: add roles, or write Registration',
      ),
    )
  }
  problems.push(
    warning(
      'roles-missing',
      path,
      first.userRegistration
        ? `has no roles: everybody who signs in gets the role ${first.userRegistrationRole}${first.userRegistrationRole === 'Public' ? ', which sees nothing' : ''}. Add roles (team: [${exampleRole}]), or assign roles in ${title} by hand`
        : `has no roles: people have only roles that somebody assigns in ${title}. Add roles (team: [${exampleRole}]) to assign them by group`,
    ),
  )
  return problems
}

function severalProblems(title: string, input: ProductInput): ProductProblem[] {
  const [first] = input.providers
  if (!first || ldapDirectory(input) || input.classes.length < 2) return []
  return [
    warning(
      'names-by-class',
      [...input.path, 'authentication'],
      `${title} knows people by their user name alone, so with several classes the class is put before it (${first.className}:alice): nobody can take the account of a namesake at another provider, but people who had an account with one class get a new one`,
    ),
    ...severalProviderProblems(input, { readsGroups: hasRoles(input), classes: input.providers }),
  ]
}

/** There is one security manager, and whoever decides elsewhere may be one: that of Stackable for Open Policy Agent is. */
function twoManagers({ title, securityManager: { setting } }: FlaskAppBuilder, input: ProductInput): ProductProblem[] {
  const names = readByGatehouse(input).map(({ className }) => className)
  if (!isDecidedElsewhere(input) || names.length === 0) return []
  return [
    warning(
      'permissions-elsewhere',
      [...input.path, 'authorization'],
      `the rendered file sets ${setting}, because Flask-AppBuilder does not read ${names.join(', ')} itself. If roles come from a security manager too, as those of Open Policy Agent do, ${title} takes only one of the two: let yours inherit from the rendered class, or give the product the class gatehouse alone`,
    ),
  ]
}

function providerProblems(title: string, input: ProductInput, provider: Provider): ProductProblem[] {
  const { className, path, principalClaim, scopes } = provider
  const problems = ownParameterProblems(title, provider)
  if (isReadByFlaskAppBuilder(input, provider) && principalClaim !== 'preferred_username') {
    problems.push(
      error(
        path,
        `${title} always takes the user name from preferred_username, but principalClaim of ${className} is ${principalClaim}: write preferred_username there (and let the provider send the wanted name under it), or give the product the class gatehouse`,
      ),
    )
  }
  if (!scopes.includes('profile') && !['sub', 'email'].includes(principalClaim)) {
    problems.push(
      warning('scope-missing', path, `the scope profile is not requested: ${principalClaim} usually comes with it`),
    )
  }
  return problems
}

function githubClass({ classes }: ProductInput): GitHubProvider | undefined {
  return classes.find((someClass) => someClass.type === 'github')
}

function githubProblems(title: string, input: ProductInput): ProductProblem[] {
  const github = githubClass(input)
  if (!github) return []
  const { className, path, organizations } = github
  const problems: ProductProblem[] = []
  if (organizations.length > 0) {
    const way = throughLogin([github], {
      way: `list ${className} under \`login\` and give the product the class gatehouse, or remove the organisations`,
      instead: 'remove the organisations and write userRegistration: false, or use a class of type oidc',
    })
    problems.push(
      error(
        ['authenticationClasses', className, 'github', 'organizations'],
        `${title} cannot ask GitHub for them and would let everybody in: ${way}`,
      ),
    )
  }
  if (hasRoles(input)) {
    const way = throughLogin([github], {
      way: 'give the product the class gatehouse',
      instead: `give them roles in ${title} by hand, or use a class of type oidc`,
    })
    problems.push(
      warning('groups-missing', path, `GitHub sends no groups, so its people get no role from roles: ${way}`),
    )
  }
  const avoids = throughLogin([github], { way: 'the class gatehouse', instead: 'a class of type oidc' })
  problems.push(
    warning(
      'names-reusable',
      path,
      `GitHub gives ${title} a user name only (github_ and the login), no e-mail address, and after an account is renamed others can take the old name; ${avoids} avoids both`,
    ),
  )
  return problems
}

export function flaskAppBuilderImports(fab: FlaskAppBuilder, input: ProductInput): PyStatement[] {
  const ownParser = readByGatehouse(input).length > 0
  return [
    ...(ownParser ? [pyImport('logging')] : []),
    pyImport('os'),
    comment(''),
    ...(ownParser ? securityImports(fab.securityManager) : []),
    pyImport(ldapDirectory(input) ? 'AUTH_LDAP' : 'AUTH_OAUTH', 'flask_appbuilder.const'),
  ]
}

/** Where somebody creates accounts by hand, strangers get none. */
function strangers(input: ProductInput, someClass: Provider | GitHubProvider): Strangers | undefined {
  if (!accountRules(input).userRegistration) return undefined
  if (someClass.type === 'oidc') return { severity: 'warning' }
  const way = throughLogin([someClass], {
    way: `list ${someClass.className} under \`login\` and give the product the class gatehouse, or write userRegistration: false`,
    instead: 'write userRegistration: false',
  })
  return { severity: 'warning', way }
}

/** From AUTH_TYPE to the security manager. */
export function flaskAppBuilderStatements(fab: FlaskAppBuilder, input: ProductInput): PyStatement[] {
  const directory = ldapDirectory(input)
  return [
    pyAssign('AUTH_TYPE', pyName(directory ? 'AUTH_LDAP' : 'AUTH_OAUTH')),
    ...accountStatements(fab.title, input),
    comment(''),
    ...(directory ? ldapStatements(directory) : [pyAssign('OAUTH_PROVIDERS', oauthProviders(input))]),
  ]
}

/** How long a session lasts, and where it ends. */
export function sessionStatements({ sessionLifetime, logoutUrl }: OptionsOf<'superset'>): PyStatement[] {
  if (sessionLifetime === undefined && logoutUrl === undefined) return []
  return [
    comment(''),
    ...(sessionLifetime === undefined
      ? []
      : [
          comment('Seconds after which people sign in again.'),
          pyAssign('PERMANENT_SESSION_LIFETIME', milliseconds(sessionLifetime) / 1000),
        ]),
    ...(logoutUrl === undefined ? [] : [pyAssign('LOGOUT_REDIRECT_URL', logoutUrl)]),
  ]
}

export function sessionProblems({
  options,
  path,
  product,
}: ProductInput<'superset'> | ProductInput<'airflow'>): ProductProblem[] {
  const { sessionLifetime } = options
  if (sessionLifetime === undefined) return []
  const whole = milliseconds(sessionLifetime)
  if (whole >= 1000 && whole % 1000 === 0) return []
  return [error([...path, product.product, 'sessionLifetime'], 'must be whole seconds, at least one')]
}

/** Our own Python, for the end of the file. */
export function securityStatements(fab: FlaskAppBuilder, input: ProductInput): PyStatement[] {
  const providers = readByGatehouse(input)
  if (providers.length === 0) return []
  const isOne = input.classes.length === 1
  return securityManager(
    input,
    fab.securityManager,
    providers.map((provider) => ({
      name: oauthProviderName(input.product, provider),
      provider,
      // No class name contains a colon, so `okta:alice` cannot be somebody else.
      prefix: isOne ? '' : `${provider.className}:`,
    })),
  )
}

function accountStatements(title: string, input: ProductInput): PyStatement[] {
  const { userRegistration, userRegistrationRole, syncRolesAt } = accountRules(input)
  return [
    pyAssign('AUTH_USER_REGISTRATION', userRegistration),
    ...(userRegistration
      ? [
          comment('Everybody has this role, in addition to those of AUTH_ROLES_MAPPING.'),
          pyAssign('AUTH_USER_REGISTRATION_ROLE', userRegistrationRole),
        ]
      : []),
    ...syncStatements(input, syncRolesAt),
    ...(hasRoles(input)
      ? [
          comment(`Group, as the provider writes it -> roles of ${title}, always a list.`),
          pyAssign('AUTH_ROLES_MAPPING', pyDict(Object.entries(input.product.roles))),
        ]
      : []),
  ]
}

function syncStatements(input: ProductInput, syncRolesAt: AccountRules['syncRolesAt']): PyStatement[] {
  const assign = pyAssign('AUTH_ROLES_SYNC_AT_LOGIN', syncRolesAt === 'Login')
  if (hasRoles(input) || syncRolesAt === 'Login') return [assign]
  return [
    comment(
      'No roles in the Gatehouse configuration: True would remove, at each sign-in, roles that were given by hand.',
    ),
    assign,
  ]
}

function oauthProviders(input: ProductInput): PyValue[] {
  return input.product.authentication.flatMap((entry) => {
    const someClass = input.classes.find((each) => each.entry === entry)
    if (someClass?.type === 'oidc') return [oidcProvider(input, someClass)]
    return someClass?.type === 'github' ? [githubProvider(someClass)] : []
  })
}

function clientId({ clientId, clientIdVariable }: ClientAtProvider): PyValue {
  return clientIdVariable === undefined ? clientId : pyEnvironment(clientIdVariable)
}

function oidcProvider(input: ProductInput, provider: Provider): PyValue {
  const { className, scopes, tls, authorizationParameters, issuer, innerIssuer } = provider
  const clientKwargs: [string, PyValue][] = [
    ['scope', scopes.join(' ')],
    ['code_challenge_method', 'S256'],
    ['token_endpoint_auth_method', provider.clientAuthenticationMethod],
  ]
  if (tls.kind === 'own-ca') clientKwargs.push(['verify', pyEnvironment(caVariableName(className))])
  const remoteApp: [string, PyValue][] = [
    ['client_id', clientId(provider)],
    ['client_secret', pyEnvironment(provider.secretVariable)],
    ...addressesOf(provider),
  ]
  // The parser for Keycloak asks below it; ours reads the address from the discovery document.
  if (isReadByFlaskAppBuilder(input, provider)) remoteApp.push(['api_base_url', protocolBase(innerIssuer ?? issuer)])
  if (Object.keys(authorizationParameters).length > 0) {
    remoteApp.push(['authorize_params', pyDict(Object.entries(authorizationParameters))])
  }
  remoteApp.push(['client_kwargs', pyDict(clientKwargs)])
  return oauthProvider(oauthProviderName(input.product, provider), 'fa-key', remoteApp)
}

/** With an inner address Authlib reads no document, so that browsers go to the public one, and tokens are compared with it. */
function addressesOf({ issuer, innerIssuer, endpoints, discoveryUrl }: Provider): [string, PyValue][] {
  if (innerIssuer === undefined || !endpoints) return [['server_metadata_url', discoveryUrl]]
  return [
    ['authorize_url', endpoints.authorization],
    ['access_token_url', endpoints.token],
    ['jwks_uri', endpoints.jwks],
    ['userinfo_endpoint', endpoints.userinfo],
    ['issuer', issuer],
    // Authlib takes nothing but RS256 where no document says otherwise.
    ['id_token_signing_alg_values_supported', ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'ES512']],
  ]
}

function githubProvider(github: GitHubProvider): PyValue {
  const web = `https://${github.hostname}`
  return oauthProvider('github', 'fa-github', [
    ['client_id', clientId(github)],
    ['client_secret', pyEnvironment(github.secretVariable)],
    ['api_base_url', github.hostname === 'github.com' ? 'https://api.github.com/' : `${web}/api/v3/`],
    ['access_token_url', `${web}/login/oauth/access_token`],
    ['authorize_url', `${web}/login/oauth/authorize`],
    [
      'client_kwargs',
      pyDict([
        ['scope', 'read:user'],
        ['code_challenge_method', 'S256'],
        ['token_endpoint_auth_method', 'client_secret_post'],
      ]),
    ],
  ])
}

function oauthProvider(name: string, icon: string, remoteApp: [string, PyValue][]): PyValue {
  return pyDict([
    ['name', name],
    ['icon', icon],
    ['token_key', 'access_token'],
    ['remote_app', pyDict(remoteApp)],
  ])
}

export function flaskAppBuilderVariables(input: ProductInput): ExpectedVariable[] {
  return input.classes.flatMap((someClass) => {
    if (someClass.type === 'oidc') return [...clientVariables(input, someClass), ...caFileVariable(someClass)]
    if (someClass.type === 'github') return clientVariables(input, someClass)
    return someClass.type === 'ldap' ? [...bindVariables(someClass), ...caFileVariable(someClass)] : []
  })
}

/** Claims for REGISTER.md. */
export function flaskAppBuilderClaims(input: ProductInput): string[] {
  const claims = [...new Set(input.providers.map(({ groupsClaim }) => claimCode(groupsClaim)))]
  return [
    '`given_name`, `family_name`, `email`',
    ...(hasRoles(input) ? [`${claims.join(' or ')} (a list of strings, for roles)`] : []),
  ]
}

/** What to install and to copy, for any product. */
export function installationSteps(fab: FlaskAppBuilder, input: ProductInput): string[] {
  const { title } = fab
  const directory = ldapDirectory(input)
  const github = githubClass(input)
  const steps = [
    directory
      ? `Install \`python-ldap\` into the environment of ${title} (it needs the headers of OpenLDAP and SASL: \`apt-get install libldap2-dev libsasl2-dev\`, then \`pip install python-ldap\`).`
      : `Install \`Authlib\` into the environment of ${title} (\`pip install authlib\`); most images lack it.`,
  ]
  for (const someClass of input.classes) {
    if ((someClass.type !== 'oidc' && someClass.type !== 'ldap') || someClass.tls.kind !== 'own-ca') continue
    steps.push(
      `Copy the certificate authority (\`ca.crt\` of ${mdCode(someClass.tls.secretClass)}, PEM) to the machine and put its path into ${mdCode(caVariableName(someClass.className))}.`,
    )
  }
  if (github) {
    steps.push(`Give the OAuth App at GitHub the callback URL ${mdCode(fab.callbackUri(input, 'github'))}.`)
  }
  if (!accountRules(input).userRegistration) {
    steps.push(
      `Nobody gets an account by signing in (\`userRegistration: false\`): create the accounts in ${title} first, each with exactly the user name that the provider sends.`,
    )
  }
  return steps
}
