import { type Comment, type EnvEntry, writeEnv } from '../../formats.ts'
import type { EnvironmentFile } from '../contract.ts'

/** A file of variables; Kubernetes can have the same variables as `env`. */
export function environmentFile(path: string, entries: readonly (Comment | EnvEntry)[]): EnvironmentFile {
  return { path, content: writeEnv(entries), variables: entries.filter((entry) => entry.kind === 'env') }
}
