import { kindTitles } from '../../config/product-titles.ts'
import { type Comment, comment, envVariable, mdCode, type Property, property, propertyJson } from '../../formats.ts'
import type {
  ClientCertificates,
  ExpectedVariable,
  LdapDirectory,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  Rendering,
  ResolvedClass,
} from '../contract.ts'
import { propertiesFile } from '../extra/files.ts'
import { isLoopback, plainUrlError } from '../writing/addresses.ts'
import { bindVariables, clientVariables } from '../writing/expected-variables.ts'
import { bindProblems, filterWithout, ldapPath, ldapProblems, personFilter } from '../writing/ldap-search.ts'
import { error, warning } from '../writing/problem.ts'
import { clientTexts, type NamedText, textProblems } from '../writing/replaced-texts.ts'
import { isDecidedElsewhere } from '../writing/roles.ts'
import { trustStoreStep, trustStoreVariable, trustStoreVariableName } from '../writing/trust-store.ts'
import { isBefore } from '../writing/version.ts'
import { druidClient } from './client.ts'
import { druidProperty, druidSyntax, isDruidText, refusedKeys } from './expanded-properties.ts'

const title = kindTitles.druid

const cookiePassphrase = 'OIDC_COOKIE_PASSPHRASE'
const internalPassword = 'INTERNAL_INITIAL_CLIENT_PASSWORD'
const technicalPassword = 'DRUID_TECHNICAL_ADMIN_PASSWORD'

/** Druid: lines for `common.runtime.properties`, with the names that Stackable gives to authenticators and variables. */
export const druid: ProductDescription<'druid'> = {
  title,
  client: druidClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in',
    singleGroup: 'no groups are read',
    refresh: 'needs no token',
  },
  accepts: {
    classes: { oidc: { most: 1 }, ldap: { most: 1 }, tls: { most: 1 } },
    oneTypeOnly: 'Druid takes one class',
    skipsVerification: [],
    refusesPlainUrl: sendsPasswords,
  },
  ignores: {
    roles:
      'everybody who signs in may do everything (the authorizer is allowAll): grant permissions in Druid, with an authorizer of type basic',
    groupsClaim: 'Druid does not use groups while its authorizer is allowAll',
    'ldapFieldNames.group': 'Druid does not use groups while its authorizer is allowAll',
  },
  problems,
  render,
}

function problems(input: ProductInput<'druid'>): ProductProblem[] {
  return [
    ...urlProblems(input),
    ...optionProblems(input),
    ...input.classes.flatMap((someClass) => {
      if (someClass.type === 'oidc') return oidcProblems(input, someClass)
      return someClass.type === 'ldap' ? directoryProblems(input, someClass) : []
    }),
  ]
}

function optionProblems({ options, classes, path }: ProductInput<'druid'>): ProductProblem[] {
  if (!options.technicalUsers || classes.every(({ type }) => type !== 'tls')) return []
  return [
    warning(
      'setting-ignored',
      [...path, 'druid', 'technicalUsers'],
      'is ignored: with a class of type tls programs get in with certificates, as everybody does',
    ),
  ]
}

function urlProblems({ product, path }: ProductInput<'druid'>): ProductProblem[] {
  const { pathname } = new URL(product.url)
  if (pathname === '/') return []
  return [
    error(
      [...path, 'url'],
      `the router of Druid answers at the root of a host, not below ${pathname}: give it its own host name`,
    ),
  ]
}

function druidTexts(texts: readonly NamedText[]): ProductProblem[] {
  return textProblems(
    texts,
    (text) => !isDruidText(text),
    'has a part that Druid would replace or parse: write it without ${...}, and with no bracket in front',
  )
}

function oidcProblems(input: ProductInput<'druid'>, provider: Provider): ProductProblem[] {
  const { principalClaim, scopes, path } = provider
  return [
    ...druidTexts([
      ...clientTexts(provider),
      { what: 'principalClaim', text: principalClaim, path },
      { what: 'list of scopes', text: scopes.join(' '), path },
    ]),
    ...methodProblems(input, provider),
    ...cookieProblems(input),
  ]
}

