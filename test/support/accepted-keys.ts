/** What a product accepts in a file: each key with the type of its value. Written down from the source of the product. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Accepted =
  | 'text'
  | 'bool'
  | 'number'
  | 'texts'
  /** A list of items of one shape. */
  | readonly [Accepted]
  | { readonly [key: string]: Accepted }

/** What of `value` would be refused or, worse, ignored: paths, each with the reason. */
export function refused(value: unknown, accepted: Accepted, path = ''): string[] {
  if (typeof accepted === 'string') return isOf(accepted, value) ? [] : [`${path}: not of type ${accepted}`]
  if (isItems(accepted)) {
    if (!Array.isArray(value)) return [`${path}: no list`]
    return value.flatMap((item, index) => refused(item, accepted[0], `${path}[${index}]`))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: no map`]
  return Object.entries(value).flatMap(([key, item]) => {
    const known = Object.hasOwn(accepted, key) ? accepted[key] : undefined
    return known === undefined ? [`${path}.${key}: unknown`] : refused(item, known, `${path}.${key}`)
  })
}

function isItems(accepted: Exclude<Accepted, string>): accepted is readonly [Accepted] {
  return Array.isArray(accepted)
}

function isOf(type: 'text' | 'bool' | 'number' | 'texts', value: unknown): boolean {
  if (type === 'texts') return Array.isArray(value) && value.every((item) => typeof item === 'string')
  if (type === 'text') return typeof value === 'string'
  return typeof value === (type === 'bool' ? 'boolean' : 'number')
}

const golden = join(import.meta.dirname, '../golden')

/** Every golden file of that name: `dex/keycloak/dex.yaml` and its text. */
export function goldenFiles(kind: string, name: string): { path: string; text: string }[] {
  return (
    readdirSync(join(golden, kind))
      // There the operator wrote keys of the product, which need not be ours.
      .filter((folder) => folder !== 'extra')
      .map((folder) => `${kind}/${folder}/${name}`)
      .filter((path) => existsSync(join(golden, path)))
      .map((path) => ({ path, text: readFileSync(join(golden, path), 'utf8') }))
  )
}
