/** Where rendered files go: into a folder, to standard output, or into a comparison with existing files. */
import { randomUUID } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { AppError } from '../../errors.ts'
import { makeFolder } from '../../make-folder.ts'
import { printable } from '../../printable.ts'
import type { OutputFile, RenderFormat } from '../../products/output/format.ts'
import { madeByRender } from '../../products/registration/made-by-render.ts'
import { type ExitStatus, printableLines } from '../surroundings.ts'
import { unifiedDiff } from '../unified-diff.ts'
import {
  digestOf,
  type FileRecord,
  type LeftOver,
  leftOverFiles,
  type RecordedFile,
  readRecord,
  recorded,
  recordName,
  recordText,
} from './record.ts'

export interface Terminal {
  stdout: (text: string) => void
  stderr: (text: string) => void
  /** Whether to colour differences. */
  color: boolean
}

/** What to compare with: a folder, or the files of a running product. */
export interface Current {
  /** The current text of a file; undefined when there is none. */
  read: (path: string) => string | undefined
  /** How people would name that file. */
  nameOf: (path: string) => string
  /** Products whose folders an earlier rendering has left there. */
  products?: () => string[]
  /** What earlier renderings have written there. */
  record?: () => FileRecord
  /** Only a part of the rendered files: a missing one is not a difference. */
  partial: boolean
}

/** Takes files one by one as they are rendered and keeps none; `end` says whether it found a difference. */
export interface Destination {
  put: (file: OutputFile) => void
  /** All files of a product have been put. */
  complete?: (product: string) => void
  /** Looks for folders of products that are configured no more. */
  gone?: (products: readonly string[]) => void
  end: () => ExitStatus
}

export function printer({ stdout }: Terminal): Destination {
  return { put: ({ path, content }) => stdout(`# --- ${path}\n${content}`), end: () => 0 }
}

/** Shows what would change. */
export function comparison(current: Current, { stdout, stderr, color }: Terminal, form: RenderFormat): Destination {
  const written = writtenNow(form)
  let status: 0 | 1 = 0
  let compared = 0
  const put = (file: OutputFile) => {
    const { path, content } = file
    const before = current.read(path)
    if (before === undefined && current.partial) return
    written.put(path)
    compared++
    if (before === content) return
    status = 1
    const name = current.nameOf(path)
    const lines = unifiedDiff(before ?? '', content, { before: before === undefined ? '/dev/null' : name, after: name })
    stdout(
      lines
        .map((line) => withoutValue(line, file))
        .map(printableLines)
        .map((line) => `${color ? colored(line) : line}\n`)
        .join(''),
    )
  }
  const end = () => {
    if (compared === 0 && current.partial) {
      stderr('the comparison has none of the rendered files: is it the dump of another product?\n')
      return 2
    }
    const left = leftOver(current, written)
    for (const name of [...left.folders, ...left.files]) stderr(`${printable(current.nameOf(name))}\n`)
    stderr(saysLeftOver(left))
    return isNothing(left) ? status : 1
  }
  return { put, end, ...written.told }
}

/** What a rendering has put so far. */
function writtenNow(form: RenderFormat) {
  const paths = new Set<string>()
  const complete = new Set<string>()
  let configured: readonly string[] | undefined
  return {
    put: (path: string) => paths.add(path),
    told: {
      complete: (product: string) => {
        complete.add(product)
      },
      gone: (products: readonly string[]) => {
        configured = products
      },
    },
    now: () => ({ put: paths, complete, configured, form }),
  }
}

type Written = ReturnType<typeof writtenNow>

interface Left {
  /** Of products that are configured no more. */
  folders: string[]
  /** Of products that are configured, and that no rendering writes any more. */
  files: string[]
}

function leftOver({ products = () => [], record = () => new Map(), read }: Current, { now }: Written): Left {
  const { configured } = now()
  const files = leftOverFiles(record(), now()).filter(({ path }) => read(path) !== undefined)
  const gone = files.filter(({ isGone }) => isGone).map(({ product }) => product)
  const unrecorded = configured === undefined ? [] : products().filter((name) => !configured.includes(name))
  return {
    folders: [...new Set([...gone, ...unrecorded])].sort(),
    files: files.filter(({ isGone }) => !isGone).map(({ path }) => path),
  }
}

