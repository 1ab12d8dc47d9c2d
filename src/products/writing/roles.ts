/** What the kinds that give roles by group have in common. */
import type { ProductInput, ProductProblem, Provider } from '../contract.ts'
import { error, warning } from './problem.ts'

/** A group without a role gives nobody anything: where all are so, nobody has a role. */
export function hasRoles({ product }: Pick<ProductInput, 'product'>): boolean {
  return Object.values(product.roles).some((roles) => roles.length > 0)
}

/** Those that have a role. */
export function groupsWithRoles({ product }: Pick<ProductInput, 'product'>): string[] {
  return Object.entries(product.roles).flatMap(([group, roles]) => (roles.length > 0 ? [group] : []))
}

/** Role to its groups, in the order in which the configuration names the roles. */
export function groupsByRole({ product }: Pick<ProductInput, 'product'>): ReadonlyMap<string, readonly string[]> {
  const byRole = new Map<string, string[]>()
  for (const [group, roles] of Object.entries(product.roles)) {
    for (const role of roles) byRole.set(role, [...(byRole.get(role) ?? []), group])
  }
  return byRole
}

/** The claims in which groups come, each once; none where nobody asked for groups. */
export function groupsClaims({ providers }: Pick<ProductInput, 'providers'>): string[] {
  return [...new Set(providers.filter(({ wantsGroups }) => wantsGroups).map(({ groupsClaim }) => groupsClaim))]
}

/** Groups are read from a claim: is it asked for? `reads`: whether the product reads them at all. */
export function groupClaimProblems(input: ProductInput, reads: boolean = hasRoles(input)): ProductProblem[] {
  return reads ? input.providers.flatMap((provider) => claimProblem(provider) ?? []) : []
}

function claimProblem({ vendor, path, groupsClaim, wantsGroups }: Provider): ProductProblem | undefined {
  const { groups, title, isOurs } = vendor
  if (isOurs || wantsGroups || groups.scope === undefined) return undefined
  return warning(
    path,
    `groups are read from the claim ${groupsClaim}, but the scope ${groups.scope} is not asked for: add oidc.extraScopes: [${groups.scope}], unless ${title} sends the claim anyway`,
  )
}

interface SeveralProviders {
  /** Whether the product reads groups at all. */
  readsGroups: boolean
  /** Who takes an address for a person, such as `Kubeflow knows`; undefined where nobody does. */
  byAddress?: string
  /** Those that bring groups and people. */
  classes?: readonly { className: string }[]
}

/** What becomes one where people come from several providers. */
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
        [...path, Object.keys(product.roles).length > 0 ? 'roles' : 'authentication'],
        `a group counts at every provider that has one of its name (${names}): whoever makes groups at one of them decides who is in it. The class gatehouse keeps them apart by teams`,
      ),
    )
  }
  if (byAddress !== undefined) {
    problems.push(
      warning(
        [...path, 'authentication'],
        `${byAddress} people by their e-mail address, whichever provider they come from (${names}): whoever gets somebody's address at one of them is that person here. Keep those that check addresses, or take the class gatehouse`,
      ),
    )
  }
  return problems
}

/** Roles that the product does not have. `known` says which ones it has, in words. */
export function unknownRoles(input: ProductInput, isKnown: (role: string) => boolean, known: string): ProductProblem[] {
  return Object.entries(input.product.roles).flatMap(([group, roles]) =>
    roles
      .filter((role) => !isKnown(role))
      .map((role) =>
        error([...input.path, 'roles', group], `there is no role ${JSON.stringify(role)}: write ${known}`),
      ),
  )
}
