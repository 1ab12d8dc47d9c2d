/** Helm values of Astronomer Software, and the variables of Houston that say the same. */

import { withoutUserinfo } from '../../config/shown-text.ts'
import type { Data } from '../../formats.ts'
import { isMap, own, withoutPrototype } from '../../maps.ts'
import { providerNames, systemRoles, variableOf } from '../../products/astronomer/names.ts'
import type { ProviderHint } from '../../vendors/contract.ts'
import {
  type ImportComment,
  type Imported,
  type Importer,
  type ImportFile,
  type NotCarried,
  UnreadableImport,
} from '../contract.ts'
import { classOfIssuer, hintsByName, importedName, reference, variableName } from '../provider.ts'
import { isReference, joined, readMaps, readVariables, SettingsTree } from '../settings-tree.ts'
import { settingsBelow, shownBelow, shownSetting } from '../shown-setting.ts'

export const astronomer: Importer = {
  source: 'astronomer',
  title: 'Helm values of Astronomer Software, and environment files of Houston',
  read,
}

type Path = readonly string[]

const houston = ['astronomer', 'houston'] as const
const auth = [...houston, 'config', 'auth'] as const
const oidc = [...auth, 'openidConnect'] as const

/** The names that mean a vendor. */
const hints = hintsByName(providerNames)
/** What `render` calls the provider of such a class by default. */
const usualNames: Readonly<Partial<Record<ProviderHint, string>>> = Object.fromEntries(
  Object.entries(hints).map(([name, hint]) => [hint, name]),
)
/** Keys below `openidConnect` that are not providers. */
const settings = [
  'flow',
  'clockTolerance',
  'idpGroupsImportEnabled',
  'idpGroupsRefreshEnabled',
  'idpGroupsImport',
  'idpGroupsRefresh',
  'manageSystemPermissionsViaIdpGroups',
  'insecureIDPTokenLog',
]

interface SecretPlace {
  secretName: string
  secretKey: string
}

/** What the import finds out while it reads. */
interface Findings {
  tree: SettingsTree
  /** Variables that come from Secrets. */
  places: Map<string, SecretPlace>
  /** Entries under `secrets` so far. */
  secretNames: Set<string>
  where: string
  notCarried: NotCarried[]
  comments: ImportComment[]
}

function read(files: readonly ImportFile[]): Imported {
  const { values, places, notCarried, where } = readFiles(files)
  const found: Findings = {
    tree: new SettingsTree(values),
    places,
    secretNames: new Set(),
    where,
    notCarried,
    comments: [],
  }
  const providers = readProviders(found)
  const product = readProduct(found, providers)
  reportLeft(found)
  const { classes, secrets } = classesAndSecrets(providers)
  return {
    config: {
      ...(Object.keys(classes).length > 0 ? { authenticationClasses: classes } : {}),
      products: { astronomer: product },
      ...(Object.keys(secrets).length > 0 ? { secrets } : {}),
    },
    comments: [
      { path: [], text: `Imported from ${files.map(({ name }) => name).join(', ')} of Astronomer Software.` },
      ...found.comments,
    ],
    notCarried: found.notCarried,
  }
}

// --- Reading

interface Read {
  values: Readonly<Record<string, unknown>>
  places: Map<string, SecretPlace>
  notCarried: NotCarried[]
  where: string
}

function readFiles(files: readonly ImportFile[]): Read {
  let values: Readonly<Record<string, unknown>> = {}
  const variables = new Map<string, string>()
  const notCarried: NotCarried[] = []
  for (const file of files) {
    if (isEnvironment(file)) {
      for (const [name, value] of readVariables(file)) variables.set(name, value)
      continue
    }
    for (const map of readMaps(file)) {
      if (map['kind'] === 'Secret') notCarried.push(secretManifest(file, map))
      else values = joined(values, atItsPlace(map))
    }
  }
  const where = files.map(({ name }) => name).join(', ')
  const { places, kept } = readLists(values, variables)
  const tree = joined(values, fromVariables(variables))
  if (!isMap(new SettingsTree(tree).peek(auth)) && kept.length === variables.size && places.size === 0) {
    throw new UnreadableImport(where, 'has nothing below astronomer.houston.config.auth and no variable AUTH__...')
  }
  if (kept.length > 0) {
    notCarried.push({
      where: `${where}: ${houston.join('.')}.env`,
      what: kept.join(', '),
      why: 'They are not about sign-in. Keep them in your own values.',
    })
  }
  return { values: tree, places, notCarried, where }
}

