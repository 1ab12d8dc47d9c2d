import { type Placeholder, placeholder } from '../../formats.ts'

/** A value that Grafana takes from its environment. A missing variable is an empty text to Grafana: nothing stops at start. */
export function grafanaVariable(name: string): Placeholder {
  return placeholder('$__env{', name, '}')
}
