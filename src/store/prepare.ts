import type { Compilable, CompiledQuery } from 'kysely'

class Placeholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/**
 * Compiles a query once; the result binds values to it. Compiling costs more than a look-up by key, so everything on
 * the path of a login is prepared.
 */
export function prepare<Values extends Record<string, unknown>, Row>(
  build: (value: <Name extends keyof Values & string>(name: Name) => Values[Name]) => Compilable<Row>,
): (values: Values) => CompiledQuery<Row> {
  // The builder passes values through unchanged, so a placeholder ends up where the value would be.
  const compiled = build((name) => new Placeholder(name) as never).compile()
  const slots = compiled.parameters.map((parameter) => (parameter instanceof Placeholder ? parameter.name : undefined))
  return (values) => ({
    ...compiled,
    parameters: compiled.parameters.map((parameter, index) => {
      const slot = slots[index]
      return slot === undefined ? parameter : values[slot]
    }),
  })
}
