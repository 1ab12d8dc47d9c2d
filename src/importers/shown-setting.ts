/** Settings as messages show them: with their values, unless one may be a secret. */

import { looksSecret } from '../config/shown-text.ts'
import { isMap } from '../maps.ts'
import type { NotCarried } from './contract.ts'

/**
 * Names of settings whose values are no secret whatever they are: `scopes`, `web.http`. A name also holds for settings that end in it, and
 * for each item of a list: `orgs.name` is `connectors[0].config.orgs[1].name`. Everything else is shown as `…`, and so is what looks
 * like a secret under these names.
 */
export type Harmless = ReadonlySet<string>

export interface Showing {
  /** Those of the tool. Without them the setting is one that `render` writes, which is no text of the input. */
  harmless?: Harmless
  /** Between a name and its value: `=` when absent. */
  sign?: '=' | ':'
}

/** `cookie_expire = "12h"`; what may be a secret shows only that it is set: `redis_password = …`. */
export function shownSetting(name: string, value: unknown, showing: Showing | '=' | ':' = {}): string {
  const { sign = '=', ...rest } = typeof showing === 'string' ? { sign: showing } : showing
  return `${name}${sign === '=' ? ' = ' : ': '}${shownValue(name, value, rest)}`
}

/** The value alone, for a place that already shows the name. */
export function shownValue(name: string, value: unknown, { harmless }: Pick<Showing, 'harmless'> = {}): string {
  const isHidden = settingsBelow(name, value).some(([full, inner]) =>
    harmless ? !isHarmless(full, harmless) || holdsSecret(inner) : mayBeSecret(full, inner),
  )
  return isHidden ? '…' : JSON.stringify(value)
}

/** Whether the list of a tool has a name. */
export function isHarmless(name: string, harmless: Harmless): boolean {
  const parts = name.replaceAll(/\[\d*\]/g, '').split('.')
  return parts.some((_, index) => harmless.has(parts.slice(index).join('.')))
}

/** The content of a setting, for a place that already shows its name: the value, or what is below it. */
export function shownBelow(name: string, value: unknown, showing: Pick<Showing, 'harmless'> = {}): string {
  return settingsBelow(name, value)
    .map(([full, inner]) => {
      const short = full.slice(name.length).replace(/^\./, '')
      return short === '' ? shownValue(full, inner, showing) : `${short}: ${shownValue(full, inner, showing)}`
    })
    .join(', ')
}

/** Every setting below one, by its full name: `oauth2.passwordConnector`, `orgs[0].name`. A list of texts is one setting. */
export function settingsBelow(name: string, value: unknown): [string, unknown][] {
  if (isMap(value)) {
    const prefix = name === '' ? '' : `${name}.`
    return Object.entries(value).flatMap(([key, inner]) => settingsBelow(`${prefix}${key}`, inner))
  }
  if (!Array.isArray(value) || !value.some((item) => typeof item === 'object' && item !== null)) return [[name, value]]
  return value.flatMap((item: unknown, index) => settingsBelow(`${name}[${index}]`, item))
}

/** One entry for all settings that were not taken, as `shownSetting` shows them. */
export function noPlace(where: string, settings: readonly string[]): NotCarried {
  return {
    where,
    what: settings.join(', '),
    why: 'No place in gatehouse.yaml. Put back into the rendered file what you need.',
  }
}

/** Names that hold secrets, though what we write ourselves has only references there. */
const secretName = /secret|pass(?:w|phrase)|pwd|bindpw|token|key|hash|credential|private|salt|dsn|auth_code/i
/** Names that only sound like a secret. */
const plainName = /(?:^|\.)(?:userNameKey|userIDKey|passwordConnector)$/
/** `12h`, `1h30m`: what `idTokens` and `token_lifetime` hold. */
const duration = /^(?:\d+(?:ms|[smhd]))+$/

function mayBeSecret(name: string, value: unknown): boolean {
  if (typeof value === 'boolean' || value === null || duration.test(String(value))) return false
  return (secretName.test(name) && !plainName.test(name)) || holdsSecret(value)
}

/** Texts that are secrets under any name: keys, credentials, addresses with a password. */
function holdsSecret(value: unknown): boolean {
  return [value].flat().map(String).some(looksSecret)
}
