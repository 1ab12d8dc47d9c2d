/** Environment files. */
import { type Comment, commentLines } from './comment.ts'
import { singleQuoted } from './shell.ts'
import { UnwritableValue } from './unwritable-value.ts'
import { checkVariable } from './variable-name.ts'

export interface EnvEntry {
  kind: 'env'
  name: string
  value: string
}

export function envEntry(name: string, value: string): EnvEntry {
  return { kind: 'env', name, value }
}

/** Plain if every reader agrees on plain; otherwise in single quotes, inside which a shell expands nothing. */
function envValue(value: string): string {
  if (/[\0\n\r]/.test(value) || !value.isWellFormed())
    throw new UnwritableValue(`not one line of text: ${JSON.stringify(value)}`)
  return /^[A-Za-z0-9_./:@%+,=-]*$/.test(value) ? value : singleQuoted(value)
}

/** A file of KEY=value lines, for a shell (`set -a; . ./file`), systemd and Docker Compose. */
export function writeEnv(entries: readonly (Comment | EnvEntry)[]): string {
  return entries
    .map((entry) =>
      entry.kind === 'comment' ? commentLines(entry) : `${checkVariable(entry.name)}=${envValue(entry.value)}\n`,
    )
    .join('')
}
