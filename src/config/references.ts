/**
 * What the schema cannot see: names that point to other parts of the configuration. Works on the data as it was read, so that
 * a wrong type in one place does not hide a wrong name in another.
 */
import { didYouMean } from './did-you-mean.ts'

export interface ReferenceProblem {
  path: (string | number)[]
  message: string
}

type Data = Readonly<Record<string, unknown>>

function mapAt(data: unknown, key: string): Data {
  const value = isMap(data) ? data[key] : undefined
  return isMap(value) ? value : {}
}

function listAt(data: unknown, key: string): readonly unknown[] {
  const value = isMap(data) ? data[key] : undefined
  return Array.isArray(value) ? value : []
}

function isMap(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Where a class names an entry under `secrets`. */
const secretsOfClasses: readonly (readonly string[])[] = [
  ['oidc', 'tls', 'verification', 'server', 'caCert', 'secretClass'],
  ['ldap', 'tls', 'verification', 'server', 'caCert', 'secretClass'],
  ['ldap', 'bindCredentials', 'secretClass'],
  ['static', 'userCredentialsSecret', 'name'],
  ['tls', 'clientCertSecretClass'],
]

/** The only ways in which a client can prove itself to this server. */
const methodsOfGatehouse: readonly unknown[] = [undefined, 'client_secret_basic', 'client_secret_post']

/** Keys that JavaScript objects cannot hold like others: the schema would drop them without a word. */
function impossibleKeys(data: unknown, path: (string | number)[] = []): ReferenceProblem[] {
  if (typeof data !== 'object' || data === null) return []
  return Object.entries(data).flatMap(([key, value]) => {
    const at = [...path, Array.isArray(data) ? Number(key) : key]
    if (key === '__proto__') return [{ path: at, message: 'cannot be a name here: choose another one' }]
    return impossibleKeys(value, at)
  })
}

/**
 * Every reference that names nothing, every address that is used twice. `withManifests`: whether there are manifests of
 * Kubernetes, so that messages speak of those.
 */
export function referenceProblems(data: Data, { withManifests = false } = {}): ReferenceProblem[] {
  const problems: ReferenceProblem[] = impossibleKeys(data)
  const classes = Object.keys(mapAt(data, 'authenticationClasses'))
  const secrets = Object.keys(mapAt(data, 'secrets'))
  const teams = Object.keys(mapAt(data, 'teams'))
  const hasIssuer = typeof data['issuer'] === 'string'

  const expectName = (kind: string, path: (string | number)[], name: unknown, known: readonly string[]) => {
    if (typeof name !== 'string' || known.includes(name)) return
    const names = known.length === 0 ? 'none is defined' : `known: ${known.join(', ')}`
    const dump =
      withManifests && kind.includes('secrets') ? '. A Secret among the manifests counts too: dump it with them' : ''
    problems.push({ path, message: `there is no ${kind} "${name}"${didYouMean(name, known) || `; ${names}`}${dump}` })
  }
  const expectSecret = (path: (string | number)[], owner: unknown) => {
    const oidc = mapAt(owner, 'oidc')
    expectName(
      'entry in secrets named',
      [...path, 'oidc', 'clientCredentialsSecret'],
      oidc['clientCredentialsSecret'],
      secrets,
    )
  }

  const typeOf = (name: unknown) => {
    const definition = typeof name === 'string' ? mapAt(mapAt(data, 'authenticationClasses'), name) : {}
    return Object.keys(definition)[0]
  }

  if (classes.includes('gatehouse')) {
    problems.push({
      path: ['authenticationClasses', 'gatehouse'],
      message: 'the name gatehouse is taken: it is this server itself. Choose another name',
    })
  }
  for (const [name, definition] of Object.entries(mapAt(data, 'authenticationClasses'))) {
    for (const path of secretsOfClasses) {
      const owner = path.slice(0, -1).reduce<unknown>((at, key) => mapAt(at, key), definition)
      const found = isMap(owner) ? owner[path.at(-1) ?? ''] : undefined
      expectName('entry in secrets named', ['authenticationClasses', name, ...path], found, secrets)
    }
  }

  const waysIn = listAt(data, 'login')
  waysIn.forEach((entry, index) => {
    if (!isMap(entry)) return
    const path = ['login', index]
    expectName('authenticationClass', [...path, 'authenticationClass'], entry['authenticationClass'], classes)
    expectSecret(path, entry)
    const type = typeOf(entry['authenticationClass'])
    if (type !== undefined && type !== 'oidc') {
      problems.push({
        path: [...path, 'authenticationClass'],
        message: `is a class of type ${type}, at which this server signs nobody in yet: name one of type oidc`,
      })
    } else if (
      typeof entry['authenticationClass'] === 'string' &&
      mapAt(entry, 'oidc')['clientCredentialsSecret'] === undefined
    ) {
      problems.push({
        path,
        message: 'needs oidc.clientCredentialsSecret: the client that Gatehouse is at this provider',
      })
    }
    const first = waysIn.findIndex(
      (other) =>
        isMap(other) &&
        (entry['local'] !== undefined
          ? other['local'] !== undefined
          : other['authenticationClass'] === entry['authenticationClass']),
    )
    if (first !== index) problems.push({ path, message: `is there twice: the same way in stands at login.${first}` })
  })

  for (const [product, definition] of Object.entries(mapAt(data, 'products'))) {
    listAt(definition, 'authentication').forEach((entry, index) => {
      if (!isMap(entry)) return
      const path = ['products', product, 'authentication', index]
      const name = entry['authenticationClass']
      if (name === 'gatehouse' && !hasIssuer) {
        problems.push({ path: [...path, 'authenticationClass'], message: 'the class gatehouse needs `issuer`' })
      }
      expectName('authenticationClass', [...path, 'authenticationClass'], name, [...classes, 'gatehouse'])
      expectSecret(path, entry)
      const method = mapAt(entry, 'oidc')['clientAuthenticationMethod']
      if (name === 'gatehouse' && !methodsOfGatehouse.includes(method)) {
        problems.push({
          path: [...path, 'oidc', 'clientAuthenticationMethod'],
          message: `${String(method)} is not known to the class gatehouse: write client_secret_basic or client_secret_post`,
        })
      }
      if (
        (typeOf(name) === 'oidc' || typeOf(name) === 'github') &&
        mapAt(entry, 'oidc')['clientCredentialsSecret'] === undefined
      ) {
        problems.push({ path, message: `needs oidc.clientCredentialsSecret: the client that ${product} is at ${name}` })
      }
    })
  }

  for (const [product, definition] of Object.entries(mapAt(data, 'products'))) {
    for (const [service, secret] of Object.entries(mapAt(mapAt(definition, 'amundsen'), 'clients'))) {
      expectName('entry in secrets named', ['products', product, 'amundsen', 'clients', service], secret, secrets)
    }
  }

  const issuerHost = URL.parse(String(data['issuer']))?.host
  const addresses = new Map<string, string>()
  for (const [service, definition] of Object.entries(mapAt(data, 'services'))) {
    const url = isMap(definition) ? URL.parse(String(definition['url'])) : null
    if (url !== null) {
      if (url.host === issuerHost) {
        problems.push({
          path: ['services', service, 'url'],
          message: `the host ${url.host} is that of the issuer; a service needs its own`,
        })
      }
      const taken = addresses.get(url.host)
      if (taken)
        problems.push({
          path: ['services', service, 'url'],
          message: `the host ${url.host} is taken by services.${taken}`,
        })
      addresses.set(url.host, service)
    }
    listAt(definition, 'rules').forEach((rule, index) => {
      for (const [at, who] of listAt(rule, 'allow').entries()) {
        if (typeof who !== 'string' || !who.startsWith('team:')) continue
        expectName('team', ['services', service, 'rules', index, 'allow', at], who.slice('team:'.length), teams)
      }
    })
  }

  for (const [team, definition] of Object.entries(mapAt(data, 'teams'))) {
    listAt(definition, 'from').forEach((source, index) => {
      if (!isMap(source)) return
      expectName(
        'authenticationClass',
        ['teams', team, 'from', index, 'authenticationClass'],
        source['authenticationClass'],
        classes,
      )
    })
  }
  return problems
}
