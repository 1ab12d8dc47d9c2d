/**
 * The parts of the command line: rows of a table (commands.ts), and one file per command, which declares its options, arguments and
 * examples on Commander's `Command` and its action. The file is loaded when the command is called.
 */
import { type Command, Option } from 'commander'
import type { ExitStatus, Surroundings } from './surroundings.ts'

/** What a command gets besides its options. */
export interface Shell {
  surroundings: Surroundings
  /** Resolves when the command should end: on SIGINT or SIGTERM. */
  stopped: () => Promise<void>
  /** Tells whenever somebody asks for the configuration to be read again: on SIGHUP, also on one that came early. */
  hungUp: (listener: () => void) => void
  /** The whole of standard input. */
  readInput: () => string
  /** Says how the command ended. */
  finish: (status: ExitStatus) => void
}

/** Declares a command: options, arguments, examples, action. */
export type Declare = (command: Command, shell: Shell) => void

/** One command: its name, one line for the help, and where to find the rest. */
export interface CommandRow {
  name: string
  line: string
  load: () => Promise<Declare>
}

/** Commands about one thing, such as `users add` and `users list`. */
export interface CommandGroup {
  name: string
  line: string
  commands: readonly CommandRow[]
}

/** The configuration of a call that names none. */
export const defaultFile = 'gatehouse.yaml'

/** Collects the values of a repeatable option. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value]
}

/**
 * Lets the configuration be named: `-f FILE` or `-c FILE`, each repeatable, and as a bare argument where the command has no other one
 * (`bare`). They mean the same everywhere. Answers with the names of a call, the default one without any.
 */
export function configFiles(
  command: Command,
  {
    bare = false,
    what = 'configuration file or folder, - for standard input; repeatable',
  }: { bare?: boolean; what?: string } = {},
): (named?: readonly string[]) => readonly string[] {
  if (bare) command.argument('[file...]', 'the same as --file')
  const files = fileOptions(command, what, defaultFile)
  return (named = []) => (files.length + named.length === 0 ? [defaultFile] : [...files, ...named])
}

/** Both options that name files, and what a call has named with them, in its order. */
export function fileOptions(command: Command, what: string, shownDefault?: string): readonly string[] {
  const files: string[] = []
  const collected = (value: string) => {
    files.push(value)
    return files
  }
  command
    .addOption(new Option('-f, --file <file>', what).argParser(collected).default(undefined, shownDefault))
    .addOption(new Option('-c, --config <file>', 'the same as --file').argParser(collected))
  return files
}

/** `--json`, wherever a program may read the result. */
export function jsonOption(): Option {
  return new Option('--json', 'print JSON').default(false)
}

/** `--force` of commands that may take away the last administrator. */
export function forceOption(): Option {
  return new Option('--force', 'even if nobody else is an active administrator').default(false)
}

/** `--password-stdin` of commands that set a password. */
export function passwordOption(): Option {
  return new Option(
    '--password-stdin',
    'read the password from standard input; by default a random one is generated and printed',
  ).default(false)
}

/** The password on standard input, without the newline that `echo` appends; undefined without `--password-stdin`. */
export function passwordOf({ passwordStdin }: { passwordStdin: boolean }, { readInput }: Shell): string | undefined {
  return passwordStdin ? readInput().replace(/\r?\n$/, '') : undefined
}
