import assert from 'node:assert/strict'
import { parseAllDocuments } from 'yaml'

/**
 * Readers for the formats that src/formats.ts writes, based on each format's specification and not on the writer, so that
 * a test can read back what was written. They accept more than the writer writes and throw on what the format forbids.
 */

/** The values of variables by name: a Map, as a name like `__proto__` would find something in every plain object. */
export type Variables = Pick<ReadonlyMap<string, string>, 'get'>

/** java.util.Properties.load(Reader), by its Javadoc. */
export function readProperties(text: string): [string, string][] {
  const entries: [string, string][] = []
  const lines = text.split(/\r\n|\n|\r/)
  for (let at = 0; at < lines.length; at++) {
    let line = (lines[at] ?? '').replace(/^[ \t\f]+/, '')
    if (line === '' || line.startsWith('#') || line.startsWith('!')) continue
    while (/(^|[^\\])(\\\\)*\\$/.test(line) && at + 1 < lines.length) {
      at++
      line = line.slice(0, -1) + (lines[at] ?? '').replace(/^[ \t\f]+/, '')
    }
    const [, key = '', value = ''] = /^((?:\\.|[^\\:= \t\f])*)[ \t\f]*[:=]?[ \t\f]*(.*)$/s.exec(line) ?? []
    entries.push([unescapeProperty(key), unescapeProperty(value)])
  }
  return entries
}

function unescapeProperty(text: string): string {
  return text.replace(/\\(u([0-9a-fA-F]{4})|.|$)/gs, (_, what: string, hex: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (what === 'u') throw new Error('Malformed \\uxxxx encoding.')
    return { n: '\n', r: '\r', t: '\t', f: '\f' }[what] ?? what
  })
}

/**
 * A value of a properties file as SmallRye Config gives it to a program. Version 3.9 and 3.16 were asked: `\\$` and `$$` are a `$`,
 * `\${name}` is looked up, with what stands behind a colon in its place, and all else stays.
 */
export function expandSmallRye(value: string, variables: Variables): string {
  return value.replace(/\\\$|\$\$|\$\{([^}:]*)(?::([^}]*))?\}/g, (_, name?: string, otherwise?: string) => {
    if (name === undefined) return '$'
    return variables.get(name) ?? otherwise ?? assert.fail(`SRCFG00011: Could not expand value ${name}`)
  })
}

/** The items of a list there: a backslash keeps what follows it, and empty items are left out. */
export function splitSmallRye(value: string): string[] {
  const items = value.match(/(?:[^\\,]|\\.|\\$)+/gsu) ?? []
  return items.map((item) => item.replace(/\\(.?)/gsu, '$1'))
}

export type PyRead =
  | string
  | number
  | boolean
  | null
  | PyRead[]
  | Map<string, PyRead>
  | Set<PyRead>
  | { name: string }
  | { environ: string }
  | PyReadCall
export interface PyReadCall {
  call: string
  values: PyRead[]
  keywords: Map<string, PyRead>
}
export interface PyModule {
  imports: string[]
  values: Map<string, PyRead>
  /** The calls that stand alone. */
  calls: PyReadCall[]
}

