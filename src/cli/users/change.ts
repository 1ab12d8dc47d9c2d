import { Option } from 'commander'
import { printable, printableJson } from '../../printable.ts'
import { collect, configFiles, type Declare, forceOption, jsonOption } from '../command.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { withPerson } from '../with-store.ts'
import { unknownTeams } from './unknown-teams.ts'

interface ChangeOptions {
  email?: string
  name?: string
  team: string[]
  noTeam: string[]
  admin?: boolean
  force: boolean
  json: boolean
}

export const declareChange: Declare = (command, { surroundings, finish }) => {
  command.argument('<name>', 'username')
  const files = configFiles(command)
  command
    .option('--email <address>', 'email address; empty for none')
    .option('--name <name>', 'display name; empty for none')
    .addOption(new Option('--team <team>', 'a team to give; repeatable').argParser(collect).default([]))
    .addOption(leavingOption())
    .option('--admin', 'make the person an administrator')
    .option('--no-admin', 'make the person no administrator')
    .addOption(forceOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  gatehouse users change alice --email alice@example.com --name "Alice Moe"
  gatehouse users change alice --team analysts --no-team guests --no-admin`,
    )
    .action(async (username: string, { team, noTeam, admin, ...options }: ChangeOptions) => {
      const request = { ...options, files: files(), username, join: team, leave: noTeam, isAdmin: admin }
      finish(await changeUser(request, surroundings))
    })
}

/** Commander takes `--no-` for the opposite of another option; this one has a value of its own. */
function leavingOption(): Option {
  const option = new Option('--no-team <team>', 'a team to take away; repeatable').argParser(collect).default([])
  option.negate = false
  return option
}

export interface ChangeUserRequest {
  files: readonly string[]
  username: string
  /** Empty: none. */
  email?: string
  /** Empty: none. */
  name?: string
  join: readonly string[]
  leave: readonly string[]
  isAdmin: boolean | undefined
  /** Even if nobody else is an administrator. */
  force: boolean
  json: boolean
}

/** `gatehouse users change NAME`: e-mail, name, teams and whether the person is an administrator, all at once or not at all. */
export async function changeUser(
  { email, name, join, leave, isAdmin, force, json, ...request }: ChangeUserRequest,
  surroundings: Surroundings,
): Promise<ExitStatus> {
  if (email === undefined && name === undefined && join.length + leave.length === 0 && isAdmin === undefined) {
    surroundings.stderr('nothing to change: name it with --email, --name, --team, --no-team, --admin or --no-admin\n')
    return 2
  }
  return withPerson('change', request, surroundings, async ({ user, store, directory, config }) => {
    const unknown = unknownTeams(join, config.teams)
    if (unknown !== undefined) {
      surroundings.stderr(`${unknown}\n`)
      return 2
    }
    await directory.teams.ensure(config.teams, join)
    const wanted = { email, name, join, leave, isAdmin }
    const { id, ...after } = await directory.administration.change(user, wanted, 'cli', { evenLastAdmin: force })
    const { passwordHash: _, ...shown } = after
    if (json) surroundings.stdout(`${printableJson({ id, ...shown, teams: await store.users.teams(id) })}\n`)
    else
      surroundings.stdout(
        `${printable(user.username)} is changed. See \`gatehouse users show ${printable(user.username)}\`.\n`,
      )
    return 0
  })
}
