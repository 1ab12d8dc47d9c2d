/** Something wrong with the configuration, and where. Lines and columns count from 1. */
export interface Problem {
  severity: 'error' | 'warning'
  file: string
  line: number
  column: number
  /** Dotted path of the field, such as `products.lake.url`. */
  path: string
  message: string
}

/** A problem whose place is looked up later. */
export interface PathProblem {
  severity: Problem['severity']
  path: (string | number)[]
  message: string
}

/** `gatehouse.yaml:9:5 products.lake.url: must be ...` */
export function formatProblem({ severity, file, line, column, path, message }: Problem): string {
  const subject = path === '' ? '' : ` ${path}:`
  return oneLine(`${file}:${line}:${column}${subject} ${severity === 'warning' ? 'warning: ' : ''}${message}`)
}

/** Names of files and keys of manifests are somebody else's: no character of them moves the cursor or begins a line. */
function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
