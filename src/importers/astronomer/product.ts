/** The product `astronomer` of an import: its address, its options, its roles. */
import { withoutUserinfo } from '../../config/shown-text.ts'
import type { Data } from '../../formats.ts'
import { isMap, withoutPrototype } from '../../maps.ts'
import { systemRoles } from '../../products/astronomer/names.ts'
import { switchOf } from '../helm-values.ts'
import { auth, config, type Findings, houston, oidc, type Path, placeOf } from './findings.ts'
import { type ImportedProvider, usualNames } from './providers.ts'

export function readProduct(found: Findings, providers: readonly ImportedProvider[]): Record<string, Data> {
  const { tree } = found
  const options = readOptions(found, providers)
  const roles = readRoles(found)
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
function urlOf(found: Findings): string | undefined {
  const { tree, comments, notCarried, answers } = found
  const domain = tree.text(['global', 'baseDomain']) ?? tree.text([...config, 'helm', 'baseDomain'])
  if (domain !== undefined && /^[a-z0-9.-]+$/i.test(domain)) return `https://app.${domain}`
  if (answers.url !== undefined) return new URL(answers.url).origin
  comments.push({
    path: ['products', 'astronomer'],
    text: 'Set url to the address of your platform: https://app. and its base domain.',
  })
  notCarried.push({
    where: placeOf(found, ['global', 'baseDomain']),
    what: 'the address of the platform',
    why: 'The provider would not know where to send people back. Answer --url https://app.BASEDOMAIN, or set products.astronomer.url.',
    effect: 'access',
  })
  return undefined
}

function readOptions(found: Findings, providers: readonly ImportedProvider[]): Record<string, Data> {
  const { tree } = found
  const flow = flowOf(found)
  const clockTolerance = tree.text([...oidc, 'clockTolerance']) ?? tree.text([...auth, 'clockTolerance'])
  const proxy = proxyOf(found)
  const imports =
    takeSwitch(found, [...oidc, 'idpGroupsImportEnabled']) ?? takeSwitch(found, [...oidc, 'idpGroupsImport'])
  if (imports) readRefresh(found)
  const scim = readScim(found)
  const isGoogle = providers.some(({ key }) => key === 'google')
  return {
    flow,
    ...providerOption(found, providers),
    ...(clockTolerance !== undefined && /^\d+$/.test(clockTolerance) ? { clockTolerance: Number(clockTolerance) } : {}),
    ...(takeSwitch(found, [...auth, 'local']) ? { localAccounts: true } : {}),
    ...(openByDefault(found, [...auth, 'github'], 'github') ? { github: true } : {}),
    ...(!isGoogle && openByDefault(found, [...oidc, 'google'], 'google') ? { google: true } : {}),
    ...(proxy === undefined ? {} : { httpsProxy: proxy }),
    ...(imports ? { importGroups: true } : {}),
    ...(Object.keys(scim).length > 0 ? { scim } : {}),
  }
}

/** A switch of either generation: `name: true`, or `name: { enabled: true }`. */
function takeSwitch({ tree }: Findings, path: Path): boolean | undefined {
  const at = isMap(tree.peek(path)) ? [...path, 'enabled'] : path
  const value = switchOf(tree.peek(at))
  if (value !== undefined) tree.take(at)
  return value
}

function flowOf(found: Findings): 'code' | 'implicit' {
  const { tree, comments, notCarried } = found
  // An example of the documentation has it beside openidConnect instead of in it.
  const flow = tree.text([...oidc, 'flow']) ?? tree.text([...auth, 'flow'])
  if (flow === undefined) {
    comments.push({
      path: ['products', 'astronomer', 'astronomer', 'flow'],
      text: 'What Houston does by default.',
    })
  } else if (flow !== 'code' && flow !== 'implicit') {
    notCarried.push({
      where: placeOf(found, [...oidc, 'flow']),
      what: 'a flow that is neither code nor implicit',
      why: 'The rendered values have implicit, which is what Houston does by default. Write code in products.astronomer.astronomer.flow if that was meant.',
    })
  }
  return flow === 'code' ? 'code' : 'implicit'
}

/** With groups the rendered values also read them again at each sign-in. */
function readRefresh(found: Findings): void {
  for (const key of ['idpGroupsRefreshEnabled', 'idpGroupsRefresh']) {
    if (takeSwitch(found, [...oidc, key]) !== false) continue
    found.notCarried.push({
      where: placeOf(found, [...oidc, key]),
      what: `${key}: false`,
      why: 'Who is in a Team changes with every sign-in: the rendered values read the groups again each time. gatehouse.yaml cannot say otherwise; set it to false again in values that come after the rendered ones.',
      effect: 'identity',
    })
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
    effect: 'secret',
  })
  return undefined
}

