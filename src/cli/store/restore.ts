import { printable, printableJson } from '../../printable.ts'
import { restoreStore } from '../../server/keeping.ts'
import { configFiles, type Declare, jsonOption } from '../command.ts'
import { loadOrExplain } from '../configured.ts'
import { explainError } from '../explain-error.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'

interface RestoreOptions {
  force: boolean
  keepSessions: boolean
  json: boolean
}

export const declareRestore: Declare = (command, { surroundings, finish }) => {
  command.argument('<file>', 'a backup')
  const files = configFiles(command)
  command
    .option('--force', 'set a store that is there aside', false)
    .option('--keep-sessions', 'keep people and products signed in, also where that has ended since the backup', false)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  gatehouse store restore /var/backups/gatehouse.db -c /etc/gatehouse/gatehouse.yaml',
    )
    .action(async (file: string, options: RestoreOptions) => {
      finish(await restore({ ...options, files: files(), file }, surroundings))
    })
}

/** `gatehouse store restore FILE`: a backup in the place of the store, while no server runs on it. */
export async function restore(
  { files, file, force, keepSessions, json }: RestoreOptions & { files: readonly string[]; file: string },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  const loaded = loadOrExplain(files, surroundings)
  if (!loaded) return 2
  try {
    const restored = await restoreStore({ ...loaded, env: surroundings.env }, { file, force, keepSessions })
    const { applied, setAside } = restored
    if (json) {
      surroundings.stdout(`${printableJson({ restored: file, schema: applied.at(-1), setAside, keepSessions })}\n`)
      return 0
    }
    surroundings.stdout(`Restored ${printable(file)} (schema ${applied.at(-1)}).\n`)
    if (setAside !== undefined) surroundings.stdout(`The store of before is ${printable(setAside)}.\n`)
    if (!keepSessions) surroundings.stdout('Nobody is signed in; people sign in again.\n')
    surroundings.stdout(
      'People, teams and passwords are those of the backup: whoever was deactivated or removed since is back. Compare with `gatehouse audit`.\n',
    )
    return 0
  } catch (error) {
    explainError(error, surroundings)
    return 1
  }
}
