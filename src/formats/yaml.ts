/**
 * YAML files of plain data, for readers of YAML 1.2 and of 1.1 (Go yaml, PyYAML, SnakeYAML), which take `no`, `1_000` or
 * `12:30` for something other than a text. The library lays out the nodes; how a text is written is decided here.
 */
import { Document, Pair, Scalar, type ScalarTag, YAMLMap, YAMLSeq } from 'yaml'
import { checkWellFormed, commonEscapes, escapeQuoted } from './characters.ts'
import { linesOf } from './comment.ts'
import { entriesOf, isList, plainNumber } from './data.ts'
import { UnwritableValue } from './unwritable-value.ts'

export type YamlValue =
  | string
  | number
  | boolean
  | null
  | readonly YamlValue[]
  | ReadonlyMap<string, YamlValue>
  | { readonly [key: string]: YamlValue }
  | YamlComment

/** A class, not a plain object: data of the configuration cannot pose as one. */
class YamlComment {
  readonly text: string
  readonly value: YamlValue
  constructor(text: string, value: YamlValue) {
    this.text = text
    this.value = value
  }
}

export type { YamlComment }

export interface YamlDocument {
  value: YamlValue
  /** Comment above the document. */
  comment?: string
}

/** A value of a map or an item of a list, with a comment above it. */
export function yamlComment(text: string, value: YamlValue): YamlComment {
  return new YamlComment(text, value)
}

/** The keys that lead to each value that is no map, comments aside. */
export function yamlKeys(value: YamlValue, above: readonly string[] = []): (readonly string[])[] {
  const plain = withoutComments(value)
  if (!isYamlMap(plain)) return [above]
  return entriesOf(plain).flatMap(([key, inner]) => yamlKeys(inner, [...above, key]))
}

/** A tree with one more value in it. What stands there already is no map, and is replaced. */
export function yamlWith(value: YamlValue, [key, ...deeper]: readonly string[], added: YamlValue): YamlValue {
  if (key === undefined) return added
  if (value instanceof YamlComment) return new YamlComment(value.text, yamlWith(value.value, [key, ...deeper], added))
  const entries = new Map(isYamlMap(value) ? entriesOf(value) : [])
  return entries.set(key, yamlWith(entries.get(key) ?? new Map(), deeper, added))
}

function withoutComments(value: YamlValue): Exclude<YamlValue, YamlComment> {
  return value instanceof YamlComment ? withoutComments(value.value) : value
}

function isYamlMap(value: YamlValue): value is ReadonlyMap<string, YamlValue> | { readonly [key: string]: YamlValue } {
  return typeof value === 'object' && value !== null && !isList(value) && !(value instanceof YamlComment)
}

export function writeYaml(value: YamlValue, { comment }: Omit<YamlDocument, 'value'> = {}): string {
  const document = new Document(null, { version: '1.2', schema: 'core', customTags: (tags) => [stringTag, ...tags] })
  const node = nodeOf(value)
  if (comment !== undefined) document.commentBefore = yamlCommentLines(comment)
  document.contents = node
  return document.toString({ lineWidth: 0, commentString: (text) => text })
}

/** Several documents in one file; each begins with `---`. */
export function writeYamlDocuments(documents: readonly YamlDocument[]): string {
  return documents.map(({ value, ...options }) => `---\n${writeYaml(value, options)}`).join('')
}

function yamlCommentLines(text: string): string {
  return linesOf(text)
    .map((line) => `# ${line}`)
    .join('\n')
}

/** New nodes for every place, so a repeated value does not become an anchor and an alias. */
function nodeOf(value: YamlValue): Scalar | YAMLSeq | YAMLMap {
  if (typeof value === 'string') return new Scalar(checkWellFormed(value))
  if (typeof value === 'number') return numberNode(value)
  if (typeof value === 'boolean' || value === null) return new Scalar(value)
  if (typeof value !== 'object') throw new UnwritableValue(`not YAML data: ${typeof value}`)
  if (value instanceof YamlComment) return commented(nodeOf(value.value), value.text)
  if (isList(value)) {
    const list = new YAMLSeq()
    list.items = value.map(nodeOf)
    return list
  }
  const map = new YAMLMap()
  map.items = entriesOf(value).map(([key, item]) => pairOf(key, item))
  return map
}

function numberNode(value: number): Scalar {
  const node = new Scalar(value)
  node.source = plainNumber(value)
  return node
}

function commented<T extends Scalar | YAMLSeq | YAMLMap>(node: T, text: string): T {
  const above = node.commentBefore
  node.commentBefore = yamlCommentLines(text) + (above ? `\n${above}` : '')
  return node
}

/** The comment of a value goes above its key. */
function pairOf(key: string, value: YamlValue): Pair {
  const keyNode = new Scalar(checkWellFormed(key))
  let inner = value
  const texts: string[] = []
  while (inner instanceof YamlComment) {
    texts.push(inner.text)
    inner = inner.value
  }
  if (texts.length > 0) commented(keyNode, texts.join('\n'))
  return new Pair(keyNode, nodeOf(inner))
}

const stringTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:str',
  default: true,
  identify: (value) => typeof value === 'string',
  resolve: (text) => text,
  stringify({ value }, { implicitKey, indent }) {
    const text = String(value)
    if (isPlain(text)) return text
    // A root text has no indent, which readers of YAML 1.1 require for a block.
    if (!implicitKey && indent !== '' && isBlock(text)) return blockText(text, indent)
    return `"${escapeQuoted(text, commonEscapes)}"`
  },
}

/** Texts that no reader takes for a number, a date, a boolean, a merge or syntax: they begin with a letter and are not a word of 1.1. */
function isPlain(text: string): boolean {
  if (/^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i.test(text)) return false
  return /^[A-Za-z/](?:[A-Za-z0-9_./@+-]|:(?=[A-Za-z0-9/])| (?=[A-Za-z0-9/]))*$/.test(text)
}

/** Readable lines that do not end with a space, the first one neither empty nor indented, and at most one newline at the end. */
function isBlock(text: string): boolean {
  if (/[\u{10000}-\u{10ffff}]/u.test(text)) return false
  const line = '[!-~\\p{L}\\p{N}](?:[ -~\\p{L}\\p{N}]*[!-~\\p{L}\\p{N}])?'
  return new RegExp(`^${line}(?:\\n+ *${line})+\\n?$|^${line}\\n$`, 'u').test(text)
}

function blockText(text: string, indent: string): string {
  const lines = text.replace(/\n$/, '').split('\n')
  const body = lines.map((line) => (line === '' ? '' : indent + line)).join('\n')
  return `${text.endsWith('\n') ? '|' : '|-'}\n${body}`
}
