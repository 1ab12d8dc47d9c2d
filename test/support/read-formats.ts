/**
 * Readers for the formats that src/formats.ts writes, made from each format's own specification and not from the writer, so that
 * a test can read back what was written. They take more than the writer writes and throw on what the format forbids.
 */

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

export type PyRead =
  | string
  | number
  | boolean
  | null
  | PyRead[]
  | Map<string, PyRead>
  | { name: string }
  | { environ: string }
export interface PyModule {
  imports: string[]
  values: Map<string, PyRead>
}

/** A Python module that imports and assigns literals. Anything else (calls, operators, a text over two lines) throws. */
export function readPython(source: string): PyModule {
  const tokens = tokenizePython(source)
  const module: PyModule = { imports: [], values: new Map() }
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
    if (token.text === '{') {
      const entry = (): [string, PyRead] => {
        const key = string()
        expect(':')
        return [key, value()]
      }
      return new Map(items('}', entry))
    }
    if (token.kind !== 'name') throw new Error(`unexpected ${token.text}`)
    if (token.text === 'True') return true
    if (token.text === 'False') return false
    if (token.text === 'None') return null
    if (token.text !== 'os') return { name: token.text }
    expect('.')
    expect('environ')
    expect('[')
    const name = string()
    expect(']')
    return { environ: name }
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
    expect('=')
    module.values.set(token.text, value())
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
    /(?<blank>[ ]+|#[^\n\r]*)|(?<string>"(?:\\[^\n\r]|[^"\\\n\r])*")|(?<number>-?\d+)|(?<name>[A-Za-z_]\w*)|(?<punctuation>[\n[\]{}:,=.])/y
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
