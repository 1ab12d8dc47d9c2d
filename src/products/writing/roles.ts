/** What the kinds that give roles by group have in common. */
import { shownClaim } from '../../claim-path.ts'
import type { ProductInput, ProductProblem, Provider } from '../contract.ts'
import { error, warning } from './problem.ts'

/** False when every group has an empty list: then nobody gets a role. */
export function hasRoles({ product }: Pick<ProductInput, 'product'>): boolean {
  return Object.values(product.roles).some((roles) => roles.length > 0)
}

/** Whether somebody else decides who may do what: then nobody misses roles here. */
export function isDecidedElsewhere({ product }: Pick<ProductInput, 'product'>): boolean {
  return product.authorization === 'elsewhere'
}

/** Groups that have a role. */
export function groupsWithRoles({ product }: Pick<ProductInput, 'product'>): string[] {
  return Object.entries(product.roles).flatMap(([group, roles]) => (roles.length > 0 ? [group] : []))
}

/** The groups of each role, in the order in which the configuration names the roles. */
export function groupsByRole({ product }: Pick<ProductInput, 'product'>): ReadonlyMap<string, readonly string[]> {
  const byRole = new Map<string, string[]>()
  for (const [group, roles] of Object.entries(product.roles)) {
    for (const role of roles) byRole.set(role, [...(byRole.get(role) ?? []), group])
  }
  return byRole
}

/** The claims that carry groups, as people read them, each once; none if groups are not requested. */
export function groupsClaims({ providers }: Pick<ProductInput, 'providers'>): string[] {
  return [
    ...new Set(providers.filter(({ wantsGroups }) => wantsGroups).map(({ groupsClaim }) => shownClaim(groupsClaim))),
  ]
}

/** Whether the claim with the groups is requested. `reads`: whether the product reads groups at all. */
export function groupClaimProblems(input: ProductInput, reads: boolean = hasRoles(input)): ProductProblem[] {
  return reads ? input.providers.flatMap((provider) => claimProblem(provider) ?? []) : []
}

function claimProblem({ vendor, path, groupsClaim, wantsGroups }: Provider): ProductProblem | undefined {
  const { groups, title, isOurs } = vendor
  if (isOurs || wantsGroups || groups.scope === undefined) return undefined
  return warning(
    'groups-scope-missing',
    path,
    `groups are read from the claim ${shownClaim(groupsClaim)}, but the scope ${groups.scope} is not requested: add oidc.extraScopes: [${groups.scope}], unless ${title} sends the claim anyway`,
  )
}

interface SeveralProviders {
  /** Whether the product reads groups at all. */
  readsGroups: boolean
  /** Who identifies people by address, such as `Kubeflow knows`; undefined where nothing does. */
  byAddress?: string
  /** The classes that bring groups and people. */
  classes?: readonly { className: string }[]
}

/** What is mixed up when people come from several providers. */
export function severalProviderProblems(
  { product, path, classes: all }: ProductInput,
  { readsGroups, byAddress, classes = all }: SeveralProviders,
): ProductProblem[] {
  if (classes.length < 2) return []
  const names = classes.map(({ className }) => className).join(', ')
  const problems: ProductProblem[] = []
  if (readsGroups) {
    problems.push(
      warning(
        'groups-mixed',
        [...path, Object.keys(product.roles).length > 0 ? 'roles' : 'authentication'],
        `a group counts at every provider that has one of its name (${names}): people who create groups at one of them decide who is in it. The class gatehouse keeps them apart by teams`,
      ),
    )
  }
  if (byAddress !== undefined) {
    problems.push(
      warning(
        'people-by-address',
        [...path, 'authentication'],
        `${byAddress} people by their e-mail address, whichever provider they come from (${names}): anybody who gets somebody's address at one of them becomes that person here. Keep those that check addresses, or use the class gatehouse`,
      ),
    )
  }
  return problems
}

/** Roles that the product does not have. `known` describes the ones it has. */
export function unknownRoles(input: ProductInput, isKnown: (role: string) => boolean, known: string): ProductProblem[] {
  return Object.entries(input.product.roles).flatMap(([group, roles]) =>
    roles
      .filter((role) => !isKnown(role))
      .map((role) =>
        error([...input.path, 'roles', group], `there is no role ${JSON.stringify(role)}: write ${known}`),
      ),
  )
}
