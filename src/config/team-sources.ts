/** Groups that are to give teams and never arrive. */
import { shownClaim } from '../claim-path.ts'
import { groupsClaimOf } from './groups-claim.ts'
import { issuerOf, vendorOfClass } from './issuer.ts'
import { type PathProblem, warning } from './problem.ts'
import type { Config, LoginEntry, OidcProvider } from './schema.ts'

/** A warning for each group of a team that no sign-in can bring. */
export function teamSources({ teams, login, authenticationClasses }: Config): PathProblem[] {
  return Object.entries(teams).flatMap(([team, { from }]) =>
    from.flatMap(({ authenticationClass: name, group }, index) => {
      const way = login.find(({ authenticationClass }) => authenticationClass === name)
      const { oidc: provider, github } = authenticationClasses[name] ?? {}
      const message = way
        ? provider
          ? silenceOf(name, { provider, way })
          : github && misspelled(group)
        : `nobody signs in here at ${name}, so its groups never arrive: list the class under login`
      const code = way ? 'groups-missing' : 'team-unreachable'
      return message === undefined
        ? []
        : [warning(code, ['teams', team, 'from', index, 'authenticationClass'], message)]
    }),
  )
}

/** `acme`, or `acme:data-platform`: an organisation, or the slug of a team in one. */
const groupOfGitHub = /^[A-Za-z0-9][A-Za-z0-9_-]*(?::[\p{Ll}\p{Lo}\p{N}._-]+)?$/u

/** Why no person of GitHub has a group of this name. */
function misspelled(group: string): string | undefined {
  if (groupOfGitHub.test(group)) return undefined
  return `no group of GitHub has this name: write an organisation (acme), or an organisation and the slug of a team (acme:data-platform, as at the end of its address)`
}

/** Why a provider sends no groups to this server. */
function silenceOf(name: string, { provider, way }: { provider: OidcProvider; way: LoginEntry }): string | undefined {
  const { groups, neverSends, title } = vendorOfClass(provider)
  const claim = provider.groupsClaim === undefined ? groups.claim : shownClaim(groupsClaimOf(provider).path)
  if (neverSends.includes(claim))
    return `the groups come from ${claim}, which ${title} never sends: write the claim that carries them in authenticationClasses.${name}.oidc.groupsClaim`
  const asked = [...provider.scopes, ...(way.oidc?.extraScopes ?? [])]
  // Where the token is thin without the scope; elsewhere a mapper may send the claim with any.
  const needsScope = groups.scope !== undefined && groups.where.idToken === 'perhaps' && provider.providerHint
  if (!needsScope || provider.groupsClaim !== undefined || asked.includes(groups.scope ?? '')) return undefined
  return `${title} (${issuerOf(provider)}) sends groups for the scope ${groups.scope} only, which is not requested: add it to oidc.extraScopes of the way in`
}
