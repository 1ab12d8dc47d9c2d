import { printable, printableJson } from '../../printable.ts'
import { backUpStore } from '../../server/keeping.ts'
import { configFiles, type Declare, jsonOption } from '../command.ts'
import { loadOrExplain } from '../configured.ts'
import { explainError } from '../explain-error.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'

interface BackupOptions {
  output?: string
  force: boolean
  json: boolean
}

export const declareBackup: Declare = (command, { surroundings, finish }) => {
  command.argument('[file...]', 'the backup, a new file; with --output the same as --file')
  const files = configFiles(command)
  command
    .option('-o, --output <file>', 'the backup, a new file')
    .option('--force', 'replace an older backup', false)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  gatehouse store backup /var/backups/gatehouse.db -c /etc/gatehouse/gatehouse.yaml',
    )
    .action(async (named: string[], options: BackupOptions) => {
      const [file, ...others] = options.output === undefined ? named : [options.output]
      const configured = options.output === undefined ? files() : files(named)
      finish(await backup({ ...options, files: configured, file: others.length > 0 ? undefined : file }, surroundings))
    })
}

/** `gatehouse store backup FILE`: one moment of the store in one file, while servers run. */
export async function backup(
  { files, file, force, json }: BackupOptions & { files: readonly string[]; file: string | undefined },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  if (file === undefined) {
    surroundings.stderr('Name one file: gatehouse store backup FILE\n')
    return 2
  }
  const loaded = loadOrExplain(files, surroundings)
  if (!loaded) return 2
  try {
    const { bytes, applied, instance } = await backUpStore({ ...loaded, env: surroundings.env }, { file, force })
    const keyFingerprint = instance?.keyFingerprint
    if (json) {
      surroundings.stdout(`${printableJson({ file, bytes, schema: applied.at(-1), keyFingerprint })}\n`)
      return 0
    }
    surroundings.stdout(`${printable(file)}: ${bytes} bytes, schema ${applied.at(-1)}\n`)
    const name =
      keyFingerprint === undefined ? 'the key of the store' : `the key with the fingerprint ${keyFingerprint}`
    surroundings.stdout(`It is of no use without ${name}: keep that in another place.\n`)
    return 0
  } catch (error) {
    explainError(error, surroundings)
    return 1
  }
}