/** A Python module that imports, assigns and calls. Anything else (operators, blocks, a text over two lines) throws. */
export function readPython(source: string): PyModule {
  // PEP 263: such a comment would change how Python decodes the file.
  for (const line of source.split(/\r\n|[\n\r\f]/).slice(0, 2))
    if (/^[ \t\f]*#.*?coding[:=][ \t]*[-_.a-zA-Z0-9]+/.test(line)) throw new Error(`declares an encoding: ${line}`)
  const tokens = tokenizePython(source)
  const module: PyModule = { imports: [], values: new Map(), calls: [] }
  let at = 0
  const peek = () => tokens[at]
  const next = (): PyToken => {
    const token = tokens[at++]
    if (!token) throw new Error('unexpected end of file')
    return token
  }
  const expect = (text: string) => {
    const token = next()
    if (token.kind === 'string' || token.text !== text) throw new Error(`expected ${text}, got ${token.text}`)
  }
  const isPunctuation = (text: string) => peek()?.kind === 'punctuation' && peek()?.text === text
  const skipNewlines = () => {
    while (isPunctuation('\n')) at++
  }
  const items = <T>(close: string, item: () => T): T[] => {
    const found: T[] = []
    skipNewlines()
    while (!isPunctuation(close)) {
      found.push(item())
      skipNewlines()
      if (!isPunctuation(close)) expect(',')
      skipNewlines()
    }
    expect(close)
    return found
  }
  const string = (): string => {
    const token = next()
    if (token.kind !== 'string') throw new Error(`expected a text, got ${token.text}`)
    return token.text
  }
  const value = (): PyRead => {
    const token = next()
    if (token.kind === 'string') return token.text
    if (token.kind === 'number') return Number(token.text)
    if (token.text === '[') return items(']', value)
    if (token.text === '{') return braces()
    if (token.kind !== 'name') throw new Error(`unexpected ${token.text}`)
    if (token.text === 'True') return true
    if (token.text === 'False') return false
    if (token.text === 'None') return null
    const path = dotted(token.text)
    if (isPunctuation('(')) return call(path)
    if (path !== 'os.environ') return { name: path }
    expect('[')
    const name = string()
    expect(']')
    return { environ: name }
  }
  const entry = (): [string, PyRead] => {
    const key = string()
    expect(':')
    return [key, value()]
  }
  /** A set has no colon after its first item. */
  const braces = (): PyRead => {
    skipNewlines()
    const isSet = !isPunctuation('}') && tokens[at + 1]?.text !== ':'
    return isSet ? new Set(items('}', value)) : new Map(items('}', entry))
  }
  const dotted = (first: string): string => {
    let path = first
    while (isPunctuation('.')) {
      at++
      const token = next()
      if (token.kind !== 'name') throw new Error(`unexpected ${token.text}`)
      path += `.${token.text}`
    }
    return path
  }
  const call = (callee: string): PyReadCall => {
    expect('(')
    const read: PyReadCall = { call: callee, values: [], keywords: new Map() }
    items(')', () => {
      const following = tokens[at + 1]
      if (peek()?.kind === 'name' && following?.kind === 'punctuation' && following.text === '=') {
        const key = next().text
        expect('=')
        if (read.keywords.has(key)) throw new Error(`keyword argument repeated: ${key}`)
        read.keywords.set(key, value())
        return
      }
      if (read.keywords.size > 0) throw new Error('positional argument follows keyword argument')
      read.values.push(value())
    })
    return read
  }
  const statement = () => {
    const token = next()
    if (token.kind !== 'name') throw new Error(`unexpected ${token.text}`)
    if (token.text === 'import' || token.text === 'from') {
      const words = [token.text]
      while (at < tokens.length && !isPunctuation('\n')) words.push(next().text)
      module.imports.push(words.join(' ').replaceAll(' . ', '.'))
      return
    }
    const target = dotted(token.text)
    if (isPunctuation('(')) {
      module.calls.push(call(target))
      return
    }
    expect('=')
    module.values.set(target, value())
  }
  for (skipNewlines(); at < tokens.length; skipNewlines()) {
    statement()
    if (at < tokens.length) expect('\n')
  }
  return module
}

interface PyToken {
  kind: 'string' | 'number' | 'name' | 'punctuation'
  text: string
}

function tokenizePython(source: string): PyToken[] {
  const tokens: PyToken[] = []
  const pattern =
    /(?<blank>[ ]+|#[^\n\r]*)|(?<string>"(?:\\[^\n\r]|[^"\\\n\r])*")|(?<number>-?\d+)|(?<name>[A-Za-z_]\w*)|(?<punctuation>[\n[\]{}():,=.])/y
  while (pattern.lastIndex < source.length) {
    const start = pattern.lastIndex
    const groups = pattern.exec(source)?.groups
    if (!groups) throw new Error(`not Python at ${start}: ${JSON.stringify(source.slice(start, start + 30))}`)
    if (groups['string'] !== undefined)
      tokens.push({ kind: 'string', text: unescapePython(groups['string'].slice(1, -1)) })
    for (const kind of ['number', 'name', 'punctuation'] as const) {
      const text = groups[kind]
      if (text !== undefined) tokens.push({ kind, text })
    }
  }
  return tokens
}

function unescapePython(body: string): string {
  const simple: Record<string, string> = {
    n: '\n',
    r: '\r',
    t: '\t',
    a: '\x07',
    b: '\b',
    f: '\f',
    v: '\v',
    '\\': '\\',
    '"': '"',
    "'": "'",
  }
  return body.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))/gs,
    (_, u, long, x, octal, other) => {
      const hex: string | undefined = u ?? long ?? x
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8))
      const known = simple[other]
      if (known === undefined) throw new Error(`unknown escape \\${other}`)
      return known
    },
  )
}

