/** Every property test with a thousand random inputs, which no run of `npm test` has seen. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')
/** `npm run e2e` has chosen and printed one already. */
const seed = process.env['GATEHOUSE_SEED'] ?? String(Math.trunc(Math.random() * 2 ** 31))
const runs = process.env['GATEHOUSE_RUNS'] ?? '1000'

const files = globSync(['src/**/*.test.ts', 'test/*.test.ts'], { cwd: root })
  .filter((file) => /^import .*\/support\/properties\.ts'/m.test(readFileSync(join(root, file), 'utf8')))
  .sort()

test('there are property tests', () => {
  assert.ok(files.length > 5, `only ${files.length} files`)
})

for (const file of files) {
  test(`${file} with seed ${seed}`, async (t) => {
    const { status, output } = await runFile(file)

    if (status !== 0) t.diagnostic(`GATEHOUSE_SEED=${seed} GATEHOUSE_RUNS=${runs} node --test ${file}`)
    assert.equal(status, 0, output)
  })
}

async function runFile(file: string): Promise<{ status: number | null; output: string }> {
  // NODE_TEST_CONTEXT would make the child report to the runner of this file, in its own language.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(process.execPath, ['--test', '--test-reporter=dot', file], {
    cwd: root,
    env: { ...env, GATEHOUSE_SEED: seed, GATEHOUSE_RUNS: runs },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { status, output }
}
