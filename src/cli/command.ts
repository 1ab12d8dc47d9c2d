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

const defaultFile = 'gatehouse.yaml'

/** Collects the values of a repeatable option. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value]
}

/** `-c`, of commands that work on one configuration. */
export function configOption(): Option {
  return new Option('-c, --config <file>', 'the configuration').default(defaultFile)
}

/** `-f`, repeatable, of commands that read several files. */
export function filesOption(
  description = 'configuration file, - for standard input; repeatable',
  placeholder = 'file',
): Option {
  return new Option(`-f, --file <${placeholder}>`, description).argParser(collect).default([], defaultFile)
}

/** The files of `-f`, or the default one. */
export function filesOrDefault(files: readonly string[]): readonly string[] {
  return files.length > 0 ? files : [defaultFile]
}

/** `--json`, wherever a program may read the result. */
export function jsonOption(): Option {
  return new Option('--json', 'print JSON').default(false)
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
