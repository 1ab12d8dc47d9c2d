/** Manifests that some tool fills in before kubectl gets them: their values are not there yet. */
import { isMap, mapAt } from '../../maps.ts'

const expressions: readonly (readonly [RegExp, string])[] = [
  [/\{\{.*?\}\}/s, '{{ }}'],
  [/\{%.*?%\}/s, '{% %}'],
  [/<%.*?%>/s, '<% %>'],
]

/** How a text says that it is a template; undefined when it does not. */
export function templateKind(text: string): string | undefined {
  return expressions.find(([pattern]) => pattern.test(text))?.[1]
}

/** Whether a manifest that matters here is one. Others, and overrides, may hold such texts for good: dashboards, names of log files. */
export function isTemplate(data: unknown): string | undefined {
  if (!isMap(data)) return undefined
  const items: unknown = data['items']
  const kind = String(data['kind'])
  if (kind.endsWith('List') && Array.isArray(items)) return items.map(isTemplate).find(Boolean)
  const { name, namespace } = mapAt(data, 'metadata')
  const spec = mapAt(data, 'spec')
  if (kind === 'AuthenticationClass' || kind === 'Secret') return templateIn(data)
  return kind.endsWith('Cluster')
    ? templateIn([name, namespace, spec['image'], spec['clusterConfig'], spec['authentication']])
    : undefined
}

function templateIn(value: unknown): string | undefined {
  if (typeof value === 'string') return templateKind(value)
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value)
    .flatMap(([key, inner]) => [templateKind(key), templateIn(inner)])
    .find(Boolean)
}
