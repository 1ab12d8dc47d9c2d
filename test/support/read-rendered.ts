/** Rendered files as trees of texts, read by readers that know nothing of the writers. */
import { anyVariable, queryOf, readConfigMap, readGrafana, readQuarkus, readRules } from './read-embedded.ts'
import {
  readEnv,
  readHcl,
  readIni,
  readProperties,
  readPython,
  readShell,
  readToml,
  readXml,
  readYaml,
} from './read-formats.ts'

/** Maps become lists of pairs, so that keys are compared like values. */
export type Tree = string | number | boolean | null | undefined | readonly Tree[]

export function readRendered(path: string, content: string): Tree {
  const extension = path.slice(path.lastIndexOf('.') + 1)
  const reader = readers[path.split('/').at(-1) ?? ''] ?? readers[extension]
  if (!reader) throw new Error(`no reader for ${path}`)
  return treeOf(reader(content))
}

const readers: Readonly<Record<string, (text: string) => unknown>> = {
  properties: readProperties,
  env: readEnv,
  example: readEnv,
  py: readPythonModule,
  xml: readXml,
  yaml: readYaml,
  yml: readYaml,
  json: (text) => withClaimNames(readYaml(text)),
  toml: readToml,
  cfg: readToml,
  ini: (text) => readIni(text, anyVariable),
  tf: (text) => withoutClientId(readHcl(text)),
  conf: readProperties,
  sh: (text) => orAsItStands(() => readShell(text, anyVariable), text),
  'argocd-cm.yaml': (text) => readConfigMap(text),
  'argocd-rbac-cm.yaml': (text) => readConfigMap(text),
  'workflow-controller-configmap.yaml': (text) => readConfigMap(text),
  'rbac.yaml': readRules,
  'values.yaml': (text) => readYaml(text).map((document) => readClientIds(document)),
  'application.properties': readQuarkus,
  'application.yml': (text) => readYaml(text).map(readSubjects),
  'client.env': (text) => readEnv(text).map(([name, value]) => [name, readParameters(name, value)]),
  'grafana.ini': (text) => [...readIni(text, anyVariable)].map(([name, keys]) => [name, readGrafana(keys)]),
  'grafana.env': (text) => readGrafana(readEnv(text)),
  'openmetadata.env': (text) => readEnv(text).map(([name, value]) => [name, readYaml(value)]),
  'gatehouse_amundsen.py': readSettings,
  // The e-mail addresses that oauth2-proxy lets in, one a line.
  'authenticated-emails.txt': (text) => text.split('\n'),
  md: markdownOutline,
}

/** Classes and functions are source text of ours, so they are compared unchanged; the rest is read. */
function readPythonModule(text: string): unknown {
  const blocks: string[] = []
  const rest = text.replace(
    /^(?:class|def|@|try:|if |for |with ).*\n(?:(?:[ \t].*)?\n|(?:except|else|finally|elif)\b.*\n)*/gm,
    (block) => {
      blocks.push(block)
      return ''
    },
  )
  return orAsItStands(() => {
    const { values, ...module } = readPython(rest)
    return { ...module, values: new Map([...values].map(([name, value]) => [name, filledIn(name, value)])), blocks }
  }, text)
}

function readParameters(name: string, value: string): unknown {
  return name === 'OIDC_AUTHORIZATION_PARAMETERS' ? [...new URLSearchParams(value)] : value
}

/** Okta takes a client id of a certain form only and chooses one itself otherwise: that is said in REGISTER.md. */
function withoutClientId(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutClientId)
  if (value instanceof Map) {
    return [...value].filter(([key]) => key !== 'client_id').map(([key, item]) => [key, withoutClientId(item)])
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value).map(([key, item]) => [key, withoutClientId(item)])
}

/** Keycloak's mappers make an object of each dot in the name of a claim; a backslash keeps the character behind it. */
function withClaimNames(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withClaimNames(item))
  if (value instanceof Map) return [...value].map(([name, item]) => [name, withClaimNames(item, String(name))])
  return key === 'claim.name' && typeof value === 'string' ? value.replace(/\\(.)/gu, '$1') : value
}

/** The chart of Amundsen puts client ids into another YAML file, so they may be in its quotes. */
function readClientIds(value: unknown, key = ''): unknown {
  if (!(value instanceof Map)) return value
  const services = key === 'frontend' || key === 'metadata' || key === 'search'
  return [...value].map(([name, item]: [string, unknown]) => [
    name,
    services && name === 'client_id' ? readYaml(String(item)) : readClientIds(item, name),
  ])
}

