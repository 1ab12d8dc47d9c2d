/** Everything that configures Houston as one tree of values: Helm values of any shape, variables, Houston's own configuration file. */
import type { Data } from '../../formats.ts'
import { isMap, mapAt } from '../../maps.ts'
import { type ImportFile, type NotCarried, UnreadableImport } from '../contract.ts'
import { environmentOf } from '../environment-variables.ts'
import { helmValuesIn, withMerges } from '../helm-values.ts'
import { joined, readMaps, SettingsTree } from '../settings-tree.ts'
import { auth, houston, type SecretPlace } from './findings.ts'

type Tree = Readonly<Record<string, unknown>>

export interface HoustonValues {
  values: Tree
  places: Map<string, SecretPlace>
  notCarried: NotCarried[]
  where: string
}

export function readFiles(files: readonly ImportFile[]): HoustonValues {
  let values: Tree = {}
  const variables = new Map<string, string>()
  const notCarried: NotCarried[] = []
  for (const file of files) {
    if (isEnvironment(file)) {
      for (const [name, value] of environmentOf(file)) variables.set(name, value)
      continue
    }
    for (const map of readMaps(file).flatMap(objectsIn)) {
      if (map['kind'] === 'Secret') notCarried.push(secretManifest(file, map))
      else for (const inner of treesIn(map, file.name)) values = joined(values, inner)
    }
  }
  const where = files.map(({ name }) => name).join(', ')
  const places = new Map<string, SecretPlace>()
  readLists(values, { variables, places })
  const others = [...variables.keys()].filter((name) => !isOfSignIn(name))
  const tree = joined(values, fromVariables(variables))
  if (!isMap(new SettingsTree(tree).peek(auth)) && others.length === variables.size && places.size === 0) {
    throw new UnreadableImport(where, 'has nothing below astronomer.houston.config.auth and no variable AUTH__...')
  }
  if (others.length > 0) {
    notCarried.push({
      where: `${where}: ${houston.join('.')}.env`,
      what: others.join(', '),
      why: variables.has(proxyVariable)
        ? 'Houston loses them: Helm replaces the whole list by the rendered one, which has the proxy. Give helm values after the rendered ones that have the entries of both.'
        : 'They are not about sign-in. Keep them in your own values.',
    })
  }
  return { values: tree, places, notCarried, where }
}

function isEnvironment({ name, text }: ImportFile): boolean {
  if (/\.(?:ya?ml|json)$/.test(name)) return false
  return /\.env$/.test(name) || /^\s*(?:export\s+)?[A-Z_][A-Z0-9_]*=/m.test(text)
}

// --- Where the tree begins

function objectsIn(map: Tree): Tree[] {
  const items = map['kind'] === 'List' && Array.isArray(map['items']) ? (map['items'] as unknown[]) : undefined
  return items === undefined ? [map] : items.filter(isMap).flatMap(objectsIn)
}

/** The trees of a document, each from `astronomer.houston` on. */
function treesIn(map: Tree, file: string): Tree[] {
  if (map['kind'] === 'ConfigMap') return houstonFiles(map, file)
  return helmValuesIn(map, file).map((values) => atItsPlace(chartOf(values) ?? values))
}

/** Houston's own files in the ConfigMap that the chart makes; the later one wins. */
function houstonFiles(map: Tree, file: string): Tree[] {
  const texts = Object.entries(mapAt(map, 'data')).filter(([key]) => /\.ya?ml$/.test(key))
  return texts
    .toSorted(([one], [other]) => Number(one.startsWith('local')) - Number(other.startsWith('local')))
    .flatMap(([key, text]) => readMaps({ name: `${file}: ${key}`, text: String(text) }))
    .map((inner) => ofHouston(withMerges(inner)))
}

/** Values for a chart that has Astronomer's as a part, four levels deep at most. */
function chartOf(values: Tree, depth = 0): Tree | undefined {
  if (isMap(mapAt(values, 'astronomer')['houston'])) return values
  if (depth === 4) return undefined
  for (const inner of Object.values(values).filter(isMap)) {
    const found = chartOf(inner, depth + 1)
    if (found) return found
  }
  return undefined
}

/** Examples leave out the outer part of the tree: `houston:`, `config:`, `auth:` or `openidConnect:` at the top. */
function atItsPlace(map: Tree): Tree {
  if (isMap(map['astronomer'])) return map
  if (isMap(map['houston'])) {
    const { houston: inner, ...rest } = map
    return { ...rest, astronomer: { houston: inner } }
  }
  if (isMap(map['config']) && isMap(map['config']['auth'])) return { astronomer: { houston: map } }
  if (isMap(map['openidConnect'])) return ofHouston({ auth: map })
  return isMap(map['auth']) ? ofHouston(map) : map
}

