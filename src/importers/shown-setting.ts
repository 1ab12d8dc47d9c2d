/** Settings as messages show them: with their values, unless one may be a secret. */

import { looksSecret } from '../config/shown-text.ts'
import { isMap } from '../maps.ts'

/**
 * Names of settings whose values are no secret whatever they are: `scopes`, `web.http`. A name also holds for settings that end in it, and
 * for each item of a list: `orgs.name` is `connectors[0].config.orgs[1].name`. Everything else is shown as `…`, and so is what looks
 * like a secret under these names.
 */
export type Harmless = ReadonlySet<string>

export interface Showing {
  /** Those of the tool. */
  harmless: Harmless
  /** Between a name and its value: `=` when absent. */
  sign?: '=' | ':'
}

/** `cookie_expire = "12h"`; what may be a secret shows only that it is set: `redis_password = …`. */
export function shownSetting(name: string, value: unknown, { harmless, sign = '=' }: Showing): string {
  return `${name}${sign === '=' ? ' = ' : ': '}${shownValue(name, value, { harmless })}`
}

/** The value alone, for a place that already shows the name. */
export function shownValue(name: string, value: unknown, { harmless }: Pick<Showing, 'harmless'>): string {
  const isHidden = settingsBelow(name, value).some(([full, inner]) => !isHarmless(full, harmless) || holdsSecret(inner))
  return isHidden ? '…' : JSON.stringify(value)
}

/** Whether the list of a tool has a name. */
export function isHarmless(name: string, harmless: Harmless): boolean {
  const parts = name.replaceAll(/\[\d*\]/g, '').split('.')
  return parts.some((_, index) => harmless.has(parts.slice(index).join('.')))
}

/** The content of a setting, for a place that already shows its name: the value, or what is below it. */
export function shownBelow(name: string, value: unknown, showing: Pick<Showing, 'harmless'>): string {
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

/** Texts that are secrets under any name: keys, credentials, addresses with a password. */
function holdsSecret(value: unknown): boolean {
  return [value].flat().map(String).some(looksSecret)
}