/** KEY=word lines as a POSIX shell reads them; whatever it would expand, split or run throws. */
export function readEnv(text: string): [string, string][] {
  const entries: [string, string][] = []
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [, name = '', word = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(line) ?? []
    if (name === '') throw new Error(`not an assignment: ${JSON.stringify(line)}`)
    let value = ''
    const part = /'([^']*)'|\\(.)|([A-Za-z0-9_./:@%+,=-]+)/suy
    while (part.lastIndex < word.length) {
      const match = part.exec(word)
      if (!match) throw new Error(`a shell would act on ${JSON.stringify(word)}`)
      value += match[1] ?? match[2] ?? match[3] ?? ''
    }
    entries.push([name, value])
  }
  return entries
}

/** The code spans of one line of Markdown (CommonMark 6.1). */
export function readCodeSpans(line: string): string[] {
  const spans: string[] = []
  for (let at = 0; at < line.length; ) {
    if (line[at] !== '`') {
      at += line[at] === '\\' ? 2 : 1
      continue
    }
    const fence = /^`+/.exec(line.slice(at))?.[0] ?? '`'
    const rest = line.slice(at + fence.length)
    const close = new RegExp(`(?<!\`)\`{${fence.length}}(?!\`)`).exec(rest)
    if (!close) {
      at += fence.length
      continue
    }
    const inside = rest.slice(0, close.index)
    const padded = inside.startsWith(' ') && inside.endsWith(' ') && inside.trim() !== ''
    spans.push(padded ? inside.slice(1, -1) : inside)
    at += fence.length + close.index + fence.length
  }
  return spans
}

/** Where a reader is in its text. Patterns are sticky, and what does not match throws with its place. */
class Scanner {
  at = 0
  readonly text: string
  readonly format: string
  constructor(text: string, format: string) {
    this.text = text
    this.format = format
    if (!text.isWellFormed()) this.fail('not UTF-8')
  }
  get isAtEnd(): boolean {
    return this.at >= this.text.length
  }
  take(pattern: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(pattern.source, 'uy')
    sticky.lastIndex = this.at
    const match = sticky.exec(this.text)
    if (!match) return undefined
    this.at = sticky.lastIndex
    return match
  }
  isAt(what: string): boolean {
    return this.text.startsWith(what, this.at)
  }
  fail(what: string): never {
    throw new Error(`${this.format}: ${what} at ${this.at}: ${JSON.stringify(this.text.slice(this.at, this.at + 30))}`)
  }
}

export type JsonRead = string | number | boolean | null | JsonRead[] | Map<string, JsonRead>

/**
 * RFC 8259. Not by JSON.parse, save for single texts: V8 13.6 (Node 24) reads `{"\"":1}` as `{"\\":1}` once it has parsed the latter.
 */
