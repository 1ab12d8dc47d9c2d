/** Values of a Helm chart as tools of deployment keep them, and with what YAML 1.1 and Helm know. */
import { isMap, mapAt, withoutPrototype } from '../maps.ts'
import { readMaps } from './settings-tree.ts'

type Tree = Readonly<Record<string, unknown>>

const kinds = ['HelmRelease', 'HelmChart', 'HelmChartConfig', 'Application']

/** Whether a document holds values inside of an object of Kubernetes. */
export function holdsValues(data: Tree): boolean {
  return kinds.includes(String(data['kind']))
}

/** The values in a HelmRelease of Flux, a HelmChart of k3s or an Application of Argo CD; any other document is values itself. Throws UnreadableImport. */
export function helmValuesIn(data: Tree, file: string): Tree[] {
  if (!holdsValues(data)) return [withMerges(data)]
  const spec = mapAt(data, 'spec')
  const sources = [spec['source'], ...(Array.isArray(spec['sources']) ? (spec['sources'] as unknown[]) : [])]
  const found = sources.flatMap((source) => {
    const helm = mapAt(source, 'helm')
    return [...written(helm['values'], file), ...(isMap(helm['valuesObject']) ? [helm['valuesObject']] : [])]
  })
  return [...found, ...written(spec['valuesContent'], file), mapAt(spec, 'values')].map(withMerges)
}

function written(value: unknown, name: string): Tree[] {
  return typeof value === 'string' ? readMaps({ name, text: value }) : []
}

/** A map with `<<: *common` in place, at any depth: YAML 1.2 does not have it, and Helm and Compose know it. */
export function withMerges(map: Tree): Tree {
  const { '<<': inherited, ...own } = map
  const above = (Array.isArray(inherited) ? inherited.toReversed() : [inherited]).filter(isMap).map(withMerges)
  const inner = Object.entries(own).map(([key, value]): [string, unknown] => [key, insideOf(value)])
  return Object.assign(withoutPrototype<unknown>(), ...above, Object.fromEntries(inner)) as Tree
}

function insideOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(insideOf)
  return isMap(value) ? withMerges(value) : value
}

/** Booleans of Helm, which reads YAML 1.1, and of variables; undefined for anything else. */
export function switchOf(value: unknown): boolean | undefined {
  const text = String(value ?? '').toLowerCase()
  if (['true', 'yes', 'on', '1'].includes(text)) return true
  return ['false', 'no', 'off', '0'].includes(text) ? false : undefined
}