/** Parts of values that stand beside Houston's configuration, and not in it. */
const besides = ['global', 'nginx', 'tags', 'prometheus', 'elasticsearch', 'grafana', 'alertmanager', 'postgresql']

function ofHouston(map: Tree): Tree {
  const entries = Object.entries(map)
  const isBeside = ([key]: [string, unknown]) => besides.includes(key)
  const inner = Object.fromEntries(entries.filter((entry) => !isBeside(entry)))
  return { ...Object.fromEntries(entries.filter(isBeside)), astronomer: { houston: { config: inner } } }
}

function secretManifest({ name }: ImportFile, map: Tree): NotCarried {
  return {
    where: name,
    what: `the Secret ${String(mapAt(map, 'metadata')['name'] ?? '')}`,
    why: 'Secrets stay in Kubernetes; gatehouse.yaml does not hold their values. REGISTER.md names the keys that the rendered values refer to.',
    effect: 'secret',
  }
}

// --- Variables

interface Lists {
  variables: Map<string, string>
  places: Map<string, SecretPlace>
}

/** `houston.env` and `houston.secret`: the one joins the variables, the other says where secrets are. */
function readLists(values: Tree, { variables, places }: Lists): void {
  const tree = new SettingsTree(values)
  const given = tree.peek([...houston, 'env'])
  const list = isMap(given) ? Object.entries(given).map(([name, value]) => ({ name, value })) : listOf(given)
  for (const entry of list) {
    const { name, value } = entry
    if (typeof name !== 'string') continue
    const source = mapAt(mapAt(entry, 'valueFrom'), 'secretKeyRef')
    if (typeof source['name'] === 'string')
      places.set(name, { secretName: source['name'], secretKey: String(source['key']) })
    else variables.set(name, typeof value === 'object' ? '' : String(value ?? ''))
  }
  for (const { envName, secretName, secretKey = 'value' } of listOf(tree.peek([...houston, 'secret']))) {
    if (typeof envName !== 'string') continue
    places.set(envName, { secretName: String(secretName), secretKey: String(secretKey) })
  }
}

function listOf(value: unknown): Tree[] {
  return Array.isArray(value) ? value.filter(isMap) : []
}

/** Settings of Houston outside of `auth` that say who gets in, as variables. */
const ofConfig =
  /^(?:PUBLIC_SIGNUPS|EMAIL_CONFIRMATION|USER_MANAGEMENT|DISABLE_USER_MANAGEMENT|ALLOWED_SYSTEM_LEVEL_DOMAINS|DISABLE_SSL_VERIFY|HELM__BASE_DOMAIN)(?:__|$)/

function isOfSignIn(name: string): boolean {
  return name.startsWith('AUTH__') || name.startsWith('SCIM_AUTH_CODE') || ofConfig.test(name) || name === proxyVariable
}

const proxyVariable = 'GLOBAL_AGENT_HTTPS_PROXY'

/** `AUTH__OPENID_CONNECT__OKTA__CLIENT_ID` -> `auth.openidConnect.okta.clientId`. */
function fromVariables(variables: ReadonlyMap<string, string>): Tree {
  let settings: Tree = {}
  for (const [name, value] of variables) {
    if (name.startsWith('AUTH__') || ofConfig.test(name)) settings = joined(settings, nested(pathOf(name), value))
  }
  const codes = [...variables].filter(([name]) => name.startsWith('SCIM_AUTH_CODE'))
  const proxy = variables.get(proxyVariable)
  return {
    astronomer: {
      houston: {
        config: settings,
        ...(proxy === undefined ? {} : { importedProxy: proxy }),
        ...(codes.length === 0 ? {} : { importedCodes: Object.fromEntries(codes) }),
      },
    },
  }
}

/** Parameters of an authorization address keep their own spelling, such as `response_type`. */
function pathOf(name: string): string[] {
  const parts = name.split('__')
  const parameters = parts.indexOf('AUTH_URL_PARAMS')
  return parts.map((part, index) => (parameters >= 0 && index > parameters ? part.toLowerCase() : camelCase(part)))
}

function camelCase(name: string): string {
  const spelled: Readonly<Record<string, string>> = { DISABLE_SSL_VERIFY: 'disableSSLVerify' }
  return spelled[name] ?? name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function nested([key, ...rest]: readonly string[], value: Data): Tree {
  return key === undefined ? {} : { [key]: rest.length === 0 ? value : nested(rest, value) }
}
