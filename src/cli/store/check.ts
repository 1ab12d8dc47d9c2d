import { printable, printableJson } from '../../printable.ts'
import { checkStore, type StoreReport } from '../../server/keeping.ts'
import { configFiles, type Declare, jsonOption } from '../command.ts'
import { loadOrExplain } from '../configured.ts'
import { explainError } from '../explain-error.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { table } from '../table.ts'

export const declareCheck: Declare = (command, { surroundings, finish }) => {
  const files = configFiles(command, { bare: true })
  command
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse store check --json')
    .action(async (named: string[], { json }: { json: boolean }) => {
      finish(await checkStoreOf({ files: files(named), json }, surroundings))
    })
}

/** `gatehouse store check`: whether the store is whole, of this version, and sealed with this key. 1 when it is not, or is not there. */
export async function checkStoreOf(
  { files, json }: { files: readonly string[]; json: boolean },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  const { stdout, stderr, env } = surroundings
  const loaded = loadOrExplain(files, surroundings)
  if (!loaded) return 2
  try {
    const report = await checkStore({ ...loaded, env })
    if (json) stdout(`${printableJson({ ok: report.problems.length === 0, ...report })}\n`)
    else {
      stdout(summary(report))
      for (const problem of report.problems) stderr(`${printable(problem)}\n`)
    }
    return report.problems.length === 0 ? 0 : 1
  } catch (error) {
    explainError(error, surroundings)
    return 1
  }
}

function summary({ store, inUse, schema, keyFingerprint, bytes, logBytes, tables, problems }: StoreReport): string {
  const facts = [
    ['store', printable(store)],
    ...(inUse === undefined ? [] : [['server', inUse ? 'one runs on it' : 'none runs on it']]),
    ['schema', schema.newest ?? 'none'],
    ['key', keyFingerprint ?? 'no fingerprint yet'],
    ...(bytes === undefined ? [] : [['bytes', `${bytes}, and ${logBytes ?? 0} in its log`]]),
    ['state', problems.length === 0 ? 'whole' : 'not well: see below'],
  ]
  const rows = tables.map((each) => [each.table, String(each.rows), day(each.oldest), day(each.newest)])
  const list = rows.length === 0 ? '' : `\n${table([['TABLE', 'ROWS', 'OLDEST', 'NEWEST'], ...rows])}`
  return `${facts.map(([name = '', value = '']) => `${name.padEnd(8)}${value}\n`).join('')}${list}`
}

function day(time: number | undefined): string {
  return time === undefined ? '-' : new Date(time).toISOString().slice(0, 16)
}
