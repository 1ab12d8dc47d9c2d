/** What the readers of manifests have in common: a manifest, the piece of configuration that it becomes, and what it says in vain. */
import { type DataMap, isMap, mapAt } from '../../maps.ts'
import type { PathProblem } from '../problem.ts'
import type { Source } from '../source.ts'

export type Path = readonly (string | number)[]

export interface Manifest {
  source: Source
  /** Its path in the document: below `items` in a List. */
  at: Path
  kind: string
  name: string
  namespace: string
  data: DataMap
}

/** A piece of configuration, and where its parts stand in the manifest. */
export interface Piece {
  data: Record<string, unknown>
  places: readonly (readonly [config: Path, manifest: Path])[]
  /** SecretClasses that it names, each with a key that they hand out. */
  secretClasses?: readonly (readonly [secretClass: string, key: string])[]
  problems?: readonly PathProblem[]
  unread?: readonly UnreadSetting[]
}

/** A setting about sign-in that the configuration cannot say. */
export interface UnreadSetting {
  /** In the manifest. */
  path: Path
  /** As people know it: `config.properties: http-server.authentication.type`. */
  name: string
  value: unknown
  /** The value is no secret, whatever it is. */
  isHarmless: boolean
  /** What changes without it: who gets in or may do what, who people are, a secret, the rest, or what is added. */
  effect: 'access' | 'identity' | 'secret' | 'setting' | 'added'
  /** What changes, then what to do: two sentences. */
  why: string
  /** The manifest or gatehouse.yaml says it as clearly: only an import, which leaves the manifest behind, tells of it. */
  isSaid?: true
}

/** What pieces need of each other. */
export interface Context {
  env: Readonly<Record<string, string | undefined>>
  /** The meaning of a Secret follows from what names it. */
  secrets: { clients: ReadonlySet<unknown>; accounts: ReadonlySet<unknown> }
  /** `spec.provider` of each class, by name. */
  classes: ReadonlyMap<string, DataMap>
  /** Values taken from `env` so far. */
  filledIn: string[]
  /** Names taken so far. */
  productNames: Set<string>
}

/** A List of any kind holds other manifests. */
export function manifestsOf(source: Source, data: unknown, at: Path): Manifest[] {
  if (!isMap(data)) return []
  const kind = String(data['kind'])
  const items = data['items']
  if (kind.endsWith('List') && Array.isArray(items)) {
    return items.flatMap((item, index) => manifestsOf(source, item, [...at, 'items', index]))
  }
  const metadata = mapAt(data, 'metadata')
  const name = String(metadata['name'] ?? '')
  const namespace = String(metadata['namespace'] ?? 'default')
  return [{ source, at, kind, name, namespace, data }]
}
