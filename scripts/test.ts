/**
 * `npm test`: every test that needs only npm. `npm test -- FILE...` runs some of them; `--slowest` lists the ten tests and
 * the ten files that took the longest.
 */
import { execFileSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { relative, resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { unitTests } from './unit-tests.ts'

const root = resolve(import.meta.dirname, '..')
// Nearly a hundred processes load much of the same source.
process.env['NODE_COMPILE_CACHE'] ??= resolve(root, '.cache/compiled-tests')
/** What takes the longest comes first. */
const everything = ['test/units.ts', ...unitTests().alone, 'test/*.test.ts', 'test/{attack,conformance}/**/*.test.ts']

interface Timed {
  name: string
  seconds: number
}

/** Builds the package for the tests that start its command: a hundred servers and some hundred commands start in half the time. */
function buildPackage(): void {
  execFileSync(process.execPath, [resolve(root, 'scripts/build.ts')], { stdio: ['ignore', 'inherit', 'inherit'] })
  process.env['GATEHOUSE_TESTED_MAIN'] = resolve(root, 'dist/main.js')
}

function printSlowest(what: string, timed: readonly Timed[]): void {
  console.log(`\nThe slowest ${what}:`)
  for (const { name, seconds } of timed.toSorted((one, two) => two.seconds - one.seconds).slice(0, 10))
    console.log(`${seconds.toFixed(1).padStart(6)} s  ${name}`)
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { slowest: { type: 'boolean' } }, allowPositionals: true })
  const nowhere = positionals.filter((pattern) => globSync(pattern, { cwd: root }).length === 0)
  if (nowhere.length > 0) {
    console.error(`there is no ${nowhere.join(', ')}: name a test file or a pattern, such as 'src/gate/*.test.ts'`)
    return 2
  }
  const patterns = positionals.length > 0 ? positionals : everything
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: root }).sort())
  buildPackage()
  const timed = { tests: [] as Timed[], files: [] as Timed[] }
  let success = files.length > 0

  // One more than there are cores: tests wait for timers, disks and other processes now and then, and this process only waits.
  const events = run({ files: files.map((file) => resolve(root, file)), concurrency: availableParallelism() + 1 })
  events.on('test:complete', ({ name, file = '', details }) => {
    if (details.type === 'suite') return
    const path = relative(root, file)
    const seconds = details.duration_ms / 1000
    // The runner counts a file as a test of that name.
    if (name === file) timed.files.push({ name: path, seconds })
    else timed.tests.push({ name: `${path}: ${name}`, seconds })
  })
  events.on('test:summary', (summary) => {
    success &&= summary.success
  })
  for await (const text of events.compose(spec)) process.stdout.write(text)
  if (values.slowest) {
    printSlowest('files', timed.files)
    printSlowest('tests', timed.tests)
  }
  return success ? 0 : 1
}

process.exitCode = await main()
