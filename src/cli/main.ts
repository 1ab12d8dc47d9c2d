#!/usr/bin/env node
/** The command line: gives the called command the machine, and says how it ended. */
import { closeSync, openSync, readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { CommanderError } from 'commander'
import type { Shell } from './command.ts'
import { calledWords, createProgram, withoutHelpCommand } from './program.ts'
import { keepHangUps, stopSignal } from './signals.ts'
import { printableLines, wantsColor } from './surroundings.ts'

// Compiling the same code again would take a third of the start-up.
enableCompileCache()

// `npm run gatehouse` changes to the folder of the package; file names are relative to where it was called.
if (process.env['npm_lifecycle_event'] === 'gatehouse' && process.env['INIT_CWD'])
  process.chdir(process.env['INIT_CWD'])

/** Whether something that was printed is lost. */
let isCut = false
// The reader may leave, or close the terminal, before the end, as `head -1` does: nobody misses the rest, and the command ends as it would have.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') unwritten(error)
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

try {
  await (await createProgram(shell, calledWith)).parseAsync(args, { from: 'user' })
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : 2
}

/** A full disk ends no server; a command whose output is not whole has failed. */
function unwritten({ message }: Error): void {
  if (isCut) return
  isCut = true
  process.stderr.write(`The output could not be written: ${message}\n`)
  process.once('exit', () => {
    process.exitCode ||= 1
  })
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
