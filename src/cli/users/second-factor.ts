import { printable, printableJson } from '../../printable.ts'
import { configFiles, type Declare, jsonOption } from '../command.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { withPerson } from '../with-store.ts'

interface SecondFactorOptions {
  remove: boolean
  json: boolean
}

export const declareSecondFactor: Declare = (command, { surroundings, finish }) => {
  command.argument('<name>', 'username')
  const files = configFiles(command)
  command
    .option('--remove', 'take the second factor away, of somebody who has lost it, and end every session', false)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  gatehouse users second-factor alice\n  gatehouse users second-factor alice --remove',
    )
    .action(async (username: string, options: SecondFactorOptions) => {
      finish(await userSecondFactor({ ...options, files: files(), username }, surroundings))
    })
}

/** `gatehouse users second-factor NAME`: what the person has; with `--remove` no more. */
export async function userSecondFactor(
  { remove, json, ...request }: SecondFactorOptions & { files: readonly string[]; username: string },
  { stdout, ...surroundings }: Surroundings,
): Promise<ExitStatus> {
  return withPerson(remove ? 'change' : 'read', request, surroundings, async ({ user, store, directory }) => {
    const name = printable(user.username)
    if (remove) {
      const removed = await directory.administration.removeSecondFactor(user, 'cli')
      const said = removed ? `${name} has no second factor any more; every session has ended.` : noneOf(name)
      stdout(json ? `${printableJson({ removed })}\n` : `${said}\n`)
      return 0
    }
    const app = await store.secondFactors.appOf(user.id)
    const since = app && new Date(app.createdAt).toISOString()
    const recoveryCodes = await store.secondFactors.codesLeft(user.id)
    const passkeys = (await store.passkeys.ofUser(user.id)).map((passkey) => passkey.name)
    const held = [
      ...(since === undefined ? [] : [`an authenticator app since ${since}, with ${recoveryCodes} recovery codes`]),
      ...passkeys.map((called) => `the passkey ${printable(called)}`),
    ]
    if (json) stdout(`${printableJson({ app: since ?? null, recoveryCodes, passkeys })}\n`)
    else stdout(held.length === 0 ? `${noneOf(name)}\n` : `${name} has ${held.join(', ')}.\n`)
    return 0
  })
}

function noneOf(name: string): string {
  return `${name} has no second factor.`
}
