/**
 * Where a claim is: the names of the objects around it, from the outside in, and its own. `["groups"]` is a claim of the token itself,
 * `["realm_access", "roles"]` one inside of another. In the configuration it is a list of these names, or a text (`readClaimPath`).
 */
export type ClaimPath = readonly [string, ...string[]]

export interface ReadClaimPath {
  path: ClaimPath
  /** The other meaning that the same text can have; undefined where it has one only. Sign-in tries it too. */
  other: ClaimPath | undefined
  /** Nothing but the form of the text decides between the two: people should say which they mean. */
  isDoubtful: boolean
}

/** Claims in which Keycloak keeps roles: whoever names them means the objects, never a name with a dot in it. */
const keycloakRoles = /^(?:realm_access\.(?<realm>roles)|resource_access\.(?<client>.+)\.roles)$/

/**
 * A list is a path as it stands. In a text `\.` is a dot in a name; `a["b"]` leads into `a`; a URL or URN is one name, whatever is in it.
 * Other dots lead into an object where the provider makes them do so (`nestsDots`, Keycloak) or the text names roles of Keycloak, and
 * are part of one name everywhere else, as most products read them.
 */
export function readClaimPath(
  written: string | readonly string[],
  { nestsDots = false }: { nestsDots?: boolean } = {},
): ReadClaimPath {
  if (typeof written !== 'string') return sure([written[0] ?? '', ...written.slice(1)])
  if (/:\/\/|^urn:/i.test(written)) return sure([written])
  const steps = stepsOf(written)
  if (steps === undefined) return sure([written])
  const [first = '', ...rest] = steps
  if (/\["|\['|\\\./.test(written)) return sure([first, ...rest])
  if (rest.length === 0) return sure([first])
  const path: ClaimPath = rolesOfKeycloak(written) ?? [first, ...rest]
  const isPath = nestsDots || keycloakRoles.test(written)
  return isPath ? { path, other: [written], isDoubtful: false } : { path: [written], other: path, isDoubtful: true }
}

function sure(path: ClaimPath): ReadClaimPath {
  return { path, other: undefined, isDoubtful: false }
}

/** The id of a client may have dots. */
function rolesOfKeycloak(written: string): ClaimPath | undefined {
  const client = keycloakRoles.exec(written)?.groups?.['client']
  return client === undefined ? undefined : ['resource_access', client, 'roles']
}

/** A name up to a dot or bracket (`\.` is a dot in it), or a name in brackets and quotes. */
const step = /(?:^|(?<=.)\.)(?<name>(?:\\\.|[^.[\]])+)|\[(?<quote>["'])(?<quoted>[^"']+)\k<quote>\]/y

/** Undefined for a text that is no path in this form: then it is a name. */
function stepsOf(written: string): string[] | undefined {
  const steps: string[] = []
  step.lastIndex = 0
  while (step.lastIndex < written.length) {
    const found = step.exec(written)?.groups
    if (found === undefined) return undefined
    steps.push(found['quoted'] ?? (found['name'] ?? '').replaceAll('\\.', '.'))
  }
  return steps.length === 0 ? undefined : steps
}

/** The claim at a path; undefined where it, or an object around it, is not there. */
export function claimAt(claims: Readonly<Record<string, unknown>>, path: ClaimPath): unknown {
  let at: unknown = claims
  for (const name of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, name)) return undefined
    at = (at as Record<string, unknown>)[name]
  }
  return at
}

/** The claims that have the value at a path, and nothing else. */
export function claimsAt([first, ...rest]: ClaimPath, value: unknown): Record<string, unknown> {
  return { [first]: rest.reduceRight((inner, name) => ({ [name]: inner }), value) }
}

/** For people: `groups`, `realm_access.roles`, `resource_access["my.app"].roles`. A claim of the token itself is its name. */
export function shownClaim(path: ClaimPath): string {
  const [first, ...rest] = path
  if (rest.length === 0) return first
  return path
    .map((name, index) => {
      if (/^[^.[\]"'\\]+$/.test(name)) return index === 0 ? name : `.${name}`
      return index === 0 ? name.replaceAll('.', '\\.') : `["${name}"]`
    })
    .join('')
}

export function isNested(path: ClaimPath): boolean {
  return path.length > 1
}
