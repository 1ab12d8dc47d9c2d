/** Files of each format with the settings of `extra` in them, written by the writer of that format. All throw RefusedExtra. */
import type { ExtraValue } from '../../config/extra.ts'
import {
  type Comment,
  comment,
  type Data,
  type EnvEntry,
  envEntry,
  isVariableName,
  type Property,
  type PyStatement,
  type PyValue,
  property,
  pyAssign,
  pyDict,
  pyEnvironment,
  pyImport,
  type TomlBody,
  type TomlValue,
  tomlKey,
  writeProperties,
  type YamlValue,
  yamlKeys,
  yamlWith,
} from '../../formats.ts'
import type { RenderedFile } from '../contract.ts'
import { environmentFile } from '../writing/environment-file.ts'
import { error } from '../writing/problem.ts'
import {
  clashProblems,
  convertedAll,
  type ExtraEntry,
  type ExtraInput,
  entriesFor,
  extraPath,
  RefusedExtra,
  type RefusedKeys,
  refuseAll,
  refusedKeyProblems,
  type Syntax,
  secretProblems,
} from './values.ts'

const yours = comment('Yours: `extra` in the Gatehouse configuration.')

interface Written {
  written: readonly (readonly string[])[]
  refused?: RefusedKeys | undefined
  isTree?: boolean
  spelled?: (keys: readonly string[]) => string
}

/** Checks what is asked for one file against what is in it. */
function checkedEntries(entries: readonly ExtraEntry[], { refused = [], ...file }: Written): void {
  refuseAll(entries.flatMap(secretProblems), refusedKeyProblems(entries, refused), clashProblems(entries, file))
}

/** How a product reads values of a properties file. */
export type PropertySyntax = Pick<Syntax<Property['value']>, 'text' | 'variable' | 'list' | 'map' | 'withoutVariable'>

/** Digits, where the number is still the one that was written. */
function numberText(value: number): string | undefined {
  const text = String(value)
  return /^-?\d+(?:\.\d+)?$/.test(text) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? text : undefined
}

const properties = (own: PropertySyntax): Syntax<Property['value']> => ({
  number: numberText,
  boolean: (value) => String(value),
  ...own,
})

/** A list as one text with commas; undefined where an item has one. */
export function commaList(items: readonly ExtraValue[]): string | undefined {
  const texts = items.map((item) => (typeof item === 'object' ? ',' : String(item)))
  return texts.some((text) => text.includes(',') || text.includes('${')) ? undefined : texts.join(',')
}

export function propertiesFile(
  input: ExtraInput,
  path: string,
  entries: readonly (Comment | Property)[],
  {
    syntax,
    refused,
    forVariables = [],
  }: {
    syntax: PropertySyntax
    refused?: RefusedKeys
    /** What the file needs once it names a variable. */
    forVariables?: readonly Property[]
  },
): RenderedFile {
  const added = entriesFor(input, path, 'one')
  const written = entries.flatMap((entry) => (entry.kind === 'property' ? [entry.key] : []))
  checkedEntries(added, { written: written.map((key) => [key]), refused })
  let namesVariable = false
  const own = properties({
    ...syntax,
    variable: (name, keys) => {
      namesVariable = true
      return syntax.variable(name, keys)
    },
  })
  const values = convertedAll(added, own)
  const lines = values.map((value, index) => property(added[index]?.keys.join('.') ?? '', value))
  const missing = namesVariable ? forVariables.filter(({ key }) => !written.includes(key)) : []
  const all = lines.length === 0 ? entries : [...entries, yours, ...missing, ...lines]
  return { path, content: writeProperties(all), takesExtra: true }
}

/** How a product reads the values of its environment; absent: as they are. */
export type VariableSyntax = Partial<Pick<Syntax<string>, 'text' | 'variable' | 'list'>>

