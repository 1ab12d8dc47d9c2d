/** What `extra` of a product says for one file: which keys, which values, and what nobody may write there. */
import type { ExtraValue } from '../../config/extra.ts'
import { withoutUserinfo } from '../../config/shown-text.ts'
import { isVariableName } from '../../formats.ts'
import type { ConfigPath, ExpectedVariable, ProductInput, ProductProblem } from '../contract.ts'
import { error } from '../writing/problem.ts'

/** Why nothing is written: what is wrong with `extra`, each with its place. `render-product.ts` tells people. */
export class RefusedExtra extends Error {
  readonly problems: readonly ProductProblem[]
  constructor(problems: readonly ProductProblem[]) {
    super(problems.map(({ message }) => message).join('; '))
    this.problems = problems
  }
}

/** The part of the input that knows `extra`. */
export type ExtraInput = Pick<ProductInput, 'product' | 'path'>

/** One setting: where it goes in the file, and where the configuration has it. */
export interface ExtraEntry {
  keys: readonly string[]
  value: ExtraValue
  path: ConfigPath
}

/** How one kind of file holds values. Each function answers with undefined where the file has no form for a value. */
export interface Syntax<Value> {
  text: (text: string) => Value | undefined
  /** A value from the environment. */
  variable: (name: string, keys: readonly string[]) => Value | undefined
  number: (value: number) => Value | undefined
  boolean: (value: boolean) => Value | undefined
  /** Lists, and maps where they are no part of the file's own tree. `convert` is for what is in them. */
  list?: (items: readonly ExtraValue[], convert: (value: ExtraValue) => Value) => Value | undefined
  map?: (map: { readonly [key: string]: ExtraValue }, convert: (value: ExtraValue) => Value) => Value | undefined
  nothing?: () => Value
  /** What to do where there is no form for a variable. */
  withoutVariable?: string
}

/** Keys of one file that contradict what render writes there, and why. The keys are compared joined by dots. */
export type RefusedKeys = readonly (readonly [keys: RegExp, why: string])[]

export function extraPath({ path }: ExtraInput, file: string): ConfigPath {
  return [...path, 'extra', file]
}

/** The settings for one file. `depth`: how many levels of keys the file has at least; `deep`: every map is a level. */
export function entriesFor(input: ExtraInput, file: string, levels: 'one' | 'two' | 'all'): ExtraEntry[] {
  const at = extraPath(input, file)
  return entriesIn(input.product.extra?.[file] ?? {}, {
    keys: [],
    path: at,
    left: { one: 1, two: 2, all: 100 }[levels],
  })
}

function entriesIn(
  value: { readonly [key: string]: ExtraValue },
  { keys, path, left }: { keys: readonly string[]; path: ConfigPath; left: number },
): ExtraEntry[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const entry = { keys: [...keys, key], value: inner, path: [...path, key] }
    if (left <= 1 || !isMap(inner) || Object.keys(inner).length === 0) return [entry]
    return entriesIn(inner, { keys: entry.keys, path: entry.path, left: left - 1 })
  })
}

function isMap(value: ExtraValue): value is { [key: string]: ExtraValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The variable that a value names; undefined where it is no reference. */
export function referenceIn(value: ExtraValue): string | undefined {
  const [, name] = (typeof value === 'string' && /^\$\{env:([^}]*)\}$/.exec(value)) || []
  return name !== undefined && isVariableName(name) ? name : undefined
}

/** The value as the file holds it. Throws RefusedExtra. */
export function converted<Value>({ value, path, keys }: ExtraEntry, syntax: Syntax<Value>): Value {
  const refuse = (message: string): never => {
    throw new RefusedExtra([error(path, message)])
  }
  return convert(value)

  function convert(inner: ExtraValue): Value {
    const name = referenceIn(inner)
    const found = name === undefined ? plain(inner) : syntax.variable(name, keys)
    // Nothing (null) is a value of Python and YAML.
    if (found === undefined) return refuse(name === undefined ? noForm(inner) : noVariable(syntax))
    return found
  }

  function plain(inner: ExtraValue): Value | undefined {
    if (typeof inner === 'string') return syntax.text(checked(inner, refuse))
    if (typeof inner === 'number') return syntax.number(inner)
    if (typeof inner === 'boolean') return syntax.boolean(inner)
    if (inner === null) return syntax.nothing?.()
    return Array.isArray(inner) ? syntax.list?.(inner, convert) : syntax.map?.(inner, convert)
  }
}

/** All of them, or every problem with them. Throws RefusedExtra. */
export function convertedAll<Value>(entries: readonly ExtraEntry[], syntax: Syntax<Value>): Value[] {
  const problems: ProductProblem[] = []
  const values = entries.flatMap((entry) => {
    try {
      return [converted(entry, syntax)]
    } catch (cause) {
      if (!(cause instanceof RefusedExtra)) throw cause
      problems.push(...cause.problems)
      return []
    }
  })
  refuseAll(problems)
  return values
}

