import { printable, printableJson } from '../../printable.ts'
import { configOption, type Declare, jsonOption } from '../command.ts'
import { loadOrExplain } from '../configured.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { withStore } from '../with-store.ts'

export const declareList: Declare = (command, { surroundings, finish }) => {
  command
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse users list --json')
    .action(async ({ config, json }: { config: string; json: boolean }) => {
      finish(await listUsers({ file: config, json }, surroundings))
    })
}

/** `gatehouse users list`. */
export async function listUsers(
  { file, json }: { file: string; json: boolean },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  const loaded = loadOrExplain([file], surroundings)
  if (!loaded) return 2
  return withStore('read', loaded, surroundings, async ({ users: directory }) => {
    const users = await Promise.all(
      (await directory.list()).map(async ({ passwordHash, ...user }) => ({
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
      [user.isAdmin && 'admin', !user.active && 'deactivated', user.local && 'local'].filter(Boolean).join(' ') || '-',
    ])
    surroundings.stdout(table([['NAME', 'E-MAIL', 'TEAMS', 'STATUS'], ...rows.map((row) => row.map(printable))]))
    return 0
  })
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
