import { AppError } from '../../errors.ts'
import { printable, printableJson } from '../../printable.ts'
import { configFiles, type Declare, jsonOption } from '../command.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { passwordResetsOf, withPerson } from '../with-store.ts'

interface ResetOptions {
  local: boolean
  json: boolean
}

export const declareReset: Declare = (command, { surroundings, finish }) => {
  command.argument('<name>', 'username')
  const files = configFiles(command)
  command
    .option('--local', 'also for a person of an identity provider: a way in past the provider', false)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse users reset alice')
    .action(async (username: string, options: ResetOptions) => {
      finish(await resetUser({ ...options, files: files(), username }, surroundings))
    })
}

/** `gatehouse users reset NAME`: a link with which the person chooses a new password. Until then the old one works. */
export async function resetUser(
  { local, json, ...request }: ResetOptions & { files: readonly string[]; username: string },
  { stdout, ...surroundings }: Surroundings,
): Promise<ExitStatus> {
  return withPerson('change', request, surroundings, async ({ user, store, directory, config }) => {
    const { issuer } = config
    if (issuer === undefined)
      throw new AppError('config-invalid', {
        at: 'issuer',
        problem: 'is missing: a link needs the address of the server',
      })
    const token = await passwordResetsOf(store, directory).byAdministrator(user, 'cli', { local })
    const url = `${issuer.replace(/\/$/, '')}/login/reset?${new URLSearchParams({ token })}`
    const name = printable(user.username)
    if (json) stdout(`${printableJson({ username: user.username, url })}\n`)
    else
      stdout(
        `A link for ${name}, good once and for 24 hours:\n${url}\nThe password that ${name} has works until then.\n`,
      )
    return 0
  })
}
