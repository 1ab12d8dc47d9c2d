import { randomBytes } from 'node:crypto'
import { Option } from 'commander'
import { collect, configOption, type Declare, jsonOption, passwordOf, passwordOption } from '../command.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { withDirectory } from '../with-directory.ts'

interface AddOptions {
  email?: string
  name?: string
  team: string[]
  admin: boolean
  passwordStdin: boolean
  config: string
  json: boolean
}

export const declareAdd: Declare = (command, shell) => {
  command
    .argument('<name>', 'user name')
    .option('--email <address>', 'e-mail address')
    .option('--name <name>', 'name for people')
    .addOption(new Option('--team <team>', 'team; repeatable').argParser(collect).default([]))
    .option('--admin', 'an administrator', false)
    .addOption(passwordOption())
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse users add alice --email alice@example.com --team analysts')
    .action(async (username: string, { config, team, passwordStdin, ...options }: AddOptions) => {
      const password = passwordOf({ passwordStdin }, shell)
      shell.finish(await addUser({ ...options, username, file: config, teams: team, password }, shell.surroundings))
    })
}

export interface AddUserRequest {
  file: string
  username: string
  email?: string
  name?: string
  teams: readonly string[]
  admin: boolean
  /** The password; without one a random one is made and printed once. */
  password: string | undefined
  json: boolean
}

/** `gatehouse users add NAME`: makes a local account. */
export function addUser(request: AddUserRequest, surroundings: Surroundings): Promise<ExitStatus> {
  return withDirectory(request.file, surroundings, async ({ config, accounts, teams: directoryTeams }) => {
    const unknown = request.teams.filter((team) => !Object.hasOwn(config.teams, team))
    if (unknown.length > 0) {
      const known = Object.keys(config.teams).join(', ') || 'none'
      surroundings.stderr(`there is no team ${unknown.join(', ')}; known: ${known}\n`)
      return 2
    }
    const password = request.password ?? randomBytes(15).toString('base64url')
    const { username, email, name, teams, admin } = request
    await directoryTeams.ensure(config.teams, teams)
    const user = await accounts.add({ username, password, email, name, teams, isAdmin: admin }, 'cli')
    const made = request.password === undefined ? { password } : {}
    if (request.json) surroundings.stdout(`${JSON.stringify({ id: user.id, username, ...made })}\n`)
    else {
      surroundings.stdout(`${username} can sign in now.\n`)
      if (request.password === undefined) surroundings.stdout(`Password (shown once): ${password}\n`)
    }
    return 0
  })
}
