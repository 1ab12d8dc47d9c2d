import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml'
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

const maxSyntaxProblems = 20

/** How every YAML text is read, ours and that of other tools: nothing of it may reach the terminal but by our own messages. */
export const yamlOptions = {
  prettyErrors: false,
  version: '1.2',
  strict: true,
  // Warnings quote keys and lines.
  logLevel: 'error',
  // The check of the library compares each key with all others; `wrongKeys` does not.
  uniqueKeys: false,
} as const

/** What is wrong with the syntax, without a word of the text: the library quotes what it met, which may be a secret. */
const syntaxMessages: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (`*name`) cannot have an anchor or a tag',
  BAD_ALIAS:
    'a value that begins with `*` is an alias of an anchor: put it in quotes if it is a text, or define the anchor before',
  BAD_COLLECTION_TYPE: 'a tag (`!name`) does not fit what follows it',
  BAD_DIRECTIVE: 'a line that begins with `%` is a directive, and this is none: put a text in quotes',
  BAD_DQ_ESCAPE: 'a backslash in double quotes begins an escape, and this is none: use single quotes',
  BAD_INDENT: 'is indented wrongly',
  BAD_PROP_ORDER: 'an anchor or a tag is in the wrong place',
  BAD_SCALAR_START: 'a text must not begin with this character: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a key and its value must begin on a line of their own: put a text with a colon in quotes',
  BLOCK_IN_FLOW: 'inside of { } and [ ] there can be no block',
  DUPLICATE_KEY: 'is set twice in the same map',
  IMPOSSIBLE: 'is not YAML',
  KEY_OVER_1024_CHARS: 'a key must have at most 1,024 characters',
  MISSING_CHAR: 'a character is missing here: a closing quote, bracket or brace, a comma, a colon or a blank after it',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line: put a text with a colon in quotes',
  MULTIPLE_ANCHORS: 'a value can have one anchor',
  MULTIPLE_DOCS: 'is a second document where there can be one',
  MULTIPLE_TAGS: 'a value can have one tag',
  NON_STRING_KEY: 'a key must be a text',
  RESOURCE_EXHAUSTION: 'is nested too deeply',
  TAB_AS_INDENT: 'a tab cannot indent: use blanks',
  TAG_RESOLVE_FAILED:
    'a value that begins with `!` has a tag, which is not known here: put it in quotes if it is a text',
  UNEXPECTED_TOKEN: 'is not expected here: put a text with special characters in quotes',
}

/** What is wrong with a YAML text, and where it begins. Never quotes the text. */
export interface SyntaxProblem {
  offset: number
  message: string
}

/** The syntax problems of one document: those that the library found, and keys that are no texts, or twice in a map. */
export function syntaxProblemsOf(document: Document): SyntaxProblem[] {
  // One mistake makes hundreds of others behind it.
  const errors = document.errors.slice(0, maxSyntaxProblems)
  const found = errors.map(({ code, pos }) => ({ offset: pos[0], message: syntaxMessages[code] }))
  return found.length > 0 ? found : wrongKeys(document)
}

function wrongKeys(document: Document): SyntaxProblem[] {
  const found: SyntaxProblem[] = []
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) {
          found.push({ offset: startOf(key) ?? 0, message: syntaxMessages.NON_STRING_KEY })
          continue
        }
        const name = String(key.value)
        if (seen.has(name)) found.push({ offset: key.range?.[0] ?? 0, message: syntaxMessages.DUPLICATE_KEY })
        seen.add(name)
      }
    },
  })
  return found
}

/** The data of a document without syntax problems; a sentence where it has none. */
export function dataOf(document: Document): { data: unknown } | { mistake: string } {
  try {
    const data: unknown = document.toJS({ maxAliasCount }) ?? {}
    return holdsItself(data) ? { mistake: 'an anchor contains itself' } : { data }
  } catch (error) {
    // The messages of the library name the anchor.
    if (!(error instanceof ReferenceError)) return { mistake: 'is nested too deeply' }
    const isBomb = error.message.startsWith('Excessive alias count')
    return {
      mistake: isBomb ? 'Excessive alias count: an anchor is repeated too often' : 'an alias has no anchor before it',
    }
  }
}

