import { kindTitles } from '../../config/product-titles.ts'
import { milliseconds } from '../../duration.ts'
import { type Comment, comment, envVariable, mdCode, type Property, property } from '../../formats.ts'
import type {
  ExpectedVariable,
  LdapDirectory,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  Rendering,
  ResolvedClass,
  StaticAccounts,
} from '../contract.ts'
import { propertiesFile } from '../extra/files.ts'
import { plainUrlError } from '../writing/addresses.ts'
import { bindVariables, clientVariables } from '../writing/expected-variables.ts'
import { claimCode, claimName, nestedClaimProblems } from '../writing/groups-claim.ts'
import { bindProblems, ldapPath, ldapProblems } from '../writing/ldap-search.ts'
import { error, warning } from '../writing/problem.ts'
import { providerTexts, textProblems } from '../writing/replaced-texts.ts'
import { isDecidedElsewhere } from '../writing/roles.ts'
import { trustStoreStep, trustStoreVariable } from '../writing/trust-store.ts'
import { applyFile } from './apply.ts'
import {
  authorizers,
  directoryOfUsers,
  initialGroups,
  makesGroups,
  managedAuthorizer,
  singleUserAuthorizer,
} from './authorizers.ts'
import { nifiClient } from './client.ts'
import { isTemplate, ldapProvider, loginProviders, singleUserProvider, trustStoreFile } from './login-providers.ts'
import { isPlainText, nifiSyntax, plainText } from './placeholders.ts'

const title = kindTitles.nifi
const oidc = 'nifi.security.user.oidc'

/** NiFi: lines for `nifi.properties`, its two XML files, and a script that fills in secrets. */
export const nifi: ProductDescription<'nifi'> = {
  title,
  client: nifiClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in',
    singleGroup: 'counts',
    refresh: 'takes a refresh token where it gets one',
  },
  accepts: {
    classes: { oidc: { most: 1 }, ldap: { most: 1 }, static: { most: 1 } },
    oneTypeOnly: 'NiFi takes one class',
    skipsVerification: [],
    refusesPlainUrl: () => true,
  },
  ignores: {
    extraScopes: 'NiFi ignores extraScopes, as with Stackable: add them to `scopes` of the authenticationClass',
    roles: 'NiFi stores its permissions itself; grant them to groups in its menu under Policies',
  },
  problems,
  render,
}

function problems(input: ProductInput<'nifi'>): ProductProblem[] {
  return [
    ...urlProblems(input),
    ...optionProblems(input),
    ...oidcOptionProblems(input),
    ...input.classes.flatMap((someClass) => {
      if (someClass.type === 'oidc') return providerProblems(someClass)
      if (someClass.type === 'ldap') return directoryProblems(input, someClass)
      return someClass.type === 'static' ? accountProblems(someClass) : []
    }),
    ...nestedClaimProblems(
      input.providers.filter(({ wantsGroups }) => wantsGroups),
      { title },
    ),
    ...adminProblems(input),
  ]
}

function urlProblems(input: ProductInput<'nifi'>): ProductProblem[] {
  const { product, path } = input
  const { protocol, pathname } = new URL(product.url)
  const at = [...path, 'url']
  const problems: ProductProblem[] = []
  if (protocol !== 'https:') {
    problems.push(plainUrlError(input, 'NiFi signs people in over https only', 'in NiFi itself'))
  }
  if (/\/nifi$/.test(pathname)) {
    problems.push(error(at, 'ends in /nifi, which NiFi adds itself: write the address without it'))
  }
  if (pathname.includes(','))
    problems.push(error(at, 'contains a comma in its path, where NiFi would split it: write another'))
  return problems
}

