/** The structured (alpha) form, as settings with the names of the file, and what only it can say. */
import { isMap, mapAt } from '../../maps.ts'
import { proxyKeys } from '../../products/oauth2-proxy/names.ts'
import type { NotCarried } from '../contract.ts'
import { SettingsTree } from '../settings-tree.ts'
import { settingsBelow, shownSetting } from '../shown-setting.ts'
import { nothing, type ProxyFile, settingsOf } from './found.ts'

const sections = [
  'upstreamConfig',
  'injectRequestHeaders',
  'injectResponseHeaders',
  'server',
  'metricsServer',
  'providers',
]

export function isAlphaData(data: unknown): data is Readonly<Record<string, unknown>> {
  if (!isMap(data)) return false
  return (
    Array.isArray(data['providers']) ||
    isMap(data['upstreamConfig']) ||
    Array.isArray(data['injectRequestHeaders']) ||
    Array.isArray(data['injectResponseHeaders'])
  )
}

/** Where keys of the file are below a provider, a server. */
function alphaKeys(part: 'provider' | 'server' | 'metricsServer'): [key: string, path: string[]][] {
  return Object.entries(proxyKeys).flatMap(([key, { alpha }]): [string, string[]][] =>
    alpha?.part === part && alpha.path !== 'loginURLParameters' ? [[key, alpha.path.split('.')]] : [],
  )
}

export function readAlpha(place: string, data: Readonly<Record<string, unknown>>): ProxyFile {
  const known = withNames(data, sections)
  const tree = new SettingsTree(known)
  const providers = tree.take(['providers'])
  const list: unknown[] = Array.isArray(providers) ? providers : []
  const provider = new SettingsTree(isMap(list[0]) ? list[0] : {})
  const entries: [string, unknown][] = []
  const add = (key: string, value: unknown) => {
    if (value !== undefined && value !== '') entries.push([key, value])
  }
  for (const [key, path] of alphaKeys('provider')) add(key, provider.take(path))
  for (const path of [['id'], ['additionalClaims']]) provider.take(path)
  add('parameters', provider.take(['loginURLParameters']))
  const servers = [
    ['server', new SettingsTree(withServerNames(mapAt(known, 'server')))],
    ['metricsServer', new SettingsTree(withServerNames(mapAt(known, 'metricsServer')))],
  ] as const
  for (const [part, server] of servers) {
    tree.take([part])
    for (const [key, path] of alphaKeys(part)) add(key, server.take(path))
  }
  const upstreams = tree.take(['upstreamConfig', 'upstreams'])
  add('proxy_raw_path', tree.take(['upstreamConfig', 'proxyRawPath']))
  const requestHeaders = tree.take(['injectRequestHeaders'])
  const responseHeaders = tree.take(['injectResponseHeaders'])
  add('principal', principalOf(requestHeaders))
  const left = [
    ...provider.left().map((path) => [`providers[0].${path.join('.')}`, provider.peek(path)] as const),
    ...servers.flatMap(([part, server]) =>
      server.left().map((path) => [`${part}.${path.join('.')}`, server.peek(path)] as const),
    ),
    ...tree.left().map((path) => [path.join('.'), tree.peek(path)] as const),
  ]
  return {
    ...nothing,
    settings: settingsOf(entries, { rank: 'file', place }),
    alpha: { upstreams: Array.isArray(upstreams) ? upstreams : [], requestHeaders, responseHeaders },
    notCarried: [...secondProvider(place, list), ...leftOver(place, left)],
  }
}

function secondProvider(place: string, list: readonly unknown[]): NotCarried[] {
  if (list.length < 2) return []
  return [
    {
      where: `${place}: providers[1]`,
      what: 'a second provider',
      why: 'oauth2-proxy uses only the first one. To have several, give the product the class gatehouse.',
    },
  ]
}

const noneIsHarmless: ReadonlySet<string> = new Set()

function leftOver(place: string, left: readonly (readonly [string, unknown])[]): NotCarried[] {
  const settings = left.flatMap(([path, value]) => settingsBelow(path, value))
  if (settings.length === 0) return []
  return [
    {
      where: place,
      what: settings
        .map(([key, value]) => shownSetting(key, value, { sign: ':', harmless: noneIsHarmless }))
        .join(', '),
      why: 'oauth2-proxy does without it from now on: gatehouse.yaml has no option for it, and the alpha form reads no variables. Check that it can do without.',
    },
  ]
}

/** oauth2-proxy does not look at the case of names in this file. */
function withNames(data: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      names.find((name) => name.toLowerCase() === key.toLowerCase()) ?? key,
      value,
    ]),
  )
}

function withServerNames(server: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const named = withNames(server, ['bindAddress', 'secureBindAddress', 'tls'])
  return isMap(named['tls'])
    ? { ...named, tls: withNames(named['tls'], ['key', 'cert', 'minVersion', 'cipherSuites']) }
    : named
}

/** The claim in X-Forwarded-User, in both forms that header sources have had. */
function principalOf(headers: unknown): string | undefined {
  if (!Array.isArray(headers)) return undefined
  const header: unknown = headers.find((item) => isMap(item) && item['name'] === 'X-Forwarded-User')
  const tree = new SettingsTree(isMap(header) ? header : {})
  const values = tree.take(['values'])
  const source = new SettingsTree(Array.isArray(values) && isMap(values[0]) ? values[0] : {})
  const claim = source.text(['claimSource', 'claim']) ?? source.text(['claim'])
  return claim === 'user' ? 'sub' : claim
}