/**
 * apache/druid#19019: pac4j 5 uses the first method that the provider lists, and cannot do Keycloak's first, private_key_jwt. The
 * setting came after it (#19020).
 */
function methodProblems({ version, product, path }: ProductInput<'druid'>, provider: Provider): ProductProblem[] {
  const problems: ProductProblem[] = []
  if (!isBefore(version, '37')) return problems
  if (provider.entry.oidc?.clientAuthenticationMethod !== undefined) {
    problems.push(
      warning(
        'setting-ignored',
        [...provider.path, 'oidc', 'clientAuthenticationMethod'],
        'is ignored: only Druid 37 and later has a setting for it; earlier versions use the first method that the provider lists',
      ),
    )
  }
  const name = product.version ?? ''
  const symptom = `Druid ${name} authenticates by the first method that the provider lists, and fails with "privateKeyJwtConfig cannot be null" when that is private_key_jwt`
  const way = 'use Druid 37 or later, 34, or the class gatehouse'
  if (isBefore(version, '35')) return problems
  const { listsFirst, title } = provider.vendor
  if (listsFirst === 'private_key_jwt') problems.push(error([...path, 'version'], `${symptom}, as at ${title}: ${way}`))
  if (listsFirst === 'unknown') {
    problems.push(
      warning(
        'discovery-incomplete',
        [...path, 'version'],
        `${symptom}: look at token_endpoint_auth_methods_supported in ${provider.discoveryUrl}; if it is first there, ${way}`,
      ),
    )
  }
  return problems
}

function cookieProblems({ version, path }: ProductInput<'druid'>): ProductProblem[] {
  if (!isBefore(version, '30.0.1')) return []
  return [
    warning(
      'version-vulnerable',
      [...path, 'version'],
      'session cookies of druid-pac4j before 30.0.1 can be changed by people who hold them (CVE-2024-45384): use 30.0.1 or later',
    ),
  ]
}

/** To its directory, with every request. */
function sendsPasswords({ classes }: ProductInput<'druid'>): boolean {
  return classes.some(({ type }) => type === 'ldap')
}

function directoryProblems(input: ProductInput<'druid'>, directory: LdapDirectory): ProductProblem[] {
  const { searchBase, searchFilter } = directory
  const at = ldapPath(directory)
  const problems = [
    ...ldapProblems(directory, '%s'),
    ...bindProblems(title, directory, 'required'),
    ...druidTexts([{ what: 'searchBase', text: searchBase, path: [...at, 'searchBase'] }]),
  ]
  if (isTemplate(searchFilter) && searchFilter.replace('%s', '').includes('%')) {
    problems.push(
      error(
        [...at, 'searchFilter'],
        'contains %s, so it is the whole filter of Druid, which allows no other %: write one %s and \\25 for others',
      ),
    )
  }
  if (!input.product.url.startsWith('https:') && !isLoopback(input.product.url)) {
    problems.push(
      plainUrlError(
        input,
        'the passwords of the directory would cross the network in clear text with every request to Druid',
      ),
    )
  }
  return problems
}

function render(input: ProductInput<'druid'>): Rendering {
  const [someClass] = input.classes
  if (!someClass) throw new Error(`${input.name} has no class`)
  return {
    files: [
      propertiesFile(input, 'common.runtime.properties', propertiesOf(input, someClass), {
        syntax: druidSyntax,
        refused: refusedKeys,
      }),
    ],
    variables: variablesOf(input, someClass),
    notes: { claims: [], needsAudience: false, steps: steps(input, someClass) },
  }
}

