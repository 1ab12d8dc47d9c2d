import { randomBytes } from 'node:crypto'
import { configOption, type Declare, passwordOf, passwordOption } from '../command.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { userNamed, withDirectory } from '../with-directory.ts'

export const declarePassword: Declare = (command, shell) => {
  command
    .argument('<name>', 'user name')
    .addOption(passwordOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  gatehouse users password alice')
    .action(async (username: string, { config, passwordStdin }: { config: string; passwordStdin: boolean }) => {
      const password = passwordOf({ passwordStdin }, shell)
      shell.finish(await setUserPassword({ file: config, username, password }, shell.surroundings))
    })
}

/** `gatehouse users password NAME`: sets a password and ends every session. */
export function setUserPassword(
  { file, username, password }: { file: string; username: string; password: string | undefined },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  return withDirectory(file, surroundings, async (directory) => {
    const user = await userNamed(username, directory)
    const chosen = password ?? randomBytes(15).toString('base64url')
    await directory.accounts.setPassword(user, chosen, 'cli')
    surroundings.stdout(`${username} has a new password; every session has ended.\n`)
    if (password === undefined) surroundings.stdout(`Password (shown once): ${chosen}\n`)
    return 0
  })
}
