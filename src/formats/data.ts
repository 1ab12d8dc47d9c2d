/** Plain data, as JSON knows it. A Map keeps the order of any keys; an object moves keys such as "1" to the front. */
import { UnwritableValue } from './unwritable-value.ts'

export type Data =
  | string
  | number
  | boolean
  | null
  | readonly Data[]
  | ReadonlyMap<string, Data>
  | { readonly [key: string]: Data }

type Entries<T> = ReadonlyMap<string, T> | { readonly [key: string]: T }

/** The entries of a Map or a plain object. An instance of a class is not data: its fields are not meant for a file. */
export function entriesOf<T>(value: Entries<T>): [string, T][] {
  if (isMap(value)) return [...value]
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new UnwritableValue('not plain data')
  return Object.entries(value)
}

function isMap<T>(value: Entries<T>): value is ReadonlyMap<string, T> {
  return value instanceof Map
}

/** Array.isArray does not narrow a readonly array away. */
export function isList<T>(value: T): value is Extract<T, readonly unknown[]> {
  return Array.isArray(value)
}

/** Digits without an exponent, which every reader accepts: YAML 1.1 reads `1e+21` as a text, TOML and Python differ on others. */
export function plainNumber(value: number): string {
  const text = String(value)
  if (!/^-?\d+(\.\d+)?$/.test(text) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    throw new UnwritableValue(`not a number that every reader takes: ${text}`)
  return text
}

export function wholeNumber(value: number): string {
  if (!Number.isSafeInteger(value)) throw new UnwritableValue(`not a whole number: ${value}`)
  return String(value)
}

/** Formats forbid a duplicate key, or silently let the last one win. */
export function checkUnique(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new UnwritableValue(`twice in one place: ${JSON.stringify(twice)}`)
}
