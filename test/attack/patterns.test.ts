import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createContext, Script } from 'node:vm'

const root = fileURLToPath(new URL('../..', import.meta.url))
const sources = globSync('src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
const text = (file: string) => readFileSync(join(root, file), 'utf8')

/** Regular expressions as they are written, after something that no value ends with. */
const literals =
  /(?<=[=(,:!&|?[{;]\s*|\breturn\s+)\/(?![*/])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+)\/([dgimsuvy]*)/g

/** Parts that see what a stranger sends. */
const exposed = /^src\/(gate|login|provider|server|web|connectors|directory|sessions|store|[a-z-]+\.ts)/

/** What patterns chew on: one letter again and again, pairs, and an end that does not fit. */
const texts = [
  'a',
  '0',
  ' ',
  '\t',
  '/',
  '%',
  '%2',
  '.',
  '-',
  '=',
  ';',
  ',',
  '"',
  '\\',
  '@',
  'aA',
  'a.',
  'a ',
  ' ;',
  '[',
  '\n',
  'é',
  'https://a',
].flatMap((piece) => [
  piece.repeat(Math.ceil(50_000 / piece.length)),
  `${piece.repeat(Math.ceil(50_000 / piece.length))}\0!`,
])

it('reads a long text in no time, whatever it is and whatever pattern looks at it [redos]', () => {
  const slow: string[] = []
  let patterns = 0
  for (const file of sources.filter((name) => exposed.test(name))) {
    for (const [written, source = '', flags = ''] of text(file).matchAll(literals)) {
      const pattern = compiled(source, flags)
      if (!pattern) continue
      patterns++
      const worst = texts.find((value) => !isQuick(pattern, value))
      if (worst !== undefined) slow.push(`${file}: ${written} on ${JSON.stringify(worst.slice(0, 12))}`)
    }
  }

  assert.ok(patterns > 30, `only ${patterns} patterns`)
  assert.deepEqual(slow, [])
})

function compiled(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags.replace(/[gy]/g, ''))
  } catch {
    return undefined // No regular expression after all: a division, or a part of a text.
  }
}

const context: { pattern?: RegExp; value?: string } = createContext({})
const trial = new Script('pattern.test(value)')

function isQuick(pattern: RegExp, value: string): boolean {
  Object.assign(context, { pattern, value })
  try {
    trial.runInContext(context, { timeout: 250 })
    return true
  } catch {
    return false // Only the time can run out: `test` does not throw.
  }
}

it('runs no text as code: there is no expression language, and nothing that would evaluate one [expression-escape]', () => {
  const evaluating =
    /\beval\(|\bnew Function\b|\bFunction\(|['"](?:node:)?vm['"]|\bimport\([^'"\s]|\bsetTimeout\(\s*['"`]/

  const guilty = sources.filter((file) => evaluating.test(text(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')))

  assert.deepEqual(
    guilty.filter((file) => !mayLoadByName.includes(file)),
    [],
  )
})

/** They import a file of ours by a name that no configuration and no request gives. */
const mayLoadByName: readonly string[] = []
