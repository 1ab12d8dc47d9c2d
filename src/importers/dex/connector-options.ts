/** What a connector of the input has beyond its class: `dex.connectors` says it, so that the rendered connector means the same. */
import { isDeepStrictEqual } from 'node:util'
import type * as z from 'zod'
import {
  type DexClassType,
  dexGithub,
  dexGitlab,
  dexGoogle,
  dexLdap,
  dexMicrosoft,
  dexOidc,
} from '../../config/kinds/dex-connectors.ts'
import { keysOf } from '../../config/schema-walk.ts'
import type { Data } from '../../formats.ts'
import { isMap, own } from '../../maps.ts'
import type { NotCarried } from '../contract.ts'
import { isStandIn } from '../rendered-import.ts'
import { shownSetting } from '../shown-setting.ts'
import { lostOfConnector, type ReadConnector } from './connector.ts'
import { harmless } from './documented-keys.ts'
import { fitted } from './fitting.ts'
import { withReferences } from './references.ts'

type Tree = Readonly<Record<string, unknown>>

const schemas: Readonly<Record<DexClassType, z.ZodType>> = {
  oidc: dexOidc,
  ldap: dexLdap,
  github: dexGithub,
  google: dexGoogle,
  microsoft: dexMicrosoft,
  gitlab: dexGitlab,
}

/** What Dex takes where nothing is written; what is not here is off, empty or nothing. */
const defaults: Readonly<Record<string, Readonly<Record<string, Data>>>> = {
  oidc: { userIDKey: 'sub', userNameKey: 'name', scopes: ['profile', 'email'] },
  ldap: {},
  github: { teamNameField: 'name' },
  google: { scopes: ['profile', 'email'] },
  microsoft: { groupNameFormat: 'name' },
  userSearch: { scope: 'sub', idAttr: 'uid', emailAttr: 'mail' },
}

/** The entry of `dex.connectors`; undefined when the class says it all. */
export function connectorOptions(
  connector: ReadConnector,
  rendered: Tree | undefined,
  lost: NotCarried[],
): Record<string, Data> | undefined {
  const { input, key, described } = connector
  const title = {
    ...(input.id === key ? {} : { id: input.id }),
    ...(input.name === undefined || input.name === key ? {} : { name: input.name }),
  }
  if (!described) return { ...title, type: connector.type, config: connector.config ?? {} }
  const type = connector.type as DexClassType
  const base = configOf(rendered, key)
  tellAddedReturn(connector, base['redirectURI'], lost)
  const settings = settingsBeyond(connector, type, base, lost)
  // Without it the class would be the connector `oidc`.
  const isVendors = type === 'google' || type === 'microsoft' || type === 'gitlab'
  const part = isVendors || Object.keys(settings).length > 0 ? { [type]: settings } : {}
  return Object.keys({ ...title, ...part }).length === 0 ? undefined : { ...title, ...part }
}

/** A list of connectors has none, because the program that takes the list adds it. */
function tellAddedReturn({ input }: ReadConnector, written: unknown, lost: NotCarried[]): void {
  const { redirectURI } = input.config
  const isSaid = typeof redirectURI === 'string' && redirectURI !== ''
  if (!input.isWhole || isSaid || typeof written !== 'string' || isStandIn(written)) return
  lost.push({
    where: `${input.where}.config`,
    what: shownSetting('redirectURI', written, { sign: ':', harmless }),
    why: 'The provider sends people back to this address, which your file does not name. Register it there.',
    effect: 'added',
  })
}

function configOf(rendered: Tree | undefined, key: string): Tree {
  const list = rendered?.['connectors']
  const found = Array.isArray(list) ? list.filter(isMap).find(({ id }) => id === key) : undefined
  return isMap(found?.['config']) ? found['config'] : {}
}

function settingsBeyond(
  connector: ReadConnector,
  type: DexClassType,
  base: Tree,
  lost: NotCarried[],
): Record<string, Data> {
  const { input, inClass } = connector
  const mine = inNewForm(type, input.config)
  const given = withoutClassParts(mine, inClass)
  const { data, left } = fitted(schemas[type], referenced(given, input.argo))
  lost.push(...lostOfConnector(connector, left))
  const written = isMap(data) ? data : {}
  // Google and others begin with nothing: only redirectURI follows from the product.
  const isVendors = type !== 'oidc' && type !== 'ldap' && type !== 'github'
  const from = isVendors ? { redirectURI: base['redirectURI'] } : base
  const keys = keysOf(schemas[type]).filter((key) => !inClass.includes(key))
  return Object.fromEntries(
    keys.flatMap((key): [string, Data][] => {
      // What is in the configuration itself takes the place of the file.
      if (key === 'rootCA' && written['rootCA'] === undefined && written['rootCAData'] !== undefined) return []
      const value = difference(type, key, written[key], from[key])
      return value === undefined ? [] : [[key, value]]
    }),
  )
}