function propertiesOf(input: ProductInput<'druid'>, someClass: ResolvedClass): (Comment | Property)[] {
  const head = comment(
    'Sign-in. Written by `gatehouse render`: add it to _common/common.runtime.properties (REGISTER.md).',
  )
  if (someClass.type === 'oidc') {
    return [
      head,
      ...chainOf(input, 'Oidc'),
      ...pac4j(input, someClass),
      ...systemUser(),
      ...technicalUsers(input),
      ...authorizers(input, 'OidcAuthorizer'),
    ]
  }
  if (someClass.type === 'ldap') {
    return [
      head,
      ...chainOf(input, 'Ldap'),
      ...directory(someClass),
      ...systemUser(),
      ...technicalUsers(input),
      ...authorizers(input, 'LdapAuthorizer'),
    ]
  }
  return someClass.type === 'tls' ? [head, ...certificates(someClass)] : [head]
}

/** The system authenticator comes first: pac4j answers everything that reaches it with a redirect, even calls between services. */
function chainOf({ options }: ProductInput<'druid'>, name: string): Property[] {
  const technical = options.technicalUsers ? [technicalAuthenticator] : []
  return [
    property('druid.auth.authenticatorChain', propertyJson(['DruidSystemAuthenticator', ...technical, name])),
    property(`druid.auth.authenticator.${name}.type`, name === 'Oidc' ? 'pac4j' : 'basic'),
    property(`druid.auth.authenticator.${name}.authorizerName`, `${name}Authorizer`),
  ]
}

function systemUser(): (Comment | Property)[] {
  const system = 'druid.auth.authenticator.DruidSystemAuthenticator'
  return [
    comment('How the services of Druid call each other.'),
    property(`${system}.type`, 'basic'),
    property(`${system}.credentialsValidator.type`, 'metadata'),
    property(`${system}.initialInternalClientPassword`, envVariable(internalPassword)),
    property(`${system}.authorizerName`, 'DruidSystemAuthorizer'),
    property(`${system}.skipOnFailure`, 'true'),
    property('druid.escalator.type', 'basic'),
    property('druid.escalator.internalClientUsername', 'druid_system'),
    property('druid.escalator.internalClientPassword', envVariable(internalPassword)),
    property('druid.escalator.authorizerName', 'DruidSystemAuthorizer'),
  ]
}

const technicalAuthenticator = 'TechnicalUsers'

/** Programs with a user name and a password. Whoever it does not know goes on to the next one in the chain. */
function technicalUsers({ options }: ProductInput<'druid'>): (Comment | Property)[] {
  if (!options.technicalUsers) return []
  const technical = `druid.auth.authenticator.${technicalAuthenticator}`
  return [
    comment('Programs: users that Druid keeps, made with its API by the user admin.'),
    property(`${technical}.type`, 'basic'),
    property(`${technical}.credentialsValidator.type`, 'metadata'),
    property(`${technical}.initialAdminPassword`, envVariable(technicalPassword)),
    property(`${technical}.authorizerName`, `${technicalAuthenticator}Authorizer`),
    property(`${technical}.skipOnFailure`, 'true'),
  ]
}

function authorizers(input: ProductInput<'druid'>, name: string): (Comment | Property)[] {
  const technical = input.options.technicalUsers ? [`${technicalAuthenticator}Authorizer`] : []
  const isElsewhere = isDecidedElsewhere(input)
  return [
    comment(
      isElsewhere
        ? `Who may do what is decided elsewhere: write druid.auth.authorizer.${name}.type yourself (REGISTER.md).`
        : 'Everybody who is signed in may do everything.',
    ),
    property('druid.auth.authorizers', propertyJson([name, ...technical, 'DruidSystemAuthorizer'])),
    ...(isElsewhere ? [] : [property(`druid.auth.authorizer.${name}.type`, 'allowAll')]),
    ...technical.map((authorizer) => property(`druid.auth.authorizer.${authorizer}.type`, 'allowAll')),
    property('druid.auth.authorizer.DruidSystemAuthorizer.type', 'allowAll'),
  ]
}