function optionProblems(input: ProductInput<'nifi'>): ProductProblem[] {
  const { options, path, classes } = input
  const { initialAdmin, initialAdminGroup, proxyHosts, ldapUsers } = options
  const at = [...path, 'nifi']
  const problems: ProductProblem[] = []
  for (const [key, text] of Object.entries({ initialAdmin, initialAdminGroup })) {
    if (text === undefined || isPlainText(text)) continue
    problems.push(error([...at, key], `${JSON.stringify(text)} would be changed: ${plainWay}`))
  }
  for (const [index, host] of proxyHosts.entries()) {
    if (/^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/.test(host)) continue
    problems.push(
      error([...at, 'proxyHosts', index], `${JSON.stringify(host)} is not a host with a port: write host:port`),
    )
  }
  if (initialAdminGroup !== undefined && !makesGroups(input)) {
    problems.push(
      error([...at, 'initialAdminGroup'], 'NiFi knows it from 2.5 on: use initialAdmin, or a later version'),
    )
  }
  if (ldapUsers && !classes.some(({ type }) => type === 'ldap')) {
    problems.push(warning('setting-ignored', [...at, 'ldapUsers'], 'is ignored: there is no class of type ldap'))
  }
  return problems
}

const plainWay = 'write it without ${env:...} and without blanks around it'

function providerProblems(provider: Provider): ProductProblem[] {
  const { scopes, path } = provider
  const problems = textProblems(
    providerTexts(provider),
    (text) => !isPlainText(text),
    `would be changed in NiFi: ${plainWay}`,
  )
  for (const scope of scopes.filter((text) => text.includes(','))) {
    problems.push(
      error(path, `NiFi reads the scope ${JSON.stringify(scope)} as several: its scopes cannot contain commas`),
    )
  }
  return problems
}

function directoryProblems(input: ProductInput<'nifi'>, directory: LdapDirectory): ProductProblem[] {
  const { searchBase, searchFilter, fields } = directory
  const at = ldapPath(directory)
  const problems = [...ldapProblems(directory, '{0}'), ...bindProblems(title, directory, 'required')]
  if (!isPlainText(searchBase)) {
    problems.push(error([...at, 'searchBase'], `${JSON.stringify(searchBase)} would be changed: ${plainWay}`))
  }
  if (isTemplate(searchFilter) && /[{}]/.test(searchFilter.replaceAll('{0}', ''))) {
    problems.push(
      error(
        [...at, 'searchFilter'],
        'contains {0}, so it is the whole filter of NiFi, which allows no other braces: write \\7b and \\7d for them',
      ),
    )
  }
  if (isTemplate(searchFilter) && directoryOfUsers(input)) {
    problems.push(
      error(
        [...at, 'searchFilter'],
        'contains {0}, the name of the person who signs in, but NiFi loads all users at once: write the filter without it',
      ),
    )
  }
  if (fields.group !== 'memberof' && !directoryOfUsers(input)) {
    problems.push(
      warning(
        'setting-ignored',
        [...at, 'ldapFieldNames', 'group'],
        'is ignored: NiFi stores users and groups itself, unless nifi.ldapUsers is set',
      ),
    )
  }
  return problems
}

/** One account, with the name that Stackable's operator requires too. */
function accountProblems({ users, path, secretName }: StaticAccounts): ProductProblem[] {
  const names = users.map(({ name }) => name)
  if (names.length === 1 && names[0] === 'admin') return []
  return [
    error(
      path,
      `NiFi takes exactly one account, admin, but secrets.${secretName}.users has ${names.length === 0 ? 'none' : names.join(', ')}: write admin and its password there, or use a class of type oidc or ldap for several people`,
    ),
  ]
}

/** Settings of authorizers.xml, which is not written then. */
function ignoredWhenDecidedElsewhere({ options, path }: ProductInput<'nifi'>): ProductProblem[] {
  const { initialAdmin, initialAdminGroup, ldapUsers } = options
  return Object.entries({ initialAdmin, initialAdminGroup, ldapUsers: ldapUsers || undefined })
    .filter(([, value]) => value !== undefined)
    .map(([key]) =>
      warning(
        'setting-ignored',
        [...path, 'nifi', key],
        'is ignored: `authorization: elsewhere` says that somebody else decides who may do what. Remove one of the two',
      ),
    )
}

