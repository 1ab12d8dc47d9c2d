import type { Effect, NotCarried } from '../contract.ts'
import { effectOfKey } from './effects.ts'
import { splitList } from './flags.ts'
import { type Found, FromElsewhere, isFilledIn, ranks } from './found.ts'

interface Setting {
  name: string
  value: unknown
  /** File and path, without the name. */
  place: string
  rank: Found['rank']
  isTaken: boolean
}

/** What the files say, and what of it has been taken: flags win over variables, variables over files, later ones over earlier ones. */
export class TakenSettings {
  readonly #settings = new Map<string, Found>()
  readonly #names = new Set<string>()
  readonly notCarried: NotCarried[]

  constructor(found: readonly Found[], notCarried: readonly NotCarried[]) {
    for (const setting of found) {
      const before = this.#settings.get(setting.key)
      if (before === undefined || ranks[setting.rank] >= ranks[before.rank]) this.#settings.set(setting.key, setting)
    }
    this.notCarried = [...notCarried]
  }

  take(name: string): unknown {
    this.#names.add(name)
    const value = this.#settings.get(name)?.value
    return value === '' || value === null ? undefined : value
  }

  /** Undefined also where the value is elsewhere: `elsewhere` tells where. */
  text(name: string): string | undefined {
    const value = this.take(name)
    return value === undefined || typeof value === 'object' ? undefined : String(value)
  }

  /** A text without taking it; empty when there is none. */
  peek(name: string): string {
    const value = this.#settings.get(name)?.value
    return typeof value === 'string' ? value : ''
  }

  elsewhere(name: string): string | undefined {
    const value = this.#settings.get(name)?.value
    return value instanceof FromElsewhere ? value.source : undefined
  }

  /** A list; in variables also a text with commas. What is filled in elsewhere is lost. */
  list(name: string): string[] {
    const value = this.take(name)
    const items = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? splitList(value) : []
    const open = items.filter((item) => isFilledIn(name, item))
    if (open.length > 0) {
      this.lose(
        name,
        open.join(', '),
        'It is left out, because it is filled in elsewhere. Write what it is into gatehouse.yaml.',
      )
    }
    return items.filter((item) => !open.includes(item))
  }

  flag(name: string): boolean {
    return isTrue(this.take(name))
  }

  /** `effect`: what the setting decides, when absent. */
  lose(name: string, what: string, why: string, effect: Effect = effectOfKey(name)): void {
    const entry = { where: this.where(name), what, why, effect }
    if (!this.notCarried.some((known) => known.where === entry.where && known.why === why)) this.notCarried.push(entry)
  }

  where(name: string): string {
    const place = this.#settings.get(name)?.place
    return place === undefined ? name : `${place}: ${name}`
  }

  /** Every setting, taken or not; empty ones count as missing. */
  all(): Setting[] {
    return [...this.#settings]
      .filter(([, { value }]) => value !== '' && value !== null && !(Array.isArray(value) && value.length === 0))
      .map(([name, { value, place, rank }]) => ({ name, value, place, rank, isTaken: this.#names.has(name) }))
  }

  has(name: string): boolean {
    return this.all().some((setting) => setting.name === name)
  }

  /** Whether it was already reported. */
  isLost(name: string): boolean {
    return this.notCarried.some(({ where }) => where === this.where(name))
  }
}

/** As Go reads a truth. */
export function isTrue(value: unknown): boolean {
  return /^(?:1|t|true)$/i.test(String(value))
}
