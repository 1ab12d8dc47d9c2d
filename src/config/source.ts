import { type Document, isMap, isScalar, LineCounter, parseAllDocuments } from 'yaml'
import type { Problem } from './problem.ts'

type Path = readonly (string | number)[]

/** One YAML document: its data, and where in the file each field stands. */
export interface Source {
  file: string
  data: Record<string, unknown>
  syntaxProblems: Problem[]
  /** Position of the key or item at `path`, or of its nearest existing parent. */
  locate(path: Path): { line: number; column: number }
}

// An alias bomb expands a few lines into gigabytes; no honest configuration repeats an anchor so often.
const maxAliasCount = 100

/** Reads the documents of one file; empty ones are left out. Problems of syntax are returned, not thrown. */
export function parseSources(file: string, text: string): Source[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, version: '1.2', strict: true })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const list: readonly Document[] = 'empty' in documents ? [] : documents
  return list
    .filter((document) => document.contents !== null || document.errors.length > 0)
    .map((document) => readDocument(file, document, at))
}

function readDocument(
  file: string,
  document: Document,
  at: (offset: number) => { line: number; column: number },
): Source {
  const problem = (offset: number, message: string): Problem => ({
    severity: 'error',
    file,
    ...at(offset),
    path: '',
    message,
  })
  const syntaxProblems = document.errors.map((error) => problem(error.pos[0], error.message))
  const data = syntaxProblems.length === 0 ? toData(document) : {}
  if (data instanceof Error) syntaxProblems.push(problem(0, data.message))
  else if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    const start = document.contents?.range?.[0] ?? 0
    syntaxProblems.push(problem(start, 'must be a map of settings such as issuer, login, products'))
  }
  return {
    file,
    data: syntaxProblems.length === 0 ? (data as Record<string, unknown>) : {},
    syntaxProblems,
    locate: (path) => at(offsetOf(document, path)),
  }
}

/** `teams: &a { x: *a }`: a walk through such data never ends. */
export function holdsItself(data: unknown, above: readonly unknown[] = []): boolean {
  if (typeof data !== 'object' || data === null) return false
  if (above.includes(data)) return true
  const path = [...above, data]
  return Object.values(data).some((value) => holdsItself(value, path))
}

function toData(document: Document): unknown {
  try {
    const data: unknown = document.toJS({ maxAliasCount }) ?? {}
    return holdsItself(data) ? new Error('an anchor contains itself') : data
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true) ?? (length === 1 ? document.contents : undefined)
    const key = path[length - 1]
    if (isMap(parent)) {
      const pair = parent.items.find((item) => (isScalar(item.key) ? String(item.key.value) : item.key) === String(key))
      if (pair && isScalar(pair.key) && pair.key.range) return pair.key.range[0]
    }
    const node = document.getIn(path.slice(0, length), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return Number(node.range[0])
  }
  return document.contents?.range?.[0] ?? 0
}
