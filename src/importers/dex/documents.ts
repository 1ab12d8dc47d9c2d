/** Where a configuration of Dex is kept: a file of its own, ConfigMaps and Secrets, values of charts, resources of Argo CD. */
import { isMap } from '../../maps.ts'
import { type ImportFile, UnreadableImport } from '../contract.ts'
import { SettingsTree } from '../settings-tree.ts'
import { yamlDocuments } from '../yaml-documents.ts'
import { withDocumentedKeys } from './documented-keys.ts'

export type Tree = Readonly<Record<string, unknown>>

/** What Argo CD adds to its `dex.config` when it starts Dex. */
export interface ArgoCd {
  /** `url` of Argo CD, and those beside it. */
  urls: readonly string[]
}

export interface DexFile {
  /** `values.yaml: config` */
  name: string
  data: Tree
  settings: SettingsTree
  /** Set for the part that Argo CD keeps. */
  argo?: ArgoCd
  /** Whether it is all that Dex reads, and not only a list of connectors, to which a program adds the rest. */
  isWhole: boolean
}

const known = ['issuer', 'connectors', 'staticClients', 'storage', 'staticPasswords']
const deepest = 12

export function dexFilesOf(file: ImportFile): DexFile[] {
  return yamlDocuments(file).flatMap((data) => filesIn(file.name, data, 0))
}

/** A text inside of a file that is one itself: ConfigMaps and Secrets, values of a chart in an Application of Argo CD, `content` of Compose. */
const mayHoldDex = /^\s*["']?(?:connectors|staticClients|staticPasswords|dex\.config|issuer)["']?\s*:/im

function filesIn(name: string, data: unknown, depth: number): DexFile[] {
  if (depth > deepest) return []
  if (isConnectorList(data)) return [dexFile(name, { connectors: data })]
  if (Array.isArray(data)) return data.flatMap((item) => filesIn(name, item, depth + 1))
  if (!isMap(data)) return []
  if (isDex(data, depth === 0)) return [dexFile(name, data)]
  return Object.entries(data).flatMap(([key, value]) => filesUnder({ name, data, key, value, depth }))
}

interface Place {
  name: string
  data: Tree
  key: string
  value: unknown
  depth: number
}

function filesUnder({ name, data, key, value, depth }: Place): DexFile[] {
  const here = isPlainStep(key) ? name : `${name}: ${key}`
  if (typeof value !== 'string') {
    if (data['kind'] === 'ArgoCD' && key === 'spec' && isMap(value)) return ofOperator(name, value)
    const found = filesIn(here, value, depth + 1)
    // Helm takes the address of Argo CD from a setting of all charts.
    const domain = isMap(data['global']) ? data['global']['domain'] : undefined
    return typeof domain === 'string' ? found.map((file) => withUrl(file, `https://${domain}`)) : found
  }
  if (key === 'dex.config') return argoFiles(here, value, urlsOf(data))
  if (key === 'connectors')
    return parsed(here, `connectors:\n${indented(value)}`).flatMap((inner) => filesIn(here, inner, depth + 1))
  const text = decoded(value)
  if (!mayHoldDex.test(text)) return []
  return parsed(here, text).flatMap((inner) => (isMap(inner) ? filesIn(here, inner, depth + 1) : []))
}

/** Keys that say nothing about where a file is kept. */
function isPlainStep(key: string): boolean {
  return ['data', 'stringData', 'items', 'spec'].includes(key)
}

/** `data` of a Secret is base64; anything else stays as it is. */
function decoded(text: string): string {
  const bare = text.replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]{40,}={0,2}$/.test(bare)) return text
  return Buffer.from(bare, 'base64').toString('utf8')
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ')
}

/** What a text inside of a file holds; a text that is no YAML holds nothing, unless it is the one that Dex reads. */
function parsed(name: string, text: string): unknown[] {
  try {
    return yamlDocuments({ name, text })
  } catch (error) {
    if (error instanceof UnreadableImport && /\b(?:connectors|staticClients)\s*:/.test(text)) throw error
    return []
  }
}

function isConnectorList(data: unknown): data is unknown[] {
  return (
    Array.isArray(data) &&
    data.length > 0 &&
    data.every((item) => isMap(item) && typeof item['type'] === 'string' && (isMap(item['config']) || 'id' in item))
  )
}

/** Keys without regard to capitals, as Dex takes them. */
function isDex(data: Tree, isFile: boolean): boolean {
  const keys = new Set(Object.keys(data).map((key) => key.toLowerCase()))
  const has = (key: string) => keys.has(key.toLowerCase())
  if (isFile && !has('kind') && !has('apiVersion') && typeof data['connectors'] !== 'string' && !has('config')) {
    return known.some(has)
  }
  const { connectors } = data
  const isIssuer = typeof data['issuer'] === 'string' && known.filter(has).length > 1
  return isConnectorList(connectors) || isIssuer || (has('staticClients') && has('storage'))
}

function dexFile(name: string, given: Tree, argo?: ArgoCd): DexFile {
  const data = withDocumentedKeys(given) as Tree
  const isWhole = argo === undefined && data['issuer'] !== undefined
  return { name, data, settings: new SettingsTree(data), isWhole, ...(argo ? { argo } : {}) }
}

function argoFiles(name: string, text: string, urls: readonly string[]): DexFile[] {
  return yamlDocuments({ name, text }).flatMap((data) => (isMap(data) ? [dexFile(name, data, { urls })] : []))
}

function urlsOf(data: Tree): string[] {
  const { url, additionalUrls } = data
  const others =
    typeof additionalUrls === 'string' ? parsed('additionalUrls', additionalUrls).flat() : [additionalUrls].flat()
  return [url, ...others].filter((item): item is string => typeof item === 'string' && item !== '')
}

function withUrl(file: DexFile, url: string): DexFile {
  return file.argo && file.argo.urls.length === 0 ? { ...file, argo: { urls: [url] } } : file
}

/** The resource ArgoCD of its operator. */
function ofOperator(name: string, spec: Tree): DexFile[] {
  const at = (path: readonly string[]) =>
    path.reduce<unknown>((value, key) => (isMap(value) ? value[key] : undefined), spec)
  const host = at(['server', 'host'])
  const urls = typeof host === 'string' ? [`https://${host}`] : []
  return [
    ['sso', 'dex', 'config'],
    ['dex', 'config'],
  ].flatMap((path) => {
    const text = at(path)
    return typeof text === 'string' ? argoFiles(`${name}: spec.${path.join('.')}`, text, urls) : []
  })
}
