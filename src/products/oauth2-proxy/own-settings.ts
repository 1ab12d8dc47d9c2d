/** Options that are keys of oauth2-proxy itself, as both forms write them. */
import { type Data, type TomlBody, type TomlKey, tomlKey } from '../../formats.ts'
import type { ProductInput } from '../contract.ts'
import { type AlphaPart, keyOfOption, type ProxyKey, proxyKeys } from './names.ts'

export interface OwnSetting {
  option: string
  key: string
  description: ProxyKey
  value: string | number | boolean | readonly string[]
}

/** Written by their own rules. */
const notOwn = [
  'cookieDomains',
  'emailDomains',
  'whitelistDomains',
  'upstreams',
  'allowedGroups',
  'skipAuthRoutes',
  'httpAddress',
]

export function ownSettings({ options }: Pick<ProductInput<'oauth2-proxy'>, 'options'>): OwnSetting[] {
  return Object.entries(options).flatMap(([option, value]): OwnSetting[] => {
    const key = keyOfOption(option)
    const description = Object.hasOwn(proxyKeys, key) && !notOwn.includes(option) ? proxyKeys[key] : undefined
    return description === undefined || value === undefined
      ? []
      : [{ option, key, description, value: value as OwnSetting['value'] }]
  })
}

/** Lines of oauth2-proxy.cfg with those of the options: in place of a line of the same key, otherwise at the end. */
export function withOwn(body: TomlBody, settings: readonly OwnSetting[]): TomlBody {
  const own = new Map(settings.map(({ key, value }) => [key, tomlKey(key, value)]))
  const known = new Set(body.flatMap((entry) => (entry.kind === 'toml-key' ? [entry.key] : [])))
  const added: TomlKey[] = [...own.values()].filter(({ key }) => !known.has(key))
  return [...body.map((entry) => (entry.kind === 'toml-key' ? (own.get(entry.key) ?? entry) : entry)), ...added]
}

/** Those of one part of the alpha form, as a map of maps. */
export function alphaOwn(settings: readonly OwnSetting[], part: AlphaPart): Record<string, Data> {
  return settings.reduce<Record<string, Data>>((entry, { description: { alpha }, value }) => {
    if (alpha?.part !== part) return entry
    return withValue(entry, alpha.path.split('.'), value)
  }, {})
}

function withValue(
  map: Record<string, Data>,
  [first = '', ...rest]: readonly string[],
  value: Data,
): Record<string, Data> {
  if (rest.length === 0) return { ...map, [first]: value }
  return { ...map, [first]: withValue((map[first] ?? {}) as Record<string, Data>, rest, value) }
}

/** Two maps as one: what the second says wins, key by key. */
export function joined(one: Record<string, Data>, other: Record<string, Data>): Record<string, Data> {
  const result = { ...one }
  for (const [key, value] of Object.entries(other)) {
    const before = result[key]
    result[key] = isEntry(before) && isEntry(value) ? joined(before, value) : value
  }
  return result
}

function isEntry(value: Data | undefined): value is Record<string, Data> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map)
}

/** Domains of addresses that get in: all of them, unless addresses are listed. */
export function emailDomainsOf({
  emailDomains,
  emails,
  authenticatedEmailsFile,
}: Pick<
  ProductInput<'oauth2-proxy'>['options'],
  'emailDomains' | 'emails' | 'authenticatedEmailsFile'
>): readonly string[] {
  return emailDomains ?? (emails || authenticatedEmailsFile !== undefined ? [] : ['*'])
}
