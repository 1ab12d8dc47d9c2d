/**
 * What the schema cannot see: names that point to other parts of the configuration. Works on the data as read, so that
 * a wrong type in one place does not hide a wrong name in another.
 */

import { type DataMap, isMap, listAt, mapAt, own } from '../maps.ts'
import { readUserEntry } from '../username.ts'
import { localName, signInTypes as typesOfWaysIn } from './authentication-class.ts'
import type { IsHidden } from './describe-issue.ts'
import { didYouMean } from './did-you-mean.ts'
import { hostAndPortOf } from './host-names.ts'
import { shownText } from './shown-text.ts'
import { isSharedStore } from './store-address.ts'

export interface ReferenceProblem {
  path: (string | number)[]
  message: string
}

/** Places where a class names an entry under `secrets`. */
const secretsOfClasses: readonly (readonly string[])[] = [
  ['oidc', 'tls', 'verification', 'server', 'caCert', 'secretClass'],
  ['github', 'tls', 'verification', 'server', 'caCert', 'secretClass'],
  ['ldap', 'tls', 'verification', 'server', 'caCert', 'secretClass'],
  ['ldap', 'bindCredentials', 'secretClass'],
  ['static', 'userCredentialsSecret', 'name'],
  ['tls', 'clientCertSecretClass'],
]

const signInTypes: readonly string[] = typesOfWaysIn
/** Those at which this server is a client. */
const typesWithClient: readonly string[] = ['oidc', 'github']

/** The ways in which a client can authenticate to this server; without a secret only kinds that are known to do it. */
const methodsOfGatehouse: readonly unknown[] = [undefined, 'client_secret_basic', 'client_secret_post']
const methodsWithoutSecret: Readonly<Record<string, readonly unknown[]>> = {
  oidc: ['none', 'private_key_jwt'],
  kubernetes: ['none'],
}

/** Keys that JavaScript objects cannot hold like others: the schema would silently drop them. */
function impossibleKeys(data: unknown, path: (string | number)[] = []): ReferenceProblem[] {
  if (typeof data !== 'object' || data === null) return []
  return Object.entries(data).flatMap(([key, value]) => {
    const at = [...path, Array.isArray(data) ? Number(key) : key]
    if (key === '__proto__') return [{ path: at, message: 'cannot be a name here: choose another one' }]
    return impossibleKeys(value, at)
  })
}

/**
 * Every reference that names nothing, every address that is used twice. `withManifests` says whether there are Kubernetes
 * manifests, so that messages mention them.
 */
export function referenceProblems(
  data: DataMap,
  { withManifests = false, isHidden = () => false }: { withManifests?: boolean; isHidden?: IsHidden } = {},
): ReferenceProblem[] {
  const problems = impossibleKeys(data)
  const add = (path: Path, message: string) => problems.push({ path: [...path], message })
  const names: Names = { data, classes: Object.keys(mapAt(data, 'authenticationClasses')), add, expect, isHidden }
  const known: Readonly<Record<Named, ReadonlySet<string>>> = {
    authenticationClass: new Set(names.classes),
    'authenticationClass of a product': new Set([...names.classes, 'gatehouse']),
    'entry in secrets named': new Set(Object.keys(mapAt(data, 'secrets'))),
    team: new Set(Object.keys(mapAt(data, 'teams'))),
    service: new Set(Object.keys(mapAt(data, 'services'))),
    product: new Set(Object.keys(mapAt(data, 'products'))),
    'provider under login named': new Set(waysInOf(data)),
  }
  const lists = new Map<Named, readonly string[]>()
  let looks = 0
  storeProblems(names)
  classProblems(names)
  loginProblems(names)
  nameProblems(names)
  productProblems(names)
  serviceProblems(names)
  teamProblems(names)
  return problems

  function listOf(kind: Named): readonly string[] {
    const list = lists.get(kind) ?? [...known[kind]]
    lists.set(kind, list)
    return list
  }

  function expect(kind: Named, path: Path, name: unknown): void {
    if (typeof name !== 'string' || known[kind].has(name)) return
    const candidates = listOf(kind)
    const others = candidates.length === 0 ? 'none is defined' : `known: ${listed(candidates)}`
    const isOfSecret = kind === 'entry in secrets named'
    const dump = withManifests && isOfSecret ? '. A Secret among the manifests counts too: dump it with them' : ''
    const what = kind.replace(' of a product', '')
    // Somebody may have written the secret itself where its name belongs.
    const isShown = !isHidden(path) && (!isOfSecret || /^[a-z0-9.-]{1,63}$/.test(name))
    const shown = isShown ? shownText(name) : undefined
    looks += candidates.length
    const meant = shown === undefined || looks > mostLooks ? '' : didYouMean(name, candidates)
    const named =
      shown === undefined ? `${what.replace(/ named$/, '')} of this name` : `${what} ${JSON.stringify(shown)}`
    add(path, `there is no ${named}${meant || `; ${others}`}${dump}`)
  }
}

