/**
 * Every value of a file by its name, whatever form the file has, as far as that can be told: for questions that are asked of all
 * tools, such as what must not be shown. The importers read their own forms themselves.
 */
import { parse as parseToml } from 'smol-toml'
import { dataOf, syntaxProblemsOf, yamlDocumentsOf } from '../config/source.ts'
import { isMap } from '../maps.ts'
import type { ImportFile } from './contract.ts'
import { settingsBelow } from './shown-setting.ts'

export interface InputValue {
  /** Without indexes of lists: `connectors.config.issuer`; `OAUTH2_PROXY_COOKIE_NAME`. */
  name: string
  value: string
}

/** Beyond it only lines are looked at: a dump of a cluster has no settings that matter here twice. */
const longest = 2 ** 21
const deepest = 4

export function inputValues({ text }: Pick<ImportFile, 'text'>): InputValue[] {
  return valuesIn('', text, 0)
}

function valuesIn(prefix: string, text: string, depth: number): InputValue[] {
  const data = text.length > longest ? undefined : (yamlData(text) ?? tomlData(text))
  if (data === undefined) return lineValues(prefix, text)
  return data
    .flatMap((document) => settingsBelow(prefix, document))
    .flatMap(([path, value]) => plain(path, value, depth))
}

function yamlData(text: string): unknown[] | undefined {
  const documents = yamlDocumentsOf(text)
  if ('message' in documents || documents.some((document) => syntaxProblemsOf(document, text).length > 0))
    return undefined
  const read = documents.map(dataOf)
  const data = read.flatMap((document) => ('data' in document ? [document.data] : []))
  return data.length === read.length && data.some((item) => typeof item === 'object') ? data : undefined
}

/** The maps at the top of a YAML or JSON text, and those of a list there; none when it is something else. */
export function yamlMaps(text: string): Readonly<Record<string, unknown>>[] {
  return text.length > longest ? [] : (yamlData(text) ?? []).flat().filter(isMap)
}

function tomlData(text: string): unknown[] | undefined {
  try {
    return [parseToml(text)]
  } catch {
    // It is another form, or none: its lines are looked at.
    return undefined
  }
}

/** A text of several lines is a file in the file; a flag, or a variable, says its own name. */
function plain(path: string, value: unknown, depth: number): InputValue[] {
  const name = path.replaceAll(/\[\d*\]/g, '')
  if (Array.isArray(value)) return value.flatMap((item: unknown) => plain(path, item, depth))
  if (value === null || value === undefined || isMap(value)) return []
  const text = String(value)
  if (text.includes('\n') && depth < deepest) return valuesIn(name, text, depth + 1)
  const own = lineValues('', text)
  return own.length > 0 ? own : [{ name, value: text }]
}

const variable = /^\s*(?:export\s+|ENV\s+|Environment=|-\s+)?["']?([A-Za-z_][\w.-]*)["']?\s*(?:=|:\s)\s*(.+?)\s*$/
const flag = /(?:^|\s)["']?--?([a-z][a-z0-9-]*)(?:=|\s+)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']+)/g

function lineValues(prefix: string, text: string): InputValue[] {
  const at = (name: string) => (prefix === '' ? name : `${prefix}.${name}`)
  return text.split(/\r?\n/).flatMap((line) => {
    if (/^\s*(?:#|\/\/)/.test(line)) return []
    const flags = [...line.matchAll(flag)].map(([, name = '', value = '']) => ({
      name: at(name.replaceAll('-', '_')),
      value: unquoted(value),
    }))
    if (flags.length > 0) return flags
    const [, name, value] = variable.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [{ name: at(name), value: unquoted(value) }]
  })
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1[,;]?$/s, '$2')
}
