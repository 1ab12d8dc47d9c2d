/** How a configuration of Dex refers to what is kept elsewhere: `$NAME` of its environment, and `$secret:key` of Argo CD. */
import { variableName } from '../provider.ts'

/** A text that is a reference and nothing else. */
export interface DexReference {
  /** The variable in which Gatehouse and a Dex of one's own expect the value. */
  variable: string
  /** Where Argo CD takes it from; undefined for a variable of Dex. */
  secret?: { name: string; key: string }
}

const ofEnvironment = /^\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))$/
/** `$sso:kc.clientSecret`, `$dex.github.clientSecret`: a key of a Secret, without a name one of `argocd-secret`. */
const ofArgo = /^\$(?:([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?):)?([A-Za-z0-9_][A-Za-z0-9._-]*)$/

/** What a text refers to; undefined when it is a text like any other. In `argo`, `$name` without dots is a key as well. */
export function dexReference(text: string, { argo }: { argo: boolean }): DexReference | undefined {
  const variable = ofEnvironment.exec(text)
  if (variable && !argo) return { variable: variable[1] ?? variable[2] ?? '' }
  const found = ofArgo.exec(text)
  if (!found) return variable ? { variable: variable[1] ?? variable[2] ?? '' } : undefined
  const [, name, key = ''] = found
  return {
    variable: variableName(name ?? '', ...key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').split(/[._-]/)),
    secret: { name: name ?? 'argocd-secret', key },
  }
}

/** A text in which Dex replaces parts, with our references in place of its own. */
export function withReferences(text: string, options: { argo: boolean }): string {
  const whole = dexReference(text, options)
  if (whole) return `\${env:${whole.variable}}`
  return text.replace(
    /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g,
    (_, braced?: string, plain?: string) => `\${env:${braced ?? plain ?? ''}}`,
  )
}
