/** What a file says about oauth2-proxy, whatever its shape: settings by their names in oauth2-proxy.cfg, and what it leaves to other files. */
import { type KeyType, proxyKeys } from '../../products/oauth2-proxy/names.ts'
import type { NotCarried } from '../contract.ts'

/** A value that a file does not hold: a variable, a key of a Secret. */
export class FromElsewhere {
  /** `the key client-id of the Secret oauth2-proxy` */
  readonly source: string
  constructor(source: string) {
    this.source = source
  }
}

/** What wins: flags over variables over the file. */
export const ranks = { file: 0, variable: 1, flag: 2 } as const
export type Rank = keyof typeof ranks

export interface Found {
  key: string
  value: unknown
  rank: Rank
  /** File, or file and path: what stands before the key in a message. */
  place: string
}

/** A file or a Secret that the input names and may not have. */
export interface NamedSource {
  kind: 'config' | 'alpha' | 'variables'
  /** What names it: `--config=/etc/oauth2-proxy.cfg`. */
  by: string
  /** The last part of its path. */
  file: string
  place: string
}

export interface ProxyFile {
  settings: readonly Found[]
  /** Whether oauth2-proxy.cfg itself was among it. */
  hasConfig: boolean
  alpha?: AlphaParts
  named: readonly NamedSource[]
  /** Addresses of an Ingress. */
  urls: readonly string[]
  emails: readonly string[]
  /** Names of the ConfigMaps and Secrets that were read. */
  objects: readonly string[]
  notCarried: readonly NotCarried[]
}

/** What only the structured form can say. */
export interface AlphaParts {
  upstreams: readonly unknown[]
  requestHeaders: unknown
  responseHeaders: unknown
}

export const nothing: ProxyFile = {
  settings: [],
  hasConfig: false,
  named: [],
  urls: [],
  emails: [],
  objects: [],
  notCarried: [],
}

export function combined(files: readonly ProxyFile[]): ProxyFile {
  const alpha = files.findLast((file) => file.alpha !== undefined)?.alpha
  return {
    settings: files.flatMap(({ settings }) => settings),
    hasConfig: files.some(({ hasConfig }) => hasConfig),
    ...(alpha === undefined ? {} : { alpha }),
    named: files.flatMap(({ named }) => named),
    urls: files.flatMap(({ urls }) => urls),
    emails: files.flatMap(({ emails }) => emails),
    objects: files.flatMap(({ objects }) => objects),
    notCarried: files.flatMap(({ notCarried }) => notCarried),
  }
}

/** Whether it says anything at all. */
export function isEmpty({ settings, alpha, named, emails }: ProxyFile): boolean {
  return settings.length === 0 && alpha === undefined && named.length === 0 && emails.length === 0
}

export function settingsOf(
  entries: readonly (readonly [string, unknown])[],
  { rank, place }: Pick<Found, 'rank' | 'place'>,
): Found[] {
  return entries.map(([key, value]) => ({ key, value: unresolved(key, value), rank, place }))
}

const variable = /\$\{[A-Za-z_][^}]*\}|\$\([A-Za-z_][\w.-]*\)|^\$[A-Za-z_]\w*$|\{\{.*\}\}/s

/** Whether a text is filled in elsewhere. Formats of log lines have braces of their own. */
export function isFilledIn(key: string, text: string): boolean {
  return variable.test(text) && !key.endsWith('_format')
}

/** Texts that are filled in elsewhere. A list keeps what it knows; secrets stay, because nobody wants their value. */
function unresolved(key: string, value: unknown): unknown {
  if (proxyKeys[key]?.isSecret || typeof value !== 'string' || !isFilledIn(key, value)) return value
  return new FromElsewhere(value)
}

export function typeOfKey(key: string): KeyType | undefined {
  return Object.hasOwn(proxyKeys, key) ? proxyKeys[key]?.type : undefined
}
