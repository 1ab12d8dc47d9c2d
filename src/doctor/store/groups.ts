import { nearGroups } from '../../directory/near-groups.ts'
import type { Check, Outcome, StoreContext } from '../contract.ts'
import { ok, skipped, warning } from '../outcome.ts'

/** Checks the groups that came with the last sign-ins: one that gives no team, though almost the same one would, is a slip of the pen. */
export const groups: Check<'store'> = {
  id: 'groups',
  title: 'Groups that people bring give the teams that are meant',
  run: look,
}

const shownAtMost = 20

async function look({ teams, people }: StoreContext): Promise<Outcome | Outcome[]> {
  const seen = await people()
  if (!seen) return []
  if (seen.groups.length === 0) return skipped('no sign-in has brought groups yet')
  const byClass = Map.groupBy(seen.groups, ({ authenticationClass }) => authenticationClass)
  const misses = [...byClass].flatMap(([authenticationClass, members]) => {
    const received = [...new Set(members.flatMap((member) => member.groups))]
    return nearGroups(teams, authenticationClass, received).map((miss) => ({ authenticationClass, ...miss }))
  })
  if (misses.length === 0) return ok({ 'people looked at': String(seen.groups.length) })
  return misses
    .slice(0, shownAtMost)
    .map(({ authenticationClass, team, received, configured }) =>
      warning(
        'group-unmatched',
        { class: authenticationClass, received, configured: `${configured} (teams.${team}.from)` },
        `Write the group as it comes, below teams.${team}.from: did you mean group: ${JSON.stringify(received)}?`,
      ),
    )
}
