import type { CompiledQuery, Selectable } from 'kysely'
import { type Engine, type ExpectingPart, expecting } from './engine.ts'
import type { TeamsTable } from './schema.ts'

/** A group of a provider that gives a team. */
export interface GivenBy {
  authenticationClass: string
  group: string
}

export interface StoredTeam {
  name: string
  source: TeamsTable['source']
  title: string | undefined
  givenBy: readonly GivenBy[]
}

/** All teams. Nothing here decides anything; directory/ does. */
export function createTeamTable(engine: Engine) {
  const db = engine.kysely
  return {
    list: async (): Promise<StoredTeam[]> =>
      (await db.selectFrom('teams').selectAll().orderBy('name').execute()).map(toTeam),

    /** The given names that are teams. */
    existing: async (names: readonly string[]): Promise<string[]> => {
      if (names.length === 0) return []
      const rows = await db.selectFrom('teams').select('name').where('name', 'in', names).execute()
      return rows.map(({ name }) => name)
    },

    /** Ids of the users who are in one of the teams. */
    membersOf: async (names: readonly string[]): Promise<string[]> => {
      if (names.length === 0) return []
      const rows = await db.selectFrom('memberships').select('user_id').distinct().where('team', 'in', names).execute()
      return rows.map((row) => row.user_id)
    },

    /** Statements that only directory/ uses, in its units. */
    statements: {
      insert: ({ name, source, title, givenBy }: StoredTeam, at: number): CompiledQuery<unknown> =>
        db
          .insertInto('teams')
          .values({
            name,
            source,
            title: title ?? null,
            given_by: JSON.stringify(givenBy),
            created_at: at,
            updated_at: at,
          })
          .compile(),

      update: ({ name, source, title, givenBy }: StoredTeam, at: number): ExpectingPart =>
        expecting(
          1,
          db
            .updateTable('teams')
            .set({ source, title: title ?? null, given_by: JSON.stringify(givenBy), updated_at: at })
            .where('name', '=', name)
            .compile(),
        ),

      /** Stale while anybody is in it. */
      remove: ({ name, source }: Pick<StoredTeam, 'name' | 'source'>): ExpectingPart =>
        expecting(
          1,
          db
            .deleteFrom('teams')
            .where('name', '=', name)
            .where('source', '=', source)
            .where(({ not, exists, selectFrom }) =>
              not(exists(selectFrom('memberships').select('user_id').where('team', '=', name))),
            )
            .compile(),
        ),
    },
  }
}
export type TeamTable = ReturnType<typeof createTeamTable>

function toTeam({ name, source, title, given_by }: Selectable<TeamsTable>): StoredTeam {
  return { name, source, title: title ?? undefined, givenBy: JSON.parse(given_by) as GivenBy[] }
}
