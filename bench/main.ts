/**
 * `npm run bench -- NAME...`: measures the built package against what is possible on this machine, side by side in one run.
 * Results on standard output, progress on standard error. A missed goal is a result; a wrong answer fails the run.
 */
import { parseArgs } from 'node:util'
import { measures } from './measures/index.ts'
import { buildIfStale, cleanUp, lastWords, pinLoadGenerator, whyUnpinned } from './processes.ts'
import { createProgress } from './progress.ts'
import { formatTable, type Row } from './report.ts'

const help = `Usage: npm run bench -- [NAME...] [options]

Measures the built package (dist/, built first when it is stale) on one core, with the load on another one.
Without a name all are run, one after another:
${Object.entries(measures)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

Options:
  --rounds N        rounds in which every target runs once, 3 to 50 (default 3)
  --seconds N       length of one round of one target, 0.2 to 60 (default 3)
  --connections N   connections of the gate, bearer and documents rows, 1 to 256 (default 32)
  --store postgres  measure token on PostgreSQL as well, beside SQLite (installs Debian's when there is none)
  --json            print JSON
  -h, --help        print this

Exit status: 0 measured, 1 an answer was wrong or a server failed, 2 the call is wrong.

Example:
  npm run bench -- gate token --rounds 5
`

interface Call {
  names: string[]
  rounds: number
  seconds: number
  connections: number
  store: 'postgres' | undefined
  json: boolean
}

function readCall(args: string[]): Call | 'help' | { mistake: string } {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '3' },
        seconds: { type: 'string', default: '3' },
        connections: { type: 'string', default: '32' },
        store: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return 'help'
    const unknown = positionals.find((name) => !Object.hasOwn(measures, name))
    if (unknown !== undefined) return { mistake: `There is no measurement "${unknown}".` }
    const [rounds, seconds, connections] = [values.rounds, values.seconds, values.connections].map(Number)
    if (!Number.isInteger(rounds) || !within(rounds, 3, 50))
      return { mistake: '--rounds must be a number from 3 to 50.' }
    if (!within(seconds, 0.2, 60)) return { mistake: '--seconds must be a number from 0.2 to 60.' }
    if (!Number.isInteger(connections) || !within(connections, 1, 256))
      return { mistake: '--connections must be a number from 1 to 256.' }
    const { store } = values
    if (store !== undefined && store !== 'postgres') return { mistake: '--store must be postgres.' }
    const names = positionals.length > 0 ? positionals : Object.keys(measures)
    return { names, rounds, seconds, connections, store, json: values.json }
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) }
  }
}

function within(value: number | undefined, least: number, most: number): value is number {
  return value !== undefined && value >= least && value <= most
}

async function run({ names, json, ...limits }: Call): Promise<number> {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interruption.abort(signal))
  const { signal } = interruption
  const { progress, done } = createProgress(process.stderr)
  const unpinned = whyUnpinned()
  if (unpinned !== undefined) process.stderr.write(`bench: ${unpinned}: nothing is pinned, ratios mean less\n`)

  const results: Record<string, Row[]> = {}
  try {
    buildIfStale()
    pinLoadGenerator()
    for (const name of names) {
      const rows = await measures[name]?.run({ ...limits, signal, progress })
      if (!rows) continue
      results[name] = rows
      done()
      if (!json) process.stdout.write(`${formatTable(name, rows)}\n`)
      // The next one starts its own servers, on a free core.
      await cleanUp()
    }
    if (json)
      process.stdout.write(`${JSON.stringify({ pinned: unpinned === undefined, ...limits, results }, null, 2)}\n`)
    return 0
  } catch (error) {
    done()
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    process.stderr.write(signal.aborted ? 'bench: interrupted\n' : `bench: ${reason}\n${lastWords()}`)
    return 1
  } finally {
    await cleanUp()
  }
}

const call = readCall(process.argv.slice(2))
if (call === 'help') process.stdout.write(help)
else if ('mistake' in call) {
  process.stderr.write(`${call.mistake}\n\n${help}`)
  process.exitCode = 2
} else process.exitCode = await run(call)