function pac4j({ version }: ProductInput<'druid'>, provider: Provider): (Comment | Property)[] {
  const { clientId, clientIdVariable, secretVariable } = provider
  const oidc = 'druid.auth.pac4j.oidc'
  return [
    property('druid.auth.pac4j.cookiePassphrase', envVariable(cookiePassphrase)),
    druidProperty(`${oidc}.clientID`, clientIdVariable === undefined ? clientId : envVariable(clientIdVariable)),
    property(`${oidc}.clientSecret`, envVariable(secretVariable)),
    druidProperty(`${oidc}.discoveryURI`, provider.discoveryUrl),
    druidProperty(`${oidc}.oidcClaim`, provider.principalClaim),
    druidProperty(`${oidc}.scope`, provider.scopes.join(' ')),
    ...(isBefore(version, '37')
      ? []
      : [property(`${oidc}.clientAuthenticationMethod`, provider.clientAuthenticationMethod)]),
    ...(provider.tls.kind === 'own-ca'
      ? [
          property('druid.auth.pac4j.enableCustomSslContext', 'true'),
          ...trustStore('druid.client.https', provider.className),
        ]
      : []),
  ]
}

function trustStore(prefix: string, className: string): Property[] {
  return [
    property(`${prefix}.trustStoreType`, 'PKCS12'),
    property(`${prefix}.trustStorePath`, trustStoreFile(className)),
    property(`${prefix}.trustStorePassword`, envVariable(trustStoreVariableName(className))),
  ]
}

function trustStoreFile(className: string): string {
  return `conf/druid/${className}-truststore.p12`
}

/** A filter that contains %s is meant for Druid alone, as with Stackable; any other is added to the condition on the name. */
function isTemplate(searchFilter: string): boolean {
  return searchFilter.includes('%s')
}

function userSearch({ searchFilter, fields }: LdapDirectory): string {
  if (isTemplate(searchFilter)) return filterWithout(/\$/g, searchFilter)
  return personFilter(`${fields.uid}=%s`, filterWithout(/[%$]/g, searchFilter))
}

function directory(ldapClass: LdapDirectory): (Comment | Property)[] {
  const ldap = 'druid.auth.authenticator.Ldap'
  const { bind, url, searchBase, fields, tls, className } = ldapClass
  return [
    property(`${ldap}.enableCacheNotifications`, 'true'),
    property(`${ldap}.credentialsValidator.type`, 'ldap'),
    property(`${ldap}.credentialsValidator.url`, url),
    ...(bind
      ? [
          property(`${ldap}.credentialsValidator.bindUser`, envVariable(bind.userVariable)),
          property(`${ldap}.credentialsValidator.bindPassword`, envVariable(bind.passwordVariable)),
        ]
      : []),
    druidProperty(`${ldap}.credentialsValidator.baseDn`, searchBase),
    druidProperty(`${ldap}.credentialsValidator.userAttribute`, fields.uid),
    druidProperty(`${ldap}.credentialsValidator.userSearch`, userSearch(ldapClass)),
    ...(tls.kind === 'own-ca' ? trustStore('druid.auth.basic.ssl', className) : []),
  ]
}

/** People with a certificate get in. With the plain port open they would not need one. */
function certificates({ secretClass, className }: ClientCertificates): (Comment | Property)[] {
  return [
    comment('Nobody gets in without a certificate: the plain port is closed, and services need certificates as well.'),
    property('druid.enablePlaintextPort', 'false'),
    property('druid.enableTlsPort', 'true'),
    property('druid.server.https.requireClientCertificate', 'true'),
    ...(secretClass === undefined ? [] : trustStore('druid.server.https', className)),
  ]
}

function ownAuthority(someClass: ResolvedClass): string | undefined {
  if (someClass.type === 'tls') return someClass.secretClass
  return (someClass.type === 'oidc' || someClass.type === 'ldap') && someClass.tls.kind === 'own-ca'
    ? someClass.tls.secretClass
    : undefined
}

