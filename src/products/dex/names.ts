/** Names in the settings of Dex: of secrets, and of variables. It replaces `$NAME` itself, in connectors and in its storage. */
import { type Data, upperSnake } from '../../formats.ts'
import { isMap } from '../../maps.ts'

/** Settings whose value is a secret. */
export const secretSetting = /secret$|password$|^bindPW$|^clientAssertion$/i

const reference = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g

/** The name of the variable, if a text is one reference and nothing else. */
export function variableIn(text: string | undefined): string | undefined {
  return text === undefined ? undefined : /^\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text)?.[1]
}

/** The same data as Dex reads it: `$NAME` for a whole text, `${NAME}` inside of one. */
export function asDexReads(data: Data): Data {
  if (typeof data === 'string') {
    const whole = variableIn(data)
    return whole === undefined ? data.replace(reference, '${$1}') : `$${whole}`
  }
  if (Array.isArray(data)) return data.map((item: Data) => asDexReads(item))
  if (!isMap(data)) return data
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, asDexReads(value as Data)]))
}

/** A text somewhere in data, with its place. */
export interface PlacedText {
  path: readonly (string | number)[]
  text: string
}

export function textsIn(data: unknown, path: readonly (string | number)[] = []): PlacedText[] {
  if (typeof data === 'string') return [{ path, text: data }]
  if (Array.isArray(data)) return data.flatMap((item: unknown, index) => textsIn(item, [...path, index]))
  if (!isMap(data)) return []
  return Object.entries(data).flatMap(([key, value]) => textsIn(value, [...path, key]))
}

/** The variables that the texts of data name, each once. */
export function variablesIn(data: unknown): string[] {
  const names = textsIn(data).flatMap(({ text }) => [...text.matchAll(reference)].map(([, name = '']) => name))
  return [...new Set(names)]
}

/** A text with its references taken out: what is left of it must hold nothing that Dex replaces. */
export function withoutVariables(text: string): string {
  return text.replace(reference, '')
}

/** The variable from which Dex takes the secret of a client, where the configuration names none. */
export function dexClientVariable({ id, secret }: { id: string; secret?: string | undefined }): string {
  return variableIn(secret) ?? `DEX_CLIENT_${upperSnake(variableIn(id) ?? id)}_SECRET`
}
