/**
 * What a configuration of Dex means, apart from how it is written: defaults are filled in, a secret is only there or not, and a reference
 * counts as what it refers to. Two configurations of one meaning let the same people in, under the same `sub` and the same names.
 */
type Tree = Readonly<Record<string, unknown>>

const isMap = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)
const mapAt = (value: unknown, key: string): Tree => (isMap(value) && isMap(value[key]) ? value[key] : {})
const listAt = (value: unknown, key: string): unknown[] => {
  const list = isMap(value) ? value[key] : undefined
  return Array.isArray(list) ? list : []
}

/** Settings that are only there or not: what they hold is a secret, or the place of one. */
const hidden =
  /^(?:clientID|clientSecret|bindDN|bindPW|password|keystonePassword|secret|secretEnv|hash|hashFromEnv|rootCAData)$/

/** What Dex does where nothing is written (connector/<type>, 2.45). */
const defaults: Readonly<Record<string, Tree>> = {
  oidc: { userIDKey: 'sub', userNameKey: 'name', scopes: ['email', 'profile'] },
  google: { scopes: ['email', 'profile'] },
  microsoft: { tenant: 'common', groupNameFormat: 'name' },
  gitlab: { baseURL: 'https://gitlab.com' },
  github: { teamNameField: 'name' },
}

export interface Meaning {
  issuer: unknown
  storage: unknown
  connectors: Readonly<Record<string, unknown>>
  clients: Readonly<Record<string, unknown>>
  accounts: unknown
  oauth2: unknown
  others: unknown
}

/** `parts` are those that a whole configuration has; a list of connectors means those alone. */
export function meaningOf(dex: Tree): Meaning {
  const oauth2 = mapAt(dex, 'oauth2')
  const { web, telemetry, grpc, expiry, frontend } = dex
  return {
    issuer: String(dex['issuer']).replace(/\/+$/, ''),
    storage: plain(dex['storage']),
    connectors: Object.fromEntries(listAt(dex, 'connectors').map((item, index) => [`${index}`, connector(item)])),
    clients: Object.fromEntries(listAt(dex, 'staticClients').map((item, index) => [`${index}`, client(item)])),
    accounts: { enabled: dex['enablePasswordDB'] === true, list: plain(dex['staticPasswords']) ?? [] },
    oauth2: {
      ...oauth2,
      grantTypes: listAt(oauth2, 'grantTypes'),
      responseTypes: oauth2['responseTypes'] ?? ['code'],
      skipApprovalScreen: oauth2['skipApprovalScreen'] ?? false,
    },
    others: plain({ web: { ...(isMap(web) ? web : {}), headers: undefined }, telemetry, grpc, expiry, frontend }),
  }
}

function connector(item: unknown): unknown {
  const { type, id, name, config } = isMap(item) ? item : {}
  const all: Record<string, unknown> = { ...defaults[String(type)], ...(isMap(config) ? config : {}) }
  for (const key of ['scopes', 'acrValues']) if (Array.isArray(all[key])) all[key] = [...(all[key] as string[])].sort()
  if (Array.isArray(all['scopes']) && all['scopes'].length === 0) all['scopes'] = defaults[String(type)]?.['scopes']
  // Dex itself does not look at them, or not under these conditions.
  if (type === 'oidc') delete all['hostedDomains']
  if (type === 'oidc' && all['insecureEnableGroups'] !== true) delete all['allowedGroups']
  if (all['adminEmail'] !== undefined)
    all['domainToAdminEmail'] = { ...mapAt(all, 'domainToAdminEmail'), '*': all['adminEmail'] }
  delete all['adminEmail']
  if (type === 'google' && all['domainToAdminEmail'] === undefined) delete all['groups']
  if (type === 'ldap') Object.assign(all, ldap(all))
  if (type === 'github') Object.assign(all, { orgs: organizations(all) })
  return { type, id, name, config: plain(all) }
}

function ldap(config: Tree): Tree {
  const user = { scope: 'sub', idAttr: 'uid', emailAttr: 'mail', ...mapAt(config, 'userSearch') }
  const { emailSuffix } = user as Tree
  const { userAttr, groupAttr, ...group } = mapAt(config, 'groupSearch')
  const matchers = userAttr === undefined ? {} : { userMatchers: [{ userAttr, groupAttr }] }
  return {
    userSearch: { ...user, ...(emailSuffix === undefined ? {} : { emailAttr: undefined }) },
    groupSearch: searchOf({ scope: 'sub', nameAttr: 'cn', ...matchers, ...group }),
    host: String(config['host']).replace(/:(?:636|389)$/, ''),
  }
}

/** Without a base, or what makes a member, Dex finds no groups. A group without a name ends the sign-in. */
function searchOf(search: Tree): Tree | undefined {
  return search['baseDN'] === undefined || listAt(search, 'userMatchers').length === 0 ? undefined : search
}

/** In any order, each once; one without teams lets in everybody. */
function organizations(config: Tree): unknown {
  const teams = new Map<string, Set<unknown> | 'everybody'>()
  for (const item of listAt(config, 'orgs')) {
    const name = String(mapAt({ item }, 'item')['name'])
    const [its, before] = [listAt(item, 'teams'), teams.get(name)]
    teams.set(name, its.length === 0 || before === 'everybody' ? 'everybody' : new Set([...(before ?? []), ...its]))
  }
  return [...teams]
    .map(([name, its]) => ({ name, teams: its === 'everybody' ? its : [...its].sort() }))
    .sort((a, b) => a.name.localeCompare(b.name))
}

function client(item: unknown): unknown {
  const { secret, secretEnv, idEnv, id, name, ...rest } = isMap(item) ? item : {}
  const hasSecret = secret !== undefined || secretEnv !== undefined
  return { id: id ?? `$${String(idEnv)}`, name: name ?? id, secret: hasSecret, ...mapAt({ rest: plain(rest) }, 'rest') }
}

/** Without what says nothing; secrets as `there`, variables in one spelling. */
function plain(value: unknown, key = ''): unknown {
  if (hidden.test(key) && typeof value === 'string') return 'there'
  if (typeof value === 'string') return value.replace(/\$\{([A-Za-z_]\w*)\}/g, '$$$1')
  if (Array.isArray(value)) return value.map((item) => plain(item))
  if (!isMap(value)) return value
  const entries = Object.entries(value).map(([name, inner]): [string, unknown] => [
    name === 'hashFromEnv' ? 'hash' : name,
    plain(inner, name),
  ])
  return Object.fromEntries(entries.filter(([name, inner]) => says(name, inner)))
}

function says(name: string, value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false
  // An empty prompt is none, and no prompt is `consent`.
  if (value === '') return name === 'promptType'
  return typeof value !== 'object' || Object.keys(value).length > 0
}
