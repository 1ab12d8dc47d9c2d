/**
 * `npm run e2e -- SUITE...`: runs suites of test/e2e against real products, one after the other. Without a name it lists
 * them; `all` runs them all.
 */
import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const folder = resolve(import.meta.dirname, '../test/e2e')
const SUFFIX = '.test.ts'
/** Milliseconds; a first run installs its product. */
const SUITE_LIMIT = 30 * 60_000

interface Counts {
  passed: number
  failed: number
}

function suiteNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort()
}

function list(names: readonly string[]): void {
  console.log('Name the suites to run, or `all`:')
  for (const name of names) console.log(`  ${name.padEnd(16)} ${summaryOf(name)}`.trimEnd())
}

/** The first line of the comment that opens the suite's file. */
function summaryOf(name: string): string {
  const text = readFileSync(join(folder, name + SUFFIX), 'utf8')
  return /^\s*(?:\/\*\*?\s*(?:\*\s)?|\/\/\s*)(.+?)\s*(?:\*\/)?$/m.exec(text)?.[1] ?? ''
}

/** Each suite is a separate process: what it leaves behind ends with it. */
async function runSuite(name: string, signal: AbortSignal): Promise<Counts> {
  const start = performance.now()
  const file = join(folder, name + SUFFIX)
  console.log(`\n== ${name}`)
  const result: Counts = { passed: 0, failed: 0 }
  const events = run({ files: [file], concurrency: 1, timeout: SUITE_LIMIT, signal })
  events.on('test:summary', ({ file: ofFile, success, counts: { tests, passed } }) => {
    // There is one summary for the file, and one without a name for the run.
    if (ofFile !== undefined) return
    // A skipped test counts as failed: it proves nothing, and no suite may skip silently.
    result.passed = passed
    result.failed = tests - passed
    // A failed after() hook fails no test.
    if (!success && result.failed === 0) result.failed = 1
  })
  events.on('test:pass', ({ name: passedTest }) => {
    // The runner reports a file without tests as one test that passed.
    if (passedTest === file) events.once('end', () => Object.assign(result, { passed: 0, failed: 1 }))
  })
  for await (const text of events.compose(spec)) process.stdout.write(text)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`== ${name}: ${result.passed} passed, ${result.failed} failed in ${seconds} s`)
  return result
}

/** An interrupted run stops its suite with SIGTERM; the suite then stops the products it started. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
  return controller.signal
}

async function main(): Promise<number> {
  const known = suiteNames()
  const asked = process.argv.slice(2)
  const unknown = asked.filter((name) => name !== 'all' && !known.includes(name))
  for (const name of unknown) console.error(`There is no suite "${name}".`)
  if (asked.length === 0 || unknown.length > 0) {
    list(known)
    return 2
  }
  // The suites inherit it, so that a failure by random input can be reproduced.
  process.env['GATEHOUSE_SEED'] ??= String(randomInt(2 ** 31))
  console.log(`Random inputs by GATEHOUSE_SEED=${process.env['GATEHOUSE_SEED']}`)
  const signal = interruption()
  const total: Counts = { passed: 0, failed: 0 }
  for (const name of asked.includes('all') ? known : asked) {
    const { passed, failed } = await runSuite(name, signal)
    total.passed += passed
    total.failed += failed
    if (signal.aborted) break
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`)
  return total.failed === 0 ? 0 : 1
}

process.exitCode = await main()
