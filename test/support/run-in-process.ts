/** The command line without a process of its own: for tests that call it hundreds of times. */
import { CommanderError } from 'commander'
import { calledWords, createProgram } from '../../src/cli/program.ts'
import type { ExitStatus } from '../../src/cli/surroundings.ts'

export interface InProcessRun {
  status: ExitStatus
  stdout: string
  stderr: string
}

/** Runs a command that reads no standard input, and none that waits unless `stopped` ends it. Names of files are relative to the current folder of this process. */
export async function runInProcess(
  args: readonly string[],
  {
    env = {},
    stopped = () => Promise.reject(new Error('this command waits')),
  }: { env?: Readonly<Record<string, string>>; stopped?: () => Promise<void> } = {},
): Promise<InProcessRun> {
  const run: InProcessRun = { status: 0, stdout: '', stderr: '' }
  const shell = {
    surroundings: {
      env,
      stdout: (text: string) => {
        run.stdout += text
      },
      stderr: (text: string) => {
        run.stderr += text
      },
      color: false,
    },
    stopped,
    hungUp: () => {},
    readInput: () => {
      throw new Error('this command reads standard input')
    },
    finish: (status: ExitStatus) => {
      run.status = status
    },
  }
  try {
    await (await createProgram(shell, calledWords(args))).parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    run.status = error.exitCode === 0 ? 0 : 2
  }
  return run
}
