/** Checks for every product kind. Each problem says what is wrong and what to do. */

import { shownClaim } from '../../claim-path.ts'
import { didYouMean } from '../../config/did-you-mean.ts'
import type { ClassType } from '../../config/schema.ts'
import { tenantProblem } from '../../config/tenant.ts'
import { isVariableName } from '../../formats.ts'
import type {
  ClientProfile,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  ResolvedClass,
} from '../contract.ts'
import { addressProblem, isLoopback } from '../writing/addresses.ts'
import { error, warning } from '../writing/problem.ts'
import { knownVendor } from '../writing/provider-facts.ts'
import { isBefore, isLaterLine } from '../writing/version.ts'
import { ignoredSettings } from './ignored-settings.ts'
import { peopleProblems } from './people.ts'
import { strangerProblems } from './strangers.ts'

/** What every product needs from its classes and its client, and the settings that the kind does not follow. */
export function commonProblems(input: ProductInput, description: ProductDescription): ProductProblem[] {
  return [
    ...versionProblems(input, description),
    ...classProblems(input, description),
    ...addressProblems(input),
    ...plainUrlProblems(input, description),
    ...input.classes.flatMap((someClass) => tlsProblems(someClass, description)),
    ...variableProblems(input),
    ...placeholderProblems(input),
    ...input.providers.flatMap(scopeProblems),
    ...input.providers.flatMap(tenantProblems),
    ...input.providers.flatMap((provider) => claimProblems(input, provider, description)),
    ...input.providers.flatMap((provider) => doubtfulClaim(provider, description)),
    ...input.providers.flatMap((provider) => methodProblems(provider, input.profile, description)),
    ...algorithmProblems(input, description),
    ...strangerProblems(input, description),
    ...emptyRoles(input, description),
    ...twoDeciders(input, description),
    ...teamProblems(input, description),
    ...peopleProblems(input, description),
    ...ignoredSettings(input, description),
  ]
}

/** The word that `import` writes where the files of another tool hold no client id. One that comes as a variable is known at the start. */
function placeholderProblems({ classes }: ProductInput): ProductProblem[] {
  return classes.flatMap((someClass) => {
    if (someClass.type !== 'oidc' && someClass.type !== 'github') return []
    if (someClass.clientId !== 'CLIENT-ID' || someClass.clientIdVariable !== undefined) return []
    return [
      warning(
        'placeholder-left',
        someClass.path,
        `nobody can sign in with the client id CLIENT-ID, which stands for one that import did not find: write the id that the provider knows as ${someClass.secretName === undefined ? 'clientId' : `secrets.${someClass.secretName}.clientId`}`,
      ),
    ]
  })
}

/** Through Gatehouse a group is a team, and teams are known. (If the configuration has none, people are added to teams by hand.) */
function teamProblems(
  { product, providers, teams, path }: ProductInput,
  { client: { follows } }: ProductDescription,
): ProductProblem[] {
  if (teams.length === 0 || !follows.includes('roles') || providers.some(({ vendor }) => !vendor.isOurs)) return []
  if (providers.length === 0) return []
  return Object.keys(product.roles)
    .filter((group) => !teams.includes(group))
    .map((group) =>
      warning(
        'team-unknown',
        [...path, 'roles', group],
        `there is no team "${group}"${didYouMean(group, teams) || `; known: ${teams.join(', ')}`}`,
      ),
    )
}

