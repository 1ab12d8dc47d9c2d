/** Whoever follows a hint, an explanation, a help text or a page must not be sent to a command or an option that does not exist. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { Command, CommanderError } from 'commander'
import type { CommandGroup, CommandRow, Shell } from '../src/cli/command.ts'
import { commands } from '../src/cli/commands.ts'
import { createProgram } from '../src/cli/program.ts'
import { explanations } from '../src/doctor/explanations.ts'
import { errorRows } from '../src/errors.ts'
import { calledIn, shellBlocks } from './support/shell-blocks.ts'

const root = join(import.meta.dirname, '..')
const pages = globSync(['*.md', 'docs/**/*.md', 'deploy/**/*.md'], { cwd: root }).sort()
const shell: Shell = {
  surroundings: { env: {}, stdout: () => {}, stderr: () => {}, color: false },
  stopped: async () => {},
  hungUp: () => {},
  readInput: () => '',
  finish: () => {},
}

/** Every command with its whole declaration, by its words. */
const declared = new Map<string, Command>()
const groups = new Set<string>()

before(async () => {
  const declare = async (rows: readonly (CommandRow | CommandGroup)[], words: readonly string[]): Promise<void> => {
    for (const row of rows) {
      const name = [...words, row.name]
      if ('commands' in row) {
        groups.add(name.join(' '))
        await declare(row.commands, name)
      } else {
        const command = new Command(row.name).exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} })
        const load = await row.load()
        load(command, shell)
        declared.set(name.join(' '), command)
      }
    }
  }
  await declare(commands, [])
})

/** The command that words begin with, and what is left for it; undefined when there is none. */
function find(words: readonly string[]): { name: string; command: Command; rest: readonly string[] } | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ')
    const command = declared.get(name)
    if (command) return { name, command, rest: words.slice(length) }
  }
  return undefined
}

/** What is wrong with the beginning of a call, as prose names it: `users add NAME --admin`, `users`. */
function wrongName(words: readonly string[]): string | undefined {
  const [first = ''] = words
  // `gatehouse --help`, or a placeholder such as `gatehouse ARGS`.
  if (!/^[a-z]/.test(first)) return undefined
  const found = find(words)
  if (!found) return groups.has(first) && !/^[a-z]/.test(words[1] ?? '') ? undefined : 'there is no such command'
  const known = found.command.options.flatMap(({ short, long }) => [short, long])
  const unknown = found.rest.find((word) => /^--?[a-z]/.test(word) && !known.includes(word.replace(/=.*/, '')))
  return unknown === undefined || unknown === '--help' ? undefined : `${found.name} has no option ${unknown}`
}

/** What Commander says about a whole call. */
async function wrongCall(words: readonly string[]): Promise<string | undefined> {
  const wrong = wrongName(words)
  const found = find(words)
  if (wrong !== undefined || !found) return wrong
  // Commander keeps the values of an earlier call.
  const fresh = await redeclared(found.name)
  try {
    await fresh.parseAsync(found.rest, { from: 'user' })
    return undefined
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.code === 'commander.helpDisplayed' ? undefined : error.message
  }
}

async function redeclared(name: string): Promise<Command> {
  const rows = commands.flatMap((row) =>
    'commands' in row ? row.commands.map((child) => ({ ...child, name: `${row.name} ${child.name}` })) : [row],
  )
  const row = rows.find((candidate) => candidate.name === name)
  assert.ok(row)
  const command = new Command(name).exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} })
  const load = await row.load()
  load(command, shell)
  return command.action(() => {})
}