/** At GitHub a group with a slash is a team, and one without is an organization: Kafbat is told which. */
function readSubjects(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readSubjects)
  if (!(value instanceof Map)) return value
  const kind = String(value.get('value')).includes('/') ? 'team' : 'organization'
  const isTold = value.get('provider') === 'OAUTH_GITHUB' && value.get('type') === kind
  return [...value].map(([key, item]: [string, unknown]) => [
    key,
    isTold && key === 'type' ? 'as the group is written' : readSubjects(item),
  ])
}

/** Our own programs that do more than assign and call are compared character by character. */
function orAsItStands(read: () => unknown, text: string): unknown {
  try {
    return read()
  } catch {
    return text
  }
}

/** Texts that the product fills in with `%` or `str.format`, without what keeps the rest of them as it is. */
function filledIn(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => filledIn(name, item))
  if (typeof value !== 'string') return value
  if (name === 'AUTH_LDAP_USERNAME_FORMAT') return value.replaceAll('%%', '%')
  return /LDAPAuthenticator\.\w+_(?:template|filter)$/.test(name) ? value.replace(/([{}])\1/g, '$1') : value
}

/** A program of ours with one dict of settings at its top. */
function readSettings(text: string): unknown {
  const [, before, settings = '', after] = /^(.*?\n)(SETTINGS = \{\n.*?\n\}\n)(.*)$/s.exec(text) ?? []
  return [before, readPython(settings), after]
}

/** What kind of line each line is: user input must stay inside of its line. */
function markdownOutline(text: string): unknown {
  return text.split('\n').map((line) => /^\s*(#+|\d+\.|-|```)?/.exec(line)?.[0] ?? '')
}

function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(treeOf)
  if (value instanceof Map) return [...value].map(([key, item]) => [treeOf(key), treeOf(item)])
  if (value instanceof Set) return [...value].map(treeOf)
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).map(([key, item]) => [key, treeOf(item)])
  }
  return value as Tree
}

/** Texts that are documents of their own inside of another format, by what they look like. */
const languages: readonly (readonly [look: RegExp, read: (text: string) => unknown])[] = [
  [/^[[{]/, JSON.parse],
  [/^import os\n/m, readPythonModule],
  [/^exports\./m, readCode],
  // An expression of Kubernetes (CEL).
  [/\bclaims\[\??"/, readCode],
  [/^https?:[^ ]*\?/, queryOf],
]

/** A program of which only the strings matter: the text in double quotes, as JavaScript reads it. */
function readCode(text: string): string[] {
  return text
    .split(/("(?:[^"\\\n]|\\.)*")/)
    .map((part, index) => (index % 2 === 1 ? (JSON.parse(part) as string) : part))
}

function nested(text: string): Tree | undefined {
  const reader = languages.find(([look]) => look.test(text))?.[1]
  if (!reader) return undefined
  try {
    return treeOf(reader(text))
  } catch {
    return undefined
  }
}

/**
 * Both trees in the form in which they can be compared: texts of the harmless one that are documents are read in both, and the
 * markers of the harmless one are exchanged.
 */
export function comparable(
  found: Tree,
  harmless: Tree,
  texts: ReadonlyMap<string, string>,
  depth = 0,
): { actual: Tree; expected: Tree } {
  if (typeof harmless === 'string') {
    // A program in a document in a text is as deep as it gets.
    const inner = depth < 2 ? nested(harmless) : undefined
    const actual = inner !== undefined && typeof found === 'string' ? nested(found) : undefined
    if (inner !== undefined && actual !== undefined) return comparable(actual, inner, texts, depth + 1)
    // The name of a variable that follows from another name: only its form can be foreseen.
    const isVariable = /ZQ\d+ZQ/.test(harmless) && typeof found === 'string' && /^[A-Z_][A-Z0-9_]*$/.test(found)
    return { actual: found, expected: isVariable ? found : exchange(harmless, inOtherCase(harmless, texts)) }
  }
  if (!isList(harmless) || !isList(found)) return { actual: found, expected: harmless }
  const pairs = harmless.map((item, index) => comparable(found[index], item, texts, depth))
  return {
    actual: [...pairs.map(({ actual }) => actual), ...found.slice(harmless.length)],
    expected: pairs.map(({ expected }) => expected),
  }
}

/** Kafka knows a listener by its name in lower case where that is part of a key, and in upper case everywhere else. */
function inOtherCase(harmless: string, texts: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if (harmless.startsWith('listener.name.')) {
    return new Map([...texts].map(([marker, text]) => [marker, text.toLowerCase()]))
  }
  const upper = [...texts].map(([marker, text]): [string, string] => [marker.toUpperCase(), text.toUpperCase()])
  return new Map([...texts, ...upper])
}

function isList(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree)
}

function exchange(text: string, texts: ReadonlyMap<string, string>): string {
  return [...texts].reduce((found, [marker, value]) => found.replaceAll(marker, () => value), text)
}
