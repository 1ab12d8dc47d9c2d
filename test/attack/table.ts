/** Reads from the sources which test covers which row, and writes docs/security/attack-table.md of it. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type AttackRow, sections } from './rows.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface NamedTest {
  file: string
  /** Without the ids. What a template fills in is `…`. */
  title: string
  /** The rows that the title names at its end. */
  rowIds: readonly string[]
}

/** A call of `it` or `test` that begins a line, up to its title. What is skipped, or only planned, proves nothing. */
const call = /^[ \t]*(?:await )?(?:it|test)(?:\.only)?\(\s*(['"`])/gm
const ids = /(?:\s*\[[a-z0-9]+(?:-[a-z0-9]+)*\])+$/

/**
 * Every test whose title ends with ids of rows. The title must stand in the call: a literal, or a template that ends with the ids.
 * Suites that several stores share (test/conformance) count like tests.
 */
export function attackTests(): NamedTest[] {
  const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'test/conformance/*.ts'], { cwd: root })
  return [...new Set(files)].sort().flatMap((file) => testsIn(file, readFileSync(join(root, file), 'utf8')))
}

/** The same for one source text. */
export function testsIn(file: string, source: string): NamedTest[] {
  return [...source.matchAll(call)].flatMap((match) => {
    const written = literalAt(source, match.index + match[0].length - 1)
    const end = ids.exec(written)
    if (!end) return []
    const rowIds = [...end[0].matchAll(/\[([^\]]+)\]/g)].map(([, id]) => id ?? '')
    return [{ file, title: written.slice(0, end.index), rowIds }]
  })
}

/** The string literal or template at a place, as people read it. */
function literalAt(source: string, start: number): string {
  const quote = source[start]
  let text = ''
  for (let at = start + 1; at < source.length && source[at] !== quote; at++) {
    if (source[at] === '\\') {
      at++
      text += source[at] === 'n' ? ' ' : source[at]
    } else if (quote === '`' && source.startsWith('${', at)) {
      at = endOfHole(source, at + 2)
      text += '…'
    } else text += source[at]
  }
  return text
}

/** Where the brace closes that `${` opened. */
function endOfHole(source: string, start: number): number {
  let depth = 1
  let at = start
  for (; at < source.length; at++) {
    if (source[at] === '{') depth++
    else if (source[at] === '}' && --depth === 0) break
  }
  return at
}

/** docs/security/attack-table.md, for these tests. */
export function attackTable(tests: readonly NamedTest[] = attackTests()): string {
  return `# Attacks, and the tests that hold against them

Generated from \`test/attack/rows.ts\` and the titles of the tests; do not edit (\`npm run generate\`). A test covers a row when its title ends with
the row's id in square brackets. A row without a test waits for the feature that it names. [The threat model](threat-model.md) says what
is defended where.

${sections.map(({ title, rows }) => `## ${title}\n\n${tableOf(rows, tests)}`).join('\n\n')}
`
}

function tableOf(rows: readonly AttackRow[], tests: readonly NamedTest[]): string {
  const lines = rows.map((row) => {
    const mine = tests.filter(({ rowIds }) => rowIds.includes(row.id))
    return `| \`${row.id}\` | The attacker ${cell(row.attacker)}. | ${stateOf(row, mine)} | ${mine.map(shown).join('<br>')} |`
  })
  return ['| row | attack | state | tests |', '| --- | --- | --- | --- |', ...lines].join('\n')
}

function stateOf({ until }: AttackRow, mine: readonly NamedTest[]): string {
  if (mine.length > 0) return until === undefined ? 'holds' : `holds; more to test with ${until}`
  return until === undefined ? 'no test yet' : `not applicable until ${until}`
}

function shown({ file, title }: NamedTest): string {
  return `${cell(title)} (\`${file}\`)`
}

/** Text in a cell of a Markdown table. */
function cell(text: string): string {
  return text.replace(/[\\|<>`*_]/g, '\\$&')
}