function versionProblems(
  { version, product, path }: ProductInput,
  { title, client: { versions } }: ProductDescription,
): ProductProblem[] {
  if (product.version === undefined) return []
  const at = [...path, 'version']
  if (versions === undefined)
    return [warning('setting-ignored', at, `is ignored: the files for ${title} are the same for all versions`)]
  if (isBefore(version, versions.oldest)) {
    return [error(at, `${title} ${product.version} is too old: the files work from ${versions.oldest} on`)]
  }
  if (isLaterLine(version, versions.newest, versions.parts)) {
    return [
      warning(
        'version-unknown',
        at,
        `${title} ${product.version} is newer than the versions known to Gatehouse; the files are those of ${versions.newest}`,
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
  const { title, accepts } = description
  const problems: ProductProblem[] = []
  const types = Object.keys(accepts.classes)
  for (const [index, { className, type, path: at }] of classes.entries()) {
    if (classes.findIndex((other) => other.className === className) !== index) {
      problems.push(error(at, `names the class ${className} a second time: remove one of the two entries`))
    } else if (!accepts.classes[type]) {
      const way =
        type === 'oidc' || !accepts.classes.oidc || description.client.takesGatehouse === false
          ? `use a class of type ${either(types)}`
          : `use a class of type ${either(types)}, or the class gatehouse`
      problems.push(error(at, `${title} cannot sign people in with ${className} (${typeNames[type]}): ${way}`))
    }
  }
  for (const [type, members] of Map.groupBy(classes, (someClass) => someClass.type)) {
    const support = accepts.classes[type]
    if (!support || members.length <= support.most) continue
    const names = members.map(({ className }) => className).join(', ')
    const many = `${support.why ?? `${title} takes ${support.most === 1 ? 'one class' : `${support.most} classes`} of type ${type}`}`
    const way =
      type === 'oidc' && description.client.takesGatehouse !== false
        ? 'keep one, or list them under `login` and give the product the class gatehouse, which combines them'
        : 'keep one'
    problems.push(error([...path, 'authentication'], `${many}, but there are ${members.length} (${names}): ${way}`))
  }
  const used = new Set(classes.map(({ type }) => type))
  if (accepts.oneTypeOnly !== undefined && used.size > 1) {
    problems.push(
      error(
        [...path, 'authentication'],
        `${accepts.oneTypeOnly}, but there are ${[...used].join(' and ')}: keep the classes of one type`,
      ),
    )
  }
  return problems
}

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

/** For people, and for clients that connect in their place. */
function plainUrlProblems(input: ProductInput, { accepts }: ProductDescription): ProductProblem[] {
  const { url } = input.product
  if (url.startsWith('https:') || isLoopback(url) || accepts.refusesPlainUrl?.(input)) return []
  return [
    warning(
      'clear-text',
      [...input.path, 'url'],
      `${url} is not encrypted: passwords, tokens and sessions cross the network in clear text. Write https, with TLS at a proxy in front or in the product itself`,
    ),
  ]
}

function tlsProblems(someClass: ResolvedClass, description: ProductDescription): ProductProblem[] {
  if (someClass.type !== 'oidc' && someClass.type !== 'ldap') return []
  const { tls, className, path } = someClass
  if (tls.kind === 'unverified' && !description.accepts.skipsVerification.includes(someClass.type)) {
    return [
      {
        ...error(
          path,
          `${description.title} cannot call ${className} without checking its certificate, so the rendered files leave the check on: replace tls.verification.none with server.caCert.secretClass and the certificate authority, or with server.caCert.webPki`,
        ),
        keepsFiles: true,
      },
    ]
  }
  if (tls.kind === 'unverified') {
    const danger = someClass.type === 'ldap' ? 'can read every password' : 'can sign in as anybody'
    return [
      warning(
        'certificate-unchecked',
        path,
        `${description.title} does not check the certificate of ${className}: anybody in between ${danger}. Name the certificate authority in tls.verification.server.caCert`,
      ),
    ]
  }
  if (tls.kind !== 'plain') return []
  const address = someClass.type === 'oidc' ? someClass.issuer : someClass.url
  if (isLoopback(address)) return []
  const way =
    someClass.type === 'oidc' && someClass.vendor.isOurs ? 'https to `issuer`' : '`tls` to the authenticationClass'
  return [
    warning(
      'clear-text',
      path,
      `${address} is not encrypted: passwords and tokens cross the network in clear text. Add ${way}`,
    ),
  ]
}

/** Environment variables that the product needs: one name for each value, one value for each name. */
function variableProblems(input: ProductInput): ProductProblem[] {
  const problems: ProductProblem[] = []
  const owners = new Map<string, string>()
  for (const someClass of input.classes) {
    for (const [name, value] of variablesOf(someClass)) {
      if (!isVariableName(name)) {
        problems.push(
          error(
            someClass.path,
            `the secret would come as the environment variable ${JSON.stringify(name)}, which no shell can set: write a reference of the form \${env:NAME} with a NAME of letters, digits and underscores`,
          ),
        )
      }
      const owner = owners.get(name) ?? value
      owners.set(name, owner)
      // Such a product takes one class only, and another problem says so.
      if (owner !== value && name !== input.profile.secretVariable) {
        problems.push(
          error(
            someClass.path,
            `two secrets would come as the environment variable ${name}: give them references of the form \${env:NAME} with different names`,
          ),
        )
      }
    }
  }
  return problems
}

/** Each variable, and the secret that it carries. */
function variablesOf(someClass: ResolvedClass): [string, string][] {
  if (someClass.type === 'oidc' || someClass.type === 'github') {
    const secret = `secret ${someClass.secretName ?? ''}`
    const isPublic = someClass.type === 'oidc' && someClass.clientAuthenticationMethod === 'none'
    return [
      ...(isPublic ? [] : [[someClass.secretVariable, secret] as [string, string]]),
      ...(someClass.clientIdVariable === undefined
        ? []
        : [[someClass.clientIdVariable, `id ${someClass.secretName ?? ''}`] as [string, string]]),
    ]
  }
  if (someClass.type === 'ldap' && someClass.bind) {
    const { userVariable, passwordVariable, secretName } = someClass.bind
    return [
      [userVariable, `user ${secretName}`],
      [passwordVariable, `password ${secretName}`],
    ]
  }
  if (someClass.type === 'static') {
    return someClass.users.map(({ name, passwordVariable }) => [
      passwordVariable,
      `password of ${name} in ${someClass.secretName}`,
    ])
  }
  return []
}

function scopeProblems(provider: Provider): ProductProblem[] {
  const { scopes, vendor, path } = provider
  const problems: ProductProblem[] = []
  if (!scopes.includes('openid')) {
    problems.push(
      error(path, `does not request the scope openid, which every sign-in needs: add it to ${scopesOf(provider)}`),
    )
  }
  for (const scope of scopes) {
    // RFC 6749 section 3.3: scope-token
    if (/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) continue
    problems.push(
      error(
        path,
        `the scope ${JSON.stringify(scope)} contains characters that no scope can have (RFC 6749 section 3.3): write one scope per list entry`,
      ),
    )
  }
  if (vendor.groups.scope === undefined && scopes.includes('groups')) {
    const message = `${vendor.title} has no scope groups`
    problems.push(
      vendor.refusesUnknownScopes
        ? error(path, `${message} and ends the sign-in with invalid_scope: remove it from ${scopesOf(provider)}`)
        : warning(
            'scope-unknown',
            path,
            `${message}, so requesting it has no effect: remove it from ${scopesOf(provider)}`,
          ),
    )
  }
  return problems
}

/** Claims that the product reads but the provider never sends. */
function claimProblems(
  input: ProductInput,
  provider: Provider,
  { admission = {}, client: { takesGatehouse } }: ProductDescription,
): ProductProblem[] {
  const { kind, className, path, principalClaim, groupsClaim, wantsGroups } = provider
  const { neverSends, title } = provider.vendor
  const at = `authenticationClasses.${className}.oidc`
  const problems: ProductProblem[] = []
  if (neverSends.includes(principalClaim)) {
    problems.push(
      warning(
        'principal-claim-never-sent',
        path,
        `the user name comes from ${principalClaim}, which ${title} never sends: write another claim, such as email, in ${at}.principalClaim`,
      ),
    )
  }
  if (!neverSends.includes(shownClaim(groupsClaim)) || admission.fetchesGroups?.includes(kind)) return problems
  const worse = admission.withoutGroups?.(input, provider)
  if (worse === undefined && !wantsGroups) return problems
  const way = takesGatehouse === false ? ', if there is one' : ', or give the product the class gatehouse'
  const message = `the groups come from ${shownClaim(groupsClaim)}, which ${title} never sends, so ${worse ?? 'nobody is in any'}: write the claim that carries them in ${at}.groupsClaim${way}`
  problems.push(worse === undefined ? warning('groups-missing', path, message) : error(path, message))
  return problems
}

/** A name with a dot, which people may have meant as a path. */
function doubtfulClaim(
  { groupsClaim, groupsClaimIsDoubtful, wantsGroups, className, path }: Provider,
  { client: { follows } }: ProductDescription,
): ProductProblem[] {
  if (!groupsClaimIsDoubtful || !wantsGroups || !follows.includes('groupsClaim')) return []
  const name = shownClaim(groupsClaim)
  const [escaped, parts] = [name.replaceAll('.', '\\.'), name.split('.').join(', ')]
  return [
    warning(
      path,
      `the groups come from one claim with the name ${name}, dots and all: if it is a claim inside of another, write authenticationClasses.${className}.oidc.groupsClaim: [${parts}]; if it is a name, write ${escaped}, which means nothing else`,
    ),
  ]
}

function tenantProblems(provider: Provider): ProductProblem[] {
  const { issuer, className, path } = provider
  const problem = tenantProblem(knownVendor(provider), issuer, className)
  return problem === undefined ? [] : [error(path, problem)]
}

function algorithmProblems(
  { product, profile, providers, path }: ProductInput,
  { title }: ProductDescription,
): ProductProblem[] {
  const known = profile.idTokenSigningAlg
  const asked = product.idTokenSigningAlg
  if (known === undefined || asked === undefined || asked === known) return []
  if (!providers.some(({ vendor }) => vendor.isOurs)) return []
  return [
    error(
      [...path, 'idTokenSigningAlg'],
      `${title} accepts only ID tokens signed with ${known}: remove it, Gatehouse signs with ${known} for this product`,
    ),
  ]
}

function emptyRoles(
  { product, path }: ProductInput,
  { client: { follows, rolesAreGroups }, title }: ProductDescription,
): ProductProblem[] {
  if (!follows.includes('roles') || rolesAreGroups) return []
  return Object.entries(product.roles)
    .filter(([, roles]) => roles.length === 0)
    .map(([group]) =>
      warning(
        'role-empty',
        [...path, 'roles', group],
        `gives no role to anybody: list roles of ${title}, or remove it`,
      ),
    )
}

/** Where the keys of `roles` are the groups that get in, the two say different things. */
function twoDeciders(
  { product, path }: ProductInput,
  { client: { rolesAreGroups } }: ProductDescription,
): ProductProblem[] {
  if (product.authorization === undefined || rolesAreGroups || Object.keys(product.roles).length === 0) return []
  return [
    error(
      [...path, 'authorization'],
      'says that somebody else decides who may do what, but there are `roles` as well: remove one of the two',
    ),
  ]
}

function scopesOf(provider: Provider): string {
  return provider.vendor.isOurs || provider.entry.oidc?.extraScopes.includes('groups')
    ? 'oidc.extraScopes'
    : `authenticationClasses.${provider.className}.oidc.scopes`
}

function methodProblems(
  { clientAuthenticationMethod: method, path }: Provider,
  { clientAuthenticationMethods: able }: ClientProfile,
  { title }: ProductDescription,
): ProductProblem[] {
  // The kind itself says why a client is a public one.
  if (able.includes(method) || able[0] === 'none') return []
  const at = [...path, 'oidc', 'clientAuthenticationMethod']
  if (able.length === 1) {
    return [warning('setting-ignored', at, `is ignored: ${title} always uses ${able[0]}. Allow that at the provider`)]
  }
  return [error(at, `${title} cannot authenticate by ${method}: use ${either(able)}`)]
}
