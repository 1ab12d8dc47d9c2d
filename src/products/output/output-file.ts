/** What every form of the output is made of. */
import type { EnvEntry } from '../../formats.ts'
import type { ExpectedVariable, RenderedFile } from '../contract.ts'

/** A file of the output folder. */
export interface OutputFile extends RenderedFile {
  /** Holds secrets: written for its owner alone (mode 0600). */
  secret?: true
  /** Names of variables that it leaves out, and that a version with secrets sets. */
  hides?: readonly string[]
}

/** The value of a variable that is a secret. Throws `secret-not-found`. */
export type Reveal = (product: string, variable: ExpectedVariable) => string

export interface Environment {
  path: string
  entries: readonly EnvEntry[]
}

/** The files of variables of a product; one named after it when it has none. */
export function environmentsOf(name: string, files: readonly RenderedFile[]): Environment[] {
  const environmentFiles = files.flatMap(({ path, variables }) => (variables ? [{ path, entries: variables }] : []))
  return environmentFiles.length > 0 ? environmentFiles : [{ path: `${name}.env`, entries: [] }]
}
