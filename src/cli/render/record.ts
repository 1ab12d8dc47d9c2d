/**
 * Which files render has written into a folder, and what was in them: `.gatehouse-rendered` in the folder itself. So it knows later which of
 * its own files nobody writes any more, and can remove them without touching a file of somebody else.
 */
import { createHash } from 'node:crypto'
import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMap } from '../../maps.ts'
import type { OutputFile, RenderFormat } from '../../products/output/format.ts'

export const recordName = '.gatehouse-rendered'

export interface RecordedFile {
  form: RenderFormat
  /** Of its content; undefined for a file of secrets, of which nothing may be told here. */
  sha256?: string
}

/** Paths below the output folder, each of which begins with the name of a product. */
export type FileRecord = ReadonlyMap<string, RecordedFile>

export function recorded({ content, secret }: OutputFile, form: RenderFormat): RecordedFile {
  return secret ? { form } : { form, sha256: digestOf(content) }
}

export function digestOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

/** Empty where there is none, or one that nobody can read. */
export function readRecord(output: string): FileRecord {
  const file = join(output, recordName)
  if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) return new Map()
  const data = dataOf(readFileSync(file, 'utf8'))
  const files = isMap(data) && isMap(data['files']) ? Object.entries(data['files']) : []
  return new Map(
    files.flatMap(([path, value]): [string, RecordedFile][] =>
      isBelow(path) && isRecordedFile(value) ? [[path, value]] : [],
    ),
  )
}

export function recordText(record: FileRecord): string {
  const files = Object.fromEntries([...record].sort(([one], [other]) => (one < other ? -1 : 1)))
  const about = 'What `gatehouse render` has written here, so that it knows its own files. Leave it, or lose --prune.'
  return `${JSON.stringify({ about, files }, null, 2)}\n`
}

function dataOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Half a file, or somebody else's: as good as none, for then nothing is removed.
    return undefined
  }
}

function isRecordedFile(value: unknown): value is RecordedFile {
  if (!isMap(value)) return false
  const { form, sha256 } = value
  return (
    (form === 'files' || form === 'kubernetes' || form === 'env') &&
    (sha256 === undefined || (typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)))
  )
}

/** Whoever may write into the folder must not choose what is removed elsewhere. */
function isBelow(path: string): boolean {
  const segments = path.split('/')
  return segments.length > 1 && segments.every((segment) => !/^\.{0,2}$|[\\\0]/.test(segment))
}

export interface LeftOver {
  path: string
  /** The product of the folder; it may still be configured. */
  product: string
  isGone: boolean
}

/** The files of earlier renderings that this one did not write. */
export function leftOverFiles(
  record: FileRecord,
  {
    put,
    complete,
    configured,
    form,
  }: {
    /** Paths written now. */
    put: ReadonlySet<string>
    /** Products all of whose files were written. */
    complete: ReadonlySet<string>
    /** All products of the configuration; undefined when only some were asked for. */
    configured: readonly string[] | undefined
    form: RenderFormat
  },
): LeftOver[] {
  return [...record].flatMap(([path, file]) => {
    const product = path.slice(0, path.indexOf('/'))
    const isGone = configured !== undefined && !configured.includes(product)
    // A file of secrets, or of another form, comes from another call.
    const isStale = complete.has(product) && !put.has(path) && file.form === form && file.sha256 !== undefined
    return isGone || isStale ? [{ path, product, isGone }] : []
  })
}