/** The commands that a text names between backticks, as lists of words. */
function namedIn(text: string): string[][] {
  return [...text.matchAll(/`((?:npm run -s gatehouse --|gatehouse) [^`\n]+)`/g)].flatMap(([, code = '']) =>
    calledIn(code),
  )
}

function faults(place: string, calls: readonly (readonly string[])[]): string[] {
  return calls.flatMap((words) => {
    const wrong = wrongName(words)
    return wrong === undefined ? [] : [`${place}: gatehouse ${words.join(' ')}: ${wrong}`]
  })
}

describe('what people are told to type', () => {
  it('is a command that exists in every hint and every explanation', () => {
    const texts = Object.entries(errorRows).flatMap(([code, { hint, message }]) => [
      [code, hint] as const,
      [code, message] as const,
    ])
    const explained = Object.entries(explanations).flatMap(([code, { text, compare = [] }]) =>
      [text, ...compare].map((line) => [code, line] as const),
    )

    assert.deepEqual(
      [...texts, ...explained].flatMap(([code, text]) => faults(code, namedIn(text))),
      [],
    )
    assert.ok(texts.flatMap(([, text]) => namedIn(text)).length > 5)
  })

  it('is a command that exists in every message and comment of the sources', () => {
    const named = globSync('src/**/*.ts', { cwd: root })
      .filter((file) => !file.endsWith('.test.ts'))
      .flatMap((file) => faults(file, namedIn(readFileSync(join(root, file), 'utf8').replaceAll('\\`', '`'))))

    assert.deepEqual(named, [])
  })

  it('is a command that exists on every page, in a sentence too', () => {
    assert.deepEqual(
      pages.flatMap((page) => faults(page, namedIn(readFileSync(join(root, page), 'utf8')))),
      [],
    )
  })

  it('is a whole call in every shell block of every page: arguments, options and their values', async () => {
    const wrong: string[] = []
    let seen = 0
    for (const page of pages) {
      for (const { text, line } of shellBlocks(readFileSync(join(root, page), 'utf8'))) {
        for (const words of calledIn(text)) {
          seen++
          const fault = await wrongCall(words)
          if (fault !== undefined) wrong.push(`${page}:${line}: gatehouse ${words.join(' ')}: ${fault}`)
        }
      }
    }

    assert.deepEqual(wrong, [])
    assert.ok(seen > 50, `${seen} calls`)
  })

  it('is a whole call in the examples of every help text', async () => {
    const wrong: string[] = []
    for (const name of declared.keys()) {
      const words = name.split(' ')
      const program = await createProgram(shell, words)
      let help = ''
      program.configureOutput({ writeOut: (text) => (help += text) })
      const inner = words.reduce<Command | undefined>(
        (at, word) => at?.commands.find((command) => command.name() === word),
        program,
      )
      inner?.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
      const [, examples = ''] = help.split(/^Examples?:$/m)
      assert.match(examples, /gatehouse/, `${name} has an example`)
      for (const call of calledIn(examples)) {
        const fault = await wrongCall(call)
        if (fault !== undefined) wrong.push(`gatehouse ${call.join(' ')}: ${fault}`)
      }
    }

    assert.deepEqual(wrong, [])
  })

  it('is looked at: each way to be wrong is found', async () => {
    assert.deepEqual(
      calledIn('X=1 sudo -u gatehouse gatehouse users add alice \\\n  --admin # why\ncat a | gatehouse check -f -\n'),
      [
        ['users', 'add', 'alice', '--admin'],
        ['check', '-f', '-'],
      ],
    )
    for (const around of [
      '(set -a; . x; exec runuser -u gatehouse -- CALL)',
      'docker compose -f c.yaml exec gatehouse CALL',
      'kubectl -n g exec d/g -- CALL',
    ])
      assert.deepEqual(calledIn(around.replace('CALL', 'gatehouse users list')), [['users', 'list']], around)
    assert.equal(wrongName(['verify', '-p', 'lake']), 'there is no such command')
    assert.equal(wrongName(['users', 'frobnicate', 'alice']), 'there is no such command')
    assert.equal(wrongName(['users', 'add', 'NAME', '--boss']), 'users add has no option --boss')
    assert.equal(wrongName(['users']), undefined)
    assert.match((await wrongCall(['explain'])) ?? '', /missing required argument/)
    assert.match((await wrongCall(['render', '--format', 'toml'])) ?? '', /Allowed choices/)
    assert.equal(await wrongCall(['explain', 'issuer-mismatch']), undefined)
  })
})
