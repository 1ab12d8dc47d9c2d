/** What the configuration says of a connector of Dex beyond its class, laid over what follows from the class. */
import { type DexClassType, type DexConnector, dexClassTypes } from '../../config/kinds/dex-connectors.ts'
import type { Data } from '../../formats.ts'
import { isMap } from '../../maps.ts'
import type { ConfigPath, ProductInput, ProductProblem, Provider, ResolvedClass } from '../contract.ts'
import { error, warning } from '../writing/problem.ts'
import { dexCallback } from './client.ts'
import {
  clientOf,
  type DexBroker,
  type DexConnectorConfig,
  type DexConnectorEntry,
  dexConnectors,
  googleConfig,
  groupsLetIn,
} from './connectors.ts'
import { dexGroupSearch } from './fixed-settings.ts'
import { asDexReads } from './names.ts'
import { ownConnectorProblems, ownConnectors, replacedProblems } from './own-connectors.ts'

type Input = ProductInput<'dex'>
type Settings = Readonly<Record<string, unknown>>

/** All connectors of a Dex: those of its classes, then those that no class describes. */
export function allConnectors(input: Input, broker: DexBroker): DexConnectorEntry[] {
  const made = dexConnectors(input, broker).map((entry) => {
    const someClass = input.classes.find(({ className }) => className === entry.id)
    return someClass ? withSettings(entry, someClass, input, broker) : entry
  })
  return [...made, ...ownConnectors(withoutClass(input))]
}

function withoutClass({ options, classes }: Input): [string, DexConnector][] {
  const names = new Set(classes.map(({ className }) => className))
  return Object.entries(options.connectors).filter(([key]) => !names.has(key))
}

/** Which connector of Dex the configuration asks for, of those that fit the class. */
export function settingsOf(
  { options }: Pick<Input, 'options'>,
  { className }: ResolvedClass,
): { type: DexClassType; settings: Settings } | undefined {
  const entry = Object.hasOwn(options.connectors, className) ? options.connectors[className] : undefined
  for (const type of dexClassTypes) {
    const settings = entry?.[type]
    if (settings !== undefined) return { type, settings }
  }
  return undefined
}

function withSettings(
  made: DexConnectorEntry,
  someClass: ResolvedClass,
  input: Input,
  broker: DexBroker,
): DexConnectorEntry {
  const { connectors } = input.options
  const { id = made.id, name = made.name } =
    (Object.hasOwn(connectors, made.id) ? connectors[made.id] : undefined) ?? {}
  const found = settingsOf(input, someClass)
  if (!found) return { ...made, id, name }
  const base = someClass.type === 'oidc' ? configOfVendor(someClass, found.type, broker) : undefined
  const config = laidOver(base ?? made.config, found.settings)
  const search = someClass.type === 'ldap' ? groupSearchOf(someClass.searchBase, found.settings) : {}
  return { type: found.type, id, name, config: asDexReads({ ...config, ...search }) as DexConnectorConfig }
}

/** Dex's own connectors for vendors; undefined for `oidc`. */
function configOfVendor(provider: Provider, type: DexClassType, broker: DexBroker): DexConnectorConfig | undefined {
  const redirectUri = dexCallback(broker.issuer)
  const groups = groupsLetIn(provider, broker)
  const common = { ...clientOf(provider), redirectURI: redirectUri }
  const limited = groups.length === 0 ? {} : { groups }
  if (type === 'google') return googleConfig(provider, { ...broker, redirectUri, client: clientOf })
  if (type === 'microsoft') return { ...common, tenant: tenantOf(provider), ...limited }
  if (type === 'gitlab') return { ...common, baseURL: provider.issuer, ...limited }
  return undefined
}

function tenantOf({ issuer, vendor }: Provider): string {
  return vendor.tenantOf?.(issuer)?.id ?? new URL(issuer).pathname.split('/')[1] ?? ''
}

/** A setting that says what Dex does without it is left out. */
function laidOver(base: DexConnectorConfig, settings: Settings): DexConnectorConfig {
  const merged: Record<string, Data> = { ...base }
  for (const [key, value] of Object.entries(settings)) {
    const before = merged[key]
    const isDeeper = key === 'userSearch' && isMap(value) && isMap(before)
    merged[key] = isDeeper ? laidOver(before as DexConnectorConfig, value) : (value as Data)
  }
  const { userSearch } = settings
  if (isMap(userSearch) && userSearch['emailSuffix'] !== undefined && isMap(merged['userSearch'])) {
    const { emailAttr: _, ...rest } = merged['userSearch'] as Record<string, Data>
    merged['userSearch'] = rest
  }
  if (settings['rootCAData'] !== undefined && settings['rootCA'] === undefined) delete merged['rootCA']
  // The old form and the new one exclude each other.
  if (merged['org'] !== undefined) delete merged['orgs']
  return Object.fromEntries(Object.entries(merged).filter(([key, value]) => saysSomething(key, value)))
}

/** To Dex these are not what is absent. */
const meantEmpty = ['promptType', 'basicAuthUnsupported']