function adminProblems(input: ProductInput<'nifi'>): ProductProblem[] {
  const { options, classes, path } = input
  const { initialAdmin, initialAdminGroup } = options
  const [someClass] = classes
  const named = initialAdmin !== undefined || initialAdminGroup !== undefined
  if (isDecidedElsewhere(input)) return ignoredWhenDecidedElsewhere(input)
  if (someClass?.type === 'static') {
    return named ? [warning('setting-ignored', [...path, 'nifi'], 'is ignored: the one account may do everything')] : []
  }
  if (named) return []
  const name =
    someClass?.type === 'ldap'
      ? `the whole DN, such as ${someClass.fields.uid}=alice,${someClass.searchBase}`
      : `the value of ${someClass?.type === 'oidc' ? someClass.principalClaim : 'the claim'}, such as alice`
  return [
    {
      ...error(
        path,
        `nobody may do anything at first, because nifi.initialAdmin is missing: name somebody exactly as NiFi sees them (${name})`,
      ),
      // The files let in nobody, which is stricter than what anybody wants.
      keepsFiles: true,
    },
  ]
}

function render(input: ProductInput<'nifi'>): Rendering {
  return {
    files: [
      propertiesFile(input, 'nifi.properties', nifiProperties(input), { syntax: nifiSyntax }),
      ...loginProviders(input),
      // Whoever decides elsewhere has an authorizer of its own.
      ...(isDecidedElsewhere(input) ? [] : [authorizers(input)]),
      applyFile,
    ],
    variables: variablesOf(input),
    notes: {
      claims: input.providers
        .filter(({ wantsGroups }) => wantsGroups)
        .map(({ groupsClaim }) => `${claimCode(groupsClaim)} (a list of strings)`),
      needsAudience: false,
      secretPlace: 'the shell in which you run `apply.sh`',
      steps: steps(input),
    },
  }
}

function nifiProperties(input: ProductInput<'nifi'>): (Comment | Property)[] {
  const [someClass] = input.classes
  const providers: Readonly<Partial<Record<string, string>>> = { ldap: ldapProvider, static: singleUserProvider }
  return [
    comment('Sign-in. Written by `gatehouse render`: apply.sh merges it into conf/nifi.properties (REGISTER.md).'),
    property('nifi.security.user.login.identity.provider', providers[someClass?.type ?? ''] ?? ''),
    ...(isDecidedElsewhere(input) ? [] : [authorizerProperty(someClass)]),
    property('nifi.security.allow.anonymous.authentication', 'false'),
    ...(someClass?.type === 'oidc' ? oidcProperties(input, someClass) : [property(`${oidc}.discovery.url`, '')]),
    comment('The addresses that people use: NiFi refuses others.'),
    property('nifi.web.proxy.host', proxyHosts(input).join(',')),
    ...contextPath(input),
  ]
}

function authorizerProperty(someClass: ResolvedClass | undefined): Property {
  const authorizer = someClass?.type === 'static' ? singleUserAuthorizer : managedAuthorizer
  return property('nifi.security.user.authorizer', authorizer)
}

function oidcProperties(input: ProductInput<'nifi'>, provider: Provider): Property[] {
  const { clientId, clientIdVariable, secretVariable, tls } = provider
  const { fallbackClaims, preferredJwsAlgorithm } = input.options
  const algorithm = preferredJwsAlgorithm ?? (provider.vendor.isOurs ? oursFor(input) : undefined)
  return [
    property(`${oidc}.discovery.url`, plainText(provider.discoveryUrl)),
    property(`${oidc}.client.id`, clientIdVariable === undefined ? plainText(clientId) : envVariable(clientIdVariable)),
    property(`${oidc}.client.secret`, envVariable(secretVariable)),
    // It accepts one algorithm only, by default RS256.
    ...(algorithm === undefined ? [] : [property(`${oidc}.preferred.jwsalgorithm`, algorithm)]),
    ...timeouts(input),
    property(`${oidc}.additional.scopes`, provider.scopes.map(plainText).join(',')),
    property(`${oidc}.claim.identifying.user`, plainText(provider.principalClaim)),
    ...(fallbackClaims.length === 0
      ? []
      : [property(`${oidc}.fallback.claims.identifying.user`, fallbackClaims.map(plainText).join(','))]),
    ...(provider.wantsGroups ? [property(`${oidc}.claim.groups`, plainText(claimName(provider.groupsClaim)))] : []),
    ...(tls.kind === 'plain' ? [] : [property(`${oidc}.truststore.strategy`, tls.kind === 'own-ca' ? 'NIFI' : 'JDK')]),
  ]
}