/** How many names are looked at for those that were meant. Whoever has thousands of wrong ones has made one mistake in all of them. */
const mostLooks = 500_000

/** Names as a message can list them: a few of thousands. */
function listed(names: readonly string[]): string {
  return names.length > 20 ? `${names.slice(0, 20).join(', ')} and ${names.length - 20} more` : names.join(', ')
}

type Path = readonly (string | number)[]
type Named =
  | 'authenticationClass'
  | 'authenticationClass of a product'
  | 'entry in secrets named'
  | 'team'
  | 'service'
  | 'product'
  | 'provider under login named'

interface Names {
  data: DataMap
  classes: readonly string[]
  isHidden: IsHidden
  add: (path: Path, message: string) => void
  /** Checks that a name, if given, exists. */
  expect: (kind: Named, path: Path, name: unknown) => void
}

function typeOf(data: DataMap, name: unknown): string | undefined {
  const definition = typeof name === 'string' ? mapAt(mapAt(data, 'authenticationClasses'), name) : {}
  return Object.keys(definition)[0]
}

function clientOf(entry: DataMap): unknown {
  return mapAt(entry, 'oidc')['clientCredentialsSecret']
}

function storeProblems({ data, add }: Names): void {
  const hasFolder = typeof data['store'] !== 'string' || !isSharedStore(data['store'])
  if (hasFolder || data['encryptionKey'] !== undefined) return
  add(
    ['store'],
    'needs encryptionKey: servers of one database share a key, and only a SQLite file can have one beside it. Create one: openssl rand -base64 32',
  )
}

function classProblems({ data, classes, add, expect }: Names): void {
  if (classes.includes('gatehouse')) {
    add(
      ['authenticationClasses', 'gatehouse'],
      'the name gatehouse is reserved for this server itself. Choose another name',
    )
  }
  for (const [name, definition] of Object.entries(mapAt(data, 'authenticationClasses'))) {
    for (const path of secretsOfClasses) {
      const owner = path.slice(0, -1).reduce<unknown>((at, key) => mapAt(at, key), definition)
      const found = isMap(owner) ? owner[path.at(-1) ?? ''] : undefined
      expect('entry in secrets named', ['authenticationClasses', name, ...path], found)
    }
  }
}

function loginProblems({ data, add, expect }: Names): void {
  const waysIn = listAt(data, 'login')
  waysIn.forEach((entry, index) => {
    if (!isMap(entry)) return
    const path = ['login', index]
    const name = entry['authenticationClass']
    expect('authenticationClass', [...path, 'authenticationClass'], name)
    expect('entry in secrets named', [...path, 'oidc', 'clientCredentialsSecret'], clientOf(entry))
    expect('entry in secrets named', [...path, 'clientCertificate'], entry['clientCertificate'])
    if (entry['clientCertificate'] !== undefined && entry['local'] !== undefined)
      add([...path, 'clientCertificate'], 'is for a provider, and local accounts have none: take it out')
    const type = typeOf(data, name)
    if (name === localName) {
      const message = `${localName} means the accounts that Gatehouse keeps: give the class another name`
      add([...path, 'authenticationClass'], message)
    }
    if (type !== undefined && !signInTypes.includes(type)) {
      const message = `is a class of type ${type}, which this server does not support for sign-in yet: name one of type ${signInTypes.join(' or ')}`
      add([...path, 'authenticationClass'], message)
    } else if (typeof name === 'string' && typesWithClient.includes(type ?? 'oidc') && clientOf(entry) === undefined) {
      add(path, 'needs oidc.clientCredentialsSecret: the client of Gatehouse at this provider')
    } else if (type === 'ldap' && entry['oidc'] !== undefined) {
      add([...path, 'oidc'], 'is for OpenID Connect, and this is a directory: it has bindCredentials in its class')
    }
    const first = waysIn.findIndex((other) => isMap(other) && isSameWayIn(entry, other))
    if (first !== index) add(path, `is a duplicate: the same way in is at login.${first}`)
  })
}