/** Without what the class holds. */
function withoutClassParts(config: Tree, inClass: readonly string[]): Tree {
  const entries = Object.entries(config).filter(([key]) => !inClass.includes(key))
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (key !== 'userSearch' || !isMap(value)) return [key, value]
      const { baseDN: _base, filter: _filter, ...rest } = value
      return [key, rest]
    }),
  )
}

function referenced(value: unknown, argo: boolean): unknown {
  if (typeof value === 'string') return withReferences(value, { argo })
  if (Array.isArray(value)) return value.map((item) => referenced(item, argo))
  if (!isMap(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, referenced(inner, argo)]))
}

/** Older spellings as the newer ones that mean the same. */
function inNewForm(type: DexClassType, config: Tree): Tree {
  if (type === 'google') {
    const { adminEmail, ...rest } = config
    if (typeof adminEmail !== 'string' || adminEmail === '') return rest
    const others = isMap(rest['domainToAdminEmail']) ? rest['domainToAdminEmail'] : {}
    return { ...rest, domainToAdminEmail: { ...others, '*': adminEmail } }
  }
  if (type !== 'ldap' || !isMap(config['groupSearch'])) return config
  const { userAttr, groupAttr, recursionGroupAttr, ...search } = config['groupSearch']
  if (userAttr === undefined || groupAttr === undefined || search['userMatchers'] !== undefined) return config
  const matcher = { userAttr, groupAttr, ...(recursionGroupAttr === undefined ? {} : { recursionGroupAttr }) }
  return { ...config, groupSearch: { ...search, userMatchers: [matcher] } }
}

/** What must be written so that the rendered connector has what the input has; undefined where both are the same. */
function difference(type: DexClassType, key: string, mine: Data | undefined, base: unknown): Data | undefined {
  if (key === 'userSearch') return searchDifference(mine, base)
  // A search without a base, or without anything that makes a member, finds no groups.
  if (key === 'groupSearch') {
    const matchers = isMap(mine) ? mine['userMatchers'] : undefined
    const searches = isMap(mine) && mine['baseDN'] !== undefined && Array.isArray(matchers) && matchers.length > 0
    if (!searches) return base === undefined ? undefined : null
    return isDeepStrictEqual(withScope(mine), withScope(base)) ? undefined : mine
  }
  const usual = own(defaults[type] ?? {}, key)
  if (key === 'redirectURI' && (mine === undefined || isStandIn(base))) return mine
  const [a, b] = [mine ?? usual, base ?? usual]
  if (isSame(key, a, b)) return undefined
  return mine ?? usual ?? empty(base)
}

function withScope(search: unknown): unknown {
  return isMap(search) ? { scope: 'sub', ...search } : search
}

function searchDifference(mine: Data | undefined, base: unknown): Data | undefined {
  const [a, b] = [isMap(mine) ? mine : {}, isMap(base) ? base : {}]
  const usual = defaults['userSearch'] ?? {}
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (key) => key !== 'baseDN' && key !== 'filter',
  )
  const entries = keys.flatMap((key): [string, Data][] => {
    const isAbsent = a[key] === undefined
    if (isSame(key, a[key] ?? own(usual, key), b[key] ?? own(usual, key))) return []
    // The suffix makes the address: the attribute is then not read.
    if (key === 'emailAttr' && a['emailSuffix'] !== undefined) return []
    return [[key, isAbsent ? (own(usual, key) ?? '') : (a[key] as Data)]]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function isSame(key: string, a: unknown, b: unknown): boolean {
  if (key === 'promptType' || key === 'basicAuthUnsupported') return isDeepStrictEqual(a, b)
  if (saysNothing(a) && saysNothing(b)) return true
  if (key !== 'scopes' && key !== 'username') return isDeepStrictEqual(a, b)
  // Dex adds `openid` itself, and reads a text as a list of one.
  const sorted = (value: unknown) => [value].flat().filter((item) => item !== 'openid')
  const inOrder = (value: unknown) => (key === 'scopes' ? sorted(value).sort() : sorted(value))
  return isDeepStrictEqual(inOrder(a), inOrder(b))
}

function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

/** What says nothing, of the same kind. */
function empty(value: unknown): Data {
  if (Array.isArray(value)) return []
  if (isMap(value)) return {}
  return typeof value === 'boolean' ? false : ''
}
