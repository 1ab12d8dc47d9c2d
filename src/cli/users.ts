import { randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'
import { type Directory, withDirectory } from './with-directory.ts'

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
  return withDirectory(request.file, surroundings, async ({ config, accounts }) => {
    const unknown = request.teams.filter((team) => !Object.hasOwn(config.teams, team))
    if (unknown.length > 0) {
      const known = Object.keys(config.teams).join(', ') || 'none'
      surroundings.stderr(`there is no team ${unknown.join(', ')}; known: ${known}\n`)
      return 2
    }
    const password = request.password ?? randomBytes(15).toString('base64url')
    const { username, email, name, teams, admin } = request
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

/** `gatehouse users list`. */
export function listUsers(
  { file, json }: { file: string; json: boolean },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  return withDirectory(file, surroundings, async ({ store }) => {
    const users = await Promise.all(
      (await store.users.list()).map(async ({ passwordHash, ...user }) => ({
        ...user,
        local: passwordHash !== undefined,
        teams: await store.users.teams(user.id),
      })),
    )
    if (json) {
      surroundings.stdout(`${JSON.stringify(users)}\n`)
      return 0
    }
    if (users.length === 0) {
      surroundings.stdout('There are no users yet. Make one: gatehouse users add NAME --admin\n')
      return 0
    }
    const rows = users.map((user) => [
      user.username,
      user.email ?? '-',
      user.teams.join(' ') || '-',
      [user.isAdmin && 'admin', !user.active && 'deactivated', user.local && 'local'].filter(Boolean).join(' ') || '-',
    ])
    surroundings.stdout(table([['NAME', 'E-MAIL', 'TEAMS', 'STATUS'], ...rows]))
    return 0
  })
}

/** `gatehouse users deactivate|activate NAME`: takes or gives back access. Deactivating ends every session within a second. */
export function setUserActive(
  { file, username, active }: { file: string; username: string; active: boolean },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  return withDirectory(file, surroundings, async (directory) => {
    const user = await userNamed(username, directory)
    await directory.accounts.setActive(user, active, 'cli')
    surroundings.stdout(`${username} is ${active ? 'active' : 'deactivated; every session has ended'}.\n`)
    return 0
  })
}

/** `gatehouse users password NAME`: sets a password and ends every session. */
export function setUserPassword(
  { file, username, password }: { file: string; username: string; password: string | undefined },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  return withDirectory(file, surroundings, async (directory) => {
    const user = await userNamed(username, directory)
    const chosen = password ?? randomBytes(15).toString('base64url')
    await directory.accounts.setPassword(user, chosen, 'cli')
    surroundings.stdout(`${username} has a new password; every session has ended.\n`)
    if (password === undefined) surroundings.stdout(`Password (shown once): ${chosen}\n`)
    return 0
  })
}

async function userNamed(username: string, { store }: Directory) {
  const user = await store.users.findByName(username)
  if (!user) throw new AppError('user-unknown', { username })
  return user
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
