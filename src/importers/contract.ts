/**
 * What an importer owns: reading the configuration of one product and turning it into a gatehouse.yaml. Pure: texts in, data
 * out; no files, no network, no environment. The command decides where the texts come from, how the data becomes YAML and
 * how `notCarried` is shown; `provider.ts` turns an issuer into an authentication class.
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

/**
 * What a loss changes. People are told in this order: who gets in; who people are (sub, user names, groups); what applications behind get;
 * a value that became a reference, or is missing; the rest; and what `render` writes and the input did not have.
 */
export const effects = ['access', 'identity', 'applications', 'secret', 'setting', 'added'] as const
export type Effect = (typeof effects)[number]

/** A setting of the input that has no place in gatehouse.yaml. */
export interface NotCarried {
  /** File, then the path or the name of the variable: `values.yaml: astronomer.houston.config.auth.ldap`. */
  where: string
  /** What the input has there. Never the value of a secret. */
  what: string
  /** What changes by it, then what to do about it: two sentences. Only what the reader can do: `render` replaces its files. */
  why: string
  /** `setting` when absent. */
  effect?: Effect
}

/** What a file cannot know, answered on the command line. An importer uses what it has a place for; the caller says what was not used. */
export interface ImportAnswers {
  /** `--url`: the address at which people open the product; of Dex its issuer. */
  url?: string
  /** `--issuer`: the issuer of the provider, or its discovery URL. */
  issuer?: string
  /** `--client-id`: the id of the product's client at the provider. */
  clientId?: string
}

export interface ImportComment {
  /** Path of the key in `config` that the comment precedes; empty for the head of the file. */
  path: readonly (string | number)[]
  text: string
}

export interface Imported {
  /** In the shape of gatehouse.yaml, keys in the order in which people read them. It passes the schema unless `notCarried` says why not. */
  config: Readonly<Record<string, Data>>
  comments: readonly ImportComment[]
  /** Everything that the input says and `config` does not; also every secret in clear text, which became `${env:NAME}`. Any order. */
  notCarried: readonly NotCarried[]
}

export interface Importer {
  source: ImportSource
  /** What it reads, for the help: `the environment files or Helm values of flaskoidc`. */
  title: string
  /** Settings whose values messages may show; without it none are, and none is said to be. */
  harmless?: ReadonlySet<string>
  /** Throws UnreadableImport when a text is not what it should be. */
  read: (files: readonly ImportFile[], answers?: ImportAnswers) => Imported
}

/** A file that cannot be read at all, as opposed to settings that cannot be carried over. The message holds no value of the file. */
export class UnreadableImport extends Error {
  override readonly name = 'UnreadableImport'
  /** As in ImportFile. */
  readonly file: string
  readonly reason: string
  constructor(file: string, reason: string) {
    super(`${file}: ${reason}`)
    this.file = file
    this.reason = reason
  }
}
