import { systemClock } from '../../clock.ts'
import type { Config } from '../../config/schema.ts'
import { nearGroups } from '../../directory/near-groups.ts'
import { teamsOf } from '../../directory/teams.ts'
import { printable, printableJson } from '../../printable.ts'
import type { Person } from '../../store/users.ts'
import { emailKey } from '../../username.ts'
import { configFiles, type Declare, jsonOption } from '../command.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { type PersonWork, withPerson } from '../with-store.ts'
import { factorsOf, factorWords } from './second-factor.ts'

export const declareShow: Declare = (command, { surroundings, finish }) => {
  command.argument('<name>', 'username')
  const files = configFiles(command)
  command
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse users show alice')
    .action(async (username: string, { json }: { json: boolean }) => {
      finish(await showUser({ files: files(), username, json }, surroundings))
    })
}

/** `gatehouse users show NAME`: who the person is, what they are in and why, and where they are signed in. */
export async function showUser(
  { json, ...request }: { files: readonly string[]; username: string; json: boolean },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  return withPerson('read', request, surroundings, async (work) => {
    const shown = await describe(work)
    surroundings.stdout(json ? `${printableJson(shown)}\n` : linesOf(shown))
    return 0
  })
}

type Shown = Awaited<ReturnType<typeof describe>>

async function describe({ user, store, config }: PersonWork) {
  const now = systemClock.now()
  const { memberships = [], identities = [] } = (await store.users.findPerson(user.id)) ?? {}
  const times = await store.users.times(user.id)
  const key = emailKey(user.email ?? '')
  const alike = key === undefined ? [] : await store.users.accountsWithEmail(key)
  const isLocal = user.passwordHash !== undefined
  const others = alike.filter(({ id }) => id !== user.id && isLocal).map(({ username }) => username)
  return {
    id: user.id,
    username: user.username,
    name: user.name ?? null,
    email: user.email ?? null,
    emailVerified: user.emailVerified ?? null,
    /** Accounts with a password and the same address. */
    emailSharedWith: others,
    active: user.active,
    admin: user.isAdmin,
    /** Whether the form of the sign-in page takes a password for it. */
    local: isLocal,
    secondFactor: await factorsOf(user.id, store),
    createdAt: iso(times?.createdAt),
    lastSignInAt: iso(times?.lastSignInAt),
    teams: teamsWithReasons(memberships, identities, config),
    identities: identities.map(({ authenticationClass, issuer, subject, ownName, receivedGroups }) => ({
      authenticationClass,
      issuer,
      subject,
      name: ownName ?? null,
      groups: receivedGroups ?? null,
      nearMisses: nearGroups(config.teams, authenticationClass, receivedGroups ?? []),
    })),
    sessions: (await store.sessions.ofUser(user.id, now)).map(({ idHash, service, createdAt }) => ({
      id: idHash.slice(0, 12),
      at: service ?? 'gatehouse',
      since: iso(createdAt),
    })),
    attempts: (await store.loginAttempts.ofUser(user.id))
      .filter(({ failures }) => failures > 0)
      .map(({ key: counted, failures, locked_until }) => ({
        from: counted.slice(user.id.length + 1),
        failures,
        waitsUntil: locked_until > now ? iso(locked_until) : null,
      })),
  }
}

/** Each team, and who gives it: a group of a class, or an administrator. */
function teamsWithReasons(
  memberships: Person['memberships'],
  identities: Person['identities'],
  { teams: configured }: Pick<Config, 'teams'>,
) {
  return memberships.map(({ team, source }) => {
    if (source === 'local') return { team, source, groups: [] }
    const received = identities.flatMap(({ authenticationClass, receivedGroups }) =>
      authenticationClass === source ? (receivedGroups ?? []) : [],
    )
    return { team, source, groups: received.filter((group) => teamsOf(configured, source, [group]).includes(team)) }
  })
}

function iso(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString()
}

function wordFor(emailVerified: boolean | null): string {
  if (emailVerified === null) return 'nobody says that it is verified'
  return emailVerified ? 'verified' : 'not verified'
}

function linesOf(shown: Shown): string {
  const status = [shown.active ? 'active' : 'deactivated', shown.admin && 'admin'].filter((word) => word !== false)
  const verified = wordFor(shown.emailVerified)
  const rows: [string, string][] = [
    ['username', shown.username],
    ['name', shown.name ?? '-'],
    ['e-mail', shown.email === null ? '-' : `${shown.email} (${verified})`],
    ...shown.emailSharedWith.map((name): [string, string] => [
      '',
      `also the address of ${name}: perhaps it signs in neither`,
    ]),
    ['status', status.join(', ')],
    ['password', shown.local ? 'has one here' : 'none here: signs in at a provider'],
    ['second factor', factorWords(shown.secondFactor).join(', ') || 'none'],
    ['created', shown.createdAt ?? '-'],
    ['last sign-in', shown.lastSignInAt ?? 'none since it is recorded'],
    ...listed('teams', shown.teams.map(teamLine)),
    ...listed('identities', shown.identities.flatMap(identityLines)),
    ...listed(
      'sessions',
      shown.sessions.map(({ id, at, since }) => `${id} at ${at} since ${since}`),
    ),
    ...listed(
      'wrong passwords',
      shown.attempts.map(({ from, failures, waitsUntil }) =>
        [`${failures} from ${from || 'everywhere'}`, waitsUntil && `waits until ${waitsUntil}`]
          .filter(Boolean)
          .join(', '),
      ),
    ),
  ]
  const width = Math.max(...rows.map(([label]) => label.length))
  return rows.map(([label, text]) => `${label.padEnd(width)}  ${printable(text)}\n`).join('')
}

function listed(label: string, lines: readonly string[]): [string, string][] {
  const [first = 'none', ...rest] = lines
  return [[label, first], ...rest.map((line): [string, string] => ['', line])]
}

function teamLine({ team, source, groups }: Shown['teams'][number]): string {
  if (source === 'local') return `${team}, given here`
  return `${team}, from ${source}${groups.length === 0 ? '' : ` (${groups.join(', ')})`}`
}

function identityLines({
  authenticationClass,
  subject,
  name,
  groups,
  issuer,
  nearMisses,
}: Shown['identities'][number]) {
  return [
    `${authenticationClass}/${subject}${name === null ? '' : `, called ${name} there`}, at ${issuer}`,
    `  groups received: ${groups === null ? 'not known until the next sign-in' : groups.join(', ') || 'none'}`,
    ...nearMisses.map(
      ({ team, received, configured }) =>
        `  ${received} gives no team; teams.${team} is given by ${configured}: did you mean group: ${JSON.stringify(received)}?`,
    ),
  ]
}