function isSameWayIn(entry: DataMap, other: DataMap): boolean {
  if (entry['local'] !== undefined) return other['local'] !== undefined
  return other['authenticationClass'] === entry['authenticationClass']
}

/** The names of the ways in: classes, and `local`. */
function waysInOf(data: DataMap): string[] {
  // The default of the schema.
  if (data['login'] === undefined) return [localName]
  return listAt(data, 'login').flatMap((entry) => {
    const name = isMap(entry) ? entry['authenticationClass'] : undefined
    if (typeof name === 'string') return name
    return isMap(entry) && entry['local'] !== undefined ? localName : []
  })
}

function nameProblems({ data, classes, add, expect }: Names): void {
  const owner = mapAt(data, 'names')['from']
  if (owner !== localName) expect('provider under login named', ['names', 'from'], owner)
  const taken = new Map<unknown, number>()
  listAt(data, 'login').forEach((entry, index) => {
    listAt(entry, 'emailDomains').forEach((domain, at) => {
      const path = ['login', index, 'emailDomains', at]
      const first = taken.get(domain)
      if (first !== undefined)
        add(path, `${String(domain)} is at login.${first} as well: a domain belongs to one way in`)
      else taken.set(domain, index)
      if (classes.includes(String(domain)))
        add(
          path,
          `${String(domain)} is the name of a class too, and its people are called NAME@${String(domain)}: give the class another name`,
        )
    })
    if (isMap(entry) && entry['emailDomains'] !== undefined && entry['local'] !== undefined)
      add(['login', index, 'emailDomains'], 'is for providers: an administrator writes the addresses of local accounts')
  })
}

function productProblems(names: Names): void {
  for (const [product, definition] of Object.entries(mapAt(names.data, 'products'))) {
    listAt(definition, 'authentication').forEach((entry, index) => {
      if (isMap(entry)) entryProblems(names, { product, entry, path: ['products', product, 'authentication', index] })
    })
    for (const [service, secret] of Object.entries(mapAt(mapAt(definition, 'amundsen'), 'clients'))) {
      names.expect('entry in secrets named', ['products', product, 'amundsen', 'clients', service], secret)
    }
    accessProblems(names, { product, definition })
  }
}

/** For which services a product may request tokens, and whether it may have tokens of its own. */
function accessProblems(
  { add, expect }: Names,
  { product, definition }: { product: string; definition: unknown },
): void {
  const path = ['products', product] as const
  const services = listAt(definition, 'services')
  const introspects = listAt(definition, 'introspects')
  const grantTypes = listAt(definition, 'grantTypes')
  for (const [key, names] of Object.entries({ services, introspects })) {
    names.forEach((service, index) => {
      expect('service', [...path, key, index], service)
      if (names.indexOf(service) < index) add([...path, key, index], `is a duplicate of ${String(service)}`)
    })
  }
  const ours = listAt(definition, 'authentication').some(
    (entry) => isMap(entry) && entry['authenticationClass'] === 'gatehouse',
  )
  for (const [key, values] of Object.entries({ services, introspects, grantTypes })) {
    if (values.length === 0 || ours) continue
    add(
      [...path, key],
      'is for products whose authenticationClass is gatehouse: other providers issue their own tokens',
    )
  }
  if (grantTypes.includes('client_credentials') && services.length === 0) {
    add([...path, 'grantTypes'], 'needs services: client_credentials gives tokens for those that are named there')
  }
}

function entryProblems(
  { data, add, expect }: Names,
  { product, entry, path }: { product: string; entry: DataMap; path: Path },
): void {
  const name = entry['authenticationClass']
  if (name === 'gatehouse' && typeof data['issuer'] !== 'string') {
    add([...path, 'authenticationClass'], 'the class gatehouse needs `issuer`')
  }
  expect('authenticationClass of a product', [...path, 'authenticationClass'], name)
  expect('entry in secrets named', [...path, 'oidc', 'clientCredentialsSecret'], clientOf(entry))
  if (name === 'gatehouse') methodProblems({ data, add }, { product, entry, path })
  else {
    for (const key of ['jwks', 'jwksUri'])
      if (mapAt(entry, 'oidc')[key] !== undefined)
        add([...path, 'oidc', key], 'is for the class gatehouse: at other providers register the key there')
  }
  const type = typeOf(data, name)
  if ((type === 'oidc' || type === 'github') && clientOf(entry) === undefined) {
    add(path, `needs oidc.clientCredentialsSecret: the client of ${product} at ${String(name)}`)
  }
}

