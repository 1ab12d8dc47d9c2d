/** Reads from disk everything that the configuration consists of, so that loading itself is pure. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { readRegularFile } from './regular-file.ts'

// The whole dump of a large cluster has a few megabytes; what YAML makes of a text takes a hundred times as much memory.
const maxFileSize = 32 * 2 ** 20

/** One file as it was read; without a text when it could not be read. */
export interface ConfigFile {
  /** Its name, as the person gave it. */
  name: string
  text?: string
  /** Why there is no text. */
  unreadable?: string
  /** It came by a pipe, and cannot be read a second time. */
  isPiped?: boolean
}

export interface ConfigSources {
  files: readonly ConfigFile[]
  /** Folder that relative paths of the configuration start from: that of the first file, or ours for standard input. */
  baseDir: string
}

/** Reads configuration and manifests: files, folders (their `*.yaml` and `*.yml`, by name) and `-`, standard input. Never throws. */
export function readSources(paths: readonly string[]): ConfigSources {
  const files = paths.flatMap(yamlFilesOf)
  const [first] = files
  return {
    files: files.map(readFile),
    baseDir: first === undefined || first === '-' ? process.cwd() : dirname(resolve(first)),
  }
}

/** The files that a path names. A folder stands for its YAML files. A path that cannot be examined stays as it is: reading it gives the better message. */
export function yamlFilesOf(path: string): string[] {
  const names = path === '-' ? undefined : namesIn(path)
  if (names === undefined) return [path]
  const found = names
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(path, name))
  return found.length > 0 ? found : [join(path, 'gatehouse.yaml')]
}

/** Undefined for what is no folder that can be read. */
function namesIn(path: string): string[] | undefined {
  try {
    return statSync(path).isDirectory() ? readdirSync(path) : undefined
  } catch {
    return undefined
  }
}

/**
 * The same again, for a server that runs and must not wait: what came by a pipe is what came then, and what has become a pipe since is
 * not read. Never throws.
 */
export function readSourcesAgain(paths: readonly string[], { files: before, baseDir }: ConfigSources): ConfigSources {
  const piped = new Map(before.flatMap((file) => (file.isPiped ? [[file.name, file] as const] : [])))
  const files = paths.flatMap(yamlFilesOf).map((path) => piped.get(nameOf(path)) ?? readPath(path, readRegular))
  return { files, baseDir }
}

function nameOf(path: string): string {
  return path === '-' ? '<stdin>' : path
}

function readFile(path: string): ConfigFile {
  if (!isPipe(path)) return readPath(path, readRegular)
  return { ...readPath(path, () => readFileSync(path === '-' ? 0 : path)), isPiped: true }
}

/** `-`, `<(kubectl get ...)`, `/dev/stdin`. What cannot be examined is read as a file, which says why. */
function isPipe(path: string): boolean {
  if (path === '-') return true
  try {
    const found = statSync(path)
    return !found.isFile() && !found.isDirectory()
  } catch {
    return false
  }
}

function readRegular(path: string): Buffer {
  return readRegularFile(path, { maxBytes: maxFileSize })
}

function readPath(path: string, read: (path: string) => Buffer): ConfigFile {
  const name = nameOf(path)
  try {
    const text = read(path)
    if (text.length > maxFileSize) return { name, unreadable: 'is larger than 32 MB, which no configuration is' }
    return { name, text: text.toString('utf8') }
  } catch (error) {
    return { name: path, unreadable: reasonOf(error, path) }
  }
}

function reasonOf(error: unknown, path: string): string {
  if (!(error instanceof Error)) return String(error)
  if (!('code' in error)) return error.message
  return error.code === 'ENOENT' ? noSuchFile(path) : String(error)
}

/** Whoever has no configuration yet is told how to get one; a manifest comes from elsewhere. */
function noSuchFile(path: string): string {
  const ours = basename(path) === 'gatehouse.yaml'
  return `there is no such file${ours ? '; `gatehouse init` writes one' : ''}`
}
