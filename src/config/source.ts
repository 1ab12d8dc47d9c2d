import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml'
import { isKnownWord } from './excerpt.ts'
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

/**
 * The syntax problems of one document of a text: the first that the library found, for the others follow from it, or else keys that are no texts,
 * or twice in a map.
 */
export function syntaxProblemsOf(document: Document, text: string): SyntaxProblem[] {
  const slip = slipOf(document, text)
  return slip ? [slip] : wrongKeys(document, text).slice(0, maxSyntaxProblems)
}

/** The first mistake, where a person made it: the library notices some of them a line later. */
function slipOf(document: Document, text: string): SyntaxProblem | undefined {
  const [first, ...others] = document.errors.toSorted((one, other) => one.pos[0] - other.pos[0])
  if (!first) return undefined
  // Two words for one mistake; the second one says where its line ends.
  const twin = others.find(({ code, pos }) => code === 'MULTILINE_IMPLICIT_KEY' && pos[0] === first.pos[0])
  const { code, pos } = twin ?? first
  const [at, end] = pos
  if (code === 'MULTILINE_IMPLICIT_KEY') return keyOverLines(text, at, end)
  if (code === 'BLOCK_AS_IMPLICIT_KEY' && startsLine(text, at)) return misplaced(text, at)
  if (code === 'BAD_INDENT') {
    const opened = openBracket(document, text, at)
    return opened === undefined ? misplaced(text, at) : { offset: opened, message: 'this bracket is never closed' }
  }
  if (code === 'MISSING_CHAR') {
    const reference = referenceBefore(text, at)
    if (reference !== undefined) return { offset: reference, message: unquotedReference }
    const quote = openQuote(document, at)
    if (quote !== undefined) return { offset: quote, message: 'this quote is never closed' }
  }
  if (code === 'UNEXPECTED_TOKEN') return unexpected(text, at)
  return { offset: at, message: syntaxMessages[code] }
}

/** A key that ends lines later: its first line has no colon, or a later one is indented too far. */
function keyOverLines(text: string, at: number, end: number): SyntaxProblem {
  const last = text.lastIndexOf('\n', end - 1) + 1
  if (last > at && indentAt(text, last) > indentAt(text, at)) return misplaced(text, last)
  return { offset: at, message: 'this line has no key: write `key: value`, with a blank behind the colon' }
}

function misplaced(text: string, at: number): SyntaxProblem {
  const start = startsLine(text, at) ? at + (/^[ ]*/.exec(text.slice(at, at + 1000))?.[0].length ?? 0) : at
  return {
    offset: start,
    message: 'is indented wrongly: settings of one map, and items of one list, begin at the same column',
  }
}

const unquotedReference = 'a reference inside of { } or [ ] is not read: put it in quotes, "${env:NAME}"'

/** Where a reference begins whose brace the library took for a map: in a list it notices that at the brace, or behind the dollar sign. */
function referenceBefore(text: string, at: number): number | undefined {
  const start = text[at] === '$' ? at : at - 1
  return text.startsWith('${', start) ? start : undefined
}

function unexpected(text: string, at: number): SyntaxProblem {
  const reference = referenceBefore(text, at)
  if (reference !== undefined) return { offset: reference, message: unquotedReference }
  if (text[at] === '}' || text[at] === ']') return { offset: at, message: 'this bracket closes nothing' }
  if (text[at - 1] === '"' || text[at - 1] === "'")
    return { offset: at, message: 'the text in quotes has ended before: use the other kind of quotes around it' }
  return { offset: at, message: syntaxMessages.UNEXPECTED_TOKEN }
}

/** Whether only blanks stand before it on its line. */
function startsLine(text: string, at: number): boolean {
  return /(?:^|\n)[ ]*$/.test(text.slice(Math.max(0, at - 200), at))
}

function indentAt(text: string, at: number): number {
  const start = text.lastIndexOf('\n', at - 1) + 1
  return /^[ ]*/.exec(text.slice(start, start + 1000))?.[0].length ?? 0
}

