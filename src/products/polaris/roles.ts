/** Principal roles of Polaris, made of groups by regular expressions that are applied one after the other. */
import { javaExactly, javaReplacement, javaText, type Property, property, smallRyeText } from '../../formats.ts'
import type { ProductInput, ProductProblem } from '../contract.ts'
import { error } from '../writing/problem.ts'

const mapper = 'polaris.oidc.principal-roles-mapper'
/** What a role must begin with to be one. */
const prefix = 'PRINCIPAL_ROLE:'

export function roleProblems({ product, path }: ProductInput): ProductProblem[] {
  return Object.entries(product.roles).flatMap(([group, roles]) => {
    const at = [...path, 'roles', group]
    const problems: ProductProblem[] = []
    if (roles.length > 1) {
      problems.push(
        error(
          at,
          `Polaris makes one principal role of a group, and this has ${roles.length}: make a principal role in Polaris that has the catalogue roles of all, or make a group for each`,
        ),
      )
    }
    // The next expression would take it for what one before it has made.
    if (group.startsWith(prefix)) {
      problems.push(
        error(at, `begins with ${prefix}, as what Polaris makes of groups does: the group needs another name`),
      )
    }
    return problems
  })
}

/** Groups that are not named pass no filter: else whoever may make a group could call it like a principal role. */
export function mappedRoles({ product }: ProductInput): Property[] {
  const roles = Object.entries(product.roles).flatMap(([group, [role]]): [string, string][] =>
    role === undefined ? [] : [[group, role]],
  )
  return [
    // It must match the whole of a group.
    property(`${mapper}.filter`, smallRyeText(roles.map(([group]) => javaText(group)).join('|'))),
    ...roles.flatMap(([group, role], index) => [
      property(`${mapper}.mappings[${index}].regex`, smallRyeText(javaExactly(group))),
      property(`${mapper}.mappings[${index}].replacement`, smallRyeText(javaReplacement(`${prefix}${role}`))),
    ]),
  ]
}

/** Everything that Polaris has granted to the principal, whatever its groups are. */
export function allRoles(): Property[] {
  return [
    property(`${mapper}.mappings[0].regex`, smallRyeText('(?s)\\A.+\\z')),
    property(`${mapper}.mappings[0].replacement`, `${prefix}ALL`),
  ]
}