/** How Gatehouse signs ID tokens for it. */
function oursFor({ product }: ProductInput<'nifi'>): string {
  return product.idTokenSigningAlg ?? 'ES256'
}

/** In the words of NiFi: `5 secs`, `500 millis`. */
function timeouts({ options }: ProductInput<'nifi'>): Property[] {
  return (['connect', 'read'] as const).flatMap((what) => {
    const text = options[`${what}Timeout`]
    if (text === undefined) return []
    const time = milliseconds(text)
    return [property(`${oidc}.${what}.timeout`, time % 1000 === 0 ? `${time / 1000} secs` : `${time} millis`)]
  })
}

/** What is about a sign-in at a provider. */
function oidcOptionProblems(input: ProductInput<'nifi'>): ProductProblem[] {
  const { options, path, providers } = input
  const at = [...path, 'nifi']
  const [provider] = providers
  if (!provider) {
    return (['preferredJwsAlgorithm', 'fallbackClaims', 'connectTimeout', 'readTimeout'] as const)
      .filter((key) => options[key] !== undefined && options[key].length > 0)
      .map((key) => warning('setting-ignored', [...at, key], 'is ignored: there is no class of type oidc'))
  }
  const { preferredJwsAlgorithm, fallbackClaims } = options
  const problems = textProblems(
    fallbackClaims.map((text, index) => ({ what: 'claim', text, path: [...at, 'fallbackClaims', index] })),
    (text) => !isPlainText(text) || text.includes(','),
    `would be changed in NiFi: ${plainWay}, and without commas`,
  )
  if (fallbackClaims.includes(provider.principalClaim)) {
    problems.push(
      warning(
        'setting-ignored',
        [...at, 'fallbackClaims'],
        `${provider.principalClaim} is principalClaim already: take it out`,
      ),
    )
  }
  if (provider.vendor.isOurs && preferredJwsAlgorithm !== undefined && preferredJwsAlgorithm !== oursFor(input)) {
    problems.push(
      error(
        [...at, 'preferredJwsAlgorithm'],
        `NiFi accepts one algorithm only, and Gatehouse signs with ${oursFor(input)} for it: remove it, or write idTokenSigningAlg`,
      ),
    )
  }
  if (preferredJwsAlgorithm?.startsWith('HS')) {
    problems.push(
      warning(
        'token-forgeable',
        [...at, 'preferredJwsAlgorithm'],
        'signs with the client secret: whoever has it can sign in as anybody. Let the provider sign with RS256 or ES256',
      ),
    )
  }
  return problems
}

/** Always with the port: NiFi separates hosts and ports, and the address without it counts as well. */
function proxyHosts({ product, options }: ProductInput<'nifi'>): string[] {
  const { hostname, port } = new URL(product.url)
  return [...new Set([`${hostname}:${port === '' ? '443' : port}`, ...options.proxyHosts])]
}

function contextPath({ product }: ProductInput<'nifi'>): Property[] {
  const { pathname } = new URL(product.url)
  return pathname === '/' ? [] : [property('nifi.web.proxy.context.path', plainText(pathname))]
}

function variablesOf(input: ProductInput<'nifi'>): ExpectedVariable[] {
  return input.classes.flatMap((someClass): ExpectedVariable[] => {
    if (someClass.type === 'oidc') return clientVariables(input, someClass)
    if (someClass.type === 'ldap') return [...bindVariables(someClass), ...trustStoreVariables(someClass)]
    if (someClass.type !== 'static') return []
    return someClass.users.map(({ name, passwordVariable }) => ({
      name: passwordVariable,
      note: `The password of ${name}, for the command in REGISTER.md: at least 12 characters.`,
      from: { secretName: someClass.secretName, key: name },
    }))
  })
}

function trustStoreVariables(directory: LdapDirectory): ExpectedVariable[] {
  return directory.tls.kind === 'own-ca' ? [trustStoreVariable(directory.className, trustStoreFile(directory))] : []
}

