import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { transformSync } from 'esbuild'
import type { Mutant } from './mutant.ts'

const root = resolve(import.meta.dirname, '../../..')
/** What the tests need besides the packages. */
const copied = ['src', 'test', 'scripts', 'schema', 'examples', 'docs', 'package.json', 'tsconfig.json', 'CHANGELOG.md']
/** Milliseconds for the tests of one mutant. One that hangs is noticed, too. */
const patience = 120_000

/** A copy of the checkout in which one mutant at a time lives. The checkout itself is never touched. */
export interface Workshop extends Disposable {
  /** Runs the tests on the weakened sources. Answers with the first file that fails; undefined when the mutant survives. */
  noticed(mutant: Mutant, tests: readonly string[]): Promise<string | undefined>
  /** The output of the first of these files that fails on the sources as they are. */
  broken(tests: readonly string[]): Promise<string | undefined>
}

export function openWorkshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-mutants-'))
  for (const name of copied) cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))

  return {
    noticed: async (mutant, tests) => {
      const file = join(folder, 'src', mutant.file)
      const text = readFileSync(file, 'utf8')
      writeFileSync(file, weakened(mutant, text))
      try {
        for (const test of tests) if ((await runTest(folder, test)) !== undefined) return test
        return undefined
      } finally {
        writeFileSync(file, text)
      }
    },
    broken: async (tests) => {
      for (const test of tests) {
        const output = await runTest(folder, test)
        if (output !== undefined) return `${test}\n${output}`
      }
      return undefined
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The source with the change. Throws when the old text is not there once, or the new one is no TypeScript. */
export function weakened({ file, from, to }: Mutant, text: string): string {
  const found = text.split(from).length - 1
  if (found !== 1) throw new Error(`${file}: the text is there ${found} times: ${from}`)
  const changed = text.replace(from, () => to)
  transformSync(changed, { loader: 'ts' })
  return changed
}

/** Runs a test file in a process of its own; its output when it fails. */
async function runTest(folder: string, test: string): Promise<string | undefined> {
  // NODE_TEST_CONTEXT would make the child report to the runner of this file.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(process.execPath, [test], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patience,
    killSignal: 'SIGTERM',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const status = await new Promise<number | null>((done) => child.once('close', done))
  return status === 0 ? undefined : output
}
