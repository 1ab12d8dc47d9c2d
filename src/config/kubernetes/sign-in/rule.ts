/** What an override says about sign-in: read where gatehouse.yaml can say it, else told with what changes. */
import { type DataMap, mapAt } from '../../../maps.ts'
import { withoutUserinfo } from '../../shown-text.ts'
import type { Path, UnreadSetting } from '../manifest.ts'
import type { Override } from '../overrides.ts'

/** The cluster in which an override stands. */
export interface Around {
  /** Entries of `authentication`. */
  entries: readonly DataMap[]
  /** The classes of those entries, in their order; undefined where the class is not among the manifests. */
  classes: readonly (DataMap | undefined)[]
  override: Override
  all: readonly Override[]
}

/** `same`: the rendered files say it as well, or it has no effect. `set`: what the product says instead. Undefined: it is lost. */
export type Reading = 'same' | { set: readonly (readonly [Path, unknown])[] } | undefined

export interface Rule {
  file: RegExp
  key: RegExp
  effect: UnreadSetting['effect']
  /** What changes without it, then what to do. */
  why: string
  /** The value is no secret, whatever it is. */
  isHarmless?: true
  read?: (around: Around) => Reading
}

/** The text of a value: manifests write numbers and booleans with and without quotes. */
export function textOf({ value }: Override): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value).trim()
    : undefined
}

export function flagOf(override: Override): boolean | undefined {
  const text = textOf(override)?.toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : undefined
}

export function listOf(override: Override): string[] | undefined {
  return textOf(override)
    ?.split(/[\s,]+/)
    .filter((item) => item !== '')
}

/** The one OpenID Connect provider of the cluster, with the scopes that it asks for; undefined where there is none, or several. */
export function providerOf({ entries, classes }: Around): { oidc: DataMap; scopes: readonly string[] } | undefined {
  const found = classes.flatMap((definition, index) => {
    const oidc = mapAt(definition, 'oidc')
    return Object.keys(oidc).length === 0 ? [] : [{ oidc, client: mapAt(entries[index], 'oidc') }]
  })
  const [first] = found
  if (!first || found.length > 1) return undefined
  const scopes = [first.oidc['scopes'] ?? ['openid', 'email', 'profile'], first.client['extraScopes'] ?? []]
  return { oidc: first.oidc, scopes: scopes.flatMap((list) => (Array.isArray(list) ? list.map(String) : [])) }
}

export function isSameList(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  return (
    one !== undefined && other !== undefined && [...new Set(one)].sort().join() === [...new Set(other)].sort().join()
  )
}

/** `same` where the override says what the class says under `field`. */
export function asInClass(field: string): NonNullable<Rule['read']> {
  return (around) => (providerOf(around)?.oidc[field] === textOf(around.override) ? 'same' : undefined)
}

/** `same` where the override has exactly one of these values. */
export function asRendered(...values: readonly string[]): NonNullable<Rule['read']> {
  return ({ override }) => (values.includes(textOf(override)?.toLowerCase() ?? '') ? 'same' : undefined)
}

export const scopesAsInClass: NonNullable<Rule['read']> = (around) =>
  isSameList(listOf(around.override), providerOf(around)?.scopes) ? 'same' : undefined

/** Written under `extra`, for a setting that no other key says and that render does not write itself. */
export const inExtra: NonNullable<Rule['read']> = ({ override }) => {
  const text = textOf(override)
  // Neither a reference of the product or of a template, nor what `extra` refuses as the password of an address.
  if (text === undefined || /\$\{|\{\{|=/.test(text) || withoutUserinfo(text) !== text) return undefined
  return { set: [[['extra', override.file, override.key], text]] }
}

/** The end of a sentence about a setting that the rendered files do not write. */
export const keepIt = 'The rendered files do not have it: keep it in your own part of that file, beside them.'
/** Likewise for one that they write. */
export const classSays =
  'The rendered files say what the class says: change the class, or give this product one of its own.'