function checked(text: string, refuse: (message: string) => never): string {
  // How shells, Compose and Trino write it: here it would be a text, or depend on the product.
  const [, meant] = /^\$\{(?:ENV:)?([A-Za-z_]\w*)\}$/.exec(text) ?? []
  if (meant !== undefined) return refuse(`is no reference here: write \${env:${meant}}`)
  if (/\$\{(?:env|file):/.test(text)) {
    return refuse(
      'has a reference inside of a text: ${env:NAME} must be the whole value, and only variables can be one',
    )
  }
  return text
}

function noVariable({ withoutVariable }: { withoutVariable?: string }): string {
  return `is a reference, and the product fills in no variable here: ${withoutVariable ?? 'write it where the product reads its secrets'}`
}

function noForm(value: ExtraValue): string {
  if (typeof value === 'string')
    return 'would be read as something else than it is: write it without what the product replaces, such as ${...}'
  return `is ${value === null ? 'nothing' : Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a map' : 'a number with a fraction, or one too long,'} for which this file has no form: write a text, a number, true or false`
}

/** What is secret by its name, once words are parted: `clientSecret`, `db-password`, `X_API_KEY`; but not `token-url`. */
const secretName =
  /(?:^|_)(?:CREDENTIALS?|PASS(?:WD|WORD|PHRASE)?|PWD|SECRETS?|TOKEN|(?:PRIVATE|API|SECRET|ACCESS|SIGNING|ENCRYPTION|FERNET)_?KEY)(?:_VALUE)?$/

/** A name that says nothing of a secret, and a value that looks like one: digits and letters without a word or a path in them. */
function looksMade(words: string, value: string): boolean {
  return /(?:^|_)KEYS?$/.test(words) && /^(?=.*\d)[A-Za-z0-9+/=_-]{16,}$/.test(value)
}

function wordsOf(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/_$/, '')
    .toUpperCase()
}

/** Whether a text shows a secret, whatever its key is called. */
function showsSecret(text: string): boolean {
  return (
    withoutUserinfo(text) !== text ||
    /-----BEGIN [A-Z ]*PRIVATE KEY-----|(?:password|passwd|pwd|secret)\s*=\s*["']?[^\s"'${]/i.test(text)
  )
}

/** Secrets in clear text, anywhere below a key. */
export function secretProblems({ keys, value, path }: ExtraEntry): ProductProblem[] {
  return secretsIn(value, keys.at(-1) ?? '').length === 0
    ? []
    : [
        error(
          path,
          'is a secret in clear text: write ${env:NAME}, and set the variable in the environment of the product',
        ),
      ]
}

function secretsIn(value: ExtraValue, key: string): ExtraValue[] {
  if (Array.isArray(value)) return value.flatMap((item) => secretsIn(item, key))
  if (isMap(value)) return Object.entries(value).flatMap(([inner, item]) => secretsIn(item, nameOf(value, inner)))
  const words = wordsOf(key)
  if (typeof value === 'number') return secretName.test(words) ? [value] : []
  if (typeof value !== 'string' || value === '' || referenceIn(value) !== undefined) return []
  // A reference in the product's own form, or the name of a place: `$name:key`, `${NAME}`.
  const isReference = /^\$[{(]?[A-Za-z_][\w.:-]*[})]?$/.test(value) || /^(?:true|false|none)$/i.test(value)
  const isSecret = secretName.test(words) || looksMade(words, value)
  return (isSecret && !isReference) || showsSecret(value) ? [value] : []
}

/** What a value is called: its key, or its name in a list such as `env: [{ name: X, value: ... }]`. */
function nameOf({ name }: { readonly [key: string]: ExtraValue }, key: string): string {
  return key === 'value' && typeof name === 'string' ? name : key
}

/** A key that the file has already, in any spelling that the product may read alike. */
export interface WrittenKey {
  keys: readonly string[]
}

/** Letter case, quotes, blanks, hyphens and underscores: readers differ on them, so two such keys are one. */
export function spelling(keys: readonly string[]): string {
  return keys
    .join('.')
    .toLowerCase()
    .replace(/["'`\s_-]/g, '')
}

interface Clashing {
  /** Keys that the file has without `extra`. */
  written: readonly (readonly string[])[]
  /** True: a key holds what is below it, so that one is part of the other. */
  isTree?: boolean
  spelled?: (keys: readonly string[]) => string
}

/** Keys that are there already, in the file or in `extra` itself. */
export function clashProblems(
  entries: readonly ExtraEntry[],
  { written, isTree = false, spelled = spelling }: Clashing,
): ProductProblem[] {
  const clashes = (one: string, other: string) =>
    one === other || (isTree && (one.startsWith(`${other}.`) || other.startsWith(`${one}.`)))
  return entries.flatMap(({ keys, path }, index) => {
    const mine = spelled(keys)
    const theirs = written.find((other) => clashes(mine, spelled(other)))
    if (theirs) {
      const name = theirs.join('.')
      const as = name === keys.join('.') ? '' : ` as ${name}`
      return [
        error(path, `is written by render already${as}: take it out here, and change the setting that it comes from`),
      ]
    }
    const twice = entries.slice(0, index).find((other) => clashes(mine, spelled(other.keys)))
    return twice
      ? [error(path, `is the same as ${twice.keys.join('.')} above it to the product: write one of them`)]
      : []
  })
}

export function refusedKeyProblems(entries: readonly ExtraEntry[], refused: RefusedKeys): ProductProblem[] {
  return entries.flatMap(({ keys, path }) => {
    const [, why] = refused.find(([pattern]) => pattern.test(keys.join('.'))) ?? []
    return why === undefined ? [] : [error(path, why)]
  })
}

/** Throws RefusedExtra where one of the lists has a problem. */
export function refuseAll(...lists: readonly (readonly ProductProblem[])[]): void {
  const problems = lists.flat()
  if (problems.length > 0) throw new RefusedExtra(problems)
}

/** The variables that `extra` names, for `secrets.env.example`. */
export function extraVariables({ product }: ExtraInput): ExpectedVariable[] {
  return Object.entries(product.extra ?? {}).flatMap(([file, settings]) =>
    namesIn(settings).map((name) => ({ name, note: `For extra of ${file}: the value comes from you.` })),
  )
}

function namesIn(value: ExtraValue): string[] {
  const name = referenceIn(value)
  if (name !== undefined) return [name]
  if (Array.isArray(value)) return value.flatMap(namesIn)
  return isMap(value) ? Object.values(value).flatMap(namesIn) : []
}
