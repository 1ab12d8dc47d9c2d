/** Scripts for a POSIX shell (IEEE 1003.1, section 2): commands are lists of words, and no word is expanded, split or run. */
import { type Comment, commentLines } from './comment.ts'
import { UnwritableValue } from './unwritable-value.ts'
import { checkVariable } from './variable-name.ts'

/** `"${NAME}"`: always one word, whatever the variable holds. */
export interface ShellVariable {
  kind: 'shell-variable'
  name: string
}

/** One word; a list is joined: `['--secret=', shellVariable('SECRET')]`. */
export type ShellWord = string | ShellVariable | readonly (string | ShellVariable)[]

export interface ShellCommand {
  kind: 'command'
  words: readonly ShellWord[]
}

export function shellVariable(name: string): ShellVariable {
  return { kind: 'shell-variable', name: checkVariable(name) }
}

/** A command and its arguments. A word that begins with `-` is still an option to the command: put `--` before words from elsewhere. */
export function shellCommand(...words: readonly ShellWord[]): ShellCommand {
  return { kind: 'command', words }
}

/** A text as one word of a shell. */
export function shellWord(text: string): string {
  if (text.includes('\0') || !text.isWellFormed())
    throw new UnwritableValue(`not an argument of a command: ${JSON.stringify(text)}`)
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(text) ? text : singleQuoted(text)
}

/** A shell expands nothing inside single quotes; only the quote itself must be outside them. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function word(value: ShellWord): string {
  if (typeof value === 'string') return shellWord(value)
  if ('kind' in value) return `"\${${checkVariable(value.name)}}"`
  // An empty text beside a variable adds nothing, and alone it is still a word.
  const parts = value.filter((part) => part !== '')
  return parts.length === 0 ? "''" : parts.map(word).join('')
}

/** The first word is quoted unless it is plainly a command: `if` and `A=b` mean something there, and `'if'` does not. */
function command({ words: [first, ...rest] }: ShellCommand): string {
  if (first === undefined) throw new UnwritableValue('a command has at least one word')
  return `${[commandName(first), ...rest.map(word)].join(' ')}\n`
}

const reserved = /^(?:if|then|else|elif|fi|do|done|case|esac|while|until|for|in|function|select|time|coproc)$/

function commandName(value: ShellWord): string {
  if (typeof value === 'string') return isPlainCommand(value) ? value : quotedName(value)
  return 'kind' in value
    ? word(value)
    : value.map((part) => (typeof part === 'string' ? quotedName(part) : word(part))).join('')
}

function quotedName(text: string): string {
  const written = shellWord(text)
  return written === text ? singleQuoted(text) : written
}

function isPlainCommand(text: string): boolean {
  return /^[A-Za-z0-9_./-]+$/.test(text) && !reserved.test(text)
}

/** A script that stops at the first command that fails and at the first variable that is missing. */
export function writeShell(commands: readonly (Comment | ShellCommand)[]): string {
  const lines = commands.map((entry) => (entry.kind === 'comment' ? commentLines(entry) : command(entry)))
  return `#!/bin/sh\nset -eu\n${lines.join('')}`
}
