import type { WarningCode } from './warning-codes.ts'

/**
 * How serious it is. An error keeps the configuration from being used; a warning is to be looked at, and can be acknowledged by its code; a note
 * is about this machine, where the configuration may not be meant to run.
 */
export type Seriousness = { severity: 'error' } | { severity: 'warning' | 'note'; code: WarningCode }

/** A problem whose place is looked up later. */
export type PathProblem = Seriousness & { path: readonly (string | number)[]; message: string }

/** Something about the configuration, and where. Lines and columns count from 1. */
export type Problem = Seriousness & {
  file: string
  line: number
  column: number
  /** Dotted path of the field, such as `products.lake.url`. */
  path: string
  message: string
  /** Why it may be as it is, when the file acknowledges it. */
  acknowledged?: string
}

export function problem(path: PathProblem['path'], message: string): PathProblem {
  return { severity: 'error', path, message }
}

export function warning(code: WarningCode, path: PathProblem['path'], message: string): PathProblem {
  return { severity: 'warning', code, path, message }
}

export function note(code: WarningCode, path: PathProblem['path'], message: string): PathProblem {
  return { severity: 'note', code, path, message }
}

/** `gatehouse.yaml:9:5 products.lake.url: must be ...` */
export function formatProblem({
  severity,
  file,
  line,
  column,
  path,
  message,
}: Pick<Problem, 'severity' | 'file' | 'line' | 'column' | 'path' | 'message'>): string {
  const subject = path === '' ? '' : ` ${path}:`
  return oneLine(`${file}:${line}:${column}${subject} ${severity === 'error' ? '' : `${severity}: `}${message}`)
}

/** Names of files and keys of manifests are somebody else's: no character of them moves the cursor or begins a line. */
function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
