import { Command } from 'commander'
import type { CommandGroup, CommandRow, Shell } from './command.ts'
import { commands } from './commands.ts'
import { packageFile, packageVersion } from './package-file.ts'

/** Commander's program of the whole table. Only the command with the `called` words is declared in full; of the others it knows what the help shows. */
export async function createProgram(shell: Shell, called: readonly string[]): Promise<Command> {
  const program = new Command('gatehouse')
    .description('One OpenID Connect identity layer for a data platform')
    .version(packageVersion(), '--version', 'print the version')
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

Exit status: 0 fine, 1 problems found, 2 the call or the configuration is wrong.
Guides and reference: ${packageFile('docs')}`,
    )
  await add(program, commands, called, shell)
  return program
}

/** Adds the commands of a table to `parent`. Children inherit the settings. */
async function add(
  parent: Command,
  rows: readonly (CommandRow | CommandGroup)[],
  [word, ...rest]: readonly string[],
  shell: Shell,
): Promise<void> {
  for (const row of rows) {
    const command = parent.command(row.name).description(row.line)
    if ('commands' in row) await add(command, row.commands, row.name === word ? rest : [], shell)
    else if (row.name === word) (await row.load())(command, shell)
  }
}

/** `help users add` and `users help add` are `users add --help`; Commander would show the help of `users`. */
export function withoutHelpCommand(args: readonly string[]): string[] {
  const [first = '', second] = args
  if (first === 'help') return [...args.slice(1), '--help']
  const isGroup = commands.some((row) => row.name === first && 'commands' in row)
  return isGroup && second === 'help' ? [first, ...args.slice(2), '--help'] : [...args]
}

/** The words that name a command. */
export function calledWords(args: readonly string[]): readonly string[] {
  return args.filter((word) => !word.startsWith('-'))
}
