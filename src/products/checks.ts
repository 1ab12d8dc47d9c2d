/** What is checked for every product kind. Each problem is one sentence of what is wrong and one of what to do. */
import type { ClassType } from '../config/schema.ts'
import { isVariableName } from '../formats.ts'
import type {
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  ProviderTls,
  ResolvedClass,
  Setting,
} from './contract.ts'
import { vendors } from './vendors/index.ts'
import { isBefore, isLaterLine } from './version.ts'

export function error(path: ProductProblem['path'], message: string): ProductProblem {
  return { severity: 'error', path, message }
}

export function warning(path: ProductProblem['path'], message: string): ProductProblem {
  return { severity: 'warning', path, message }
}

/** What every product needs of its classes and its client, and what of its settings the kind does not follow. */
export function commonProblems(input: ProductInput, description: ProductDescription): ProductProblem[] {
  return [
    ...versionProblems(input, description),
    ...classProblems(input, description),
    ...addressProblems(input),
    ...input.classes.flatMap((found) => tlsProblems(found, description)),
    ...variableProblems(input, description),
    ...input.providers.flatMap(scopeProblems),
    ...input.providers.flatMap((provider) => claimProblems(provider, description)),
    ...input.providers.flatMap((provider) => methodProblems(provider, description)),
    ...ignoredSettings(input, description),
  ]
}

function versionProblems(
  { version, product, path }: ProductInput,
  { title, versions }: ProductDescription,
): ProductProblem[] {
  if (product.version === undefined) return []
  const at = [...path, 'version']
  if (versions === undefined) return [warning(at, `is ignored: the files for ${title} are the same for all versions`)]
  if (isBefore(version, versions.oldest)) {
    return [error(at, `${title} ${product.version} is too old: the files are known to work from ${versions.oldest} on`)]
  }
  if (isLaterLine(version, versions.newest, versions.parts)) {
    return [
      warning(
        at,
        `${title} ${product.version} is newer than what is known here; the files are those of ${versions.newest}`,
      ),
    ]
  }
  return []
}

const typeNames: Readonly<Record<ClassType, string>> = {
  oidc: 'OpenID Connect',
  ldap: 'LDAP',
  static: 'a fixed list of accounts',
  tls: 'client certificates',
  kerberos: 'Kerberos',
  github: 'GitHub',
}

