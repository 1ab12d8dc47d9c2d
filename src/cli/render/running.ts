import { parseSources } from '../../config/source.ts'
import { isMap } from '../../maps.ts'
import type { Current } from './output.ts'

/**
 * The files of a running product, from a dump of its ConfigMaps (`kubectl get configmap ... -o yaml`, also as a List, also
 * JSON). Returns a sentence when the text is not such a dump. Finds a file by its name below the folder of the product.
 */
export function runningFiles(name: string, text: string): Current | { mistake: string } {
  const sources = parseSources(name, text)
  const broken = sources.flatMap(({ syntaxProblems }) => syntaxProblems)[0]
  if (broken) return { mistake: `${name}:${broken.line}:${broken.column} ${broken.message}` }
  const maps = sources.flatMap(({ data }) => configMapsOf(data))
  if (maps.length === 0)
    return { mistake: `${name} holds no ConfigMap: dump one with \`kubectl get configmap NAME -o yaml\`` }
  const files = new Map(maps.flatMap((data) => Object.entries(data)))
  const keyOf = (path: string) => path.slice(path.indexOf('/') + 1).replaceAll('/', '-')
  return { partial: true, read: (path) => files.get(keyOf(path)), nameOf: (path) => `${name}:${keyOf(path)}` }
}

function configMapsOf(data: Readonly<Record<string, unknown>>): Record<string, string>[] {
  const { items } = data
  if (Array.isArray(items)) return items.flatMap((item: unknown) => (isMap(item) ? configMapsOf(item) : []))
  const found = data['data']
  if (data['kind'] !== 'ConfigMap' || !isMap(found)) return []
  return [Object.fromEntries(Object.entries(found).map(([key, value]) => [key, String(value)]))]
}
