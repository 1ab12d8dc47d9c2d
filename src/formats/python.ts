/** Python modules that import and assign. */
import { commonEscapes, escapeQuoted } from './characters.ts'
import { type Comment, commentLines } from './comment.ts'
import { isList, wholeNumber } from './data.ts'
import { UnwritableValue } from './unwritable-value.ts'

/** A Python value: texts, numbers, True/False, None, lists, dicts (a Map, so that any key keeps its place), sets and code. */
export type PyValue =
  | string
  | number
  | boolean
  | null
  | readonly PyValue[]
  | ReadonlyMap<string, PyValue>
  | PyEnvironment
  | PyName
  | PySet

/** `os.environ["NAME"]`: a missing variable stops the product at start instead of running without its secret. */
export interface PyEnvironment {
  kind: 'environment'
  name: string
}

/** A name that the file imports. */
export interface PyName {
  kind: 'name'
  name: string
}

export interface PySet {
  kind: 'set'
  items: readonly (string | number | boolean | null)[]
}

/** A name, or a name and what the file calls it. */
export type PyImported = string | readonly [name: string, as: string]

export type PyStatement =
  | Comment
  | { kind: 'import'; from?: string; name: string }
  | { kind: 'from'; from: string; names: readonly PyImported[] }
  | { kind: 'assign'; name: string; value: PyValue }
  | { kind: 'code'; source: string }

export function pyEnvironment(name: string): PyEnvironment {
  return { kind: 'environment', name }
}

export function pyName(name: string): PyName {
  return { kind: 'name', name: pyIdentifier(name) }
}

export function pyImport(name: string, from?: string): PyStatement {
  return from === undefined ? { kind: 'import', name } : { kind: 'import', from, name }
}

/** `from X import A, B as C`. */
export function pyFrom(from: string, ...names: readonly PyImported[]): PyStatement {
  if (names.length === 0) throw new UnwritableValue(`nothing to import from ${from}`)
  return { kind: 'from', from, names }
}

/** To a variable, or to an attribute: `c.GenericOAuthenticator.client_id`. */
export function pyAssign(name: string, value: PyValue): PyStatement {
  return { kind: 'assign', name: pyPath(name), value }
}

export function pyDict(entries: Iterable<readonly [string, PyValue]>): ReadonlyMap<string, PyValue> {
  return new Map(entries)
}

export function pySet(items: PySet['items']): PySet {
  return { kind: 'set', items }
}

/**
 * Source text of this repository, exactly as between the backquotes. Nothing else: it is a tag for a template without values, so
 * the compiler refuses a concatenated text. Anything from a configuration is a value, assigned above it.
 */
export function pyCode(source: TemplateStringsArray): PyStatement {
  const [text] = source.raw
  if (text === undefined || source.raw.length !== 1) throw new UnwritableValue('Python code takes no values')
  return { kind: 'code', source: text.replace(/^\n+|\s+$/g, '') }
}

const keywords = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global if import ' +
    'in is lambda nonlocal not or pass raise return try while with yield __debug__'
  ).split(' '),
)

function pyIdentifier(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || keywords.has(name))
    throw new UnwritableValue(`not a Python name: ${JSON.stringify(name)}`)
  return name
}

function pyPath(path: string): string {
  return path.split('.').map(pyIdentifier).join('.')
}

/** A text of Python may hold a lone surrogate. */
function pyString(text: string): string {
  return `"${escapeQuoted(text, commonEscapes)}"`
}

function isPyDict(value: PyValue): value is ReadonlyMap<string, PyValue> {
  return value instanceof Map
}

function pyBlock([open, close]: readonly [string, string], items: readonly string[], indent: string): string {
  return `${open}\n${items.map((item) => `${indent}    ${item},\n`).join('')}${indent}${close}`
}

/** The literal of a value. Lists of plain values stay on one line. */
export function pyLiteral(value: PyValue, indent = ''): string {
  if (value === null) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (typeof value === 'string') return pyString(value)
  if (typeof value === 'number') return wholeNumber(value)
  const inner = `${indent}    `
  if (isList(value)) {
    const isNested = value.some((item) => typeof item === 'object' && item !== null)
    const items = value.map((item) => pyLiteral(item, inner))
    return isNested ? pyBlock(['[', ']'], items, indent) : `[${items.join(', ')}]`
  }
  if (isPyDict(value)) {
    if (value.size === 0) return '{}'
    const items = [...value].map(([key, item]) => `${pyString(key)}: ${pyLiteral(item, inner)}`)
    return pyBlock(['{', '}'], items, indent)
  }
  if (!('kind' in value)) throw new UnwritableValue('not a Python value')
  return pyCodeValue(value)
}

function pyCodeValue(value: PyEnvironment | PyName | PySet): string {
  switch (value.kind) {
    case 'environment':
      return `os.environ[${pyString(value.name)}]`
    case 'name':
      return pyIdentifier(value.name)
    case 'set':
      // `{}` is a dict.
      return value.items.length === 0 ? 'set()' : `{${value.items.map((item) => pyLiteral(item)).join(', ')}}`
  }
}

/** PEP 263: a comment with `coding:` or `coding=` in the first two lines would change how Python decodes the whole file. */
function pyComment(entry: Comment): string {
  return commentLines(entry).replace(/coding(?=[:=])/g, 'coding ')
}

function pyStatement(statement: PyStatement): string {
  switch (statement.kind) {
    case 'comment':
      return pyComment(statement)
    case 'import':
      return pyImportLine(statement)
    case 'from':
      return `from ${pyPath(statement.from)} import ${statement.names.map(pyImported).join(', ')}\n`
    case 'assign':
      return `${pyPath(statement.name)} = ${pyLiteral(statement.value)}\n`
    case 'code':
      return `${statement.source}\n`
  }
}

function pyImportLine({ from, name }: { from?: string; name: string }): string {
  return from === undefined ? `import ${pyIdentifier(name)}\n` : `from ${pyPath(from)} import ${pyIdentifier(name)}\n`
}

function pyImported(imported: PyImported): string {
  if (typeof imported === 'string') return pyIdentifier(imported)
  const [name, as] = imported
  return `${pyIdentifier(name)} as ${pyIdentifier(as)}`
}

/** A Python module. */
export function writePython(statements: readonly PyStatement[]): string {
  return statements.map(pyStatement).join('')
}
