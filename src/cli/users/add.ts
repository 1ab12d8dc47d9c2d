import { randomBytes } from 'node:crypto'
import { Option } from 'commander'
import { namingOf } from '../../config/names.ts'
import { accountMistake } from '../../directory/local-accounts.ts'
import { createNames } from '../../directory/names.ts'
import { createPasswordRule } from '../../directory/password-rule.ts'
import { printableJson } from '../../printable.ts'
import { collect, configFiles, type Declare, jsonOption, passwordOf, passwordOption } from '../command.ts'
import { loadOrExplain } from '../configured.ts'
import { explainError } from '../explain-error.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { directoryOf, withStore } from '../with-store.ts'
import { unknownTeams } from './unknown-teams.ts'

interface AddOptions {
  email?: string
  emailVerified: boolean
  name?: string
  team: string[]
  admin: boolean
  passwordStdin: boolean
  json: boolean
}

export const declareAdd: Declare = (command, shell) => {
  command.argument('<name>', 'username')
  const files = configFiles(command)
  command
    .option('--email <address>', 'email address')
    .option('--email-verified', 'tell products that the address has been verified', false)
    .option('--name <name>', 'display name')
    .addOption(new Option('--team <team>', 'team; repeatable').argParser(collect).default([]))
    .option(
      '--admin',
      'mark the account as that of an administrator: today `users list` and the audit log show it, and no other command asks for it',
      false,
    )
    .addOption(passwordOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse users add alice --email alice@example.com --team analysts')
    .action(async (username: string, { team, passwordStdin, ...options }: AddOptions) => {
      const password = passwordOf({ passwordStdin }, shell)
      shell.finish(await addUser({ ...options, username, files: files(), teams: team, password }, shell.surroundings))
    })
}

export interface AddUserRequest {
  files: readonly string[]
  username: string
  email?: string
  emailVerified?: boolean
  name?: string
  teams: readonly string[]
  admin: boolean
  /** The password; without one the command generates a random one and prints it once. */
  password: string | undefined
  json: boolean
}

/** `gatehouse users add NAME`: creates a local account. */
export async function addUser(request: AddUserRequest, surroundings: Surroundings): Promise<ExitStatus> {
  const loaded = loadOrExplain(request.files, surroundings)
  if (!loaded) return 2
  const { teams: configured, login } = loaded.config
  const unknown = unknownTeams(request.teams, configured)
  if (unknown !== undefined) {
    surroundings.stderr(`${unknown}\n`)
    return 2
  }
  if (request.emailVerified && request.email === undefined) {
    surroundings.stderr('--email-verified says something about an address: add --email\n')
    return 2
  }
  const password = request.password ?? randomBytes(15).toString('base64url')
  const { username, email, emailVerified = false, name, teams, admin } = request
  // Checked before the store is created: a refusal leaves nothing behind.
  const rule = createPasswordRule({ minLength: loaded.config.localAccounts.passwordLength })
  const mistake = await accountMistake({ username, password, email }, createNames(namingOf(loaded.config)), rule)
  if (mistake) {
    explainError(mistake, surroundings)
    return 1
  }
  return withStore('make', loaded, surroundings, async (store) => {
    const directory = directoryOf(store, loaded.config)
    await directory.teams.ensure(configured, teams)
    const user = await directory.accounts.add(
      { username, password, email, emailVerified, name, teams, isAdmin: admin },
      'cli',
    )
    const made = request.password === undefined ? { password } : {}
    if (request.json) surroundings.stdout(`${printableJson({ id: user.id, username: user.username, ...made })}\n`)
    else {
      surroundings.stdout(`${user.username} can sign in now.\n`)
      if (request.password === undefined) surroundings.stdout(`Password (shown once): ${password}\n`)
    }
    if (!login.some(({ local }) => local !== undefined))
      surroundings.stderr('The sign-in page has no form for it: add `- local: {}` to `login`.\n')
    return 0
  })
}
