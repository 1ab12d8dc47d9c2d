import { systemClock } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import { printable, printableJson } from '../../printable.ts'
import type { Session } from '../../store/sessions.ts'
import { configFiles, type Declare, jsonOption } from '../command.ts'
import type { ExitStatus, Surroundings } from '../surroundings.ts'
import { table } from '../table.ts'
import { type PersonWork, sessionEndOf, withPerson } from '../with-store.ts'

interface SessionsOptions {
  end?: string
  endAll: boolean
  json: boolean
}

export const declareSessions: Declare = (command, { surroundings, finish }) => {
  command.argument('<name>', 'username')
  const files = configFiles(command)
  command
    .option('--end <id>', 'end this session, and what depends on it')
    .option('--end-all', 'end every session, and every token that products hold', false)
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  gatehouse users sessions alice\n  gatehouse users sessions alice --end-all')
    .action(async (username: string, options: SessionsOptions) => {
      finish(await userSessions({ ...options, files: files(), username }, surroundings))
    })
}

/** `gatehouse users sessions NAME`: where the person is signed in; with `--end` and `--end-all` no more. */
export async function userSessions(
  { end, endAll, json, ...request }: SessionsOptions & { files: readonly string[]; username: string },
  surroundings: Surroundings,
): Promise<ExitStatus> {
  const { stdout, stderr } = surroundings
  if (end !== undefined && endAll) {
    stderr('--end and --end-all exclude each other\n')
    return 2
  }
  const purpose = end !== undefined || endAll ? 'change' : 'read'
  return withPerson(purpose, request, surroundings, async (person) => {
    const sessions = await person.store.sessions.ofUser(person.user.id, systemClock.now())
    const name = printable(person.user.username)
    if (endAll) {
      await person.directory.administration.endSessions(person.user, 'cli')
      stdout(
        json
          ? `${printableJson({ ended: sessions.map(shownId) })}\n`
          : `Every session and token of ${name} has ended.\n`,
      )
    } else if (end !== undefined) {
      const ended = await endOne(end, sessions, person)
      stdout(json ? `${printableJson({ ended: [shownId(ended)] })}\n` : `The session ${shownId(ended)} has ended.\n`)
    } else if (json) {
      stdout(`${printableJson(sessions.map(described))}\n`)
    } else if (sessions.length === 0) {
      stdout(`${name} has no session.\n`)
    } else {
      const rows = sessions.map(described).map(({ id, at, via, since, expires }) => [id, at, via, since, expires])
      stdout(table([['ID', 'AT', 'VIA', 'SINCE', 'EXPIRES'], ...rows.map((row) => row.map(printable))]))
    }
    return 0
  })
}

async function endOne(id: string, sessions: readonly Session[], { store }: PersonWork): Promise<Session> {
  const [found, another] = sessions.filter((session) => id.length >= 4 && session.idHash.startsWith(id))
  if (!found || another) throw new AppError('session-unknown', { id })
  await sessionEndOf(store).end(found, 'cli')
  return found
}

/** Enough of the digest to tell them apart. Nobody can sign in with it. */
function shownId({ idHash }: Session): string {
  return idHash.slice(0, 12)
}

function described(session: Session & { createdAt: number }) {
  return {
    id: shownId(session),
    at: session.service ?? 'gatehouse',
    via: session.authenticationClass,
    since: new Date(session.createdAt).toISOString(),
    expires: new Date(session.expiresAt).toISOString(),
  }
}