/** The documents of a YAML text. A text that is nested so deeply that it cannot be read is a problem at its start. */
export function yamlDocumentsOf(text: string, lineCounter?: LineCounter): readonly Document[] | SyntaxProblem {
  try {
    const documents = parseAllDocuments(text, { ...yamlOptions, ...(lineCounter ? { lineCounter } : {}) })
    return 'empty' in documents ? [] : documents
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { offset: 0, message: syntaxMessages.RESOURCE_EXHAUSTION }
  }
}

/** Reads the documents of one file; empty ones are left out. Problems of syntax are returned, not thrown. */
export function parseSources(file: string, text: string): Source[] {
  const lines = new LineCounter()
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const documents = yamlDocumentsOf(text, lines)
  if ('message' in documents) return [unreadable(file, documents.message)]
  return documents
    .filter((document) => document.contents !== null || document.errors.length > 0)
    .map((document) => readDocument(file, document, at))
}

function unreadable(file: string, message: string): Source {
  const start = { line: 1, column: 1 }
  const problem: Problem = { severity: 'error', file, ...start, path: '', message }
  return { file, data: {}, syntaxProblems: [problem], locate: () => start }
}

function readDocument(
  file: string,
  document: Document,
  at: (offset: number) => { line: number; column: number },
): Source {
  const problem = ({ offset, message }: SyntaxProblem): Problem => ({
    severity: 'error',
    file,
    ...at(offset),
    path: '',
    message,
  })
  const syntaxProblems = syntaxProblemsOf(document).map(problem)
  const read = syntaxProblems.length === 0 ? dataOf(document) : { data: {} }
  const data = 'data' in read ? read.data : {}
  if ('mistake' in read) syntaxProblems.push(problem({ offset: 0, message: read.mistake }))
  else if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    const offset = document.contents?.range?.[0] ?? 0
    syntaxProblems.push(problem({ offset, message: 'must be a map of settings such as issuer, login, products' }))
  }
  const offsetOf = offsetFinder(document)
  return {
    file,
    data: syntaxProblems.length === 0 ? (data as Record<string, unknown>) : {},
    syntaxProblems,
    locate: (path) => at(offsetOf(path)),
  }
}

/** `teams: &a { x: *a }`: a walk through such data never ends. */
export function holdsItself(data: unknown, above: readonly unknown[] = []): boolean {
  if (typeof data !== 'object' || data === null) return false
  if (above.includes(data)) return true
  const path = [...above, data]
  return Object.values(data).some((value) => holdsItself(value, path))
}

/** Finds where paths begin. Looks at the keys of each map once, so that thousands of problems in one map take no longer each. */
function offsetFinder(document: Document): (path: Path) => number {
  const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>()
  const pairsOf = (map: YAMLMap) => {
    const known = indexes.get(map)
    if (known) return known
    const pairs = new Map(
      map.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : String(pair.key), pair]),
    )
    indexes.set(map, pairs)
    return pairs
  }

  return (path) => {
    let node: unknown = document.contents
    let offset = document.contents?.range?.[0] ?? 0
    for (const segment of path) {
      const inside = isAlias(node) ? node.resolve(document) : node
      if (isMap(inside)) {
        const pair = pairsOf(inside).get(String(segment))
        if (!pair) return offset
        offset = startOf(pair.key) ?? startOf(pair.value) ?? offset
        node = pair.value
      } else {
        node = isSeq(inside) ? inside.items[Number(segment)] : undefined
        if (node === undefined) return offset
        offset = startOf(node) ?? offset
      }
    }
    return offset
  }
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}