function isNothing({ folders, files }: Left): boolean {
  return folders.length === 0 && files.length === 0
}

function saysLeftOver({ folders, files }: Left): string {
  const prune = '`gatehouse render --prune` removes what render wrote'
  const ofFolders =
    folders.length === 0
      ? ''
      : folders.length === 1
        ? `the folder is of a product that is configured no more: remove it (${prune})\n`
        : `${folders.length} folders are of products that are configured no more: remove them (${prune})\n`
  const ofFiles =
    files.length === 0
      ? ''
      : `${files.length} ${files.length === 1 ? 'file is' : 'files are'} of an earlier rendering and written no more: remove ${files.length === 1 ? 'it' : 'them'} (${prune})\n`
  return ofFolders + ofFiles
}

const namedLikeSecret =
  /^([- ].*?(?:secret|passw(?:or)?d|passphrase|private[-_.]?key|secret[-_.]?key)["']?\s*[:=]\s*["']?)(?=\S)(?![$<{\s"'])[^"'\s].*$/i

/**
 * A line of a difference without the secret that the current file has there: what we render has none, but a file that was written with
 * `--with-secrets`, or by hand, may.
 */
function withoutValue(line: string, { hides = [] }: OutputFile): string {
  const shown = line.replace(namedLikeSecret, '$1…').replace(/(:\/\/)[^\s/@]*:[^\s@]*@/g, '$1…@')
  const [, before, name] = /^([- ])(?:export )?([A-Za-z_]\w*)=/.exec(line) ?? []
  return name !== undefined && hides.includes(name) ? `${before}${name}=…` : shown
}

function colored(line: string): string {
  const [red, green, cyan, bold, reset] = ['\u001b[31m', '\u001b[32m', '\u001b[36m', '\u001b[1m', '\u001b[0m']
  if (line.startsWith('--- ') || line.startsWith('+++ ')) return `${bold}${line}${reset}`
  if (line.startsWith('@@')) return `${cyan}${line}${reset}`
  if (line.startsWith('-')) return `${red}${line}${reset}`
  if (line.startsWith('+')) return `${green}${line}${reset}`
  return line
}

/** Lists the files that would change, and what nobody would write any more. */
export function staleness(current: Current, { stdout, stderr }: Terminal, form: RenderFormat): Destination {
  const written = writtenNow(form)
  let changed = 0
  return {
    put: ({ path, content }) => {
      written.put(path)
      if (current.read(path) === content) return
      changed++
      stdout(`${printable(current.nameOf(path))}\n`)
    },
    end: () => {
      const left = leftOver(current, written)
      for (const name of [...left.folders, ...left.files]) stdout(`${printable(current.nameOf(name))}\n`)
      stderr(saysLeftOver(left))
      if (changed > 0)
        stderr(`${changed} of the rendered files ${changed === 1 ? 'is' : 'are'} stale: run \`gatehouse render\`\n`)
      return changed === 0 && isNothing(left) ? 0 : 1
    },
    ...written.told,
  }
}

export interface Writing {
  form: RenderFormat
  /** Remove what earlier renderings wrote and this one does not. */
  prune: boolean
}

/** Writes the files whose content differs from the rendered one. */
export function writer(output: string, { stderr }: Terminal, { form, prune }: Writing): Destination {
  const current = folder(output)
  const written = writtenNow(form)
  const before = readRecord(output)
  const record = new Map(before)
  const made = new Set<string>()
  let same = 0
  return {
    put: (file) => {
      written.put(file.path)
      record.set(file.path, recorded(file, form))
      if (current.read(file.path) === file.content && !isOpen(output, file)) {
        same++
        return
      }
      write(output, file, made)
      const secret = file.secret ? ' (secrets in clear text, mode 0600)' : ''
      stderr(`wrote ${join(output, file.path)}${secret}\n`)
    },
    end: () => {
      if (same > 0) stderr(`${same} ${same === 1 ? 'file' : 'files'} unchanged\n`)
      const left = leftOverFiles(before, written.now())
      if (prune) removeLeftOver(output, left, { record, stderr })
      else nameLeftOver(current, left, stderr)
      const text = recordText(record)
      if (record.size + before.size > 0 && text !== recordText(before)) {
        write(output, { path: recordName, content: text }, made)
      }
      return 0
    },
    ...written.told,
  }
}

function nameLeftOver(current: Current, left: readonly LeftOver[], stderr: Terminal['stderr']): void {
  const there = left.filter(({ path }) => current.read(path) !== undefined)
  if (there.length === 0) return
  for (const [product, files] of Map.groupBy(there, (file) => file.product)) {
    const why = files.some(({ isGone }) => isGone) ? `no product is called ${product} any more` : 'written no more'
    stderr(`${printable(current.nameOf(product))}: ${why}, of an earlier rendering:\n`)
    for (const { path } of files) stderr(`  ${printable(current.nameOf(path))}\n`)
  }
  stderr('--prune removes them\n')
}

/**
 * The files below a folder. Refuses a symbolic link in the path, also for reading: someone who may write into the folder must not
 * choose which other file is shown or replaced.
 */
export function folder(output: string): Current {
  return {
    partial: false,
    nameOf: (path) => join(output, path),
    products: () => foldersOfProducts(output),
    record: () => readRecord(output),
    read: (path) => {
      if (!isThere(output, path)) return undefined
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

/** Folders below the output that `render` has made: their REGISTER.md says so. */
function foldersOfProducts(output: string): string[] {
  if (!existsSync(output)) return []
  const folders = readdirSync(output, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders
    .map(({ name }) => name)
    .filter((name) => {
      const register = join(output, name, 'REGISTER.md')
      if (!lstatSync(register, { throwIfNoEntry: false })?.isFile()) return false
      return readFileSync(register, 'utf8').slice(0, 2000).includes(madeByRender)
    })
    .sort()
}

/** Removes files that are as they were written, and folders that are empty then. Everything else stays, and is named. */
function removeLeftOver(
  output: string,
  left: readonly LeftOver[],
  { record, stderr }: { record: Map<string, RecordedFile>; stderr: Terminal['stderr'] },
): void {
  for (const { path } of left) {
    const file = join(output, path)
    const sha256 = record.get(path)?.sha256
    if (isThere(output, path) && lstatSync(file).isFile()) {
      if (sha256 !== undefined && digestOf(readFileSync(file)) !== sha256) {
        stderr(`kept ${printable(file)}: somebody has changed it since it was rendered\n`)
        continue
      }
      rmSync(file)
      stderr(`removed ${printable(file)}\n`)
    }
    record.delete(path)
    removeEmpty(output, dirname(path))
  }
}

function removeEmpty(output: string, path: string): void {
  if (path === '.' || !isThere(output, path)) return
  if (readdirSync(join(output, path)).length > 0) return
  rmdirSync(join(output, path))
  removeEmpty(output, dirname(path))
}

/** Whether the file exists; throws for a symbolic link in the path. */
function isThere(output: string, path: string): boolean {
  let at = output
  for (const segment of path.split('/')) {
    at = join(at, segment)
    const found = lstatSync(at, { throwIfNoEntry: false })
    if (found?.isSymbolicLink()) {
      throw new AppError('render-target-unwritable', { file: at, reason: 'is a symbolic link' })
    }
    if (!found) return false
    if (!found.isDirectory()) return true
  }
  return true
}

/** A file of secrets that others can read is written again. */
function isOpen(output: string, { path, secret }: OutputFile): boolean {
  return secret === true && (statSync(join(output, path)).mode & 0o077) !== 0
}

/** Written beside its place and renamed, so that a product that starts meanwhile reads the old file or the new one, never half. */
function write(output: string, { path, content, secret }: OutputFile, made: Set<string>): void {
  const target = join(output, path)
  const temporary = `${target}.${randomUUID()}.tmp`
  try {
    if (!made.has(dirname(target))) makeFolder(dirname(target))
    made.add(dirname(target))
    writeFileSync(temporary, content, { flag: 'wx', ...(secret ? { mode: 0o600 } : {}) })
    renameSync(temporary, target)
  } catch (cause) {
    if (existsSync(temporary)) rmSync(temporary)
    throw new AppError('render-target-unwritable', { file: target }, { cause })
  }
}
