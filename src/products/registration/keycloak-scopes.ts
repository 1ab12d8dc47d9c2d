/** Client scopes and mappers of a Keycloak realm. */
import type { Provider } from '../contract.ts'

/** The scope that brings the groups, if somebody has created it. */
export const groupsScope = 'groups'

/** What every realm has, up to Keycloak 26. */
const builtInDefaults = ['web-origins', 'acr', 'roles', 'profile', 'basic', 'email']
const builtInOptional = ['address', 'phone', 'offline_access', 'organization', 'microprofile-jwt']

/** Scopes that the product asks for and that no realm has by default. */
export function strangeScopes({ scopes }: Provider): string[] {
  const known = ['openid', 'service_account', ...builtInDefaults, ...builtInOptional]
  return scopes.filter((scope) => !known.includes(scope))
}

/**
 * The two lists of a client that asks for strange scopes; undefined when those of the realm are right. A client that names one of
 * its scopes gets no others, so all are named. Keycloak leaves out what the realm does not have.
 */
export function clientScopes(
  provider: Provider,
): { defaultClientScopes: string[]; optionalClientScopes: string[] } | undefined {
  const strange = strangeScopes(provider)
  if (strange.length === 0) return undefined
  return { defaultClientScopes: builtInDefaults, optionalClientScopes: [...builtInOptional, ...strange] }
}

type MapperType = 'group' | 'realm-role' | 'client-role'

export interface GroupsMapper {
  type: MapperType
  /** As *Token Claim Name* takes it. */
  claimName: string
  /** The client whose roles they are. */
  client?: string
}

/** The mapper that sends the groups; undefined when none are wanted. */
export function groupsMapper({ wantsGroups, groupsClaim }: Provider): GroupsMapper | undefined {
  if (!wantsGroups) return undefined
  // A dot leads into an object, unless it is escaped.
  const claimName = groupsClaim.map((name) => name.replace(/[\\.]/g, '\\$&')).join('.')
  const [claim, client, last] = groupsClaim
  // The claims in which Keycloak keeps roles: people who name them mean roles.
  if (claimName === 'realm_access.roles') return { type: 'realm-role', claimName }
  if (groupsClaim.length === 3 && claim === 'resource_access' && last === 'roles') {
    return { type: 'client-role', claimName, ...(client === undefined ? {} : { client }) }
  }
  return { type: 'group', claimName }
}

export const mapperTypes: Readonly<Record<MapperType, { title: string; provider: string; note: string }>> = {
  group: {
    title: 'Group Membership',
    provider: 'oidc-group-membership-mapper',
    note: '*Full group path* Off (On writes `/data/analysts` instead of `analysts`)',
  },
  'realm-role': { title: 'User Realm Role', provider: 'oidc-usermodel-realm-role-mapper', note: '*Multivalued* On' },
  'client-role': {
    title: 'User Client Role',
    provider: 'oidc-usermodel-client-role-mapper',
    note: '*Client ID* the client of the roles, *Multivalued* On',
  },
}
