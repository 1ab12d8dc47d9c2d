/** Where rendered files go: into a folder, onto standard output, or beside what is there to be compared. */
import { randomUUID } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import { unifiedDiff } from '../unified-diff.ts'
import type { OutputFile } from './format.ts'

export interface Terminal {
  stdout: (text: string) => void
  stderr: (text: string) => void
  /** Whether differences are coloured. */
  color: boolean
}

/** What is compared with: a folder, or the files of a product that runs. */
export interface Current {
  /** The text of a file as it is now, undefined when there is none. */
  read: (path: string) => string | undefined
  /** How people would name that file. */
  nameOf: (path: string) => string
}

export function printAll(files: readonly OutputFile[], { stdout }: Terminal): 0 {
  for (const { path, content } of files) stdout(`# --- ${path}\n${content}`)
  return 0
}

export function showDifferences(files: readonly OutputFile[], current: Current, { stdout, color }: Terminal): 0 | 1 {
  let status: 0 | 1 = 0
  for (const { path, content } of files) {
    const before = current.read(path)
    if (before === content) continue
    status = 1
    const name = current.nameOf(path)
    const lines = unifiedDiff(before ?? '', content, { before: before === undefined ? '/dev/null' : name, after: name })
    stdout(lines.map((line) => `${color ? colored(line) : line}\n`).join(''))
  }
  return status
}

function colored(line: string): string {
  const [red, green, cyan, bold, reset] = ['\u001b[31m', '\u001b[32m', '\u001b[36m', '\u001b[1m', '\u001b[0m']
  if (line.startsWith('--- ') || line.startsWith('+++ ')) return `${bold}${line}${reset}`
  if (line.startsWith('@@')) return `${cyan}${line}${reset}`
  if (line.startsWith('-')) return `${red}${line}${reset}`
  if (line.startsWith('+')) return `${green}${line}${reset}`
  return line
}

export function nameStale(files: readonly OutputFile[], current: Current, { stdout, stderr }: Terminal): 0 | 1 {
  const changed = files.filter(({ path, content }) => current.read(path) !== content)
  for (const { path } of changed) stdout(`${current.nameOf(path)}\n`)
  if (changed.length === 0) return 0
  stderr(
    `${changed.length} of the rendered files ${changed.length === 1 ? 'is' : 'are'} stale: run \`gatehouse render\`\n`,
  )
  return 1
}

export function writeAll(files: readonly OutputFile[], output: string, { stderr }: Terminal): 0 {
  const current = folder(output)
  let same = 0
  for (const file of files) {
    if (current.read(file.path) === file.content && !isOpen(output, file)) {
      same++
      continue
    }
    write(output, file)
    const secret = file.secret ? ' (secrets in clear text, mode 0600)' : ''
    stderr(`wrote ${join(output, file.path)}${secret}\n`)
  }
  if (same > 0) stderr(`${same} ${same === 1 ? 'file' : 'files'} unchanged\n`)
  return 0
}

/**
 * The files below a folder. A symbolic link on the way is refused, for reading too: whoever may write into the folder must not
 * choose which other file is shown or replaced.
 */
export function folder(output: string): Current {
  return {
    nameOf: (path) => join(output, path),
    read: (path) => {
      refuseSymbolicLinks(output, path)
      try {
        return readFileSync(join(output, path), 'utf8')
      } catch (cause) {
        if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
          return undefined
        throw new AppError('render-target-unwritable', { file: join(output, path) }, { cause })
      }
    },
  }
}

function refuseSymbolicLinks(output: string, path: string): void {
  let at = output
  for (const segment of path.split('/')) {
    at = join(at, segment)
    const found = lstatSync(at, { throwIfNoEntry: false })
    if (found?.isSymbolicLink()) {
      throw new AppError('render-target-unwritable', { file: at, reason: 'is a symbolic link' })
    }
    if (!found?.isDirectory()) return
  }
}

/** A file of secrets that others may read is written anew. */
function isOpen(output: string, { path, secret }: OutputFile): boolean {
  return secret === true && (statSync(join(output, path)).mode & 0o077) !== 0
}

/** Written beside its place and renamed, so that a product that starts meanwhile reads the old file or the new one, never half. */
function write(output: string, { path, content, secret }: OutputFile): void {
  const target = join(output, path)
  const temporary = `${target}.${randomUUID()}.tmp`
  try {
    mkdirSync(join(target, '..'), { recursive: true })
    writeFileSync(temporary, content, { flag: 'wx', ...(secret ? { mode: 0o600 } : {}) })
    renameSync(temporary, target)
  } catch (cause) {
    if (existsSync(temporary)) rmSync(temporary)
    throw new AppError('render-target-unwritable', { file: target }, { cause })
  }
}
