import { inspect } from 'node:util'

/**
 * A secret value. It prints as `[secret]` wherever it is logged, serialised or put into a template by accident;
 * only `reveal()` gives the text.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}