function saysSomething(key: string, value: Data): boolean {
  if (meantEmpty.includes(key)) return true
  if (value === false || value === '' || value === null) return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

function groupSearchOf(searchBase: string, { groupSearch }: Settings): Readonly<Record<string, Data>> {
  if (!isMap(groupSearch)) return {}
  return { groupSearch: { ...dexGroupSearch(searchBase), ...(groupSearch as Record<string, Data>) } }
}

const vendorsOfTypes: Readonly<Partial<Record<DexClassType, { kind: string; title: string }>>> = {
  google: { kind: 'google', title: 'Google' },
  microsoft: { kind: 'entra', title: 'Entra ID' },
  gitlab: { kind: 'gitlab', title: 'GitLab' },
}

export function connectorSettingProblems(input: Input, broker: DexBroker): ProductProblem[] {
  const at = [...input.path, 'dex', 'connectors']
  return [
    ...Object.entries(input.options.connectors).flatMap(([key, connector]) => [
      ...replacedProblems(connector, [...at, key]),
      ...problemsOf(input, [key, connector], [...at, key]),
    ]),
    ...twice(input, at),
    ...input.providers.flatMap((provider) => googleProblems(input, broker, provider)),
    ...(broker.allowedGroups.length === 0 ? [] : withoutClass(input).map(([key]) => notLimited(key, [...at, key]))),
  ]
}

function notLimited(key: string, path: ConfigPath): ProductProblem {
  return error(
    path,
    `Dex would let in everybody of ${key}: allowedGroups and roles hold for classes only. Limit people in the config of this connector, if its type can, and write allowedGroups at the classes`,
  )
}

function problemsOf(
  input: Input,
  [key, connector]: readonly [string, DexConnector],
  path: ConfigPath,
): ProductProblem[] {
  const someClass = input.classes.find(({ className }) => className === key)
  const parts = dexClassTypes.filter((type) => connector[type] !== undefined)
  if (!someClass) {
    const [part] = parts
    if (part === undefined || connector.type === undefined) return ownConnectorProblems([key, connector], path)
    return [error([...path, part], 'is for the name of a class of authentication: write everything in config')]
  }
  const problems: ProductProblem[] = []
  for (const name of ['type', 'config'] as const) {
    if (connector[name] === undefined) continue
    problems.push(
      error(
        [...path, name],
        `is for a connector that no class describes, and ${key} is a class: write its settings under ${someClass.type}, or give the connector another name`,
      ),
    )
  }
  if (parts.length > 1) problems.push(error(path, `is one connector: keep one of ${parts.join(', ')}`))
  for (const type of parts) problems.push(...fitProblems(someClass, type, [...path, type]))
  return [...problems, ...settingProblems(someClass, connector, path)]
}

function fitProblems(someClass: ResolvedClass, type: DexClassType, path: ConfigPath): ProductProblem[] {
  const vendor = vendorsOfTypes[type]
  const fits = vendor ? someClass.type === 'oidc' && someClass.kind === vendor.kind : someClass.type === type
  if (fits) return []
  const what = vendor ? `a class of type oidc of ${vendor.title} (providerHint)` : `a class of type ${type}`
  return [error(path, `is for ${what}, and ${someClass.className} is none`)]
}

function settingProblems(someClass: ResolvedClass, { ldap, oidc }: DexConnector, path: ConfigPath): ProductProblem[] {
  const problems: ProductProblem[] = []
  if (someClass.type === 'ldap' && ldap?.startTLS && someClass.tls.kind === 'plain') {
    problems.push(
      error([...path, 'ldap', 'startTLS'], 'needs tls in the class, which says how the certificate is checked'),
    )
  }
  if (someClass.type === 'oidc' && oidc?.insecureEnableGroups === false && someClass.allowedGroups.length > 0) {
    problems.push(
      error(
        [...path, 'oidc', 'insecureEnableGroups'],
        'without it Dex does not look at the groups, and allowedGroups of the class would keep nobody out: remove one of the two',
      ),
    )
  }
  return problems
}

/** Dex reads groups of Google, and holds people to them, only where an administrator lends his name. */
function googleProblems(input: Input, broker: DexBroker, provider: Provider): ProductProblem[] {
  const settings = settingsOf(input, provider)
  const isGoogle = settings?.type === 'google' || (settings === undefined && provider.hostedDomains.length > 0)
  if (!isGoogle || !provider.vendor.namesHostedDomain || groupsLetIn(provider, broker).length === 0) return []
  const admins = settings?.settings['domainToAdminEmail']
  if (!isMap(admins) || Object.keys(admins).length === 0) {
    return [
      error(
        ['authenticationClasses', provider.className, 'oidc', 'allowedGroups'],
        `Dex holds nobody to groups of Google unless it can read them: write dex.connectors.${provider.className}.google.domainToAdminEmail, and serviceAccountFilePath`,
      ),
    ]
  }
  return [
    warning(
      'limit-passed-by',
      provider.path,
      'Dex looks at the groups of Google only when an application asks for the scope groups: whoever signs in to one that does not gets in without them',
    ),
  ]
}

/** Dex calls its own accounts `local`. */
function twice({ classes, options }: Input, at: ConfigPath): ProductProblem[] {
  const names = new Set([...classes.map(({ className }) => className), ...Object.keys(options.connectors)])
  const ids = new Set(options.enablePasswordDB ? ['local'] : [])
  return [...names].flatMap((key) => {
    const id = (Object.hasOwn(options.connectors, key) ? options.connectors[key]?.id : undefined) ?? key
    const isTaken = ids.has(id)
    ids.add(id)
    const message = `the id ${JSON.stringify(id)} is that of another connector, and Dex could not tell their people apart: write another id`
    return isTaken ? [error([...at, key], message)] : []
  })
}
