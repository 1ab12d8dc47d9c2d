import type { NotCarried } from '../contract.ts'
import type { ProxySettings } from './settings.ts'

interface Setting {
  name: string
  value: unknown
  where: string
  isTaken: boolean
}

/** The content of the files, and what of it has been taken. Later files win, as flags win over files. */
export class TakenSettings {
  readonly #settings: ProxySettings
  readonly #names = new Set<string>()
  readonly notCarried: NotCarried[]

  constructor(settings: ProxySettings, notCarried: NotCarried[]) {
    this.#settings = settings
    this.notCarried = notCarried
  }

  take(name: string): unknown {
    this.#names.add(name)
    const value = this.#settings.get(name)?.value
    return value === '' ? undefined : value
  }

  text(name: string): string | undefined {
    const value = this.take(name)
    return value === undefined || typeof value === 'object' ? undefined : String(value)
  }

  /** A list; in variables and flags also a text with commas. */
  list(name: string): string[] {
    const value = this.take(name)
    if (Array.isArray(value)) return value.map(String)
    return typeof value === 'string' ? value.split(',').map((item) => item.trim()) : []
  }

  flag(name: string): boolean {
    return String(this.take(name)) === 'true'
  }

  lose(name: string, what: string, why: string): void {
    this.notCarried.push({ where: this.#settings.get(name)?.where ?? name, what, why })
  }

  /** Every setting, taken or not; empty ones count as missing. */
  all(): Setting[] {
    return [...this.#settings]
      .filter(([, { value }]) => value !== '')
      .map(([name, { value, where }]) => ({ name, value, where, isTaken: this.#names.has(name) }))
  }

  /** Whether it was already reported. */
  isLost(name: string): boolean {
    const where = this.#settings.get(name)?.where ?? name
    return this.notCarried.some((entry) => entry.where === where)
  }
}
