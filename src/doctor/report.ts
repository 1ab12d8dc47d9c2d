import { errorRows } from '../errors.ts'
import { printable } from '../printable.ts'
import type { Finding } from './contract.ts'

const paint = { green: '32', yellow: '33', red: '31', dim: '2', bold: '1' }
type Color = keyof typeof paint

/** With so many subjects, people want to know what is wrong and not what is fine. */
const manySubjects = 20

export interface ReportSettings {
  color: boolean
  /** Where the configuration has a finding: `file:line:column path`; undefined when it is in no file. */
  placeOf?: (finding: Finding) => string | undefined
}

/**
 * Formats findings for people: grouped by subject, one line each, problems with evidence and remedy. A report on many subjects has one
 * paragraph for each cause, and one line for all that is fine.
 */
export function formatReport(
  findings: readonly Finding[],
  { color, placeOf = () => undefined }: ReportSettings,
): string {
  const painted = (text: string, name: Color) => (color ? `\u001b[${paint[name]}m${text}\u001b[0m` : text)
  const width = findings.reduce((most, { check }) => Math.max(most, check.length), 0)
  const bySubject = Map.groupBy(findings, ({ subject }) => subject)
  const format = (finding: Finding) => formatFinding(finding, { width, painted, place: placeOf(finding) })
  if (bySubject.size > manySubjects)
    return `${[...causes(findings, { format, painted }), fine(bySubject), summary(findings)].filter((part) => part !== '').join('\n\n')}\n`
  const groups = [...bySubject].map(([subject, members]) =>
    [painted(printable(subject), 'bold'), ...members.flatMap(format)].join('\n'),
  )
  return `${[...groups, summary(findings)].join('\n\n')}\n`
}

type Painted = (text: string, name: Color) => string

/** One paragraph for each thing that is wrong: the first subject in full, and whom else it befalls. */
function causes(
  findings: readonly Finding[],
  { format, painted }: { format: (finding: Finding) => string[]; painted: Painted },
): string[] {
  const wrong = findings.filter(({ status }) => status === 'problem' || status === 'warning')
  return [...Map.groupBy(wrong, causeOf).values()].map((members) => {
    const [first, ...others] = members
    if (!first) return ''
    const names = [...new Set(others.map(({ subject }) => subject))].filter((name) => name !== first.subject)
    const more = names.length === 0 ? [] : [`  and ${names.length} more like it: ${someOf(names)}`]
    return [painted(printable(first.subject), 'bold'), ...format(first), ...more].join('\n')
  })
}

/** What findings of one cause have in common. */
function causeOf({ status, check, code, authenticationClass, evidence, subjectKind }: Finding): string {
  const said =
    evidence['came back'] ?? evidence['reason'] ?? evidence['environmentVariable'] ?? evidence['missing'] ?? ''
  return JSON.stringify([status, check, code, authenticationClass ?? subjectKind, said])
}

function fine(bySubject: ReadonlyMap<string, readonly Finding[]>): string {
  const names = [...bySubject].filter(([, members]) =>
    members.every(({ status }) => status === 'ok' || status === 'skipped'),
  )
  if (names.length === 0) return ''
  return `Nothing is wrong with ${names.length} others: ${someOf(names.map(([name]) => name))}`
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).map(printable).join(', ')
  return names.length > 5 ? `${shown}, ...` : shown
}

function formatFinding(
  finding: Finding,
  { width, painted, place }: { width: number; painted: Painted; place: string | undefined },
): string[] {
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
    ...(place === undefined ? [] : [`${indent}${painted(`at ${printable(place)}`, 'dim')}`]),
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
    return 'Nothing was checked: the configuration has no `issuer` and no service, and no provider that doctor can reach (oidc, ldap, github) is used under `login` or `products`.'
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
