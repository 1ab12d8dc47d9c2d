/**
 * Writers for the file formats of products. Each takes typed values and escapes by the format's own rules, so that nothing
 * from the configuration can become a key, a line or code. No product concatenates text into a file itself.
 */

/** Never thrown for a checked configuration: `products/checks.ts` refuses what a format cannot hold. */
export class UnwritableValue extends Error {
  override readonly name = 'UnwritableValue'
}

export interface Comment {
  kind: 'comment'
  text: string
}

/** A comment of one or more lines. An empty text is an empty line. */
export function comment(text: string): Comment {
  return { kind: 'comment', text }
}

function commentLines({ text }: Comment): string {
  if (text === '') return '\n'
  // Every line end that any reader knows: Python reads a form feed or a lone CR as a new line, editors U+2028 too.
  return text
    .split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/)
    .map((line) => `# ${line}\n`)
    .join('')
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

// --- Java properties ---

/** A value that the product itself takes from its environment: Trino (Airlift) replaces `${ENV:NAME}` after it read the file. */
export interface AirliftVariable {
  kind: 'airlift-variable'
  name: string
}

export interface Property {
  kind: 'property'
  key: string
  value: string | AirliftVariable
}

export function property(key: string, value: string | AirliftVariable): Property {
  return { kind: 'property', key, value }
}

export function airliftVariable(name: string): AirliftVariable {
  return { kind: 'airlift-variable', name: checkVariable(name) }
}

const propertyEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
}

/** By UTF-16 units and in ASCII only: java.util.Properties reads a file as ISO 8859-1 unless the product says otherwise. */
function escapeProperty(text: string, unsafe: RegExp): string {
  return text.replace(
    unsafe,
    (unit) => propertyEscapes[unit] ?? (unit < ' ' || unit > '~' ? `\\u${hex(unit.charCodeAt(0), 4)}` : `\\${unit}`),
  )
}

function propertyValue(value: Property['value']): string {
  if (typeof value !== 'string') return `\${ENV:${value.name}}`
  // Only leading blanks need an escape (the reader drops them); `:`, `=` and `#` mean nothing inside a value.
  return escapeProperty(value, /^ |[\\]|[^ -~]/g)
}

/** A file in the format of java.util.Properties. */
export function writeProperties(entries: readonly (Comment | Property)[]): string {
  return entries
    .map((entry) =>
      entry.kind === 'comment'
        ? commentLines(entry)
        : `${escapeProperty(entry.key, /[ :=#!\\]|[^ -~]/g)}=${propertyValue(entry.value)}\n`,
    )
    .join('')
}

// --- Python ---

/** A Python value: texts, numbers, True/False, None, lists, dicts (a Map, so that any key keeps its place), and two kinds of code. */
export type PyValue =
  | string
  | number
  | boolean
  | null
  | readonly PyValue[]
  | ReadonlyMap<string, PyValue>
  | PyEnvironment
  | PyName

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

export type PyStatement =
  | Comment
  | { kind: 'import'; from?: string; name: string }
  | { kind: 'assign'; name: string; value: PyValue }

export function pyEnvironment(name: string): PyEnvironment {
  return { kind: 'environment', name }
}

export function pyName(name: string): PyName {
  return { kind: 'name', name: pyIdentifier(name) }
}

export function pyImport(name: string, from?: string): PyStatement {
  return from === undefined ? { kind: 'import', name } : { kind: 'import', from, name }
}

export function pyAssign(name: string, value: PyValue): PyStatement {
  return { kind: 'assign', name: pyIdentifier(name), value }
}

export function pyDict(entries: Iterable<readonly [string, PyValue]>): ReadonlyMap<string, PyValue> {
  return new Map(entries)
}

function pyIdentifier(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new UnwritableValue(`not a Python name: ${JSON.stringify(name)}`)
  return name
}

