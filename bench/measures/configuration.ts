import { loadConfig } from '../../src/config/load.ts'
import { type Row, spread, withGoal } from '../report.ts'
import type { MeasureOptions } from './contract.ts'

const fewEntries = 1000
const manyEntries = 16_000
const runs = 5
const goalGrowth = 1.5

/** Reading a configuration with many teams and services, each with a mistake: the time for one entry must not grow with their number. */
export async function configuration({ signal, progress }: MeasureOptions): Promise<Row[]> {
  const texts = { few: teamsAndServices(fewEntries), many: teamsAndServices(manyEntries) }
  const few: number[] = []
  const many: number[] = []
  for (let run = 0; run <= runs; run++) {
    signal.throwIfAborted()
    progress(run === 0 ? 'configuration: warming up' : `configuration: run ${run} of ${runs}`)
    const seconds = { few: secondsToLoad(texts.few), many: secondsToLoad(texts.many) }
    if (run === 0) continue
    few.push(seconds.few)
    many.push(seconds.many)
  }
  const growth = many.map((seconds, run) => seconds / manyEntries / ((few[run] ?? Number.NaN) / fewEntries))
  return [
    withGoal({
      row: `configuration: ${manyEntries} teams and services; ratio: an entry, beside ${fewEntries}`,
      unit: 's',
      ours: spread(many),
      limit: spread(few),
      limitName: `${fewEntries} teams and services`,
      ratio: spread(growth),
      goal: { kind: 'at most', of: 'ratio', value: goalGrowth },
    }),
  ]
}

function teamsAndServices(count: number): string {
  const entries = Array.from({ length: count }, (_, entry) => entry)
  const teams = entries.map((entry) => `  t${entry}: {}\n`).join('')
  const services = entries
    .map(
      (entry) =>
        `  s${entry}: { url: "https://s${entry}.example.com:8443", rules: [{ path: /, allow: ["team:t${entry}", "team:no${entry}"] }] }\n`,
    )
    .join('')
  return `issuer: https://id.example.com\nlogin: [{ local: {} }]\nteams:\n${teams}services:\n${services}`
}

function secondsToLoad(text: string): number {
  const start = performance.now()
  loadConfig({ files: [{ name: 'gatehouse.yaml', text }], baseDir: '/' }, {})
  return (performance.now() - start) / 1000
}
