import { randomBytes } from 'node:crypto'
import { printable } from '../../printable.ts'
import { configFiles, type Declare, passwordOf, passwordOption } from '../command.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { withPerson } from '../with-store.ts'

interface PasswordOptions {
  passwordStdin: boolean
  local: boolean
  remove: boolean
}

export const declarePassword: Declare = (command, shell) => {
  command.argument('<name>', 'username')
  const files = configFiles(command)
  command
    .addOption(passwordOption())
    .option('--local', 'also for a person of an identity provider: a way in past the provider', false)
    .option('--remove', 'take the password away: the person signs in at a provider only', false)
    .addHelpText('after', '\nExamples:\n  gatehouse users password alice\n  gatehouse users password bob --remove')
    .action(async (username: string, { local, remove, passwordStdin }: PasswordOptions) => {
      const password = remove ? undefined : passwordOf({ passwordStdin }, shell)
      const request = { files: files(), username, password, local }
      shell.finish(await (remove ? removeUserPassword : setUserPassword)(request, shell.surroundings))
    })
}

export interface PasswordRequest {
  files: readonly string[]
  username: string
  /** Without one the command generates a random one and prints it once. */
  password: string | undefined
  /** Somebody of a provider gets a way in past the provider, and that is meant. */
  local: boolean
}

/** `gatehouse users password NAME`: sets a password and ends every session. */
export async function setUserPassword(
  { password, local, ...request }: PasswordRequest,
  surroundings: Surroundings,
): Promise<ExitStatus> {
  return withPerson('change', request, surroundings, async ({ user, directory }) => {
    const chosen = password ?? randomBytes(15).toString('base64url')
    await directory.accounts.setPassword(user, chosen, 'cli', { local })
    surroundings.stdout(`${printable(user.username)} has a new password; every session has ended.\n`)
    if (password === undefined) surroundings.stdout(`Password (shown once): ${chosen}\n`)
    return 0
  })
}

/** `gatehouse users password NAME --remove`: the way in at a provider stays. */
export async function removeUserPassword(
  request: Pick<PasswordRequest, 'files' | 'username'>,
  surroundings: Surroundings,
): Promise<ExitStatus> {
  return withPerson('change', request, surroundings, async ({ user, directory }) => {
    await directory.accounts.removePassword(user, 'cli')
    surroundings.stdout(`${printable(user.username)} has no password here any more; every session has ended.\n`)
    return 0
  })
}