export function readJson(text: string): JsonRead {
  const scan: Scanner = new Scanner(text, 'JSON')
  const blanks = () => scan.take(/[ \t\n\r]*/)
  const string = (): string | undefined => {
    const match = scan.take(/"(?:[^"\\]|\\.)*"/)
    return match && JSON.parse(match[0])
  }
  const items = <T>(close: string, item: () => T): T[] => {
    const found: T[] = []
    for (blanks(); !scan.isAt(close); blanks()) {
      if (found.length > 0 && !scan.take(/,[ \t\n\r]*/)) scan.fail('no comma')
      found.push(item())
    }
    scan.at++
    return found
  }
  const entry = (): [string, JsonRead] => {
    const key = string() ?? scan.fail('no key')
    if (!scan.take(/[ \t\n\r]*:/)) scan.fail('no colon')
    return [key, value()]
  }
  const value = (): JsonRead => {
    blanks()
    if (scan.take(/\[/)) return items(']', value)
    if (scan.take(/\{/)) return new Map(items('}', entry))
    const word = scan.take(/true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/)?.[0]
    if (word === 'null') return null
    if (word === 'true' || word === 'false') return word === 'true'
    return word === undefined ? (string() ?? scan.fail('no value')) : Number(word)
  }
  const read = value()
  blanks()
  if (!scan.isAtEnd) scan.fail('something after the value')
  return read
}

export interface XmlRead {
  name: string
  attributes: Map<string, string>
  /** All character data between the children. */
  text: string
  children: XmlRead[]
}

/** XML 1.0 (fifth edition) without DTD, namespaces, CDATA and instructions, as a processor that must report every error. */
export function readXml(source: string): XmlRead {
  const scan: Scanner = new Scanner(source.replace(/\r\n?/g, '\n'), 'XML') // 2.11
  for (const character of scan.text) if (!isXmlCharacter(character)) scan.fail('a character that XML forbids')
  const reference = (): string => {
    const [, decimal, hexadecimal, name] =
      scan.take(/&(?:#([0-9]+)|#x([0-9a-fA-F]+)|([A-Za-z]+));/) ?? scan.fail('a bare &')
    if (name !== undefined) return xmlEntities.get(name) ?? scan.fail(`an unknown entity ${name}`)
    const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal)
    const character = code <= 0x10ffff ? String.fromCodePoint(code) : '\0'
    return isXmlCharacter(character) ? character : scan.fail('a reference to no character')
  }
  const comment = (): boolean => {
    if (!scan.isAt('<!--')) return false
    const end = scan.text.indexOf('--', scan.at + 4)
    if (end < 0 || scan.text[end + 2] !== '>') scan.fail('-- in a comment')
    scan.at = end + 3
    return true
  }
  const attribute = (): [string, string] => {
    const name = scan.take(/([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*/)?.[1] ?? scan.fail('no attribute')
    const quote = scan.take(/["']/)?.[0] ?? scan.fail('no quote')
    let value = ''
    while (!scan.isAt(quote)) {
      if (scan.isAtEnd || scan.isAt('<')) scan.fail('< in an attribute')
      // 3.3.3: a literal blank of any kind is a blank.
      value += scan.isAt('&') ? reference() : (scan.take(/[^&<]/)?.[0] ?? '').replace(/[\t\n\r]/, ' ')
    }
    scan.at++
    return [name, value]
  }
  const content = (read: XmlRead) => {
    while (!scan.isAt('</')) {
      if (scan.isAtEnd) scan.fail('no end tag')
      if (comment()) continue
      if (scan.isAt('&')) read.text += reference()
      else if (scan.isAt('<')) read.children.push(element())
      else read.text += scan.take(/[^<&]+/)?.[0] ?? ''
      if (/\]\]>$/.test(scan.text.slice(0, scan.at).slice(-3))) scan.fail(']]> in text')
    }
  }
  const element = (): XmlRead => {
    const name = scan.take(/<([A-Za-z_][A-Za-z0-9_.-]*)/)?.[1] ?? scan.fail('no element')
    const read: XmlRead = { name, attributes: new Map(), text: '', children: [] }
    while (scan.take(/\s+(?=[^\s/>])/)) {
      const [key, value] = attribute()
      if (read.attributes.has(key)) scan.fail('an attribute twice')
      read.attributes.set(key, value)
    }
    if (scan.take(/\s*\/>/)) return read
    if (!scan.take(/\s*>/)) scan.fail('no end of a tag')
    content(read)
    if (scan.take(/<\/([A-Za-z_][A-Za-z0-9_.-]*)\s*>/)?.[1] !== name) scan.fail(`not the end of ${name}`)
    return read
  }
  const misc = () => {
    while (scan.take(/\s+/) || comment());
  }
  if (!scan.take(/<\?xml version="1\.0" encoding="UTF-8"\?>/)) scan.fail('no declaration')
  misc()
  const root = element()
  misc()
  if (!scan.isAtEnd) scan.fail('something after the root')
  return root
}

const xmlEntities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/** 2.2, production Char. */
function isXmlCharacter(character: string): boolean {
  return /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]$/u.test(character)
}

export type TomlRead = string | number | boolean | TomlRead[] | Map<string, TomlRead>

/** TOML 1.0: texts, integers, booleans, arrays, tables and arrays of tables. */
export function readToml(text: string): Map<string, TomlRead> {
  const scan: Scanner = new Scanner(text, 'TOML')
  const root = new Map<string, TomlRead>()
  const defined = new Set<Map<string, TomlRead>>()
  let table = root
  const string = (): string | undefined => {
    const literal = scan.take(
      /'''\n?((?:(?!''')[\t\n\x20-\x7e\x80-\u{10ffff}])*)'''|'([\t\x20-\x26\x28-\x7e\x80-\u{10ffff}]*)'/u,
    )
    if (literal) return literal[1] ?? literal[2] ?? ''
    if (scan.isAt('"""')) scan.fail('a text of several lines')
    const basic = scan.take(
      /"((?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\u{10ffff}]|\\(?:[btnfr"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))*)"/u,
    )
    return basic && unescapeToml(basic[1] ?? '')
  }
  const key = (): string => scan.take(/[A-Za-z0-9_-]+/)?.[0] ?? string() ?? scan.fail('no key')
  const path = (): string[] => {
    const keys = [key()]
    while (scan.take(/[ \t]*\.[ \t]*/)) keys.push(key())
    return keys
  }
  const blanks = () => {
    while (scan.take(/[ \t\n]+|#[\t\x20-\x7e\x80-\u{10ffff}]*(?=\n)/u));
  }
  const value = (): TomlRead => {
    const read = string()
    if (read !== undefined) return read
    const word = scan.take(/true|false|[+-]?(?:0|[1-9][0-9]*)(?![\w.:-])/)?.[0]
    if (word === 'true' || word === 'false') return word === 'true'
    if (word !== undefined) return Number(word)
    if (!scan.take(/\[/)) scan.fail('no value')
    const items: TomlRead[] = []
    for (blanks(); !scan.take(/\]/); blanks()) {
      items.push(value())
      blanks()
      if (!scan.isAt(']') && !scan.take(/,/)) scan.fail('no comma')
    }
    return items
  }
  const enter = (from: Map<string, TomlRead>, name: string): Map<string, TomlRead> => {
    const found = from.get(name)
    const inside = Array.isArray(found) ? found.at(-1) : (found ?? new Map<string, TomlRead>())
    if (!(inside instanceof Map)) return scan.fail(`${name} is no table`)
    if (found === undefined) from.set(name, inside)
    return inside
  }
  const header = () => {
    const isArray = scan.take(/\[\[[ \t]*/) !== undefined
    if (!isArray && !scan.take(/\[[ \t]*/)) scan.fail('no header')
    const keys = path()
    if (!scan.take(isArray ? /[ \t]*\]\]/ : /[ \t]*\]/)) scan.fail('no end of a header')
    const last = keys.pop() ?? ''
    const parent = keys.reduce(enter, root)
    if (isArray) {
      const list = parent.get(last) ?? []
      if (!Array.isArray(list) || list.some((item) => !(item instanceof Map))) return scan.fail('no array of tables')
      table = new Map()
      parent.set(last, [...list, table])
      return
    }
    if (Array.isArray(parent.get(last))) scan.fail('a table that is an array')
    table = enter(parent, last)
    if (defined.has(table)) scan.fail('a table twice')
    defined.add(table)
  }
  for (blanks(); !scan.isAtEnd; blanks()) {
    if (scan.isAt('[')) header()
    else {
      const name = key()
      if (!scan.take(/[ \t]*=[ \t]*/)) scan.fail('no =')
      if (table.has(name)) scan.fail('a key twice')
      table.set(name, value())
    }
    if (!scan.take(/[ \t]*(?:#[\t\x20-\x7e\x80-\u{10ffff}]*)?\n/u)) scan.fail('no end of the line')
  }
  return root
}

function unescapeToml(body: string): string {
  const simple: Record<string, string> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', '"': '"', '\\': '\\' }
  return body.replace(/\\(?:u(.{4})|U(.{8})|(.))/gu, (_, short?: string, long?: string, other?: string) => {
    const digits = short ?? long
    if (digits === undefined) return simple[other ?? ''] ?? ''
    const character = String.fromCodePoint(Number.parseInt(digits, 16))
    if (!character.isWellFormed()) throw new Error('TOML: an escape of no character')
    return character
  })
}

/** What Grafana does to the text of ldap.toml before TOML reads it. */
export function expandGrafana(text: string, variables: Variables): string {
  return text.replace(/\$(|__\w+)\{([^}]+)\}/g, (whole, how: string, name: string) => {
    if (how === '' || how === '__env') return variables.get(name) ?? ''
    throw new Error(`Grafana would look up ${whole}`)
  })
}

/** gopkg.in/ini.v1 with its default options, then Grafana's expansion with these variables, then `%(x)s` of ini.v1. */
export function readIni(text: string, variables: Variables = new Map()): Map<string, Map<string, string>> {
  const defaults = new Map<string, string>()
  const sections = new Map([['DEFAULT', defaults]])
  let section = defaults
  const lines = text.replace(/^\ufeff/, '').split('\n')
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const trimmed = goTrimStart(line)
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) continue
    if (trimmed.startsWith('[')) {
      const name = trimmed.slice(1, trimmed.lastIndexOf(']'))
      section = sections.get(name) ?? new Map()
      sections.set(name, section)
      continue
    }
    const [, key = '', rest = ''] = /^([^"`=:][^=:]*)[=:](.*)$/s.exec(trimmed) ?? []
    if (key === '') throw new Error(`INI: no key: ${JSON.stringify(trimmed)}`)
    section.set(goTrim(key), expandGrafana(iniValue(goTrimStart(rest), lines), variables))
  }
  for (const keys of sections.values())
    for (const [key, value] of keys) keys.set(key, interpolateIni(value, keys, defaults))
  return sections
}

/** The value of a key; a quoted one takes the lines that it goes on for. */
function iniValue(value: string, lines: string[]): string {
  const quote =
    value.startsWith('"""') && (value.length > 3 || lines.length > 0) ? '"""' : value.startsWith('`') ? '`' : undefined
  if (quote === undefined) return plainIni(value)
  let inside = value.slice(quote.length)
  // The last quote of a line ends the text.
  if (inside.includes(quote)) return inside.slice(0, inside.lastIndexOf(quote))
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line.includes(quote)) return `${inside}\n${line.slice(0, line.lastIndexOf(quote))}`
    inside += `\n${line}`
  }
  throw new Error('INI: missing closing quote')
}

function plainIni(value: string): string {
  const line = goTrim(value)
  if (line.endsWith('\\')) throw new Error('INI: a continuation')
  const bare = goTrim(line.replace(/[#;].*$/s, ''))
  const quoted = /^'([^']*)'$|^"([^"]*)"$/s.exec(bare)
  return quoted ? (quoted[1] ?? quoted[2] ?? '') : bare
}

/** Go's unicode.IsSpace: JavaScript's trim would take U+FEFF too, and not U+0085. */
function goTrimStart(text: string): string {
  return text.replace(/^[\t\n\v\f\r\u0085\p{Z}]+/u, '')
}

function goTrim(text: string): string {
  return goTrimStart(text).replace(/[\t\n\v\f\r\u0085\p{Z}]+$/u, '')
}

function interpolateIni(value: string, keys: Map<string, string>, defaults: Map<string, string>): string {
  let text = value
  for (let depth = 0; depth < 99; depth++) {
    const [whole = '', name = ''] = /%\(([^)]+)\)s/.exec(text) ?? []
    const other = keys.get(name) ?? defaults.get(name)
    if (whole === '' || other === undefined) return text
    text = text.replaceAll(whole, () => other)
  }
  return text
}

export type HclRead = string | number | boolean | null | HclRead[] | Map<string, HclRead> | { reference: string }
export interface HclReadBody {
  attributes: Map<string, HclRead>
  blocks: { type: string; labels: string[]; body: HclReadBody }[]
}

/** HCL 2 native syntax: bodies, and expressions that are literals, collections or references. A template sequence throws. */
export function readHcl(text: string): HclReadBody {
  const scan: Scanner = new Scanner(text, 'HCL')
  const lineEnds = () => {
    while (scan.take(/[ \t\r\n]+|(?:#|\/\/)[^\n]*|\/\*(?:.|\n)*?\*\//));
  }
  const string = (): string | undefined => {
    const match = scan.take(/"((?:[^"\\\r\n]|\\[^\r\n])*)"/)
    return match && unescapeHcl(match[1] ?? '').normalize('NFC')
  }
  const value = (): HclRead => {
    const read = string()
    if (read !== undefined) return read
    const number = scan.take(/-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/)?.[0]
    if (number !== undefined) return Number(number)
    const word = scan.take(/[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*|\[[0-9]+\])*/)?.[0]
    if (word === 'null') return null
    if (word === 'true' || word === 'false') return word === 'true'
    if (word !== undefined) return { reference: word }
    if (scan.take(/\[/)) return list()
    return scan.take(/\{/) ? object() : scan.fail('no expression')
  }
  const list = (): HclRead[] => {
    const items: HclRead[] = []
    for (lineEnds(); !scan.take(/\]/); lineEnds()) {
      items.push(value())
      lineEnds()
      if (!scan.isAt(']') && !scan.take(/,/)) scan.fail('no comma')
    }
    return items
  }
  const object = (): Map<string, HclRead> => {
    const entries = new Map<string, HclRead>()
    for (lineEnds(); !scan.take(/\}/); lineEnds()) {
      const key = string() ?? scan.fail('a key that is no text')
      if (!scan.take(/[ \t]*[=:][ \t]*/)) scan.fail('no =')
      if (entries.has(key)) scan.fail('a key twice')
      entries.set(key, value())
      if (!scan.isAt('}') && !scan.take(/[ \t]*(?:,|(?:#[^\n]*)?\n)/)) scan.fail('no end of an entry')
    }
    return entries
  }
  const body = (isEnd: () => boolean): HclReadBody => {
    const read: HclReadBody = { attributes: new Map(), blocks: [] }
    for (lineEnds(); !isEnd(); lineEnds()) {
      const name = scan.take(/([A-Za-z_][A-Za-z0-9_-]*)[ \t]*/)?.[1] ?? scan.fail('no name')
      if (scan.take(/=(?!=)[ \t]*/)) {
        if (read.attributes.has(name)) scan.fail('an attribute twice')
        read.attributes.set(name, value())
      } else {
        const labels: string[] = []
        for (let label = string(); label !== undefined; label = string()) {
          labels.push(label)
          scan.take(/[ \t]+/)
        }
        if (!scan.take(/\{/)) scan.fail('no block')
        read.blocks.push({ type: name, labels, body: body(() => scan.take(/\}/) !== undefined) })
      }
      if (!scan.isAtEnd && !scan.take(/[ \t]*(?:#[^\n]*)?\n/)) scan.fail('no end of the line')
    }
    return read
  }
  return body(() => scan.isAtEnd)
}

/** The scanner of HCL takes marks in pairs from the left, so that `$$${` is not what it looks like: this reader refuses it. */
function unescapeHcl(body: string): string {
  const simple: Record<string, string> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }
  return body.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|([$%]+)\{/gu,
    (_, short?: string, long?: string, other?: string, marks?: string) => {
      if (marks === '$$' || marks === '%%') return `${marks.slice(1)}{`
      if (marks !== undefined) throw new Error(`HCL: a template ${marks}{`)
      const digits = short ?? long
      if (digits !== undefined) return String.fromCodePoint(Number.parseInt(digits, 16))
      const known = simple[other ?? '']
      if (known === undefined) throw new Error(`HCL: an unknown escape \\${other}`)
      return known
    },
  )
}

/** The simple commands of a POSIX shell script, with these variables. What a shell would expand, split, redirect or run throws. */
export function readShell(text: string, variables: Variables = new Map()): string[][] {
  const commands: string[][] = []
  let words: string[] = []
  const scan: Scanner = new Scanner(text, 'a shell would act on it')
  const reserved = /^(?:!|\{|\}|case|do|done|elif|else|esac|fi|for|if|in|then|until|while)$/
  const word = (): string => {
    const start = scan.at
    let read = ''
    while (!scan.isAtEnd && !/[ \t\n]/.test(scan.text[scan.at] ?? '')) {
      const [, quoted, name, plain] =
        scan.take(/'([^']*)'|"\$\{([A-Za-z_][A-Za-z0-9_]*)\}"|([A-Za-z0-9_./:@%+,=-]+|\\[^\n])/) ?? scan.fail('')
      read +=
        name === undefined ? (quoted ?? plain?.replace(/^\\/, '') ?? '') : (variables.get(name) ?? scan.fail('unset'))
    }
    const source = scan.text.slice(start, scan.at)
    if (words.length === 0 && (reserved.test(source) || /^[A-Za-z_][A-Za-z0-9_]*=/.test(source)))
      scan.fail(`no command: ${source}`)
    return read
  }
  while (!scan.isAtEnd) {
    scan.take(/[ \t]+/)
    if (scan.isAt('#')) scan.take(/[^\n]*/)
    if (!scan.isAtEnd && !scan.isAt('\n')) {
      words.push(word())
      continue
    }
    scan.at++
    if (words.length > 0) commands.push(words)
    words = []
  }
  return commands
}

/** The documents of a YAML file, which must mean the same to YAML 1.2 and to YAML 1.1. */
export function readYaml(text: string): unknown[] {
  const [newer, older] = (['1.2', '1.1'] as const).map((version) =>
    parseAllDocuments(text, { version, stringKeys: true }).map((document): unknown => {
      const [problem] = [...document.errors, ...document.warnings]
      if (problem) throw problem
      return document.toJS({ mapAsMap: true, maxAliasCount: 0 })
    }),
  )
  assert.deepEqual(newer, older)
  return newer ?? []
}
