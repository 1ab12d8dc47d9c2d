import { checkVariable } from './variable-name.ts'

/** The name of a variable with what stands around it: the program that reads the file puts the value in its place. */
export interface Placeholder {
  kind: 'placeholder'
  before: string
  name: string
  after: string
}

/** `placeholder('${', 'NAME', '}')`. What stands around the name is text of this repository and never of a configuration. */
export function placeholder(before: string, name: string, after: string): Placeholder {
  return { kind: 'placeholder', before, name: checkVariable(name), after }
}

export function placeholderText({ before, name, after }: Placeholder): string {
  return `${before}${checkVariable(name)}${after}`
}