/** Letters and digits of every script stay readable; whatever could end the text, hide or reorder it is escaped. */
function pyString(text: string): string {
  const body = text.replace(/["\\]|[^ -~\p{L}\p{N}]/gu, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`
    if (character === '\n') return '\\n'
    if (character === '\r') return '\\r'
    if (character === '\t') return '\\t'
    const code = character.codePointAt(0) ?? 0
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`
  })
  return `"${body}"`
}

function isPyList(value: PyValue): value is readonly PyValue[] {
  return Array.isArray(value)
}

function pyBlock(open: string, items: readonly string[], close: string, indent: string): string {
  return `${open}\n${items.map((item) => `${indent}    ${item},\n`).join('')}${indent}${close}`
}

/** The literal of a value. Lists of plain values stay on one line. */
export function pyLiteral(value: PyValue, indent = ''): string {
  if (value === null) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (typeof value === 'string') return pyString(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new UnwritableValue(`not a whole number: ${value}`)
    return String(value)
  }
  const inner = `${indent}    `
  if (isPyList(value)) {
    const nested = value.some((item) => typeof item === 'object' && item !== null)
    const items = value.map((item) => pyLiteral(item, inner))
    return nested ? pyBlock('[', items, ']', indent) : `[${items.join(', ')}]`
  }
  if (value instanceof Map) {
    if (value.size === 0) return '{}'
    const items = [...value].map(([key, item]: [string, PyValue]) => `${pyString(key)}: ${pyLiteral(item, inner)}`)
    return pyBlock('{', items, '}', indent)
  }
  if (!('kind' in value)) throw new UnwritableValue('not a Python value')
  return value.kind === 'environment' ? `os.environ[${pyString(value.name)}]` : pyIdentifier(value.name)
}

function pyStatement(statement: PyStatement): string {
  if (statement.kind === 'comment') return commentLines(statement)
  if (statement.kind === 'assign') return `${statement.name} = ${pyLiteral(statement.value)}\n`
  const name = pyIdentifier(statement.name)
  if (statement.from === undefined) return `import ${name}\n`
  return `from ${statement.from.split('.').map(pyIdentifier).join('.')} import ${name}\n`
}

/** A Python module that only imports and assigns. */
export function writePython(statements: readonly PyStatement[]): string {
  return statements.map(pyStatement).join('')
}

// --- Environment files ---

export interface EnvEntry {
  kind: 'env'
  name: string
  value: string
}

export function envEntry(name: string, value: string): EnvEntry {
  return { kind: 'env', name, value }
}

/** Names that every shell, Docker and Kubernetes take. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
}

function checkVariable(name: string): string {
  if (!isVariableName(name)) throw new UnwritableValue(`not a variable name: ${JSON.stringify(name)}`)
  return name
}

/** Plain where every reader agrees on plain; else in single quotes, inside which a shell expands nothing. */
function envValue(value: string): string {
  if (/[\0\n\r]/.test(value) || !value.isWellFormed())
    throw new UnwritableValue(`not one line of text: ${JSON.stringify(value)}`)
  return /^[A-Za-z0-9_./:@%+,=-]*$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`
}

/** A file of KEY=value lines, for a shell (`set -a; . ./file`), systemd and Docker Compose. */
export function writeEnv(entries: readonly (Comment | EnvEntry)[]): string {
  return entries
    .map((entry) =>
      entry.kind === 'comment' ? commentLines(entry) : `${checkVariable(entry.name)}=${envValue(entry.value)}\n`,
    )
    .join('')
}

// --- Markdown ---

/** One line of text that shows as it is: no emphasis, link, HTML or list comes out of it. */
export function mdText(text: string): string {
  return mdLine(text).replace(/[\\`*_{}[\]<>()#+\-.!|&~]/g, '\\$&')
}

/** A code span (CommonMark 6.1): its fence is longer than any run of backticks inside. */
export function mdCode(text: string): string {
  const line = mdLine(text)
  const runs = line.match(/`+/g) ?? []
  const fence = '`'.repeat(Math.max(0, ...runs.map((run) => run.length)) + 1)
  // One blank on each side is dropped by the reader; without it a backtick at the edge would join the fence.
  const pad = line === '' || /^[` ]|[` ]$/.test(line) ? ' ' : ''
  return `${fence}${pad}${line}${pad}${fence}`
}

function mdLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
}
