import type { Measured } from './rounds.ts'

export interface Spread {
  median: number
  min: number
  max: number
}

export type Unit = '/s' | 'ms' | 's' | 'MiB'

/** One line of the table. */
export interface Row {
  row: string
  unit: Unit
  ours: Spread
  /** The comparison; its name is `limitName`. */
  limit?: Spread
  limitName?: string
  /** Our median divided by that of the limit; the spread is over the rounds. */
  ratio?: Spread
  goal?: { kind: 'at least' | 'at most'; of: 'ratio' | 'ours'; value: number }
  met?: boolean
  /** CPU time for each, in microseconds, medians. */
  cpu?: number
  limitCpu?: number
  /** Fractions of a core while our server was measured. */
  serverBusy?: number
  loadBusy?: number
  note?: string
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  const median = sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN }
}

type Quantity = 'rate' | 'p50' | 'p99'

/** A row from the results of the rounds. */
export function measuredRow(
  row: string,
  ours: readonly Measured[],
  {
    limit,
    limitName,
    quantity = 'rate',
    goal,
    note,
  }: {
    limit?: readonly Measured[]
    limitName?: string
    quantity?: Quantity
    goal?: Row['goal']
    note?: string
  } = {},
): Row {
  const values = ours.map((measured) => measured[quantity])
  const median = (pick: (measured: Measured) => number, of: readonly Measured[]) => spread(of.map(pick)).median
  return withGoal({
    row,
    unit: quantity === 'rate' ? '/s' : 'ms',
    ours: spread(values),
    cpu: median(({ cpu }) => cpu, ours),
    serverBusy: median(({ serverBusy }) => serverBusy, ours),
    loadBusy: median(({ loadBusy }) => loadBusy, ours),
    ...(limit && {
      limit: spread(limit.map((measured) => measured[quantity])),
      limitCpu: median(({ cpu }) => cpu, limit),
      ratio: ratioOf(
        values,
        limit.map((measured) => measured[quantity]),
      ),
    }),
    ...(limitName !== undefined && { limitName }),
    ...(goal && { goal }),
    ...(note !== undefined && { note }),
  })
}

export function withGoal(row: Row): Row {
  const { goal, ours, ratio } = row
  const value = goal?.of === 'ours' ? ours.median : ratio?.median
  if (!goal || value === undefined) return row
  return { ...row, met: goal.kind === 'at least' ? value >= goal.value : value <= goal.value }
}

function ratioOf(ours: readonly number[], limit: readonly number[]): Spread {
  const rounds = spread(ours.map((value, round) => value / (limit[round] ?? Number.NaN)))
  return { ...rounds, median: spread(ours).median / spread(limit).median }
}

/** Above this fraction of its core, the load generator may be what was measured. */
const loadTooBusy = 0.9

export function formatTable(title: string, rows: readonly Row[]): string {
  const header = ['row', 'ours', 'limit', 'ratio', 'goal', 'met', 'CPU us']
  const lines = rows.map((row) => [
    row.row,
    formatSpread(row.ours, row.unit),
    row.limit ? formatSpread(row.limit, row.unit) : '',
    row.ratio ? `${row.ratio.median.toFixed(2)} (${row.ratio.min.toFixed(2)}-${row.ratio.max.toFixed(2)})` : '',
    row.goal ? `${row.goal.kind === 'at least' ? '>=' : '<='} ${row.goal.value}` : '',
    row.met === undefined ? '' : row.met ? 'yes' : 'NO',
    cpuCell(row),
  ])
  const widths = header.map((name, column) =>
    Math.max(name.length, ...lines.map((cells) => cells[column]?.length ?? 0)),
  )
  const format = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const notes = rows.flatMap(({ row, note, limitName, limit, serverBusy = 0, loadBusy = 0 }) => [
    ...(note === undefined ? [] : [`${row}: ${note}`]),
    ...(limit && limitName !== undefined ? [`${row}: the limit is ${limitName}`] : []),
    ...(loadBusy > loadTooBusy
      ? [
          `${row}: the load generator was busy to ${percent(loadBusy)} (server ${percent(serverBusy)}): it may be the limit`,
        ]
      : []),
  ])
  return [`== ${title}`, format(header), ...lines.map(format), ...notes.map((note) => `  ${note}`), ''].join('\n')
}

function cpuCell({ cpu, limitCpu }: Row): string {
  if (cpu === undefined) return ''
  return limitCpu === undefined ? cpu.toFixed(0) : `${cpu.toFixed(0)} / ${limitCpu.toFixed(0)}`
}

function formatSpread({ median, min, max }: Spread, unit: Unit): string {
  const digits = unit === '/s' ? (median < 1000 ? 1 : 0) : unit === 'MiB' ? 1 : 3
  return `${median.toFixed(digits)} ${unit} (${min.toFixed(digits)}-${max.toFixed(digits)})`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
