/** Settings of a file, and which of them an importer has taken: the rest was not carried over. */
import { parseSources } from '../config/source.ts'
import { isMap, withoutPrototype } from '../maps.ts'
import { type ImportFile, UnreadableImport } from './contract.ts'

type Tree = Readonly<Record<string, unknown>>
type Path = readonly string[]

export class SettingsTree {
  #data: Tree
  readonly #taken = new Set<string>()

  constructor(data: Tree) {
    this.#data = data
  }

  /** The value at a path, all of which then counts as taken; undefined when there is none. */
  take(path: Path): unknown {
    this.#taken.add(keyOf(path))
    return this.peek(path)
  }

  /** The value at a path without taking it: its parts are taken one by one. */
  peek(path: Path): unknown {
    let at: unknown = this.#data
    for (const key of path) {
      if (!isMap(at) || !Object.hasOwn(at, key)) return undefined
      at = at[key]
    }
    return at ?? undefined
  }

  /** A text, or what YAML made of one. Undefined for a map, a list, nothing and the empty text. */
  text(path: Path): string | undefined {
    const value = this.peek(path)
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
    this.take(path)
    return value === '' ? undefined : String(value)
  }

  /** True and false, also as texts, as they come from variables. */
  flag(path: Path): boolean | undefined {
    const text = this.text(path)?.toLowerCase()
    return text === 'true' || text === 'false' ? text === 'true' : undefined
  }

  /** Puts a value where it belongs; its old place counts as taken. */
  move(from: Path, to: Path): void {
    const value = this.take(from)
    this.#data = joined(this.#data, to.toReversed().reduce<unknown>((inner, key) => ({ [key]: inner }), value) as Tree)
  }

  keys(path: Path): string[] {
    const value = this.peek(path)
    return isMap(value) ? Object.keys(value) : []
  }

  /** Everything that was not taken, each as the shortest path below which nothing was taken. Empty values do not count. */
  left(): Path[] {
    return this.#leftBelow([], this.#data)
  }

  #leftBelow(path: Path, value: unknown): Path[] {
    if (this.#taken.has(keyOf(path)) || isEmpty(value)) return []
    if (path.length > 0 && !this.#hasTakenBelow(path)) return [path]
    if (!isMap(value)) return []
    return Object.entries(value).flatMap(([key, inner]) => this.#leftBelow([...path, key], inner))
  }

  #hasTakenBelow(path: Path): boolean {
    const start = `${keyOf(path)}\0`
    return [...this.#taken].some((taken) => taken.startsWith(start) && this.peek(taken.split('\0')) !== undefined)
  }
}

function keyOf(path: Path): string {
  return path.join('\0')
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true
  return isMap(value) ? Object.values(value).every(isEmpty) : Array.isArray(value) && value.length === 0
}

/** The maps of a YAML file, one for each document. */
export function readMaps({ name, text }: ImportFile): Tree[] {
  const sources = parseSources(name, text)
  const broken = sources.flatMap(({ syntaxProblems }) => syntaxProblems)[0]
  if (broken) throw new UnreadableImport(name, `line ${broken.line}: ${broken.message}`)
  return sources.map(({ data }) => data)
}

/** Merges as Helm merges values: maps key by key; of anything else the later one wins. */
export function joined(first: Tree, second: Tree): Tree {
  // No prototype: a key of the file is never more than a key.
  const result = withoutPrototype(first)
  for (const [key, value] of Object.entries(second)) {
    const known = result[key]
    result[key] = isMap(known) && isMap(value) ? joined(known, value) : value
  }
  return result
}

/** The variables of an environment file: `KEY=value` of shells, Docker and systemd; also `export`, `ENV` of a Dockerfile, `KEY: value`. */
export function readVariables({ text }: Pick<ImportFile, 'text'>): Map<string, string> {
  const variables = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const [, name, value = ''] =
      /^\s*(?:export\s+|ENV\s+|-\s+)?"?([A-Za-z_][A-Za-z0-9_]*)(?:\s*[=:]\s*|\s+)(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined) variables.set(name, unquoted(value))
  }
  return variables
}

/** A comment may follow a value; a quote that is opened and not closed is a slip. */
function unquoted(value: string): string {
  const single = /^'((?:[^']|'\\'')*)'\s*(?:#.*)?$/.exec(value)
  if (single) return (single[1] ?? '').replaceAll("'\\''", "'")
  const double = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(value)
  if (double) return (double[1] ?? '').replace(/\\(.)/g, '$1')
  return value.replace(/\s+#.*$/, '').replace(/^"|"$/g, '')
}

/** Whether a text refers to a value kept elsewhere, or is empty: it gives away no secret. */
export function givesNothingAway(value: string): boolean {
  return value === '' || isReference(value)
}

/** `$NAME`, `${NAME}`, `$(NAME)`, `<put it here>`, and the placeholders of charts. */
export function isReference(text: string): boolean {
  return /^\$\w+$|^\$\([\w.-]+\)$|^\$\{[^}]*\}$|\{\{|^<.*>$/.test(text)
}
