/**
 * Files for products that read no environment contain `"$NAME"` in place of a text, and come with a script that prints them with
 * the texts filled in: secrets, and texts not known when the file is rendered, are then never in a file.
 */
import { comment, shellCommand, writeShell } from '../../formats.ts'
import type { RenderedFile } from '../contract.ts'

/** A text from the environment: Dex reads it itself, elsewhere the script fills it in. */
export function environmentReference(name: string): string {
  return `$${name}`
}

/** All of these are our own constants: they become parts of an awk program. */
export interface FillOptions {
  /** Above the command. */
  about: string
  /** What precedes such a text on its line; when absent, any text that is only `$NAME`. */
  after?: string
  /** A regular expression for texts that the reader of the file would misread, and why. */
  refuse?: { pattern: string; reason: string }
}

/**
 * Awk for every POSIX system. A text that is only `$NAME` becomes the variable as a JSON string, which is a YAML string in
 * double quotes too. Parts of other texts never match: a quote inside a text has a backslash before it.
 */
function program({ after = '', refuse }: FillOptions): string {
  const check = refuse === undefined ? '' : `\n  if (text ~ /${refuse.pattern}/) stop("${refuse.reason}")`
  return `
function quoted(text,  at, one, all) {
  for (at = 1; at <= length(text); at++) {
    one = substr(text, at, 1)
    if (one == "\\\\" || one == "\\"") one = "\\\\" one
    else if (one == "\\n") one = "\\\\n"
    else if (one == "\\r") one = "\\\\r"
    else if (one == "\\t") one = "\\\\t"
    all = all one
  }
  return "\\"" all "\\""
}
function stop(reason) {
  print name " " reason | "cat 1>&2"
  failed = 1
  exit 1
}
match($0, /${after}"[$][A-Za-z_][A-Za-z0-9_]*"/) {
  before = RSTART - 1 + ${after.length}
  name = substr($0, before + 3, RLENGTH - ${after.length} - 3)
  text = ENVIRON[name]
  if (text == "") stop("is not set")${check}
  $0 = substr($0, 1, before) quoted(text) substr($0, RSTART + RLENGTH)
}
{ lines = lines $0 "\\n" }
END { if (failed) exit 1; printf "%s", lines }
`
}

/** `oidc-connector.json` -> `oidc-connector.sh`, which prints the file with texts from the environment. */
export function fillScript(file: string, options: FillOptions): RenderedFile {
  return {
    path: file.replace(/\.[a-z]+$/, '.sh'),
    content: writeShell([comment(options.about), shellCommand('awk', program(options), file)]),
  }
}