function variablesOf(input: ProductInput<'druid'>, someClass: ResolvedClass): ExpectedVariable[] {
  const own: ExpectedVariable[] = []
  if (someClass.type === 'oidc') {
    own.push(...clientVariables(input, someClass), {
      name: cookiePassphrase,
      note: 'Encrypts the session cookies: openssl rand -hex 32. The same on every router.',
    })
  }
  if (someClass.type === 'ldap') own.push(...bindVariables(someClass))
  if (someClass.type !== 'tls') {
    own.push({
      name: internalPassword,
      note: 'The password of druid_system, as which services call each other: openssl rand -hex 32. The same everywhere.',
    })
  }
  if (input.options.technicalUsers && someClass.type !== 'tls') {
    own.push({
      name: technicalPassword,
      note: 'The first password of the user admin of TechnicalUsers: openssl rand -hex 32. The same everywhere.',
    })
  }
  if (ownAuthority(someClass) !== undefined) {
    own.push(trustStoreVariable(someClass.className, trustStoreFile(someClass.className)))
  }
  return own
}

const extensions: Readonly<Partial<Record<ResolvedClass['type'], readonly string[]>>> = {
  oidc: ['druid-basic-security', 'druid-pac4j'],
  ldap: ['druid-basic-security'],
}

function steps(input: ProductInput<'druid'>, someClass: ResolvedClass): string[] {
  const customTls = someClass.type === 'oidc' && someClass.tls.kind === 'own-ca'
  const needed = [...(extensions[someClass.type] ?? []), ...(customTls ? ['simple-client-sslcontext'] : [])]
  const authority = ownAuthority(someClass)
  return [
    'Append `common.runtime.properties` to `conf/druid/.../_common/common.runtime.properties` of every service.',
    ...(needed.length === 0
      ? []
      : [
          `Add ${needed.map((name) => mdCode(JSON.stringify(name))).join(', ')} to the list in \`druid.extensions.loadList\`. It is not rendered, because a second list would replace yours.`,
        ]),
    ...(someClass.type === 'oidc' ? [dataServerStep] : []),
    ...(isDecidedElsewhere(input) ? authorizerSteps(someClass) : []),
    'Set the variables of `secrets.env.example` in the environment of every service. Druid does not start when one is missing.',
    ...(authority === undefined
      ? []
      : [
          `${trustStoreStep({ className: someClass.className, secretClass: authority, file: trustStoreFile(someClass.className) })}${customTls ? ' Druid has one such store for all its calls: if it has one already (`druid.client.https.trustStorePath`), put the certificate in there and leave these three lines out.' : ''}`,
        ]),
    someClass.type === 'oidc'
      ? `Open ${mdCode(`${input.product.url}/`)}. Only the router signs people in; ${input.options.technicalUsers ? 'scripts and JDBC use the users of `TechnicalUsers`: the user `admin` makes them, at `/druid-ext/basic-security/authentication/db/TechnicalUsers/users/NAME` of the coordinator' : 'scripts and JDBC need another authenticator (`druid.technicalUsers`)'}.`
      : `Open ${mdCode(`${input.product.url}/`)}.`,
  ]
}

/** Without the type Druid does not start: better than an authorizer that allows everything. */
function authorizerSteps({ type }: ResolvedClass): string[] {
  if (type !== 'oidc' && type !== 'ldap') return []
  const name = type === 'oidc' ? 'OidcAuthorizer' : 'LdapAuthorizer'
  return [
    `Who may do what is decided elsewhere (\`authorization: elsewhere\`): write ${mdCode(`druid.auth.authorizer.${name}.type`)} and its settings yourself, such as those of the extension for Open Policy Agent. Druid does not start without them.`,
  ]
}

const dataServerStep = [
  'Add these lines to the `runtime.properties` of middle managers, indexers and historicals, which must not send anybody to a provider (ingestion stops otherwise):',
  '```properties',
  'druid.auth.authenticatorChain=["DruidSystemAuthenticator"]',
  'druid.auth.authorizers=["DruidSystemAuthorizer"]',
  '```',
].join('\n')
