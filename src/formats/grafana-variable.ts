import { checkVariable } from './variable-name.ts'

/** A value that Grafana takes from its environment. A missing variable is an empty text to Grafana: nothing stops at start. */
export interface GrafanaVariable {
  kind: 'grafana-variable'
  name: string
}

export function grafanaEnvironment(name: string): GrafanaVariable {
  return { kind: 'grafana-variable', name: checkVariable(name) }
}

export function grafanaReference({ name }: GrafanaVariable): string {
  return `$__env{${checkVariable(name)}}`
}
