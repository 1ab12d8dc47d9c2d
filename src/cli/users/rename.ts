import { printable, printableJson } from '../../printable.ts'
import { configFiles, type Declare, jsonOption } from '../command.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { withPerson } from '../with-store.ts'

export const declareRename: Declare = (command, { surroundings, finish }) => {
  command.argument('<name>', 'username').argument('<new-name>', 'the username from now on')
  const files = configFiles(command)
  command
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse users rename anna@keycloak anna')
    .action(async (username: string, newName: string, { json }: { json: boolean }) => {
      finish(await renameUser({ files: files(), username, newName, json }, surroundings))
    })
}

/** `gatehouse users rename NAME NEW`: rules, services and products know the person by the new name. */
export async function renameUser(
  { newName, json, ...request }: { files: readonly string[]; username: string; newName: string; json: boolean },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  return withPerson('change', request, surroundings, async ({ user, directory }) => {
    const { id, username } = await directory.administration.rename(user, newName, 'cli')
    if (json) surroundings.stdout(`${printableJson({ id, username, before: user.username })}\n`)
    else
      surroundings.stdout(
        `${printable(user.username)} is called ${printable(username)} now. Rules that name the person, and what products keep under the old name, do not follow.\n`,
      )
    return 0
  })
}
