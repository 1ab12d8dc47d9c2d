import { printable } from './printable.ts'

/** What a line of JSON holds; every line has these. */
interface Line {
  level: string
  time: string
  msg: string
  [field: string]: unknown
}

/** Fields that stand elsewhere in the line, or that only programs need. */
const leftOut = new Set(['level', 'time', 'msg', 'event', 'hop', 'err', 'traceId', 'requestId'])
const messageWidth = 30
const addressWidth = 48

/** A line of JSON for a person: time, level, message, and then what matters, in aligned columns. `color` for a terminal. */
export function textLine(json: string, { color }: { color: boolean }): string {
  const line = JSON.parse(json) as Line
  const paint = color ? colours[line.level] : undefined
  const dim = (text: string) => (color ? `\u001b[2m${text}\u001b[22m` : text)
  const level = line.level.toUpperCase().padEnd(5)
  const words = line['event'] === 'request' ? requestWords(line) : otherWords(line)
  const { stack } = (line['err'] ?? {}) as { stack?: string }
  const below =
    stack === undefined
      ? ''
      : `\n${stack
          .split('\n')
          .map((text) => `    ${printable(text)}`)
          .join('\n')}`
  return `${dim(line.time)} ${paint ? `\u001b[${paint}m${level}\u001b[39m` : level} ${words}${below}\n`
}

const colours: Readonly<Record<string, number>> = { debug: 34, info: 32, warn: 33, error: 31 }

/** `GET   200 metadata.example.com/table/x  alice  1.2 ms  service=metadata`. */
function requestWords(line: Line): string {
  const { method, status, host, path, user, durationMs, ...others } = line
  const address = `${text(method).padEnd(4)} ${text(status)} ${text(host)}${text(path)}`
  const who = user === undefined ? '-' : text(user)
  return [address.padEnd(addressWidth), who, `${text(durationMs)} ms`, pairs(others), id(line)]
    .filter(Boolean)
    .join('  ')
}

function otherWords(line: Line): string {
  const { err } = line
  const words = [printable(line.msg).padEnd(messageWidth), pairs({ ...line, ...errorFields(err) }), id(line)]
  return words.filter(Boolean).join('  ').trimEnd()
}

/** What an error says, its causes included, without their stacks. */
function errorFields(err: unknown): Record<string, unknown> {
  if (typeof err !== 'object' || err === null) return {}
  const { code, message, details, cause } = err as Record<string, unknown>
  const why = cause === undefined ? {} : { cause: causes(cause) }
  return { ...(code === undefined ? { error: message } : { code }), ...(details as object | undefined), ...why }
}

function causes(error: unknown): string {
  const { message, code, cause } = error as Record<string, unknown>
  const one = `${text(message)}${code === undefined ? '' : ` (${text(code)})`}`
  return cause === undefined ? one : `${one}: ${causes(cause)}`
}

function id({ requestId }: Line): string {
  return requestId === undefined ? '' : `id=${text(requestId)}`
}

function pairs(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .filter(([name, value]) => !leftOut.has(name) && value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${quoted(text(value))}`)
    .join(' ')
}

function text(value: unknown): string {
  if (typeof value === 'string') return printable(value)
  if (value === undefined) return ''
  return printable(JSON.stringify(value))
}

/** One word stays as it is; what has blanks, or could be read as another field, stands in quotes. */
function quoted(value: string): string {
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
}
