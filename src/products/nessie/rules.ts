/** Roles of Nessie, as rules in the Common Expression Language: one that is true lets an operation pass. */
import { celText, type Property, property, smallRyeText } from '../../formats.ts'
import type { ProductInput } from '../contract.ts'
import { groupsByRole } from '../writing/roles.ts'

const reading = [
  'VIEW_REFERENCE',
  'READ_ENTRIES',
  'READ_CONTENT_KEY',
  'READ_ENTITY_VALUE',
  'LIST_COMMIT_LOG',
  'READ_REPOSITORY_CONFIG',
]
/** Without what loses history: to delete a branch or to give it another commit. */
const writing = [
  'CREATE_REFERENCE',
  'COMMIT_CHANGE_AGAINST_REFERENCE',
  'CREATE_ENTITY',
  'UPDATE_ENTITY',
  'DELETE_ENTITY',
]

export const nessieRoles = ['reader', 'writer', 'admin'] as const
type NessieRole = (typeof nessieRoles)[number]

/**
 * Each role may do what those before it may. A rule about VIEW_REFERENCE must be among them: Nessie adds one that shows all branches
 * to everybody unless it finds the word.
 */
export function ruleProperties(input: ProductInput): Property[] {
  return [
    ...rule(input, ['reader', 'writer', 'admin'], reading),
    ...rule(input, ['writer', 'admin'], writing),
    ...rule(input, ['admin'], undefined),
  ]
}

/** The rule is called after the least of its roles. `operations` undefined: all, those of later releases too. */
function rule(
  input: ProductInput,
  roles: readonly [NessieRole, ...NessieRole[]],
  operations: readonly string[] | undefined,
): Property[] {
  const byRole = groupsByRole(input)
  const groups = [...new Set(roles.flatMap((role) => byRole.get(role) ?? []))]
  if (groups.length === 0) return []
  const isMember = `(${groups.map((group) => `${celText(group)} in roles`).join(' || ')})`
  const expression =
    operations === undefined ? isMember : `${isMember} && op in [${operations.map((name) => `'${name}'`).join(', ')}]`
  return [property(`nessie.server.authorization.rules.gatehouse-${roles[0]}`, smallRyeText(expression))]
}