/** In a file of variables a reference can only be to the variable itself, which then comes from elsewhere. */
export function variablesFile(
  input: ExtraInput,
  path: string,
  entries: readonly (Comment | EnvEntry)[],
  {
    syntax = {},
    refused,
    expected = [],
  }: {
    syntax?: VariableSyntax
    refused?: RefusedKeys
    /** Names of variables that come from elsewhere: secrets. */
    expected?: readonly string[]
  } = {},
): RenderedFile {
  const added = entriesFor(input, path, 'one')
  const written = [...entries.flatMap((entry) => (entry.kind === 'env' ? [entry.name] : [])), ...expected]
  checkedEntries(added, { written: written.map((name) => [name]), refused })
  const own: Syntax<string> = {
    text: (text) => text,
    number: numberText,
    boolean: (value) => String(value),
    variable: (name, [key]) => (name === key ? '' : undefined),
    withoutVariable:
      'a file of variables cannot take one from another. Write ${env:NAME} with the name of the variable itself',
    ...syntax,
  }
  refuseAll(
    added
      .filter(({ keys: [name = ''] }) => !isVariableName(name))
      .map(({ path: at }) => error(at, 'is not the name of a variable: write letters, digits and _')),
  )
  const lines = convertedAll(added, own).flatMap((value, index) => {
    const { keys: [name = ''] = [], value: asked } = added[index] ?? {}
    // It comes from elsewhere, with the secrets.
    return asked === `\${env:${name}}` ? [] : [envEntry(name, value)]
  })
  const all = lines.length === 0 ? entries : [...entries, yours, ...lines]
  return { ...environmentFile(path, all), takesExtra: true }
}

/** Which names a program reads from its Python file. */
export interface PythonSyntax {
  names: RegExp
  /** An example of such a name, for messages. */
  example: string
  refused?: RefusedKeys
  spelled?: (keys: readonly string[]) => string
}

const python: Syntax<PyValue> = {
  text: (text) => text,
  variable: (name) => pyEnvironment(name),
  number: (value) => (Number.isSafeInteger(value) ? value : undefined),
  boolean: (value) => value,
  nothing: () => null,
  list: (items, convert) => items.map(convert),
  map: (map, convert) => pyDict(Object.entries(map).map(([key, value]) => [key, convert(value)])),
}

/** The statements of a module, and those of `extra` after them. */
export function pythonWith(
  input: ExtraInput,
  file: string,
  statements: readonly PyStatement[],
  { names, example, refused, spelled }: PythonSyntax,
): PyStatement[] {
  const added = entriesFor(input, file, 'one')
  if (added.length === 0) return [...statements]
  for (const { keys, path } of added) {
    if (names.test(keys.join('.'))) continue
    throw new RefusedExtra([
      error(path, `is no name that the product reads from this file: write one such as ${example}`),
    ])
  }
  const written = statements.flatMap((statement) => (statement.kind === 'assign' ? [[statement.name]] : []))
  checkedEntries(added, { written, refused, ...(spelled ? { spelled } : {}) })
  const values = convertedAll(added, python)
  const lines = values.map((value, index) => pyAssign(added[index]?.keys.join('.') ?? '', value))
  const importsOs = statements.some(({ kind, ...rest }) => kind === 'import' && 'name' in rest && rest.name === 'os')
  return [...statements, comment(''), yours, ...(importsOs ? [] : [pyImport('os')]), ...lines]
}

/** What a product fills in inside of a YAML or JSON file; absent: nothing. */
export interface TreeSyntax {
  text?: (text: string) => string | undefined
  variable?: (name: string) => string | undefined
  withoutVariable?: string
  refused?: RefusedKeys
}

function nothingFilledIn(): undefined {
  return undefined
}

const tree = ({
  text = (same) => same,
  variable = nothingFilledIn,
  withoutVariable,
}: TreeSyntax): Syntax<YamlValue> => ({
  text,
  variable,
  number: (value) => value,
  boolean: (value) => value,
  nothing: () => null,
  list: (items, convert) => items.map(convert),
  map: (map, convert) => new Map(Object.entries(map).map(([key, value]) => [key, convert(value)])),
  ...(withoutVariable === undefined ? {} : { withoutVariable }),
})

