/**
 * What an importer owns: reading the configuration of one product and saying the same as a gatehouse.yaml. Pure: texts in, data
 * out; no files, no network, no environment. It leaves to the command where the texts come from, how the data becomes YAML and
 * how `notCarried` is shown; `provider.ts` beside it makes an authentication class of an issuer.
 */
import type { Data } from '../formats.ts'

/** A name in the call: `gatehouse import dex FILE...`. */
export const importSources = ['dex', 'oauth2-proxy', 'flaskoidc', 'astronomer', 'stackable'] as const
export type ImportSource = (typeof importSources)[number]

export interface ImportFile {
  /** As the person named it, for messages; importers that take several kinds of file may look at its last part. */
  name: string
  text: string
}

/** Where a setting stands in the file that was read: `values.yaml` and `astronomer.houston.config.auth`. */
export interface NotCarried {
  /** File, then the path or the name of the variable: `values.yaml: astronomer.houston.config.auth.ldap`. */
  where: string
  /** What was written there. Never the value of a secret. */
  what: string
  /** Why it has no place in gatehouse.yaml and what to do about it: two sentences. */
  why: string
}

export interface ImportComment {
  /** Of the key in `config` above which it stands; empty for the head of the file. */
  path: readonly (string | number)[]
  text: string
}

export interface Imported {
  /** In the shape of gatehouse.yaml, keys in the order in which people read them. It passes the schema unless `notCarried` says why not. */
  config: Readonly<Record<string, Data>>
  comments: readonly ImportComment[]
  /** Whatever the input says and `config` does not; also every secret in clear text, which became `${env:NAME}`. */
  notCarried: readonly NotCarried[]
}

export interface Importer {
  source: ImportSource
  /** What it reads, for the help: `the environment files or Helm values of flaskoidc`. */
  title: string
  /** Throws UnreadableImport when a text is not what it should be. */
  read: (files: readonly ImportFile[]) => Imported
}

/** A file that cannot be read at all, as opposed to settings that could not be carried over. The message holds no value of the file. */
export class UnreadableImport extends Error {
  override readonly name = 'UnreadableImport'
  /** As in ImportFile. */
  readonly file: string
  constructor(file: string, reason: string) {
    super(`${file}: ${reason}`)
    this.file = file
  }
}