/** Where the innermost `{` or `[` before an offset begins that has no end. */
function openBracket(document: Document, text: string, before: number): number | undefined {
  let found: number | undefined
  visit(document, {
    Collection: (_, { flow, range }) => {
      if (!flow || !range || range[0] >= before || /[\]}]/.test(text[range[1] - 1] ?? '')) return
      found = Math.max(found ?? 0, range[0])
    },
  })
  return found
}

/** Where a text in quotes begins that reaches an offset. */
function openQuote(document: Document, until: number): number | undefined {
  let found: number | undefined
  visit(document, {
    Scalar: (_, { type, range }) => {
      const isQuoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE'
      if (isQuoted && range && range[0] < until && range[1] >= until - 1) found = range[0]
    },
  })
  return found
}

function wrongKeys(document: Document, text: string): SyntaxProblem[] {
  const found: SyntaxProblem[] = []
  visit(document, {
    Map: (_, { items }, path) => {
      const seen = new Map<string, number>()
      for (const { key } of items) {
        if (!isScalar(key)) {
          found.push({ offset: startOf(key) ?? 0, message: syntaxMessages.NON_STRING_KEY })
          continue
        }
        const name = String(key.value)
        const offset = key.range?.[0] ?? 0
        const first = seen.get(name)
        if (first === undefined) seen.set(name, offset)
        else {
          const line = text.slice(0, first).split('\n').length
          const named = mayBeNamed(name, path) ? `${JSON.stringify(name)} ` : ''
          found.push({ offset, message: `${named}${syntaxMessages.DUPLICATE_KEY}, first in line ${line}` })
        }
      }
    },
  })
  return found
}

const namedThings = ['products', 'services', 'teams', 'authenticationClasses']

/** Whether a message may repeat a key: one of the schema, or the name of something that has no secret. */
function mayBeNamed(name: string, above: readonly unknown[]): boolean {
  if (isKnownWord(name)) return true
  const keys = above.flatMap((node) => (isPair(node) && isScalar(node.key) ? [String(node.key.value)] : []))
  return keys.length === 1 && namedThings.includes(keys[0] ?? '') && /^[a-z][a-z0-9-]{0,40}$/.test(name)
}

/** The data of a document without syntax problems; where it has none, what is wrong, as a `SyntaxProblem`. */
export function dataOf(document: Document): { data: unknown } | SyntaxProblem {
  try {
    const data: unknown = document.toJS({ maxAliasCount }) ?? {}
    return holdsItself(data) ? { offset: 0, message: 'an anchor contains itself' } : { data }
  } catch (error) {
    // The messages of the library name the anchor.
    if (!(error instanceof ReferenceError)) return { offset: 0, message: 'is nested too deeply' }
    if (error.message.startsWith('Excessive alias count'))
      return { offset: 0, message: 'Excessive alias count: an anchor is repeated too often' }
    return { offset: aliasOfNothing(document), message: 'an alias has no anchor before it' }
  }
}

function aliasOfNothing(document: Document): number {
  const anchors = new Set<string>()
  let found = 0
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node)) {
        if (node.anchor !== undefined) anchors.add(node.anchor)
        return undefined
      }
      if (anchors.has(node.source)) return undefined
      found = node.range?.[0] ?? 0
      return visit.BREAK
    },
  })
  return found
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
    .filter((document) => !saysNothing(document) || document.errors.length > 0)
    .map((document) => readDocument({ file, text }, document, at))
}

/** `---`, `null`, `{}`, or comments only. */
function saysNothing({ contents }: Document): boolean {
  if (isScalar(contents)) return contents.value === null
  return contents === null || (isMap(contents) && contents.items.length === 0)
}

function unreadable(file: string, message: string): Source {
  const start = { line: 1, column: 1 }
  const problem: Problem = { severity: 'error', file, ...start, path: '', message }
  return { file, data: {}, syntaxProblems: [problem], locate: () => start }
}

function readDocument(
  { file, text }: { file: string; text: string },
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
  const syntaxProblems = syntaxProblemsOf(document, text).map(problem)
  const read = syntaxProblems.length === 0 ? dataOf(document) : { data: {} }
  const data = 'data' in read ? read.data : {}
  if ('message' in read) syntaxProblems.push(problem(read))
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