function methodProblems(
  { data, add }: Pick<Names, 'data' | 'add'>,
  { product, entry, path }: { product: string; entry: DataMap; path: Path },
): void {
  const options = mapAt(entry, 'oidc')
  const { clientAuthenticationMethod: method } = options
  const kind = String(mapAt(mapAt(data, 'products'), product)['product'])
  const others = own(methodsWithoutSecret, kind) ?? []
  const hasKeys = options['jwks'] !== undefined || options['jwksUri'] !== undefined
  const at = [...path, 'oidc', 'clientAuthenticationMethod']
  if (!methodsOfGatehouse.includes(method) && !others.includes(method)) {
    add(
      at,
      `is not known to the class gatehouse: write ${['client_secret_basic', 'client_secret_post', ...others].join(' or ')}`,
    )
  } else if (method === 'private_key_jwt' && !hasKeys) {
    add(at, 'needs the public keys of the client: write oidc.jwks or oidc.jwksUri')
  }
}

function serviceProblems(names: Names): void {
  const { data, add, expect, isHidden } = names
  const issuerHost = hostAndPortOf(String(data['issuer']))
  const addresses = new Map<string, string>()
  for (const [service, definition] of Object.entries(mapAt(data, 'services'))) {
    const host = isMap(definition) ? hostAndPortOf(String(definition['url'])) : undefined
    if (host !== undefined) {
      const at = ['services', service, 'url']
      const taken = addresses.get(host)
      const shown = isHidden(at) ? '' : `${host.replace(/:(?:443|80)$/, '')} `
      if (host === issuerHost) add(at, `the host ${shown}is that of the issuer; a service needs its own`)
      if (taken) add(at, `the host ${shown}is taken by services.${taken}`)
      addresses.set(host, service)
    }
    listAt(definition, 'rules').forEach((rule, index) => {
      for (const [at, who] of listAt(rule, 'allow').entries()) {
        const place = ['services', service, 'rules', index, 'allow', at]
        if (typeof who !== 'string') continue
        if (who.startsWith('team:')) expect('team', place, who.slice('team:'.length))
        else if (who.startsWith('client:'))
          programProblems(names, { service, program: who.slice('client:'.length), place })
        else if (who.startsWith('user:client:')) add(place, `names a program: write ${who.slice('user:'.length)}`)
        else if (who.startsWith('user:')) userProblems(names, { place, who })
      }
    })
  }
}

/** A rule that lets in a program that can have no token for the service would never match. */
function programProblems(
  { data, add, expect }: Names,
  { service, program, place }: { service: string; program: string; place: Path },
): void {
  const products = mapAt(data, 'products')
  if (!Object.hasOwn(products, program)) {
    expect('product', place, program)
    return
  }
  const product = mapAt(products, program)
  const able =
    listAt(product, 'grantTypes').includes('client_credentials') && listAt(product, 'services').includes(service)
  if (able) return
  add(place, `can never get in: give products.${program} grantTypes: [client_credentials] and services: [${service}]`)
}

/** A rule for a name that nobody can have would be read as if it meant somebody. */
function userProblems({ add, expect }: Names, { place, who }: { place: Path; who: string }): void {
  const { problem, authenticationClass } = readUserEntry(who)
  if (problem !== undefined) add(place, `${problem}: nobody can have it`)
  if (authenticationClass !== undefined && authenticationClass !== localName)
    expect('provider under login named', place, authenticationClass)
}

function teamProblems({ data, expect }: Names): void {
  for (const [team, definition] of Object.entries(mapAt(data, 'teams'))) {
    listAt(definition, 'from').forEach((source, index) => {
      if (!isMap(source)) return
      const path = ['teams', team, 'from', index, 'authenticationClass']
      expect('authenticationClass', path, source['authenticationClass'])
    })
  }
}
