import { printable } from '../../printable.ts'
import { configFiles, type Declare, forceOption } from '../command.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { withPerson } from '../with-store.ts'

export const declareActivate = declareSetActive('activate', true)
export const declareDeactivate = declareSetActive('deactivate', false)

function declareSetActive(name: string, active: boolean): Declare {
  return (command, { surroundings, finish }) => {
    command.argument('<name>', 'username')
    const files = configFiles(command)
    if (!active) command.addOption(forceOption())
    command
      .addHelpText('after', `\nExample:\n  gatehouse users ${name} alice`)
      .action(async (username: string, { force = false }: { force?: boolean }) => {
        finish(await setUserActive({ files: files(), username, active, force }, surroundings))
      })
  }
}

/** `gatehouse users deactivate|activate NAME`: takes or gives back access. Deactivating ends every session within a second. */
export async function setUserActive(
  { active, force, ...request }: { files: readonly string[]; username: string; active: boolean; force: boolean },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  return withPerson('change', request, surroundings, async ({ user, directory }) => {
    await directory.accounts.setActive(user, active, 'cli', { evenLastAdmin: force })
    surroundings.stdout(
      `${printable(user.username)} is ${active ? 'active' : 'deactivated; every session has ended'}.\n`,
    )
    return 0
  })
}
