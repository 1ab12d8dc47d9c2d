#!/usr/bin/env node
/** The command line: builds Commander's program from the table and loads only the file of the called command. */
import { closeSync, openSync, readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { Command, CommanderError } from 'commander'
import type { CommandGroup, CommandRow, Shell } from './command.ts'
import { commands } from './commands.ts'
import { keepHangUps, stopSignal } from './signals.ts'
import { printableLines, wantsColor } from './surroundings.ts'

// Compiling the same code again would take a third of the start-up.
enableCompileCache()

// `npm run gatehouse` changes to the folder of the package; file names are relative to where it was called.
if (process.env['npm_lifecycle_event'] === 'gatehouse' && process.env['INIT_CWD'])
  process.chdir(process.env['INIT_CWD'])

// The reader may leave, or close the terminal, before the end, as `head -1` does: nobody misses the rest, and the command ends as it would have.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
  })
}

const args = withoutHelpCommand(process.argv.slice(2))
const calledWith = calledWords(args)
// Before anything of a server is loaded: whoever changes its configuration while it starts does not mean to end it.
const hangUps =
  calledWith[0] === 'serve'
    ? keepHangUps(process, { hasTerminal: process.stdout.isTTY || process.stdin.isTTY, terminalIsThere })
    : undefined

const shell: Shell = {
  surroundings: {
    env: process.env,
    stdout: (text) => process.stdout.write(text),
    // Only people read it, and it repeats files, providers and the store.
    stderr: (text) => process.stderr.write(printableLines(text)),
    color: wantsColor(process.stdout, process.env),
    isTerminal: process.stderr.isTTY === true,
  },
  stopped: () => stopSignal(process),
  hungUp: (listener) => hangUps?.listen(listener),
  readInput: () => readFileSync(0, 'utf8'),
  finish: (status) => {
    process.exitCode = status
  },
}

const program = new Command('gatehouse')
  .description('One OpenID Connect identity layer for a data platform')
  .version(version(), '--version', 'print the version')
  .helpOption('-h, --help', 'print help')
  .helpCommand('help [command...]', 'print help about a command')
  .configureHelp({ subcommandTerm: (command) => command.name() })
  // A wrong call ends with 2; Commander would use 1.
  .exitOverride()
  .configureOutput({ writeErr: shell.surroundings.stderr })
  .addHelpText(
    'after',
    `
Start here:
  gatehouse check gatehouse.yaml        what is wrong with a configuration
  gatehouse serve gatehouse.yaml        sign people in
  gatehouse explain CODE                what an error means, and what to do
  gatehouse help COMMAND                options and examples of a command

Exit status: 0 fine, 1 problems found, 2 the call or the configuration is wrong.`,
  )

try {
  await add(program, commands, calledWith)
  await program.parseAsync(args, { from: 'user' })
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : 2
}

/** Adds the commands of a table to `parent`: the called one in full, the others only as the help shows them. Children inherit the settings. */
async function add(
  parent: Command,
  rows: readonly (CommandRow | CommandGroup)[],
  [word, ...rest]: readonly string[],
): Promise<void> {
  for (const row of rows) {
    const command = parent.command(row.name).description(row.line)
    if ('commands' in row) await add(command, row.commands, row.name === word ? rest : [])
    else if (row.name === word) (await row.load())(command, shell)
  }
}

/** `help users add` and `users help add` are `users add --help`; Commander would show the help of `users`. */
function withoutHelpCommand(args: readonly string[]): string[] {
  const [first = '', second] = args
  if (first === 'help') return [...args.slice(1), '--help']
  const isGroup = commands.some((row) => row.name === first && 'commands' in row)
  return isGroup && second === 'help' ? [first, ...args.slice(2), '--help'] : [...args]
}

/** The words that name a command. */
function calledWords(args: readonly string[]): readonly string[] {
  return args.filter((word) => !word.startsWith('-'))
}

/** Whether the terminal in which the process was started is still open (tty(4)). */
function terminalIsThere(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  const bundled = new URL('../package.json', import.meta.url)
  const text = readFileSync(import.meta.url.endsWith('.ts') ? file : bundled, 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
