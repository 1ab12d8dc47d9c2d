/** HCL 2 files for Terraform: blocks, attributes, and references as typed values. */
import { checkWellFormed, commonEscapes, escapeQuoted } from './characters.ts'
import { type Comment, commentLines } from './comment.ts'
import { checkUnique, entriesOf, isList } from './data.ts'
import { UnwritableValue } from './unwritable-value.ts'

export type HclValue =
  | string
  | number
  | boolean
  | null
  | readonly HclValue[]
  | ReadonlyMap<string, HclValue>
  | { readonly [key: string]: HclValue }
  | HclReference

/** A class, not a plain object: data of the configuration cannot pose as code. */
class HclReference {
  readonly path: string
  constructor(path: string) {
    this.path = path
  }
}

export type { HclReference }

export interface HclAttribute {
  kind: 'hcl-attribute'
  name: string
  value: HclValue
}

export interface HclBlock {
  kind: 'hcl-block'
  type: string
  labels: readonly string[]
  body: HclBody
}

export type HclBody = readonly (Comment | HclAttribute | HclBlock)[]

/** `var.x`, `keycloak_realm.main.id`, `local.names[0]`. */
export function hclReference(path: string): HclReference {
  const step = '(?:\\.[A-Za-z_][A-Za-z0-9_-]*|\\[[0-9]+\\])'
  if (!new RegExp(`^[A-Za-z_][A-Za-z0-9_-]*\\.[A-Za-z_][A-Za-z0-9_-]*${step}*$`).test(path))
    throw new UnwritableValue(`not a reference of HCL: ${JSON.stringify(path)}`)
  return new HclReference(path)
}

export function hclAttribute(name: string, value: HclValue): HclAttribute {
  return { kind: 'hcl-attribute', name, value }
}

export function hclBlock(type: string, labels: readonly string[], body: HclBody): HclBlock {
  return { kind: 'hcl-block', type, labels, body }
}

/** Whether HCL reads a text as it is: it turns every text into Unicode's form NFC. */
export function isHclText(text: string): boolean {
  return text.isWellFormed() && text === text.normalize('NFC')
}

export function writeHcl(body: HclBody): string {
  return writeBody(body, '')
}

function writeBody(body: HclBody, indent: string): string {
  checkUnique(body.flatMap((entry) => (entry.kind === 'hcl-attribute' ? entry.name : [])))
  return body.map((entry) => writeEntry(entry, indent)).join('')
}

function writeEntry(entry: HclBody[number], indent: string): string {
  if (entry.kind === 'comment') return commentLines(entry, indent)
  if (entry.kind === 'hcl-attribute') return `${indent}${hclName(entry.name)} = ${hclValue(entry.value, indent)}\n`
  const header = [hclName(entry.type), ...entry.labels.map(hclLabel)].join(' ')
  if (entry.body.length === 0) return `${indent}${header} {}\n`
  return `${indent}${header} {\n${writeBody(entry.body, `${indent}  `)}${indent}}\n`
}

function hclName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) throw new UnwritableValue(`not an HCL name: ${JSON.stringify(name)}`)
  return name
}

/** A label is not a template: `${` has no escape there, and products' labels do not need it. */
function hclLabel(label: string): string {
  return `"${hclName(label)}"`
}

function hclValue(value: HclValue, indent: string): string {
  if (typeof value === 'string') return hclString(value)
  if (typeof value === 'number') return hclNumber(value)
  if (typeof value === 'boolean' || value === null) return String(value)
  if (value instanceof HclReference) return value.path
  if (typeof value !== 'object') throw new UnwritableValue(`not an HCL value: ${typeof value}`)
  if (isList(value)) return hclList(value, indent)
  const entries = entriesOf(value)
  if (entries.length === 0) return '{}'
  const lines = entries.map(([key, item]) => `${indent}  ${hclString(key)} = ${hclValue(item, `${indent}  `)}\n`)
  return `{\n${lines.join('')}${indent}}`
}

/** Lists of plain values stay on one line. */
function hclList(values: readonly HclValue[], indent: string): string {
  const isNested = values.some((item) => typeof item === 'object' && item !== null)
  if (!isNested) return `[${values.map((item) => hclValue(item, indent)).join(', ')}]`
  return `[\n${values.map((item) => `${indent}  ${hclValue(item, `${indent}  `)},\n`).join('')}${indent}]`
}

function hclNumber(value: number): string {
  if (!Number.isFinite(value)) throw new UnwritableValue(`not a number of HCL: ${value}`)
  return String(value)
}

/** Templates (`${` and `%{`) are escaped by doubling. More marks before that one are written by number: HCL misreads `$$${`. */
function hclString(text: string): string {
  checkWellFormed(text)
  if (!isHclText(text)) throw new UnwritableValue(`HCL would change this to form NFC: ${JSON.stringify(text)}`)
  const body = escapeQuoted(text, commonEscapes).replace(/([$%]*)([$%])\{/g, (_, before: string, mark: string) => {
    const numbers = before.replaceAll('$', '\\u0024').replaceAll('%', '\\u0025')
    return `${numbers}${mark}${mark}{`
  })
  return `"${body}"`
}
