/** Flags and variables of oauth2-proxy, by the names of its file. */
import { proxyKeys } from '../../products/oauth2-proxy/names.ts'
import { type Found, FromElsewhere, type NamedSource, settingsOf } from './found.ts'

/** Lists have another name as a flag, which is repeated. */
export const keysOfFlags: ReadonlyMap<string, string> = new Map(
  Object.entries(proxyKeys).map(([key, { flag }]) => [flag ?? key, key]),
)
/** They say what to do, not how. */
const commands = new Set(['version', 'config_test', 'convert_config_to_alpha', 'help', 'h'])
const files: Readonly<Record<string, NamedSource['kind']>> = { config: 'config', alpha_config: 'alpha' }

export interface ReadFlags {
  settings: Found[]
  named: NamedSource[]
}

/** As oauth2-proxy reads its command line: `--name=value`, `--name value`, `--name`; a flag that is on or off takes no second word. */
export function readFlags(words: readonly string[], place: string): ReadFlags {
  const entries = new Map<string, unknown>()
  const named: NamedSource[] = []
  for (let at = 0; at < words.length; at++) {
    const [, name = '', given] = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(words[at] ?? '') ?? []
    const plain = name.replaceAll('-', '_')
    if (name === '' || commands.has(plain)) continue
    const key = keysOfFlags.get(plain) ?? plain
    const type = proxyKeys[key]?.type
    const following = words[at + 1]
    const takesNext = given === undefined && type !== 'flag' && following !== undefined && !following.startsWith('-')
    const value = given ?? (takesNext ? following : 'true')
    if (takesNext) at++
    const kind = Object.hasOwn(files, plain) ? files[plain] : undefined
    if (kind === undefined)
      entries.set(key, type === 'list' ? [...listOf(entries.get(key)), ...splitList(value)] : value)
    else named.push({ kind, by: `--${name}=${value}`, file: lastPart(value), place })
  }
  return { settings: settingsOf([...entries], { rank: 'flag', place }), named }
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? (value as string[]) : []
}

/** One flag, or one variable, may hold several values. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

export function lastPart(path: string): string {
  return path.replace(/^.*[/\\]/, '')
}

const prefix = 'OAUTH2_PROXY_'

/** Those of oauth2-proxy among the variables of an environment. */
export function readEnvironment(variables: Iterable<readonly [string, unknown]>, place: string): Found[] {
  const entries = [...variables].flatMap(([name, value]): [string, unknown][] =>
    name.startsWith(prefix) ? [[keyOfVariable(name), value]] : [],
  )
  return settingsOf(entries, { rank: 'variable', place })
}

function keyOfVariable(name: string): string {
  const key = name.slice(prefix.length).toLowerCase()
  // What 7.x still reads from before.
  return key === 'google_group' ? 'google_groups' : key
}

/** `$(NAME)` in words of a container, where the container says what NAME is. */
export function withVariables(words: readonly string[], variables: ReadonlyMap<string, unknown>): string[] {
  return words.map((word) =>
    word.replaceAll(/\$\(([A-Za-z_][\w.-]*)\)/g, (whole, name: string) => {
      const value = variables.get(name)
      return value === undefined || value instanceof FromElsewhere ? whole : String(value)
    }),
  )
}

/** Whether words can be flags of oauth2-proxy and of nothing else. */
export function areProxyFlags(words: readonly string[]): boolean {
  const own =
    /^--?(?:provider|client-id|oidc-issuer-url|cookie-secret|upstream|email-domain|alpha-config|redirect-url)(?:=|$)/
  return words.some((word) => own.test(word))
}
