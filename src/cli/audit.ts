import { Option } from 'commander'
import { AppError } from '../errors.ts'
import { printable, printableJson } from '../printable.ts'
import type { AuditRow } from '../store/audit.ts'
import type { UserTable } from '../store/users.ts'
import { configFiles, type Declare, jsonOption } from './command.ts'
import { loadOrExplain } from './configured.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'
import { table } from './table.ts'
import { withStore } from './with-store.ts'

export const declareAudit: Declare = (command, { surroundings, finish }) => {
  const files = configFiles(command, { bare: true })
  command
    .addOption(new Option('--since <time>', 'rows from then on: 30m, 24h, 7d, or a time such as 2026-11-29T08:00Z'))
    .addOption(
      new Option('--user <name>', 'what this person (a name, or the id of a row) did, and what was done to them'),
    )
    .addOption(new Option('--event <word>', 'one event, such as sign-in.failed, or all that begin with a word: user'))
    .addOption(new Option('-n, --lines <count>', 'the newest so many').default('50'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  gatehouse audit --since 24h --event sign-in.failed\n  gatehouse audit --user alice -n 200 --json',
    )
    .action(async (named: string[], asked: AuditOptions) => {
      finish(await audit({ files: files(named), ...asked }, surroundings))
    })
}

interface AuditOptions {
  since?: string
  user?: string
  event?: string
  lines: string
  json: boolean
}

/** `gatehouse audit`: sign-ins, failures and changes, the newest last. Reads the store, and makes none. */
export async function audit(
  { files, since, user, event, lines, json }: AuditOptions & { files: readonly string[] },
  surroundings: Surroundings,
  now = Date.now(),
): Promise<ExitStatus> {
  const { stdout, stderr } = surroundings
  const from = since === undefined ? undefined : timeOf(since, now)
  if (since !== undefined && from === undefined) {
    stderr(`--since: ${JSON.stringify(since)} is no time: write 30m, 24h, 7d, or 2026-11-29T08:00Z\n`)
    return 2
  }
  const limit = /^\d{1,6}$/.test(lines) ? Number(lines) : 0
  if (limit === 0) {
    stderr(`-n: ${JSON.stringify(lines)} is no number from 1 to 999999\n`)
    return 2
  }
  const loaded = loadOrExplain(files, surroundings)
  if (!loaded) return 2
  return withStore('read', loaded, surroundings, async (store) => {
    // Of somebody who was removed only the id is left.
    const id = user === undefined || user.startsWith('u_') ? user : await idOf(user, store)
    const rows = await store.audit.find({ since: from, user: id, action: event, limit })
    const nameOf = await createNameOf(rows, store)
    if (json) for (const row of rows) stdout(`${printableJson(jsonOf(row, nameOf))}\n`)
    else if (rows.length === 0) stdout('There are no such rows.\n')
    else stdout(tableOf(rows, nameOf))
    return 0
  })
}

/** Throws `user-unknown`. */
async function idOf(username: string, { users }: { users: Pick<UserTable, 'findByName'> }): Promise<string> {
  const user = await users.findByName(username.trim())
  if (!user) throw new AppError('user-unknown', { username })
  return user.id
}

/** Milliseconds since the epoch: of a time, or of so long ago. Undefined for what is neither. */
export function timeOf(text: string, now: number): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  if (amount !== undefined) return now - Number(amount) * units[unit as keyof typeof units]
  const at = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text)
    ? Date.parse(text)
    : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

type NameOf = (id: string) => string

/** Rows name people by ids, which do not change; people know names. */
async function createNameOf(rows: readonly AuditRow[], store: { users: Pick<UserTable, 'find'> }): Promise<NameOf> {
  const ids = new Set(rows.flatMap(({ actor, subject }) => [actor, subject]).filter((id) => id.startsWith('u_')))
  const names = new Map<string, string>()
  for (const id of ids) {
    const user = await store.users.find(id)
    if (user) names.set(id, user.username)
  }
  return (id) => names.get(id) ?? id
}

function jsonOf({ at, actor, action, subject, details }: AuditRow, nameOf: NameOf) {
  const { from, requestId, before, after, ...others } = details
  return {
    time: new Date(at).toISOString(),
    event: action,
    actor: nameOf(actor),
    subject: nameOf(subject),
    subjectId: subject,
    from,
    requestId,
    before,
    after,
    details: others,
  }
}

function tableOf(rows: readonly AuditRow[], nameOf: NameOf): string {
  const cells = rows.map(({ at, actor, action, subject, details }) => {
    const { from, before, after, requestId, ...others } = details
    const id = requestId === undefined ? '' : ` id=${requestId}`
    return [
      new Date(at).toISOString(),
      action,
      nameOf(actor),
      subject === '' ? '-' : nameOf(subject),
      typeof from === 'string' ? from : '-',
      `${changeText(before, after)}${pairs(others)}${id}`.trim(),
    ]
  })
  return table([['TIME', 'EVENT', 'BY', 'WHOM', 'FROM', 'WHAT'], ...cells.map((row) => row.map(printable))])
}

/** `teams: {"local":["a"]} -> {"local":[]}` for each fact that changed; what is new has no arrow. */
function changeText(before: unknown, after: unknown): string {
  const [old, fresh] = [(before ?? {}) as Record<string, unknown>, (after ?? {}) as Record<string, unknown>]
  return Object.keys({ ...old, ...fresh })
    .map((fact) => {
      const now = shown(fresh[fact])
      return fact in old ? `${fact}: ${shown(old[fact])} -> ${now} ` : `${fact}: ${now} `
    })
    .join('')
}

function pairs(facts: Record<string, unknown>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}=${shown(value)}`)
    .join(' ')
}

function shown(value: unknown): string {
  if (value === undefined) return '-'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
