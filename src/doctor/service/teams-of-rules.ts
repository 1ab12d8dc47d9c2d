import { teamsNamed } from '../../teams-named.ts'
import type { Check, Outcome, ServiceContext } from '../contract.ts'
import { ok, skipped, warning } from '../outcome.ts'

/** Checks that somebody can be in the teams that the rules of a service name: a group gives them, or an administrator has. */
export const teamsOfRules: Check<'service'> = {
  id: 'teams-of-rules',
  title: 'The teams of its rules have people',
  run: look,
}

async function look({ name, service, teamsWithoutSource, people }: ServiceContext): Promise<Outcome> {
  const named = service.rules.flatMap(({ allow }) => (Array.isArray(allow) ? teamsNamed(allow) : []))
  if (named.length === 0) return skipped('its rules name no team')
  const suspects = [...new Set(named)].filter((team) => teamsWithoutSource.includes(team))
  const members = suspects.length === 0 ? undefined : await people()
  const empty = suspects.filter((team) => !members?.teamsWithMembers.includes(team))
  if (empty.length === 0) return ok({ teams: [...new Set(named)].join(' ') })
  return warning(
    'team-empty',
    { teams: empty.join(' '), 'named by': `services.${name}.rules` },
    `Write under teams.${empty[0]}.from which group gives it, or put people there: \`gatehouse users change NAME --team ${empty[0]}\`.`,
  )
}