/** By default the chart lets people in through Astronomer's own applications at GitHub and Google. */
function openByDefault(found: Findings, path: Path, option: 'github' | 'google'): boolean {
  const written = takeSwitch(found, path)
  if (written === undefined) {
    found.comments.push({
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

// --- SCIM

const scimPlaces = { OKTA: 'okta', MICROSOFT: 'microsoft' } as const

/** Codes with which providers push people: those of a Secret are named, those in clear text are left out. */
function readScim(found: Findings): Record<string, Data> {
  const { places, notCarried } = found
  const scim: Record<string, Data> = {}
  for (const [variable, { secretName, secretKey }] of [...places]) {
    const vendor = scimVendor(variable)
    if (vendor === undefined) continue
    const key = scimPlaces[vendor as keyof typeof scimPlaces]
    if (key === undefined) continue
    places.delete(variable)
    scim[key] = `${secretName}/${secretKey}`
    if (variable === `SCIM_AUTH_CODE_${vendor}`) continue
    notCarried.push({
      where: placeOf(found, [...houston, 'secret']),
      what: variable,
      why: `The rendered values have the same Secret as SCIM_AUTH_CODE_${vendor}, the name that Houston reads since 0.33. Keep your own entry for an older one.`,
    })
  }
  reportOpenCodes(found)
  return scim
}

/** `OKTA` of both names that Houston has had for it. */
export function scimVendor(variable: string): string | undefined {
  return (/^SCIM_AUTH_CODE_(\w+)$/.exec(variable) ??
    /^AUTH__OPENID_CONNECT__(\w+?)__SCIM_AUTH_CODE$/.exec(variable))?.[1]
}

function reportOpenCodes(found: Findings): void {
  const { tree, notCarried } = found
  const providers = [oidc, auth].flatMap((block) => tree.keys(block).map((key) => [...block, key, 'scimAuthCode']))
  const variables = tree.keys([...houston, 'importedCodes']).map((key) => [...houston, 'importedCodes', key])
  for (const path of [...providers, ...variables]) {
    if (tree.text(path) === undefined) continue
    notCarried.push({
      where: placeOf(
        found,
        path.filter((key) => key !== 'importedCodes'),
      ),
      what: 'a SCIM code in clear text',
      why: 'The provider can no longer push people: the code is not copied. Create a Secret with a new one, and write astronomer.scim: { okta: NAME/KEY } or { microsoft: NAME/KEY }.',
      effect: 'secret',
    })
  }
}

// --- Roles

function readRoles(found: Findings): Record<string, string[]> {
  const { tree } = found
  const path = [...oidc, 'manageSystemPermissionsViaIdpGroups']
  if (takeSwitch(found, path) !== true) return {}
  const roles = withoutPrototype<string[]>()
  for (const role of systemRoles) {
    for (const group of groupsOf(tree.take([...path, role]))) roles[group] = [...(roles[group] ?? []), role]
  }
  return { ...roles }
}

/** A list, or the text that a variable has instead of one. */
function groupsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String)
  if (typeof value !== 'string') return []
  return value
    .replaceAll(/^\[|\]$|"/g, '')
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '')
}
