import { type Comment, type EnvEntry, writeEnv } from '../../formats.ts'
import type { RenderedFile } from '../contract.ts'

/** A file of variables; Kubernetes can take the same variables as `env`. */
export function environmentFile(path: string, entries: readonly (Comment | EnvEntry)[]): RenderedFile {
  return { path, content: writeEnv(entries), variables: entries.filter((entry) => entry.kind === 'env') }
}
