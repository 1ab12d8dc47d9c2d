import { printable } from '../../printable.ts'
import { configOption, type Declare } from '../command.ts'
import { loadOrExplain } from '../configured.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { directoryOf, userNamed, withStore } from '../with-store.ts'

export const declareActivate = declareSetActive('activate', true)
export const declareDeactivate = declareSetActive('deactivate', false)

function declareSetActive(name: string, active: boolean): Declare {
  return (command, { surroundings, finish }) => {
    command
      .argument('<name>', 'username')
      .addOption(configOption())
      .addHelpText('after', `\nExample:\n  gatehouse users ${name} alice`)
      .action(async (username: string, { config }: { config: string }) => {
        finish(await setUserActive({ file: config, username, active }, surroundings))
      })
  }
}

/** `gatehouse users deactivate|activate NAME`: takes or gives back access. Deactivating ends every session within a second. */
export async function setUserActive(
  { file, username, active }: { file: string; username: string; active: boolean },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  const loaded = loadOrExplain([file], surroundings)
  if (!loaded) return 2
  return withStore('change', loaded, surroundings, async (store) => {
    const user = await userNamed(username, store)
    await directoryOf(store, loaded.config).accounts.setActive(user, active, 'cli')
    surroundings.stdout(
      `${printable(user.username)} is ${active ? 'active' : 'deactivated; every session has ended'}.\n`,
    )
    return 0
  })
}
