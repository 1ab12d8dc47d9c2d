/** What the kinds that give roles by group have in common. */
import { error, warning } from './checks.ts'
import type { ProductInput, ProductProblem, Provider } from './contract.ts'
import { vendors } from './vendors/index.ts'

export function hasRoles({ product }: Pick<ProductInput, 'product'>): boolean {
  return Object.keys(product.roles).length > 0
}

/** Role to its groups, in the order in which the configuration names the roles. */
export function groupsByRole({ product }: Pick<ProductInput, 'product'>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const [group, roles] of Object.entries(product.roles)) {
    for (const role of roles) found.set(role, [...(found.get(role) ?? []), group])
  }
  return found
}

/** Roles are given by a claim: is it asked for? */
export function groupClaimProblems(input: ProductInput): ProductProblem[] {
  if (!hasRoles(input)) return []
  return input.providers.flatMap((provider) => claimProblem(provider) ?? [])
}

function claimProblem({ kind, path, groupsClaim, wantsGroups }: Provider): ProductProblem | undefined {
  if (kind === 'gatehouse' || wantsGroups || vendors[kind].groupsScope === undefined) return undefined
  return warning(
    path,
    `roles are given by the claim ${groupsClaim}, but the scope groups is not asked for: add oidc.extraScopes: [groups], unless the provider sends the claim anyway`,
  )
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

/** Texts that a product would read as something else, each with what it is and where it stands. */
export interface NamedText {
  what: string
  text: string
  path: ProductProblem['path']
}

export function providerTexts(provider: Provider): NamedText[] {
  const { path } = provider
  return [
    { what: 'client id', text: provider.clientId, path },
    { what: 'principalClaim', text: provider.principalClaim, path },
    { what: 'groupsClaim', text: provider.groupsClaim, path },
    ...provider.scopes.map((text) => ({ what: 'scope', text, path })),
  ]
}

export function roleTexts({ product, path }: ProductInput): NamedText[] {
  return Object.entries(product.roles).flatMap(([group, roles]) =>
    [group, ...roles].map((text) => ({ what: 'name', text, path: [...path, 'roles', group] })),
  )
}

/** An error for each text that matches, each once. `why` completes "the client id "x" ...". */
export function textProblems(texts: readonly NamedText[], unsafe: (text: string) => boolean, why: string) {
  const found = texts.filter(({ text }) => unsafe(text))
  const once = found.filter(
    ({ what, text }, index) => found.findIndex((other) => other.what === what && other.text === text) === index,
  )
  return once.map(({ what, text, path }) => error(path, `the ${what} ${JSON.stringify(text)} ${why}`))
}
