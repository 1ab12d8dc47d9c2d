import type { ImportAnswers, ImportComment, NotCarried } from '../contract.ts'
import type { SettingsTree } from '../settings-tree.ts'

export type Path = readonly string[]

export const houston = ['astronomer', 'houston'] as const
export const config = [...houston, 'config'] as const
export const auth = [...config, 'auth'] as const
export const oidc = [...auth, 'openidConnect'] as const

/** A value that the chart takes from a Secret of Kubernetes. */
export interface SecretPlace {
  secretName: string
  secretKey: string
}

/** What the import of Astronomer finds out while it reads. */
export interface Findings {
  tree: SettingsTree
  /** Variables that come from Secrets. */
  places: Map<string, SecretPlace>
  /** Entries under `secrets` so far. */
  secretNames: Set<string>
  /** The files, as messages name them. */
  where: string
  answers: ImportAnswers
  notCarried: NotCarried[]
  comments: ImportComment[]
}

export function placeOf({ where }: Pick<Findings, 'where'>, path: Path): string {
  return `${where}: ${path.join('.')}`
}
