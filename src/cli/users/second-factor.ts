import { printable, printableJson } from '../../printable.ts'
import type { PasskeyTable } from '../../store/passkeys.ts'
import type { SecondFactorTable } from '../../store/second-factors.ts'
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
    const factors = await factorsOf(user.id, store)
    const held = factorWords(factors).map(printable)
    if (json) stdout(`${printableJson(factors)}\n`)
    else stdout(held.length === 0 ? `${noneOf(name)}\n` : `${name} has ${held.join(', ')}.\n`)
    return 0
  })
}

/** What somebody proves besides the password, or in its place. */
export interface ShownFactors {
  /** When the authenticator app was added; null: there is none. */
  app: string | null
  /** How many are left. */
  recoveryCodes: number
  /** Their names. */
  passkeys: string[]
}

export async function factorsOf(
  userId: string,
  {
    secondFactors,
    passkeys,
  }: {
    secondFactors: Pick<SecondFactorTable, 'appOf' | 'codesLeft'>
    passkeys: Pick<PasskeyTable, 'ofUser'>
  },
): Promise<ShownFactors> {
  const app = await secondFactors.appOf(userId)
  return {
    app: app === undefined ? null : new Date(app.createdAt).toISOString(),
    recoveryCodes: await secondFactors.codesLeft(userId),
    passkeys: (await passkeys.ofUser(userId)).map(({ name }) => name),
  }
}

export function factorWords({ app, recoveryCodes, passkeys }: ShownFactors): string[] {
  const codes = `${recoveryCodes} recovery ${recoveryCodes === 1 ? 'code' : 'codes'}`
  const ofApp = app === null ? [] : [`an authenticator app since ${app}, with ${codes}`]
  return [...ofApp, ...passkeys.map((called) => `the passkey ${called}`)]
}

function noneOf(name: string): string {
  return `${name} has no second factor.`
}