/** `oidc, ldap or static` */
function either(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** Which types of class, how many, and none twice. */
function classProblems({ classes, path }: ProductInput, description: ProductDescription): ProductProblem[] {
  const { title, oneTypeOnly } = description
  const problems: ProductProblem[] = []
  const types = Object.keys(description.classes)
  for (const [index, { className, type, path: at }] of classes.entries()) {
    if (classes.findIndex((other) => other.className === className) !== index) {
      problems.push(error(at, `names the class ${className} a second time: remove one of the two entries`))
    } else if (!description.classes[type]) {
      const way =
        type === 'oidc' || !description.classes.oidc || description.takesGatehouse === false
          ? `use a class of type ${either(types)}`
          : `use a class of type ${either(types)}, or the class gatehouse`
      problems.push(error(at, `${title} cannot sign people in by ${typeNames[type]}, which ${className} is: ${way}`))
    }
  }
  for (const [type, members] of Map.groupBy(classes, (found) => found.type)) {
    const support = description.classes[type]
    if (!support || members.length <= support.most) continue
    const names = members.map(({ className }) => className).join(', ')
    const many = `${support.why ?? `${title} takes ${support.most === 1 ? 'one class' : `${support.most} classes`} of type ${type}`}`
    const way =
      type === 'oidc' && description.takesGatehouse !== false
        ? 'keep one, or list them under `login` and give the product the class gatehouse, which brings them together'
        : 'keep one'
    problems.push(error([...path, 'authentication'], `${many}, but there are ${members.length} (${names}): ${way}`))
  }
  const used = new Set(classes.map(({ type }) => type))
  if (oneTypeOnly !== undefined && used.size > 1) {
    problems.push(
      error(
        [...path, 'authentication'],
        `${oneTypeOnly}, but there are ${[...used].join(' and ')}: keep the classes of one type`,
      ),
    )
  }
  return problems
}

/** Characters of a URI (RFC 3986 section 2). Products rewrite or cut others, each in its way, so that addresses stop being equal. */
const uri = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/

function addressProblems({ product, providers, path }: ProductInput): ProductProblem[] {
  const addresses: (readonly [ProductProblem['path'], string])[] = [
    [[...path, 'url'], product.url],
    ...providers.map((provider) => [provider.path, provider.issuer] as const),
    ...providers.flatMap(({ path: at, endpoints }) =>
      Object.values(endpoints ?? {}).flatMap((address: string | undefined) =>
        address === undefined ? [] : [[at, address] as const],
      ),
    ),
    ...(['redirectUris', 'postLogoutRedirectUris'] as const).flatMap((key) =>
      product[key].map((address, index) => [[...path, key, index], address] as const),
    ),
  ]
  return addresses.flatMap(([at, address]) => addressProblem(at, address))
}

/** For addresses among the settings of a kind too. */
export function addressProblem(at: ProductProblem['path'], address: string): ProductProblem[] {
  if (uri.test(address)) return []
  return [
    error(
      at,
      `${JSON.stringify(address)} has characters that no address has (RFC 3986): write them in percent-encoding`,
    ),
  ]
}

function tlsProblems(found: ResolvedClass, description: ProductDescription): ProductProblem[] {
  if (found.type !== 'oidc' && found.type !== 'ldap') return []
  const { tls, className, path } = found
  if (tls.kind === 'unverified' && !description.skipsVerification.includes(found.type)) {
    return [
      {
        ...error(
          path,
          `${description.title} cannot call ${className} without checking its certificate, so the files let it check: replace tls.verification.none by server.caCert.secretClass with the certificate authority, or by server.caCert.webPki`,
        ),
        keepsFiles: true,
      },
    ]
  }
  if (tls.kind !== 'plain') return []
  const address = found.type === 'oidc' ? found.issuer : found.url
  if (isLoopback(address)) return []
  const way =
    found.type === 'oidc' && found.kind === 'gatehouse' ? 'https to `issuer`' : '`tls` to the authenticationClass'
  return [warning(path, `${address} is not encrypted: passwords and tokens cross the network in the clear. Add ${way}`)]
}

/** Environment variables that the product must be given: each one name, each name one value. */
function variableProblems(input: ProductInput, { secretVariable }: ProductDescription): ProductProblem[] {
  const problems: ProductProblem[] = []
  const owners = new Map<string, string>()
  for (const found of input.classes) {
    for (const [name, value] of variablesOf(found)) {
      if (!isVariableName(name)) {
        problems.push(
          error(
            found.path,
            `the secret would come as the environment variable ${JSON.stringify(name)}, which no shell can set: write a reference of the form \${env:NAME} with a NAME of letters, digits and underscores`,
          ),
        )
      }
      const owner = owners.get(name) ?? value
      owners.set(name, owner)
      // A second class is too many there anyway, and that is said already.
      if (owner !== value && name !== secretVariable) {
        problems.push(
          error(
            found.path,
            `two secrets would come as the environment variable ${name}: give them references of the form \${env:NAME} with different names`,
          ),
        )
      }
    }
  }
  return problems
}

/** Variable, and which secret it carries. */
function variablesOf(found: ResolvedClass): [string, string][] {
  if (found.type === 'oidc' || found.type === 'github') {
    const secret = `secret ${found.secretName ?? ''}`
    return [
      [found.secretVariable, secret],
      ...(found.clientIdVariable === undefined
        ? []
        : [[found.clientIdVariable, `id ${found.secretName ?? ''}`] as [string, string]]),
    ]
  }
  if (found.type === 'ldap' && found.bind) {
    const { userVariable, passwordVariable, secretName } = found.bind
    return [
      [userVariable, `user ${secretName}`],
      [passwordVariable, `password ${secretName}`],
    ]
  }
  if (found.type === 'static') {
    return found.users.map(({ name, passwordVariable }) => [
      passwordVariable,
      `password of ${name} in ${found.secretName}`,
    ])
  }
  return []
}

function scopeProblems(provider: Provider): ProductProblem[] {
  const { scopes, kind, path } = provider
  const vendor = vendors[kind]
  const problems: ProductProblem[] = []
  if (!scopes.includes('openid')) {
    problems.push(
      error(path, `asks for no scope openid, without which it is no sign-in: add it to ${scopesOf(provider)}`),
    )
  }
  for (const scope of scopes) {
    // RFC 6749 section 3.3: scope-token
    if (/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) continue
    problems.push(
      error(
        path,
        `the scope ${JSON.stringify(scope)} has characters that no scope can have (RFC 6749 section 3.3): write one scope per list entry`,
      ),
    )
  }
  if (vendor.groupsScope === undefined && scopes.includes('groups')) {
    const message = `${vendor.title} knows no scope groups`
    problems.push(
      vendor.refusesUnknownScopes
        ? error(path, `${message} and ends the sign-in with invalid_scope: take it out of ${scopesOf(provider)}`)
        : warning(path, `${message}, so asking for it brings nothing: take it out of ${scopesOf(provider)}`),
    )
  }
  return problems
}

/** Claims that are read and that the provider never sends. */
function claimProblems(
  { kind, className, path, principalClaim, groupsClaim, wantsGroups }: Provider,
  { fetchesGroups = [] }: ProductDescription,
): ProductProblem[] {
  const { neverSends, title } = vendors[kind]
  const at = `authenticationClasses.${className}.oidc`
  const problems: ProductProblem[] = []
  if (neverSends.includes(principalClaim)) {
    problems.push(
      warning(
        path,
        `the user name is taken from ${principalClaim}, which ${title} never sends: write another claim, such as email, in ${at}.principalClaim`,
      ),
    )
  }
  if (wantsGroups && neverSends.includes(groupsClaim) && !fetchesGroups.includes(kind)) {
    problems.push(
      warning(
        path,
        `the groups are taken from ${groupsClaim}, which ${title} never sends, so that nobody is in any: write the claim that has them in ${at}.groupsClaim, if there is one`,
      ),
    )
  }
  return problems
}

function scopesOf(provider: Provider): string {
  return provider.kind === 'gatehouse' || provider.entry.oidc?.extraScopes.includes('groups')
    ? 'oidc.extraScopes'
    : `authenticationClasses.${provider.className}.oidc.scopes`
}

function methodProblems(
  { clientAuthenticationMethod: method, path }: Provider,
  { title, clientAuthenticationMethods: able }: ProductDescription,
): ProductProblem[] {
  if (able.includes(method)) return []
  const at = [...path, 'oidc', 'clientAuthenticationMethod']
  if (able.length === 1) {
    return [warning(at, `is ignored: ${title} always uses ${able[0]}. Allow that at the provider`)]
  }
  return [error(at, `${title} cannot prove itself by ${method}: take ${either(able)}`)]
}

const ldapDefaults: Readonly<Record<string, string>> = {
  uid: 'uid',
  group: 'memberof',
  givenName: 'givenName',
  surname: 'sn',
  email: 'mail',
}

/** Settings that are written in the configuration, each with where. */
function writtenSettings({ product, classes, path }: ProductInput): [Setting, ProductProblem['path']][] {
  const written: [Setting, ProductProblem['path']][] = []
  if (Object.keys(product.roles).length > 0) written.push(['roles', [...path, 'roles']])
  for (const key of ['redirectUris', 'postLogoutRedirectUris'] as const) {
    if (product[key].length > 0) written.push([key, [...path, key]])
  }
  for (const found of classes) {
    const { entry, path: at, className } = found
    if ((entry.oidc?.extraScopes.length ?? 0) > 0) written.push(['extraScopes', [...at, 'oidc', 'extraScopes']])
    if (Object.keys(entry.oidc?.authorizationParameters ?? {}).length > 0) {
      written.push(['authorizationParameters', [...at, 'oidc', 'authorizationParameters']])
    }
    for (const key of ['userRegistration', 'userRegistrationRole', 'syncRolesAt'] as const) {
      if (entry[key] !== undefined) written.push([key, [...at, key]])
    }
    if (found.type === 'oidc' && found.groupsClaim !== vendors[found.kind].groupsClaim) {
      written.push(['groupsClaim', ['authenticationClasses', className, 'oidc', 'groupsClaim']])
    }
    if (found.type === 'github' && found.organizations.length > 0) {
      written.push(['organizations', ['authenticationClasses', className, 'github', 'organizations']])
    }
    if (found.type !== 'ldap') continue
    const ldap = ['authenticationClasses', className, 'ldap']
    if (found.searchFilter !== '') written.push(['searchFilter', [...ldap, 'searchFilter']])
    for (const [field, name] of Object.entries(found.fields)) {
      if (name === ldapDefaults[field]) continue
      written.push([`ldapFieldNames.${field}` as Setting, [...ldap, 'ldapFieldNames', field]])
    }
  }
  return written
}

const generalReasons: Readonly<Partial<Record<Setting, string>>> = {
  roles: 'has no roles that could be given from here',
  redirectUris: 'has its own addresses below url',
  postLogoutRedirectUris: 'has its own addresses below url',
  authorizationParameters: 'cannot send parameters of its own to the authorization endpoint',
  userRegistration: 'has no such switch',
  userRegistrationRole: 'has no such setting',
  syncRolesAt: 'has no such setting',
}

function ignoredSettings(input: ProductInput, description: ProductDescription): ProductProblem[] {
  return writtenSettings(input)
    .filter(([setting]) => !description.follows.includes(setting))
    .map(([setting, at]) => {
      const reason =
        description.ignores?.[setting] ?? `${description.title} ${generalReasons[setting] ?? 'does not read it'}`
      return warning(at, `is ignored: ${reason}`)
    })
}

export function isLoopback(address: string): boolean {
  const host = URL.parse(address)?.hostname ?? ''
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host)
}

/** Where a product takes one provider only: that one. `commonProblems` has made sure of it. */
export function soleProvider({ providers, name }: ProductInput): Provider {
  const [provider] = providers
  if (!provider) throw new Error(`${name} has no OpenID provider`)
  return provider
}

/** The entry under `secrets` that holds the certificate authority; undefined when there is none of one's own. */
export function ownCa(tls: ProviderTls): string | undefined {
  return tls.kind === 'own-ca' ? tls.secretClass : undefined
}
