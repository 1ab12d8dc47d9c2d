import { type Comment, comment, type EnvEntry, envEntry, writeEnv } from '../formats.ts'
import type { ProductInput, Provider, RenderedFile } from './contract.ts'

export interface ExpectedVariable {
  name: string
  /** One line: what it is and where it comes from. */
  note: string
}

export function clientSecretVariable({ name }: ProductInput, provider: Provider): ExpectedVariable {
  const source =
    provider.kind === 'gatehouse' && provider.secretIsDerived
      ? `gatehouse clients secret ${name}`
      : 'REGISTER.md says where to get it'
  return { name: provider.secretVariable, note: `The client secret at ${provider.className}: ${source}.` }
}

/** secrets.env.example: the variables that the files expect, without values. */
export function secretsExample(variables: readonly ExpectedVariable[]): RenderedFile {
  const entries = variables.flatMap(({ name, note }): (Comment | EnvEntry)[] => [
    comment(''),
    comment(note),
    envEntry(name, ''),
  ])
  const head = comment(
    'Variables that the rendered files expect in the environment of the product.\nCopy to secrets.env, fill in, keep it out of version control.',
  )
  return { path: 'secrets.env.example', content: writeEnv([head, ...entries]) }
}
