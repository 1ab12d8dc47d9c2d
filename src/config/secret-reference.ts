import { resolve } from 'node:path'
import { AppError } from '../errors.ts'
import { own } from '../maps.ts'
import { readRegularFile } from './regular-file.ts'
import { Secret } from './secret.ts'

/** Secrets are short, and all authorities of a system have 250 kB. */
const longestReferenced = 8 * 2 ** 20

const reference = /^\$\{(env|file):([^}]+)\}$/

/** Where the text of a secret is kept: an environment variable, a file, or (discouraged) the configuration itself. */
export type SecretSource = { kind: 'env'; name: string } | { kind: 'file'; path: string } | { kind: 'literal' }

/** Reads `${env:NAME}` and `${file:/path}`; anything else is a literal. */
export function parseSecretReference(text: string): SecretSource {
  const match = reference.exec(text)
  if (!match) return { kind: 'literal' }
  const [, kind = '', target = ''] = match
  return kind === 'env' ? { kind: 'env', name: target } : { kind: 'file', path: target }
}

/** References in the syntax of shells, Compose, Kubernetes, Helm, Ansible, ERB, cmd and PowerShell. */
const foreignReferences = [
  /^\$\{.*\}$/s,
  /^\$\([A-Za-z_]\w*\)$/,
  /^\$[A-Z][A-Z0-9_]{2,}$/,
  /^\{\{.*\}\}$/s,
  /^<%.*%>$/s,
  /^%[A-Z][A-Z0-9_]*%$/,
  /^\$?env[:.][A-Z][A-Z0-9_]*$/i,
]

/**
 * What is wrong with a text that was meant as a reference in the syntax of another tool: `${NAME}`, `$NAME`, `$(NAME)`, `{{ name }}`, `%NAME%`,
 * `env:NAME`, `file:/path`. It would be taken for the secret itself. Undefined for references, and for texts that are none.
 */
export function misreadReference(text: string): string | undefined {
  if (reference.test(text)) return undefined
  const [, name = ''] = /^(?:\$\{?\(?|\{\{|%)?\s*(?:\$?env[:.])?([A-Z][A-Z0-9_]*)\b.*$/is.exec(text) ?? []
  if (/^(?:\$\{)?file:\/[^\s}]+$/.test(text))
    return 'is no reference, so it would be the secret itself: did you mean ${file:/path}?'
  if (!foreignReferences.some((form) => form.test(text))) return undefined
  // Variables have such names; anything else is not repeated.
  const shown = /^[A-Z][A-Z0-9_]{0,60}$/.test(name) ? name : 'NAME'
  return `is no reference, so it would be the secret itself: did you mean \${env:${shown}}?`
}

/**
 * The secret that a reference points to. Relative files are looked up from `baseDir`, the folder of the configuration file.
 * Throws `secret-not-found` naming the variable or the file.
 */
export function resolveSecret(
  text: string,
  { env, baseDir }: { env: Readonly<Record<string, string | undefined>>; baseDir: string },
): Secret {
  const source = parseSecretReference(text)
  if (source.kind === 'literal') return new Secret(text)
  if (source.kind === 'env') {
    const value = own(env, source.name)
    if (value === undefined || value === '')
      throw new AppError('secret-not-found', { environmentVariable: source.name })
    return new Secret(value)
  }
  // Editors and `echo` end a file with a newline that is not part of the secret.
  return new Secret(readReferenced(resolve(baseDir, source.path)).replace(/\r?\n$/, ''))
}

/** The text of a file that the configuration points to. Throws `secret-not-found`. */
export function readReferenced(file: string): string {
  try {
    return readRegularFile(file, { maxBytes: longestReferenced }).toString('utf8')
  } catch (cause) {
    throw new AppError('secret-not-found', { file }, { cause })
  }
}
