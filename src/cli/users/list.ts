import { printable, printableJson } from '../../printable.ts'
import type { User } from '../../store/users.ts'
import { emailKey } from '../../username.ts'
import { configFiles, type Declare, jsonOption } from '../command.ts'
import { loadOrExplain } from '../configured.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { table } from '../table.ts'
import { withStore } from '../with-store.ts'

export const declareList: Declare = (command, { surroundings, finish }) => {
  const files = configFiles(command, { bare: true })
  command
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse users list --json')
    .action(async (named: string[], { json }: { json: boolean }) => {
      finish(await listUsers({ files: files(named), json }, surroundings))
    })
}

/** `gatehouse users list`. */
export async function listUsers(
  { files, json }: { files: readonly string[]; json: boolean },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  const loaded = loadOrExplain(files, surroundings)
  if (!loaded) return 2
  return withStore('read', loaded, surroundings, async ({ users: directory }) => {
    const everybody = await directory.list()
    const users = await Promise.all(
      everybody.map(async ({ passwordHash, ...user }) => ({
        ...user,
        local: passwordHash !== undefined,
        teams: await directory.teams(user.id),
      })),
    )
    if (json) {
      surroundings.stdout(`${printableJson(users)}\n`)
      return 0
    }
    if (users.length === 0) {
      surroundings.stdout('There are no users yet. Create one: gatehouse users add NAME --admin\n')
      return 0
    }
    const rows = users.map((user) => [
      user.username,
      user.email ?? '-',
      user.teams.join(' ') || '-',
      [user.active ? 'active' : 'deactivated', user.isAdmin && 'admin', user.local && 'local']
        .filter((word) => word !== false)
        .join(' '),
    ])
    surroundings.stdout(table([['NAME', 'E-MAIL', 'TEAMS', 'STATUS'], ...rows.map((row) => row.map(printable))]))
    for (const line of sharedAddresses(everybody)) surroundings.stderr(`${line}\n`)
    return 0
  })
}

/** Accounts that nobody can sign in to by e-mail: two with a password have the same one, since before that was refused. */
function sharedAddresses(users: readonly User[]): string[] {
  const withPassword = users.filter(({ passwordHash }) => passwordHash !== undefined)
  const byKey = Map.groupBy(withPassword, ({ email = '' }) => emailKey(email))
  return [...byKey].flatMap(([key, owners]) => {
    if (key === undefined || owners.length < 2) return []
    const names = owners.map(({ username }) => printable(username)).join(', ')
    return `${printable(key)} is the address of several accounts with a password (${names}), so perhaps it signs in none: give them their own with \`gatehouse users change NAME --email ADDRESS\``
  })
}
