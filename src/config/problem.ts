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

/** `gatehouse.yaml:9:5 products.lake.url: must be ...` */
export function formatProblem({ severity, file, line, column, path, message }: Problem): string {
  const subject = path === '' ? '' : ` ${path}:`
  return `${file}:${line}:${column}${subject} ${severity === 'warning' ? 'warning: ' : ''}${message}`
}
