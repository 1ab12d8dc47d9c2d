/**
 * Configuration classes in Python, and `app.config[...]`: the plain assignments in them. A value that is more than a text, a number, a
 * list of those or an environment variable is an expression, and is not read.
 */
import { isMap } from '../../maps.ts'
import { UnreadableImport } from '../contract.ts'
import { readMaps } from '../settings-tree.ts'

export interface Assigned {
  name: string
  /** Undefined: an expression. */
  value: unknown
  /** The environment variable that comes first, where the value is that of `os.environ.get(...)`. */
  variable?: string
}

export function isPython({ name, text }: { name: string; text: string }): boolean {
  if (/\.py$/.test(name)) return true
  return /^class\s+\w+\s*(?:\([^)]*\))?\s*:\s*(?:#.*)?$/m.test(text) || /^app\.config\b/m.test(text)
}

/** Every assignment to a name in capitals, in the order of the text. */
export function pythonAssignments(text: string): Assigned[] {
  const plain = text.replaceAll(/("""|''')[\s\S]*?\1/g, "''")
  const assignment =
    /^[ \t]*(?:[\w.]*\bconfig\[['"]|os\.environ\[['"])?([A-Z][A-Z0-9_]*)(?:['"]\])?[ \t]*(?::[^=\n]+)?=(?!=)[ \t]*/gm
  return [...plain.matchAll(assignment)].map(([whole, name = ''], index, all) => {
    const start = (all[index]?.index ?? 0) + whole.length
    return { name, ...valueAt(plain.slice(start)) }
  })
}

const text = String.raw`[rRuUbB]?(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")`
const atEnd = String.raw`\s*,?[ \t]*(?:#[^\n]*)?(?=\n|$)`
const textOnly = new RegExp(`^(${text})${atEnd}`)
const word = new RegExp(String.raw`^(True|False|None|-?\d+(?:\.\d+)?)${atEnd}`)
const environment = new RegExp(
  String.raw`^os\.(?:environ\.get|getenv)\(\s*(${text})\s*(?:,\s*(${text}|True|False|None|\d+)\s*)?\)${atEnd}|^os\.environ\[\s*(${text})\s*\]${atEnd}`,
)

function valueAt(rest: string): Omit<Assigned, 'name'> {
  const [, quoted] = textOnly.exec(rest) ?? []
  if (quoted !== undefined) return { value: unquoted(quoted) }
  const [, plain] = word.exec(rest) ?? []
  if (plain !== undefined) return { value: plain === 'None' ? '' : plain }
  const [, asked, other, needed] = environment.exec(rest) ?? []
  const variable = asked ?? needed
  if (variable !== undefined) {
    const value = other === undefined || other === 'None' ? '' : /^[\w]+$/.test(other) ? other : unquoted(other)
    return { value, variable: unquoted(variable) }
  }
  return { value: /^[[({]/.test(rest) ? collection(rest) : undefined }
}

function unquoted(quoted: string): string {
  return quoted.replace(/^[a-zA-Z]?(['"])(.*)\1$/s, '$2').replaceAll(/\\(.)/g, '$1')
}

/** Lists and dicts of texts are written as in YAML, if one does not look at tuples. */
function collection(rest: string): unknown {
  const end = closing(rest)
  if (end === undefined) return undefined
  const inner = rest.slice(0, end + 1).replace(/^\(([\s\S]*)\)$/, '[$1]')
  try {
    const read = readMaps({ name: 'value', text: `value: ${inner.replaceAll(/\n\s*/g, ' ')}` })[0]?.['value']
    return isMap(read) || Array.isArray(read) ? read : undefined
  } catch (error) {
    if (error instanceof UnreadableImport) return undefined
    throw error
  }
}

function closing(rest: string): number | undefined {
  let depth = 0
  for (const { 0: token, index } of rest.matchAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[[\](){}]/g)) {
    if (/^[[({]$/.test(token)) depth++
    if (/^[\])}]$/.test(token)) depth--
    if (depth === 0) return index
  }
  return undefined
}
