import { errorRows, isErrorCode } from '../errors.ts'
import { printable } from '../printable.ts'
import type { Trace, TraceStep } from '../store/traces.ts'
import { alignPairs } from './report.ts'
import { type Symptom, symptomsIn } from './symptoms.ts'

/** The steps of one login as a table; the first that failed is marked and followed by its evidence. */
export function formatTrace(trace: Trace, { color }: { color: boolean }): string {
  const red = (text: string) => (color ? `\u001b[31m${text}\u001b[0m` : text)
  const bold = (text: string) => (color ? `\u001b[1m${text}\u001b[0m` : text)
  const wrong = trace.steps.find(isWrong)
  const rows = [
    ['time', 'hop', 'status', 'what happened'],
    ...trace.steps.map(({ at, hop, status, event }) => [
      `+${((at - trace.startedAt) / 1000).toFixed(3)} s`,
      hop,
      status === undefined ? '' : String(status),
      printable(event),
    ]),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const [header = '', ...lines] = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const indent = ' '.repeat(4 + (widths[0] ?? 0) + 2)
  const body = trace.steps.flatMap((step, index) => {
    const line = lines[index] ?? ''
    const details = alignPairs(detailsOf(step)).map((pair) => indent + pair)
    return step === wrong ? [red(`  ✗ ${line}`), ...details.map(red)] : [`    ${line}`, ...details]
  })
  const started = new Date(trace.startedAt).toISOString()
  return `${[bold(`Trace ${printable(trace.id)}, started ${started}`), '', bold(`    ${header}`), ...body, '', verdict(wrong)].join('\n')}\n`
}

function isWrong({ code, status = 0 }: TraceStep): boolean {
  return code !== undefined || status >= 400
}

function detailsOf({ code, evidence = {} }: TraceStep): Record<string, string> {
  return { ...(code === undefined ? {} : { code }), ...evidence }
}

function verdict(wrong: TraceStep | undefined): string {
  if (!wrong) return 'No step failed.'
  const { hop, evidence = {} } = wrong
  // What a product got as an answer of a protocol has its code among the facts.
  const code = wrong.code ?? evidence['code']
  const failed = `The first hop that failed: ${hop}.`
  // `invalid-request` says less than the word of the protocol.
  const symptom = wrong.code === undefined && code === 'invalid-request' ? symptomOf(evidence['error']) : undefined
  if (symptom)
    return `${failed} ${symptom.cause}\n${symptom.remedy}\nTo read more: gatehouse explain ${evidence['error']}`
  if (code === undefined || !isErrorCode(code)) return failed
  const { message, hint } = errorRows[code]
  return `${failed} ${message}\n${hintHere(hint)}\nTo read more: gatehouse explain ${code}`
}

/** What is known of a word such as `invalid_grant`. */
function symptomOf(word: string | undefined): Symptom | undefined {
  return word === undefined || !/^[a-z_]+$/.test(word) ? undefined : symptomsIn(word)[0]
}

/** Hints stand on pages and in logs, where they name this command. Here it has answered already. */
function hintHere(hint: string): string {
  return hint
    .replace(/ \(`gatehouse explain REQUEST_ID`[^)]*\)/, '')
    .replace(/, or run `gatehouse explain REQUEST_ID`/, '')
}
