/** `npm run check`: types, lint, generated files, architecture. Runs all, then fails if one failed. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string) => `node_modules/.bin/${name}`
const steps: [string, string, string[]][] = [
  ['types', bin('tsc'), []],
  ['lint', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['generated files', process.execPath, ['scripts/generate.ts', '--check']],
  ['architecture', process.execPath, ['--test', 'test/architecture.test.ts']],
]

for (const [name, command, args] of steps) {
  const started = Date.now()
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  process.stderr.write(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)\n`)
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}`)
    process.exitCode = 1
  }
}
