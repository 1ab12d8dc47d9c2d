/** What is behind oauth2-proxy, and what it is told: upstreams and headers of both forms, as options of the product. */
import { isDeepStrictEqual } from 'node:util'
import { shownAddress, withoutUserinfo } from '../../config/shown-text.ts'
import type { Data } from '../../formats.ts'
import { isMap, mapAt } from '../../maps.ts'
import { variableName } from '../provider.ts'
import { FromElsewhere, isFilledIn } from './found.ts'
import { durationOf } from './own-options.ts'
import { isTrue, type TakenSettings } from './taken.ts'

type DataMap = Readonly<Record<string, unknown>>

/** `alpha` are the upstreams of the structured form; undefined: those of the file count. */
export function upstreamsOf(taken: TakenSettings, alpha: readonly unknown[] | undefined): Data[] {
  const texts = taken.list('upstreams')
  if (alpha === undefined) return texts.map((text) => plainAddress(taken, text))
  return alpha.flatMap((item, index): Data[] => {
    const upstream = isMap(item) ? alphaUpstream(taken, withNames(item), index) : undefined
    return upstream === undefined ? [] : [upstream]
  })
}

/** oauth2-proxy does not send the name and password in an upstream address, so nothing changes without them. */
function plainAddress(taken: TakenSettings, upstream: string): string {
  const address = withoutUserinfo(upstream)
  if (address === upstream) return address
  taken.lose(
    'upstreams',
    `the username and password in front of ${shownAddress(address).replace(/^.*\/\//, '')}`,
    'They are not copied, and oauth2-proxy never sent them. Change the password if others have seen the file.',
    'secret',
  )
  return address
}

const names = [
  'id',
  'path',
  'uri',
  'rewriteTarget',
  'static',
  'staticCode',
  'timeout',
  'flushInterval',
  'passHostHeader',
  'proxyWebSockets',
  'insecureSkipTLSVerify',
  'disableKeepAlives',
]

/** oauth2-proxy does not look at the case of names. */
function withNames(map: DataMap): DataMap {
  return Object.fromEntries(
    Object.entries(map).map(([key, value]) => [
      names.find((name) => name.toLowerCase() === key.toLowerCase()) ?? key,
      value,
    ]),
  )
}

function alphaUpstream(taken: TakenSettings, item: DataMap, index: number): Data | undefined {
  const path = typeof item['path'] === 'string' ? item['path'] : '/'
  const unknown = Object.keys(item).filter((key) => !names.includes(key))
  if (unknown.length > 0) {
    taken.lose(
      'upstreams',
      `${unknown.join(', ')} of upstream ${index + 1}`,
      'The application behind it does without: oauth2-proxy 7.15 has no such setting. Look it up in its documentation.',
    )
  }
  if (isTrue(item['static'])) return staticUpstream(path, Number(item['staticCode'] ?? 200))
  if (typeof item['uri'] !== 'string') return undefined
  if (isFilledIn('upstreams', item['uri'])) {
    taken.lose(
      'upstreams',
      item['uri'],
      'Nothing is behind this path any more: the address is filled in elsewhere. Write it into gatehouse.yaml.',
    )
    return undefined
  }
  const uri = plainAddress(taken, item['uri'])
  const more = settingsOf(item)
  const plain = Object.keys(more).length === 0 ? plainUpstream(path, uri) : undefined
  return plain ?? { path, uri, ...more }
}

function staticUpstream(path: string, code: number): Data {
  return path === '/' ? `static://${code}` : { path, staticCode: code }
}

function settingsOf(item: DataMap): Record<string, Data> {
  const more: Record<string, Data> = {}
  if (typeof item['rewriteTarget'] === 'string' && item['rewriteTarget'] !== '')
    more['rewriteTarget'] = item['rewriteTarget']
  for (const [key, usual] of [
    ['timeout', '30s'],
    ['flushInterval', '1s'],
  ] as const) {
    const given = item[key]
    if (given !== undefined && durationOf(given) !== usual) more[key] = durationOf(given)
  }
  for (const [key, usual] of [
    ['passHostHeader', true],
    ['proxyWebSockets', true],
    ['insecureSkipTLSVerify', false],
    ['disableKeepAlives', false],
  ] as const) {
    const given = item[key]
    if (given !== undefined && isTrue(given) !== usual) more[key] = isTrue(given)
  }
  return more
}