function isEnvironment({ name, text }: ImportFile): boolean {
  if (/\.ya?ml$/.test(name)) return false
  return /\.env$/.test(name) || /^\s*(?:export\s+)?[A-Z_][A-Z0-9_]*=/m.test(text)
}

/** Examples leave out the outer part of the tree: `houston:` or `auth:` at the top. */
function atItsPlace(map: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (map['auth'] !== undefined && map['astronomer'] === undefined) {
    const { auth: inner, ...rest } = map
    return { ...rest, astronomer: { houston: { config: { auth: inner } } } }
  }
  if (map['houston'] !== undefined && map['astronomer'] === undefined) {
    const { houston: inner, ...rest } = map
    return { ...rest, astronomer: { houston: inner } }
  }
  return map
}

function secretManifest({ name }: ImportFile, map: Readonly<Record<string, unknown>>): NotCarried {
  const metadata = isMap(map['metadata']) ? map['metadata'] : {}
  return {
    where: name,
    what: `the Secret ${String(metadata['name'] ?? '')}`,
    why: 'Secrets stay in Kubernetes; gatehouse.yaml does not hold their values. REGISTER.md names the keys that the rendered values refer to.',
  }
}

/** `houston.env` and `houston.secret`, which are lists: the one joins the variables, the other says where secrets are. */
function readLists(
  values: Readonly<Record<string, unknown>>,
  variables: Map<string, string>,
): { places: Map<string, SecretPlace>; kept: string[] } {
  const tree = new SettingsTree(values)
  for (const entry of listOf(tree.peek([...houston, 'env']))) {
    if (typeof entry['name'] === 'string') variables.set(entry['name'], String(entry['value'] ?? ''))
  }
  const places = new Map<string, SecretPlace>()
  for (const { envName, secretName, secretKey = 'value' } of listOf(tree.peek([...houston, 'secret']))) {
    if (typeof envName !== 'string') continue
    places.set(envName, { secretName: String(secretName), secretKey: String(secretKey) })
  }
  const kept = [...variables.keys()].filter((name) => !name.startsWith('AUTH__') && name !== 'GLOBAL_AGENT_HTTPS_PROXY')
  return { places, kept }
}

function listOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isMap) : []
}