/** A tree with the settings of `extra` in their places. `below`: the key of the file's entry under which they are, if not at the top. */
export function treeWith(
  input: ExtraInput,
  file: string,
  value: YamlValue,
  { below = [], ...syntax }: TreeSyntax & { below?: readonly string[] } = {},
): YamlValue {
  const added = entriesFor(input, file, 'all').flatMap(({ keys, ...entry }) =>
    below.every((key, index) => keys[index] === key) && keys.length > below.length
      ? [{ ...entry, keys: keys.slice(below.length) }]
      : [],
  )
  if (added.length === 0) return value
  const { refused } = syntax
  checkedEntries(added, { written: yamlKeys(value), refused, isTree: true })
  const form = tree(syntax)
  const values = convertedAll(added, form)
  return values.reduce<YamlValue>((all, one, index) => yamlWith(all, added[index]?.keys ?? [], one), value)
}

/** The same for a file of plain data. */
export function dataWith(input: ExtraInput, file: string, value: Data, syntax: TreeSyntax = {}): Data {
  // Without comments, which only YAML has, what comes out is what went in.
  return treeWith(input, file, value, syntax) as Data
}

/** Keys at the top of a TOML file. */
export function tomlWith(
  input: ExtraInput,
  file: string,
  body: TomlBody,
  { refused, withoutVariable }: { refused?: RefusedKeys; withoutVariable?: string } = {},
): TomlBody {
  const added = entriesFor(input, file, 'one')
  if (added.length === 0) return body
  const written = body.flatMap((entry) =>
    entry.kind === 'comment' ? [] : [[entry.kind === 'toml-key' ? entry.key : entry.name]],
  )
  checkedEntries(added, { written, refused })
  const syntax: Syntax<TomlValue> = {
    text: (text) => text,
    variable: () => undefined,
    number: (value) => (Number.isSafeInteger(value) ? value : undefined),
    boolean: (value) => value,
    list: (items) => (items.every((item) => typeof item === 'string') ? items : undefined),
    ...(withoutVariable === undefined ? {} : { withoutVariable }),
  }
  const values = convertedAll(added, syntax)
  return [...body, yours, ...values.map((value, index) => tomlKey(added[index]?.keys.join('.') ?? '', value))]
}

/** A section, with a comment above it. */
export interface SectionOfFile<Value> {
  name: string
  above?: string
  keys: readonly (readonly [key: string, value: Value])[]
}

/** Keys in sections, as pairs: for a file whose sections a kind keeps as lists. */
export function sectionsWith<Value>(
  input: ExtraInput,
  file: string,
  sections: readonly SectionOfFile<Value>[],
  syntax: Syntax<Value> & { refused?: RefusedKeys },
): SectionOfFile<Value>[] {
  const added = entriesFor(input, file, 'two')
  for (const { keys, path } of added) {
    if (keys.length === 2) continue
    throw new RefusedExtra([error(path, 'is a section: write its keys below it')])
  }
  const written = sections.flatMap(({ name, keys }) => keys.map(([key]) => [name, key]))
  checkedEntries(added, { written, refused: syntax.refused })
  const pairs = convertedAll(added, syntax).map((value, index) => {
    const [name = '', key = ''] = added[index]?.keys ?? []
    return { name, pair: [key, value] as const }
  })
  const byName = Map.groupBy(pairs, ({ name }) => name)
  const pairsOf = (name: string) => (byName.get(name) ?? []).map(({ pair }) => pair)
  const known = sections.map((section) => ({ ...section, keys: [...section.keys, ...pairsOf(section.name)] }))
  const others = [...byName.keys()].filter((name) => sections.every((section) => section.name !== name))
  return [...known, ...others.map((name) => ({ name, keys: pairsOf(name) }))]
}

/** Files that `extra` names and that take nothing, or are not written. */
export function unknownFileProblems(input: ExtraInput, title: string, files: readonly RenderedFile[]) {
  const taking = files.filter(({ takesExtra }) => takesExtra).map(({ path }) => path)
  return Object.keys(input.product.extra ?? {})
    .filter((file) => !taking.includes(file))
    .map((file) => {
      const at = extraPath(input, file)
      if (taking.length === 0) return error(at, `${title} has no rendered file that takes settings of yours`)
      return error(at, `is no rendered file of ${title} that takes settings of yours: write ${taking.join(', ')}`)
    })
}
