import { errorRows } from '../errors.ts'
import { printable } from '../printable.ts'
import type { Finding } from './contract.ts'

const paint = { green: '32', yellow: '33', red: '31', dim: '2', bold: '1' }
type Color = keyof typeof paint

/** Formats findings for people: grouped by subject, one line each, problems with evidence and remedy. */
export function formatReport(findings: readonly Finding[], { color }: { color: boolean }): string {
  const painted = (text: string, name: Color) => (color ? `\u001b[${paint[name]}m${text}\u001b[0m` : text)
  const width = Math.max(0, ...findings.map(({ check }) => check.length))
  const groups = [...Map.groupBy(findings, ({ subject }) => subject)].map(([subject, members]) =>
    [painted(printable(subject), 'bold'), ...members.flatMap((finding) => formatFinding(finding, width, painted))].join(
      '\n',
    ),
  )
  return `${[...groups, summary(findings)].join('\n\n')}\n`
}

function formatFinding(finding: Finding, width: number, painted: (text: string, name: Color) => string): string[] {
  const { check, status, evidence, code, remedy } = finding
  const name = check.padEnd(width)
  if (status === 'ok') return [`  ${painted('✓', 'green')} ${name}  ${painted(inOneLine(evidence), 'dim')}`.trimEnd()]
  if (status === 'skipped')
    return [`  ${painted('-', 'dim')} ${name}  ${painted(`skipped: ${printable(remedy)}`, 'dim')}`]
  const indent = ' '.repeat(width + 6)
  const message = code === undefined ? '' : `${errorRows[code].message} (${code})`
  const [mark, color] = status === 'warning' ? (['!', 'yellow'] as const) : (['✗', 'red'] as const)
  return [
    `  ${painted(mark, color)} ${painted(name, color)}  ${message}`,
    ...alignPairs(evidence).map((line) => indent + line),
    `${indent}${painted('→', 'bold')} ${printable(remedy)}`,
  ]
}

function inOneLine(evidence: Finding['evidence']): string {
  return Object.entries(evidence)
    .map(([name, value]) => `${name} ${printable(value)}`)
    .join(', ')
}

/** `name  value` with the values aligned; a mark such as issuer's points into the lines above it. */
export function alignPairs(evidence: Finding['evidence']): string[] {
  const width = Math.max(0, ...Object.keys(evidence).map((name) => name.length))
  return Object.entries(evidence).map(([name, value]) => `${printable(name).padEnd(width)}  ${printable(value)}`)
}

function summary(findings: readonly Finding[]): string {
  if (findings.length === 0) {
    return 'Nothing was checked: the configuration has no `issuer` and no service, and no identity provider is used under `login` or `products`.'
  }
  const count = (wanted: Finding['status']) => findings.filter(({ status }) => status === wanted).length
  const warnings = count('warning') === 0 ? [] : [plural(count('warning'), 'warning')]
  const problems = count('problem') === 0 ? 'no problem' : plural(count('problem'), 'problem')
  const counted = [plural(findings.length, 'check'), problems, ...warnings].join(', ')
  const codes = [...new Set(findings.flatMap(({ code }) => code ?? []))]
  if (codes.length === 0) return `${counted}.`
  return [`${counted}. To read more:`, ...codes.map((code) => `  gatehouse explain ${code}`)].join('\n')
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
