export type DiffLine = { kind: 'same' | 'removed' | 'added'; text: string }

const context = 3

/**
 * The difference of two texts in the unified format, line by line; empty when they are equal. Rendered files are short, so the
 * table of longest common subsequences (lines squared) is small.
 */
export function unifiedDiff(before: string, after: string, names: { before: string; after: string }): string[] {
  if (before === after) return []
  const lines = compareLines(splitLines(before), splitLines(after))
  return [`--- ${names.before}`, `+++ ${names.after}`, ...hunksOf(lines).flatMap((hunk) => formatHunk(lines, hunk))]
}

/** Each line keeps its end, so that a missing newline at the end is a difference. */
function splitLines(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/)
}

function compareLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const width = after.length + 1
  const lengths = new Uint32Array((before.length + 1) * width)
  const length = (row: number, column: number) => lengths[row * width + column] ?? 0
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      lengths[row * width + column] =
        before[row] === after[column]
          ? length(row + 1, column + 1) + 1
          : Math.max(length(row + 1, column), length(row, column + 1))
    }
  }
  const lines: DiffLine[] = []
  let row = 0
  let column = 0
  while (row < before.length || column < after.length) {
    const left = before[row]
    const right = after[column]
    if (left !== undefined && left === right) {
      lines.push({ kind: 'same', text: left })
      row++
      column++
    } else if (left !== undefined && (right === undefined || length(row + 1, column) >= length(row, column + 1))) {
      lines.push({ kind: 'removed', text: left })
      row++
    } else if (right !== undefined) {
      lines.push({ kind: 'added', text: right })
      column++
    }
  }
  return lines
}

interface Hunk {
  start: number
  end: number
}

/** Changes with their context; those whose context touches are one hunk. */
function hunksOf(lines: readonly DiffLine[]): Hunk[] {
  const hunks: Hunk[] = []
  lines.forEach(({ kind }, index) => {
    if (kind === 'same') return
    const last = hunks.at(-1)
    const start = Math.max(0, index - context)
    const end = Math.min(lines.length, index + context + 1)
    if (last && start <= last.end) last.end = end
    else hunks.push({ start, end })
  })
  return hunks
}

function formatHunk(lines: readonly DiffLine[], { start, end }: Hunk): string[] {
  const inside = lines.slice(start, end)
  const range = (other: DiffLine['kind']) => {
    const count = inside.filter(({ kind }) => kind !== other).length
    const skipped = lines.slice(0, start).filter(({ kind }) => kind !== other).length
    return `${count === 0 ? skipped : skipped + 1}${count === 1 ? '' : `,${count}`}`
  }
  const marks = { same: ' ', removed: '-', added: '+' } as const
  return [
    `@@ -${range('added')} +${range('removed')} @@`,
    ...inside.flatMap(({ kind, text }) =>
      text.endsWith('\n')
        ? [`${marks[kind]}${text.slice(0, -1)}`]
        : [`${marks[kind]}${text}`, '\\ No newline at end of file'],
    ),
  ]
}
