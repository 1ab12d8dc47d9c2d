import { UnwritableValue } from './unwritable-value.ts'

/** Names that every shell, Docker and Kubernetes take. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
}

export function checkVariable(name: string): string {
  if (!isVariableName(name)) throw new UnwritableValue(`not a variable name: ${JSON.stringify(name)}`)
  return name
}
