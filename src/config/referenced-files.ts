/** The files that a configuration points to: secrets, certificates and what pages show. */
import { hash } from 'node:crypto'
import { resolve } from 'node:path'
import { isMap } from '../maps.ts'
import { brandFileSettings } from './brand-files.ts'
import type { Config } from './schema.ts'
import { parseSecretReference, readReferenced } from './secret-reference.ts'

export interface ReferencedFile {
  /** The setting that points there. */
  path: readonly (string | number)[]
  /** Absolute. */
  file: string
}

/** Every `${file:...}`, the authorities of `network.ca`, and the files of `branding`. Relative ones are looked up from `baseDir`. Reads none of them. */
export function referencedFiles(config: Config, baseDir: string): ReferencedFile[] {
  const files = textsIn(config).flatMap(({ path, text }): ReferencedFile[] => {
    const source = parseSecretReference(text)
    return source.kind === 'file' ? [{ path, file: resolve(baseDir, source.path) }] : []
  })
  const { ca } = config.network
  const named = [
    { path: ['network', 'ca'], name: ca },
    ...brandFileSettings.map((setting) => ({ path: ['branding', setting], name: config.branding?.[setting] })),
  ]
  const others = named.flatMap(({ path, name }) => (name === undefined ? [] : [{ path, file: resolve(baseDir, name) }]))
  return [...files, ...others]
}

/** A digest of what is in each of the files, by the setting that points there; of one that cannot be read, none. */
export function digestsOf(files: readonly ReferencedFile[]): Map<string, string> {
  return new Map(files.map(({ path, file }) => [path.join('.'), digestOf(file)]))
}

function digestOf(file: string): string {
  try {
    return hash('sha256', readReferenced(file))
  } catch {
    return ''
  }
}

/** The setting whose value is a reference to that variable or file, as an error names it. */
export function settingThatNames(
  config: Config,
  missing: { environmentVariable?: unknown; file?: unknown },
  baseDir: string,
): readonly (string | number)[] | undefined {
  const variable = textsIn(config).find(({ text }) => {
    const source = parseSecretReference(text)
    return source.kind === 'env' && source.name === missing.environmentVariable
  })
  return variable?.path ?? referencedFiles(config, baseDir).find(({ file }) => file === missing.file)?.path
}

function textsIn(
  value: unknown,
  path: readonly (string | number)[] = [],
): { path: readonly (string | number)[]; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }]
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, [...path, index]))
  if (!isMap(value)) return []
  return Object.entries(value).flatMap(([key, item]) => textsIn(item, [...path, key]))
}