/** `AUTH__OPENID_CONNECT__OKTA__CLIENT_ID` -> `auth.openidConnect.okta.clientId`. */
function fromVariables(variables: ReadonlyMap<string, string>): Readonly<Record<string, unknown>> {
  let config: Readonly<Record<string, unknown>> = {}
  for (const [name, value] of variables) {
    if (!name.startsWith('AUTH__')) continue
    config = joined(config, nested(name.split('__').map(camelCase), value))
  }
  const proxy = variables.get('GLOBAL_AGENT_HTTPS_PROXY')
  return { astronomer: { houston: { config, ...(proxy === undefined ? {} : { importedProxy: proxy }) } } }
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function nested([key, ...rest]: Path, value: string): Readonly<Record<string, unknown>> {
  return key === undefined ? {} : { [key]: rest.length === 0 ? value : nested(rest, value) }
}

// --- Providers

interface ImportedProvider {
  key: string
  className: string
  secretName: string
  oidc: Record<string, Data>
  hint: ProviderHint | undefined
  entry: Record<string, Data>
  secret: Record<string, Data>
  displayName: string | undefined
}

function flowOf({ tree, comments }: Findings): 'code' | 'implicit' {
  // An example of the documentation has it beside openidConnect instead of in it.
  const flow = tree.text([...oidc, 'flow']) ?? tree.text([...auth, 'flow'])
  if (flow === undefined) {
    comments.push({
      path: ['products', 'astronomer', 'astronomer', 'flow'],
      text: 'What Houston does by default.',
    })
  }
  return flow === 'code' ? 'code' : 'implicit'
}

function readProviders(found: Findings): ImportedProvider[] {
  const { tree } = found
  const isCode = (tree.peek([...oidc, 'flow']) ?? tree.peek([...auth, 'flow'])) === 'code'
  const below = tree.keys(oidc).filter((key) => !settings.includes(key))
  // Another example has the provider beside openidConnect.
  const beside = tree.keys(auth).filter((key) => Object.hasOwn(hints, key) || key === 'custom')
  const paths = [...below.map((key) => [...oidc, key]), ...beside.map((key) => [...auth, key])]
  return paths.flatMap((path) => readProvider(found, path, isCode))
}

function readProvider(found: Findings, path: Path, isCode: boolean): ImportedProvider[] {
  const { tree, notCarried } = found
  const key = path.at(-1) ?? ''
  const prefix = `AUTH__OPENID_CONNECT__${variableOf(key)}`
  const idPlace = found.places.get(`${prefix}__CLIENT_ID`)
  if (tree.peek([...path, 'clientId']) === undefined && !idPlace && key === 'google') return []
  if (tree.flag([...path, 'enabled']) !== true) {
    tree.take(path)
    return []
  }
  const clientId = tree.text([...path, 'clientId'])
  const discovery =
    tree.text([...path, 'discoveryUrl']) ?? tree.text([...path, 'discoveryURL']) ?? originOf(found, path)
  const known =
    discovery === undefined
      ? undefined
      : classOfIssuer({
          issuer: discovery,
          scopes: ['openid', 'email', 'profile'],
          principalClaim: 'email',
          hint: own(hints, key),
        })
  if (!known) {
    notCarried.push({
      where: placeOf(found, path),
      what: `the provider ${key}`,
      why: 'It has no valid discoveryUrl. Write its authenticationClass by hand.',
    })
    tree.take(path)
    return []
  }
  const className = importedName(key, 'provider')
  for (const text of known.guesses) found.comments.push({ path: ['authenticationClasses', className], text })
  const groupsClaim = tree.text([...path, 'claimsMapping'])
  const baseDomain = tree.text([...path, 'baseDomain'])
  if (baseDomain !== undefined && baseDomain !== known.oidc.hostname) {
    notCarried.push({
      where: placeOf(found, [...path, 'baseDomain']),
      what: baseDomain,
      why: 'It is not the host of the provider. If Houston needs it, keep it in your own values.',
    })
  }
  const secretPlace = found.places.get(`${prefix}__CLIENT_SECRET`)
  const literal = tree.text([...path, 'clientSecret'])
  const secretName = ownSecretName(found, key, secretPlace ?? idPlace)
  const hasSecret = secretPlace !== undefined || literal !== undefined
  const variable = variableName(key, 'client_secret')
  if (literal !== undefined && !isReference(literal))
    notCarried.push(clearSecret(found, [...path, 'clientSecret'], variable))
  if (hasSecret && !isCode) notCarried.push(publicClient(found, path))
  found.notCarried.push(...renamedKeys(found, prefix, { idPlace, secretPlace }))
  const parameters = readParameters(found, [...path, 'authUrlParams'])
  return [
    {
      key,
      className,
      secretName,
      oidc: { ...known.oidc, ...(groupsClaim === undefined ? {} : { groupsClaim }) },
      hint: known.oidc.providerHint,
      entry: {
        clientCredentialsSecret: secretName,
        ...(isCode && !hasSecret ? { clientAuthenticationMethod: 'none' } : {}),
        ...(Object.keys(parameters).length > 0 ? { authorizationParameters: parameters } : {}),
      },
      secret: {
        clientId: clientId ?? importedName(key, 'astronomer'),
        ...(idPlace ? { clientIdVariable: variableName(key, 'client_id') } : {}),
        ...(hasSecret ? { clientSecret: reference(variable) } : {}),
      },
      displayName: tree.text([...path, 'displayName']),
    },
  ]
}

/** The name of the Secret, unless another provider has its client in the same one: an entry under `secrets` is one client. */
function ownSecretName(found: Findings, key: string, place: SecretPlace | undefined): string {
  const own = importedName(`astronomer-${key}-client`, 'astronomer-client')
  const name = place === undefined ? own : importedName(place.secretName, own)
  if (!found.secretNames.has(name)) {
    found.secretNames.add(name)
    return name
  }
  found.notCarried.push({
    where: placeOf(found, [...houston, 'secret']),
    what: `the client of ${key} in the Secret ${name}`,
    why: `Another provider has its client there, and here each has its own Secret. Create ${own}; REGISTER.md has the command.`,
  })
  found.secretNames.add(own)
  return own
}

/** We recognise Auth0 only by its domain. */
function originOf({ tree }: Findings, path: Path): string | undefined {
  const domain = path.at(-1) === 'auth0' ? tree.peek([...path, 'baseDomain']) : undefined
  return typeof domain === 'string' ? `https://${domain}` : undefined
}

function readParameters(found: Findings, path: Path): Record<string, Data> {
  const entries = found.tree.keys(path).flatMap((key): [string, string][] => {
    const value = found.tree.text([...path, key])
    return value === undefined ? [] : [[key, value]]
  })
  return Object.fromEntries(entries)
}

function clearSecret(found: Findings, path: Path, variable: string): NotCarried {
  return {
    where: placeOf(found, path),
    what: 'a client secret in clear text',
    why: `gatehouse.yaml holds no secrets, so it is ${reference(variable)}. Create a new one at the provider: everyone who could read the file knows this one.`,
  }
}

function publicClient(found: Findings, path: Path): NotCarried {
  return {
    where: placeOf(found, [...path, 'clientSecret']),
    what: 'a client secret beside the implicit flow',
    why: 'In the implicit flow Houston is a public client, and the rendered values have none. Set flow: code to use it.',
  }
}

/** The rendered values use the keys clientId and clientSecret. */
function renamedKeys(
  found: Findings,
  prefix: string,
  { idPlace, secretPlace }: { idPlace: SecretPlace | undefined; secretPlace: SecretPlace | undefined },
): NotCarried[] {
  found.places.delete(`${prefix}__CLIENT_ID`)
  found.places.delete(`${prefix}__CLIENT_SECRET`)
  return [[idPlace, 'clientId'] as const, [secretPlace, 'clientSecret'] as const].flatMap(([place, key]) =>
    place === undefined || place.secretKey === key
      ? []
      : [
          {
            where: placeOf(found, [...houston, 'secret']),
            what: `the key ${place.secretKey} of the Secret ${place.secretName}`,
            why: `The rendered values look for it under ${key}. Create the Secret again with that key; REGISTER.md has the command.`,
          },
        ],
  )
}

function placeOf({ where }: Findings, path: Path): string {
  return `${where}: ${path.join('.')}`
}

// --- The product

function readProduct(found: Findings, providers: readonly ImportedProvider[]): Record<string, Data> {
  const { tree } = found
  const options = readOptions(found, providers)
  const roles = readRoles(tree)
  const url = urlOf(found)
  const usesOldNames = tree.peek([...oidc, 'idpGroupsImportEnabled']) !== undefined
  return {
    product: 'astronomer',
    // Its name changed with 2.0.
    ...(usesOldNames ? { version: '0.37' } : {}),
    ...(url === undefined ? {} : { url }),
    authentication: providers.map(({ className, entry }) => ({ authenticationClass: className, oidc: entry })),
    ...(Object.keys(roles).length > 0 ? { roles } : {}),
    astronomer: options,
  }
}

/** Undefined when the input does not say it: a made-up one would pass `check`. */
function urlOf({ tree, comments, notCarried, where }: Findings): string | undefined {
  const domain = tree.text(['global', 'baseDomain'])
  if (domain !== undefined && /^[a-z0-9.-]+$/i.test(domain)) return `https://app.${domain}`
  comments.push({
    path: ['products', 'astronomer'],
    text: 'Set url to the address of your platform: https://app. and its base domain.',
  })
  notCarried.push({
    where: `${where}: global.baseDomain`,
    what: 'the address of the platform',
    why: 'The input does not have it. Set products.astronomer.url.',
  })
  return undefined
}

function readOptions(found: Findings, providers: readonly ImportedProvider[]): Record<string, Data> {
  const { tree } = found
  const flow = flowOf(found)
  const clockTolerance = tree.text([...oidc, 'clockTolerance'])
  const proxy = proxyOf(found)
  const imports =
    tree.flag([...oidc, 'idpGroupsImportEnabled']) ?? tree.flag([...oidc, 'idpGroupsImport', 'enabled']) ?? false
  for (const key of ['idpGroupsRefreshEnabled', 'idpGroupsRefresh']) {
    if (imports && [undefined, true].includes(tree.flag([...oidc, key]))) tree.take([...oidc, key])
  }
  const scim = readScim(found)
  const isGoogle = providers.some(({ key }) => key === 'google')
  return {
    flow,
    ...providerOption(found, providers),
    ...(clockTolerance !== undefined && /^\d+$/.test(clockTolerance) ? { clockTolerance: Number(clockTolerance) } : {}),
    ...(tree.flag([...auth, 'local', 'enabled']) ? { localAccounts: true } : {}),
    ...(openByDefault(found, [...auth, 'github', 'enabled'], 'github') ? { github: true } : {}),
    ...(!isGoogle && openByDefault(found, [...oidc, 'google', 'enabled'], 'google') ? { google: true } : {}),
    ...(proxy === undefined ? {} : { httpsProxy: proxy }),
    ...(imports ? { importGroups: true } : {}),
    ...(Object.keys(scim).length > 0 ? { scim } : {}),
  }
}

/** Values show it to everyone who may read them, so one with a password must not be there. */
function proxyOf({ tree, notCarried, where }: Findings): string | undefined {
  const proxy = tree.text([...houston, 'importedProxy'])
  if (proxy === undefined || withoutUserinfo(proxy) === proxy) return proxy
  notCarried.push({
    where: `${where}: GLOBAL_AGENT_HTTPS_PROXY`,
    what: `the proxy ${withoutUserinfo(proxy)}, with username and password`,
    why: 'The password is not copied. Keep the whole address in a Secret, listed in astronomer.houston.secret as GLOBAL_AGENT_HTTPS_PROXY, and change the password if others have seen the file.',
  })
  return undefined
}

/** By default the chart lets people in through Astronomer's own applications at GitHub and Google. */
function openByDefault({ tree, comments }: Findings, path: Path, option: 'github' | 'google'): boolean {
  const written = tree.flag(path)
  if (written === undefined) {
    comments.push({
      path: ['products', 'astronomer', 'astronomer', option],
      text: 'The default of the chart. Remove it unless people should sign in there.',
    })
  }
  return written ?? true
}

function providerOption(found: Findings, providers: readonly ImportedProvider[]): Record<string, Data> {
  const [only] = providers
  const named = providers.filter(({ key, hint }) => key !== ((hint && usualNames[hint]) ?? 'custom'))
  const displayName = providers.find((provider) => provider.displayName !== undefined)?.displayName
  const shown = displayName === undefined ? {} : { displayName }
  if (!only || named.length === 0) return shown
  if (providers.length === 1 && /^[a-z][a-zA-Z0-9]*$/.test(only.key)) return { provider: only.key, ...shown }
  for (const { key } of named) {
    found.notCarried.push({
      where: placeOf(found, [...oidc, key]),
      what: `the name ${key}`,
      why: 'A provider can have a name only when it is the only class of the product; here it is named after its vendor, or custom. Bring the providers together under `login` and give the product the class gatehouse.',
    })
  }
  return shown
}

function readScim(found: Findings): Record<string, Data> {
  const entries = [
    ['okta', 'SCIM_AUTH_CODE_OKTA'] as const,
    ['microsoft', 'SCIM_AUTH_CODE_MICROSOFT'] as const,
  ].flatMap(([key, variable]): [string, string][] => {
    const place = found.places.get(variable)
    found.places.delete(variable)
    return place === undefined ? [] : [[key, `${place.secretName}/${place.secretKey}`]]
  })
  return Object.fromEntries(entries)
}

function readRoles(tree: SettingsTree): Record<string, string[]> {
  const path = [...oidc, 'manageSystemPermissionsViaIdpGroups']
  if (tree.flag([...path, 'enabled']) !== true) return {}
  const roles = withoutPrototype<string[]>()
  for (const role of systemRoles) {
    const groups = tree.take([...path, role])
    for (const group of Array.isArray(groups) ? groups : []) {
      roles[String(group)] = [...(roles[String(group)] ?? []), role]
    }
  }
  return { ...roles }
}

function classesAndSecrets(providers: readonly ImportedProvider[]) {
  const classes = Object.fromEntries(providers.map(({ className, oidc: facts }) => [className, { oidc: facts }]))
  const secrets = Object.fromEntries(providers.map(({ secretName, secret }) => [secretName, secret]))
  return { classes, secrets }
}

// --- What is left

const reasons: Readonly<Record<string, string>> = {
  'auth.ldap':
    "Houston's own LDAP has no class here, and Gatehouse does not sign people in at directories yet. Keep it in your own values, or put an OpenID provider in front of the directory.",
  'auth.local': 'Teams of local accounts are not about providers. Keep them in your own values.',
  'auth.github':
    'Astronomer has no class for your own application at GitHub, and Gatehouse does not sign people in at GitHub yet. Keep it in your own values.',
}

function reportLeft(found: Findings): void {
  const { tree, places, notCarried } = found
  for (const list of ['env', 'secret']) tree.take([...houston, list])
  for (const envName of places.keys()) {
    notCarried.push({
      where: placeOf(found, [...houston, 'secret']),
      what: envName,
      why: 'It is not about sign-in at a provider. Keep it in your own values: Helm replaces the whole list.',
    })
  }
  const left = tree.left()
  const inAuth = left.filter((path) => path.join('.').startsWith(auth.join('.')))
  const unknown: string[] = []
  for (const path of inAuth) {
    const short = path.slice(3).join('.')
    const known = Object.keys(reasons).find((start) => short === start || short.startsWith(`${start}.`))
    const why = known && reasons[known]
    if (why) notCarried.push({ where: placeOf(found, path), what: shownBelow(path.join('.'), tree.peek(path)), why })
    else {
      const settings = settingsBelow(path.join('.'), tree.peek(path))
      unknown.push(...settings.map(([name, value]) => shownSetting(name, value, ':')))
    }
  }
  if (unknown.length > 0) {
    notCarried.push({
      where: found.where,
      what: unknown.join(', '),
      why: 'No place in gatehouse.yaml. Keep what you still need in your own values.',
    })
  }
  const others = left.filter((path) => !inAuth.includes(path)).map((path) => path.join('.'))
  if (others.length === 0) return
  notCarried.push({
    where: found.where,
    what: others.join(', '),
    why: 'It is not about sign-in. Keep it in your own values; the rendered ones come on top.',
  })
}