function steps(input: ProductInput<'nifi'>): string[] {
  const [someClass] = input.classes
  const first = [
    'NiFi needs its own TLS: `nifi.web.https.port`, `nifi.security.keystore` and `nifi.security.truststore` in `conf/nifi.properties`. A proxy in front must send `X-ProxyScheme`, `X-ProxyHost` and `X-ProxyPort` (or `X-Forwarded-Proto` and `-Host`).',
    'Set the variables of `secrets.env.example` and run `sh apply.sh CONF`, with the `conf` folder of NiFi, as the user that runs NiFi. NiFi reads no environment variables, so the script fills them in; only their owner can read the files. In the image `apache/nifi`, whose start script writes some lines itself, also set `NIFI_WEB_PROXY_HOST` (and `NIFI_WEB_PROXY_CONTEXT_PATH`) as in `nifi.properties`, and leave `AUTH` unset.',
  ]
  const address = mdCode(`${input.product.url}/nifi/`)
  if (someClass?.type === 'static') {
    const variable = someClass.users[0]?.passwordVariable ?? ''
    return [
      ...first,
      `Run ${mdCode(`bin/nifi.sh set-single-user-credentials admin "$${variable}"`)} afterwards, and again after each \`apply.sh\`: it writes the hash of the password.`,
      `Start NiFi and open ${address}.`,
    ]
  }
  return [
    ...first,
    ...trustSteps(input),
    ...(isDecidedElsewhere(input) ? [authorizerStep] : [...adminSteps(input), ...groupSteps(input)]),
    someClass?.type === 'oidc'
      ? `Start the provider first, then NiFi: it reads the discovery document only at start, and stops if it cannot. Open ${address}.`
      : `Start NiFi and open ${address}.`,
  ]
}

const authorizerStep =
  'Who may do what is decided elsewhere (`authorization: elsewhere`): `nifi.security.user.authorizer` and `conf/authorizers.xml` stay as they are. See that they name the authorizer that decides, such as that of Open Policy Agent.'

function trustSteps({ classes }: ProductInput<'nifi'>): string[] {
  const [someClass] = classes
  if (someClass?.type === 'oidc' && someClass.tls.kind === 'own-ca') {
    return [
      `Put the certificate authority (\`ca.crt\` of ${mdCode(someClass.tls.secretClass)}, PEM) into the trust store of NiFi (\`nifi.security.truststore\`): ${mdCode(`keytool -importcert -noprompt -keystore conf/truststore.p12 -alias ${someClass.className} -file ca.crt`)}.`,
    ]
  }
  if (someClass?.type !== 'ldap' || someClass.tls.kind !== 'own-ca') return []
  const { className, tls } = someClass
  return [trustStoreStep({ className, secretClass: tls.secretClass, file: trustStoreFile(someClass) })]
}

function adminSteps({ options }: ProductInput<'nifi'>): string[] {
  const { initialAdmin, initialAdminGroup } = options
  const who = [initialAdmin, initialAdminGroup].filter((text) => text !== undefined).map(mdCode)
  if (who.length === 0) return []
  return [
    `${who.join(' and ')} may do everything at the first start. NiFi reads this setting only while \`conf/users.xml\` and \`conf/authorizations.xml\` do not exist: delete both to start over, or add others in its menu under Users and Policies.`,
  ]
}

function groupSteps(input: ProductInput<'nifi'>): string[] {
  if (directoryOfUsers(input)) {
    return ['Users and groups come from the directory every 30 minutes; their names are their whole DN.']
  }
  const made = initialGroups(input)
  if (!input.providers.some(({ wantsGroups }) => wantsGroups)) return []
  return [
    made.length > 0
      ? `Groups of a sign-in count if NiFi has groups of the same name. ${made.map(mdCode).join(', ')} exist from the first start; add others in its menu under Users, and grant permissions to groups under Policies.`
      : 'Groups of a sign-in count if NiFi has groups of the same name: add them in its menu under Users (Add user, Group), and grant them permissions under Policies. They need no members there.',
  ]
}
