import { UnwritableValue } from './unwritable-value.ts'

/** Names that every shell, Docker and Kubernetes take. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
}

/** `lake-prod` -> `LAKE_PROD`: a text as part of the name of a variable, one underscore for each character that is not allowed there. */
export function upperSnake(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, '_')
}

/** `${env:NAME}`: how a variable is named inside of a text, by KIP-297 and by programs that took it over. */
export function envPlaceholder(name: string): string {
  return `\${env:${checkVariable(name)}}`
}

export function checkVariable(name: string): string {
  if (!isVariableName(name)) throw new UnwritableValue(`not a variable name: ${JSON.stringify(name)}`)
  return name
}
