import type { Progress } from '../progress.ts'
import type { Row } from '../report.ts'

export interface MeasureOptions {
  rounds: number
  /** Length of one round of one target. */
  seconds: number
  connections: number
  /** Another store to measure next to SQLite, if the measure supports it. */
  store?: 'postgres' | undefined
  signal: AbortSignal
  progress: Progress
}

/** One name of `npm run bench`. Starts what it needs; the caller stops it. Throws WrongAnswer. */
export type Measure = (options: MeasureOptions) => Promise<Row[]>
