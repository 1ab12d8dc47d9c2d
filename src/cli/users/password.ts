import { randomBytes } from 'node:crypto'
import { printable } from '../../printable.ts'
import { configOption, type Declare, passwordOf, passwordOption } from '../command.ts'
import { loadOrExplain } from '../configured.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { directoryOf, userNamed, withStore } from '../with-store.ts'

export const declarePassword: Declare = (command, shell) => {
  command
    .argument('<name>', 'username')
    .addOption(passwordOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  gatehouse users password alice')
    .action(async (username: string, { config, passwordStdin }: { config: string; passwordStdin: boolean }) => {
      const password = passwordOf({ passwordStdin }, shell)
      shell.finish(await setUserPassword({ file: config, username, password }, shell.surroundings))
    })
}

/** `gatehouse users password NAME`: sets a password and ends every session. */
export async function setUserPassword(
  { file, username, password }: { file: string; username: string; password: string | undefined },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  const loaded = loadOrExplain([file], surroundings)
  if (!loaded) return 2
  return withStore('change', loaded, surroundings, async (store) => {
    const user = await userNamed(username, store)
    const chosen = password ?? randomBytes(15).toString('base64url')
    await directoryOf(store, loaded.config).accounts.setPassword(user, chosen, 'cli')
    surroundings.stdout(`${printable(user.username)} has a new password; every session has ended.\n`)
    if (password === undefined) surroundings.stdout(`Password (shown once): ${chosen}\n`)
    return 0
  })
}
