import { printable, printableJson } from '../../printable.ts'
import { configFiles, type Declare, forceOption, jsonOption } from '../command.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { withPerson } from '../with-store.ts'

export const declareRemove: Declare = (command, { surroundings, finish }) => {
  command.argument('<name>', 'username')
  const files = configFiles(command)
  command
    .addOption(forceOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse users remove alice')
    .action(async (username: string, options: { force: boolean; json: boolean }) => {
      finish(await removeUser({ ...options, files: files(), username }, surroundings))
    })
}

/** `gatehouse users remove NAME`: the person is gone, and the name is free. What they did stays in the audit log. */
export async function removeUser(
  { force, json, ...request }: { files: readonly string[]; username: string; force: boolean; json: boolean },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  return withPerson('change', request, surroundings, async ({ user, directory }) => {
    const { id, username } = await directory.administration.remove(user, 'cli', { evenLastAdmin: force })
    if (json) surroundings.stdout(`${printableJson({ id, username, removed: true })}\n`)
    else
      surroundings.stdout(
        `${printable(username)} is removed; every session has ended. Whoever gets this name next is known to products as the same person.\n`,
      )
    return 0
  })
}