/** The same in one text, if it has no more to say: the path of an address is where it answers. */
function plainUpstream(path: string, uri: string): string | undefined {
  if (uri.startsWith('unix:')) return path === '/' ? uri : undefined
  if (uri.startsWith('file:')) return uri.includes('#') ? undefined : `${uri}#${path}`
  const [, origin, own = ''] = /^(https?:\/\/[^/?#]+)(\/[^?#]*)?$/.exec(uri) ?? []
  if (origin === undefined || !/^\/[\w./-]*$/.test(path)) return undefined
  return (own || '/') === path ? uri : origin + path
}

export type HeaderKind = 'request' | 'response'

/**
 * The headers of the structured form; undefined when they are those that are rendered anyway. `user` is the claim in X-Forwarded-User.
 */
export function headersOf(
  taken: TakenSettings,
  kind: HeaderKind,
  { headers, user }: { headers: unknown; user: string },
): Data[] | undefined {
  const list = (Array.isArray(headers) ? headers : []).filter(isMap).map((header) => headerOf(taken, header, kind))
  const byName = (headers: readonly Data[]) =>
    [...headers].sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)))
  return isDeepStrictEqual(byName(list), byName(usualHeaders(kind, user))) ? undefined : list
}

function usualHeaders(kind: HeaderKind, user: string): Data[] {
  const prefix = kind === 'request' ? 'X-Forwarded' : 'X-Auth-Request'
  return [
    ['User', user],
    ['Email', 'email'],
    ['Groups', 'groups'],
    ['Preferred-Username', 'preferred_username'],
  ].map(([name = '', claim = '']) => ({ name: `${prefix}-${name}`, values: [{ claim }] }))
}

function headerOf(taken: TakenSettings, header: DataMap, kind: HeaderKind): Data {
  const name = String(header['name'] ?? '')
  const values = Array.isArray(header['values']) ? header['values'] : []
  const keeps = header['preserveRequestValue']
  return {
    name,
    values: values.filter(isMap).map((value) => headerValueOf(taken, value, { name, kind })),
    ...(keeps === undefined || !isTrue(keeps) ? {} : { preserveRequestValue: true }),
  }
}

/** Nested as in 7.14 and later, or flat as before. */
function headerValueOf(taken: TakenSettings, value: DataMap, of: { name: string; kind: HeaderKind }): Data {
  const source = { ...value, ...mapAt(value, 'claimSource'), ...mapAt(value, 'secretSource') }
  if (typeof source['claim'] !== 'string') return secretOf(taken, source, of)
  const password = source['basicAuthPassword']
  return {
    claim: source['claim'],
    ...(typeof source['prefix'] === 'string' && source['prefix'] !== '' ? { prefix: source['prefix'] } : {}),
    ...(password === undefined ? {} : { basicAuthPasswordFromEnv: passwordVariable(taken, password, of) }),
  }
}

function secretOf(taken: TakenSettings, source: DataMap, of: { name: string; kind: HeaderKind }): Data {
  if (typeof source['fromEnv'] === 'string') return { fromEnv: source['fromEnv'] }
  if (typeof source['fromFile'] === 'string') return { fromFile: source['fromFile'] }
  const variable = `OAUTH2_PROXY_HEADER_${variableName(of.name)}`
  loseValue(taken, of, variable, 'its value')
  return { fromEnv: variable }
}

function passwordVariable(taken: TakenSettings, password: unknown, of: { name: string; kind: HeaderKind }): string {
  const { fromEnv } = isMap(password) ? password : {}
  if (typeof fromEnv === 'string') return fromEnv
  loseValue(taken, of, 'OAUTH2_PROXY_BASIC_AUTH_PASSWORD', 'the password of HTTP Basic')
  return 'OAUTH2_PROXY_BASIC_AUTH_PASSWORD'
}

function loseValue(
  taken: TakenSettings,
  { name, kind }: { name: string; kind: HeaderKind },
  variable: string,
  what: string,
): void {
  const section = kind === 'request' ? 'injectRequestHeaders' : 'injectResponseHeaders'
  taken.lose(
    `${section}: ${name}`,
    what,
    `It is not copied, because it may be a secret. Set it as ${variable} in the environment of oauth2-proxy.`,
    'secret',
  )
}

/** HTTP Basic and its password, which oauth2-proxy sends only if there is one. */
export function basicAuthOf(taken: TakenSettings): Record<string, Data> {
  const isOn = taken.take('pass_basic_auth')
  const password = taken.take('basic_auth_password')
  const has = password !== undefined
  if (has && !(password instanceof FromElsewhere)) {
    taken.lose(
      'basic_auth_password',
      'the password that applications get',
      'It is not copied. Set it as OAUTH2_PROXY_BASIC_AUTH_PASSWORD, and change it if others have seen the file.',
      'secret',
    )
  }
  if (isOn !== undefined && !isTrue(isOn)) return { passBasicAuth: false }
  return has ? { passBasicAuth: true } : {}
}
