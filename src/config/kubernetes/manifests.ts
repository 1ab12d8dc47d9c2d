/**
 * Kubernetes manifests as configuration: Stackable's AuthenticationClass, SecretClass and clusters, and the Secrets that they
 * name. Each becomes the equivalent piece of gatehouse.yaml; problems still point into the manifest.
 */
import { type DataMap, isMap, mapAt, own } from '../../maps.ts'
import type { Problem } from '../problem.ts'
import type { Source } from '../source.ts'
import { sipHash13 } from './siphash.ts'

type Path = readonly (string | number)[]

export interface ReadManifests {
  /** Pieces of configuration, one for each manifest. */
  sources: Source[]
  /** Entries of `secrets` that SecretClasses stand for; a configured entry with the same name wins. */
  assumedSecrets: Record<string, unknown>
  problems: Problem[]
  /** Values that came from the environment. */
  filledIn: string[]
  /** Manifests that say nothing about authentication. */
  passedOver: { file: string; kind: string; name: string }[]
}

/** Whether a document is a manifest and not a configuration of ours. */
export function isManifest({ data }: Source): boolean {
  return typeof data['apiVersion'] === 'string' && typeof data['kind'] === 'string'
}

interface Manifest {
  source: Source
  /** Its path in the document: below `items` in a List. */
  at: Path
  kind: string
  name: string
  namespace: string
  data: DataMap
}

/** A piece of configuration, and where its parts stand in the manifest. */
interface Piece {
  data: Record<string, unknown>
  places: readonly (readonly [config: Path, manifest: Path])[]
  /** SecretClasses that it names, each with a key that they hand out. */
  secretClasses?: readonly (readonly [secretClass: string, key: string])[]
  problems?: readonly { path: Path; severity: Problem['severity']; message: string }[]
}

/**
 * Reads manifests together, because one gives meaning to another: a Secret is a client when a cluster names it. Ignores
 * everything that is not about authentication, and unknown kinds. `env` gives the values of fields written as `$NAME`, as in
 * templates for envsubst.
 */
export function readManifests(
  documents: readonly Source[],
  env: Readonly<Record<string, string | undefined>>,
): ReadManifests {
  const manifests = documents.flatMap((source) => manifestsOf(source, source.data, []))
  const context: Context = { env, secrets: namedSecrets(manifests), productNames: new Set<string>(), filledIn: [] }
  const sources: Source[] = []
  const problems: Problem[] = []
  const passedOver: ReadManifests['passedOver'] = []
  const assumedSecrets: Record<string, Record<string, string>> = {}
  for (const manifest of manifests) {
    const piece = pieceOf(manifest, context)
    if (!piece) {
      passedOver.push({ file: manifest.source.file, kind: manifest.kind, name: manifest.name })
      if (entriesOf(manifest).length > 0) problems.push(unknownKind(manifest))
      continue
    }
    for (const [secretClass, key] of piece.secretClasses ?? []) {
      assumedSecrets[secretClass] = {
        ...assumedSecrets[secretClass],
        [key]: `\${file:/stackable/secrets/${secretClass}/${key}}`,
      }
    }
    const { source, at } = manifest
    for (const { path, ...problem } of piece.problems ?? []) {
      problems.push({ ...problem, file: source.file, ...source.locate([...at, ...path]), path: path.join('.') })
    }
    sources.push({
      file: source.file,
      data: piece.data,
      syntaxProblems: [],
      locate: (path) => source.locate([...at, ...placeOf(path, piece.places)]),
    })
  }
  return { sources, assumedSecrets, problems, passedOver, filledIn: context.filledIn }
}

function placeOf(path: Path, places: Piece['places']): Path {
  const found = places
    .filter(([config]) => config.every((segment, index) => segment === path[index]))
    .sort(([a], [b]) => b.length - a.length)[0]
  return found ? [...found[1], ...path.slice(found[0].length)] : ['metadata', 'name']
}

/** A List of any kind holds other manifests. */
function manifestsOf(source: Source, data: unknown, at: Path): Manifest[] {
  if (!isMap(data)) return []
  const kind = String(data['kind'])
  const items = data['items']
  if (kind.endsWith('List') && Array.isArray(items)) {
    return items.flatMap((item, index) => manifestsOf(source, item, [...at, 'items', index]))
  }
  const metadata = mapAt(data, 'metadata')
  const name = String(metadata['name'] ?? '')
  const namespace = String(metadata['namespace'] ?? 'default')
  return [{ source, at, kind, name, namespace, data }]
}

interface Context {
  env: Readonly<Record<string, string | undefined>>
  /** The meaning of a Secret follows from what names it. */
  secrets: { clients: ReadonlySet<unknown>; accounts: ReadonlySet<unknown> }
  /** Values taken from `env` so far. */
  filledIn: string[]
  /** Names taken so far. */
  productNames: Set<string>
}

function namedSecrets(manifests: readonly Manifest[]): Context['secrets'] {
  const clients = new Set<unknown>()
  const accounts = new Set<unknown>()
  for (const manifest of manifests) {
    for (const entry of entriesOf(manifest)) clients.add(mapAt(entry, 'oidc')['clientCredentialsSecret'])
    const provider = mapAt(mapAt(manifest.data, 'spec'), 'provider')
    accounts.add(mapAt(mapAt(provider, 'static'), 'userCredentialsSecret')['name'])
  }
  return { clients, accounts }
}

function pieceOf(manifest: Manifest, context: Context): Piece | undefined {
  if (manifest.kind === 'AuthenticationClass') return classPiece(manifest, context)
  if (manifest.kind === 'Secret') return secretPiece(manifest, context.secrets)
  // A cluster without authentication has nothing to render.
  const cluster = Object.hasOwn(clusters, manifest.kind) ? clusters[manifest.kind] : undefined
  return cluster && entriesOf(manifest).length > 0 ? clusterPiece(manifest, cluster, context) : undefined
}

function unknownKind({ source, at, kind, name }: Manifest): Problem {
  const path = ['spec', 'clusterConfig', 'authentication']
  return {
    severity: 'warning',
    file: source.file,
    ...source.locate([...at, ...path]),
    path: path.join('.'),
    message: `is ignored: Gatehouse writes no files for ${kind} ${name}`,
  }
}

/** A value that templates fill from the environment before `kubectl apply`. */
const template = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))$/

/**
 * The fields that are filled, with the names that a variable for them ends in. A manifest comes from people whom our environment is not
 * open to: what it names here reaches rendered files, so that nothing can be named that is no address.
 */
const filled: Readonly<Record<string, RegExp>> = {
  hostname: /(?:^|_)(?:HOST|HOSTNAME|ADDRESS|DOMAIN|FQDN|SERVER|IP)$/i,
  port: /(?:^|_)PORT$/i,
  rootPath: /(?:^|_)(?:PATH|REALM|ROOT)$/i,
}
const secretName = /(?:^|_)(?:AUTH|CREDENTIALS?|KEYS?|PASS(?:WD|WORD|PHRASE)?|PRIVATE|PWD|SECRETS?|TOKENS?)(?:_|$)/i

function classPiece({ name, data }: Manifest, { env, filledIn }: Pick<Context, 'env' | 'filledIn'>): Piece {
  const at = ['spec', 'provider']
  const problems: NonNullable<Piece['problems']>[number][] = []
  const fill = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index]))
    if (isMap(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key])]))
    }
    const match = typeof value === 'string' ? template.exec(value) : null
    if (!match) return value
    const variable = match[1] ?? match[2] ?? ''
    if (!mayFill(path, variable)) {
      const message = `names the environment variable ${variable}: only hostname, port and rootPath are filled from the environment, from variables whose names end in HOST, HOSTNAME, PORT, REALM, PATH and the like. Write the value`
      problems.push({ path, severity: 'error', message })
      return value
    }
    const text = own(env, variable)
    if (text !== undefined && text !== '') {
      filledIn.push(text)
      return /^\d+$/.test(text) ? Number(text) : text
    }
    problems.push({ path, severity: 'error', message: `is the environment variable ${variable}, which is not set` })
    return value
  }
  const provider = withStackablesRoot(fill(mapAt(mapAt(data, 'spec'), 'provider'), at))
  return {
    data: { authenticationClasses: { [name]: provider } },
    places: [[['authenticationClasses', name], at]],
    secretClasses: secretClassesOf(provider),
    problems,
  }
}

/** At Stackable an empty `rootPath` is `/`; in gatehouse.yaml it says that the issuer has no slash. */
function withStackablesRoot(provider: unknown): unknown {
  const oidc = mapAt(provider, 'oidc')
  return isMap(provider) && oidc['rootPath'] === '' ? { ...provider, oidc: { ...oidc, rootPath: '/' } } : provider
}

function mayFill(path: Path, variable: string): boolean {
  const [, , type, field = ''] = path
  const isField = path.length === 4 && (type === 'oidc' || type === 'ldap')
  return isField && !secretName.test(variable) && (own(filled, String(field))?.test(variable) ?? false)
}

/** What a class takes from SecretClasses. In the containers of Stackable these are files. */
function secretClassesOf(provider: unknown): [string, string][] {
  const caOf = (type: string) => {
    const verification = mapAt(mapAt(mapAt(provider, type), 'tls'), 'verification')
    return mapAt(mapAt(verification, 'server'), 'caCert')['secretClass']
  }
  const bind = mapAt(mapAt(provider, 'ldap'), 'bindCredentials')['secretClass']
  const found: [unknown, string][] = [
    [caOf('oidc'), 'ca.crt'],
    [caOf('ldap'), 'ca.crt'],
    [bind, 'user'],
    [bind, 'password'],
    [mapAt(provider, 'tls')['clientCertSecretClass'], 'ca.crt'],
  ]
  return found.flatMap(([secretClass, key]): [string, string][] =>
    typeof secretClass === 'string' ? [[secretClass, key]] : [],
  )
}

/** Entry of `authentication` in a cluster, of any of the clusters. */
function entriesOf(manifest: Manifest): DataMap[] {
  const entries = mapAt(mapAt(manifest.data, 'spec'), 'clusterConfig')['authentication']
  return Array.isArray(entries) ? entries.filter(isMap) : []
}

/** Leaves out a Secret that nothing names; values never leave their Secret. */
function secretPiece(secret: Manifest, { clients, accounts }: Context['secrets']): Piece | undefined {
  const { name, data } = secret
  const place = Object.hasOwn(data, 'stringData') ? 'stringData' : 'data'
  if (clients.has(name)) {
    const prefix = `OIDC_${hashOf(name)}`
    const entry = {
      clientId: textOf(secret, 'clientId'),
      clientIdVariable: `${prefix}_CLIENT_ID`,
      clientSecret: `\${env:${prefix}_CLIENT_SECRET}`,
    }
    return { data: { secrets: { [name]: entry } }, places: [[['secrets', name], [place]]] }
  }
  if (!accounts.has(name)) return undefined
  const keys = Object.keys({ ...mapAt(data, 'data'), ...mapAt(data, 'stringData') })
  const users = keys.filter(isSecretKey).map((user) => [user, `\${file:/stackable/auth-secrets/${name}/${user}}`])
  const problems = keys
    .filter((key) => !isSecretKey(key))
    .map(() => ({
      path: [place],
      severity: 'error' as const,
      message: 'has a key that no Secret of Kubernetes can have',
    }))
  return {
    data: { secrets: { [name]: { users: Object.fromEntries(users) } } },
    places: [[['secrets', name, 'users'], [place]]],
    problems,
  }
}

/** What Kubernetes takes as a key; `../../etc/shadow` would name another file than one of this Secret. */
function isSecretKey(key: string): boolean {
  return /^[-._a-zA-Z0-9]{1,253}$/.test(key) && key !== '.' && key !== '..'
}

/** A value of a Secret that is not secret: the client id. */
function textOf({ data }: Manifest, key: string): unknown {
  const plain = mapAt(data, 'stringData')[key]
  if (plain !== undefined) return plain
  const encoded = mapAt(data, 'data')[key]
  return typeof encoded === 'string' ? Buffer.from(encoded, 'base64').toString('utf8') : encoded
}

/** How Stackable's operators name the variables of a client: by the hash of the name of its Secret. */
export function hashOf(name: string): string {
  // Rust hashes a text as its bytes and a byte that no text contains.
  const bytes = Buffer.concat([Buffer.from(name), Buffer.of(0xff)])
  return sipHash13(bytes).toString(16).toUpperCase().padStart(16, '0')
}

interface Cluster {
  product: string
  /** The address inside the cluster, unless the manifest gives another. */
  service: (name: string, domain: string) => string
  /** Settings of the kind that the manifest has. */
  options?: (manifest: Manifest) => { data: DataMap; places: Piece['places'] }
}

const clusters: Readonly<Record<string, Cluster>> = {
  TrinoCluster: { product: 'trino', service: (name, domain) => `https://${name}-coordinator.${domain}:8443` },
  SupersetCluster: { product: 'superset', service: (name, domain) => `http://${name}-node.${domain}:8088` },
  AirflowCluster: { product: 'airflow', service: (name, domain) => `http://${name}-webserver.${domain}:8080` },
  DruidCluster: { product: 'druid', service: (name, domain) => `https://${name}-router.${domain}:9088` },
  KafkaCluster: { product: 'kafka', service: (name, domain) => `https://${name}-broker-default.${domain}:9093` },
  NifiCluster: {
    product: 'nifi',
    service: (name, domain) => `https://${name}-node.${domain}:8443`,
    options: (manifest) => nifiOptions(manifest),
  },
}

const urlAnnotation = 'gatehouse/url'

/** Clusters of different kinds or namespaces may share a name; products may not. */
function productName({ name, namespace }: Manifest, product: string, taken: Set<string>): string {
  const candidates = [name, `${name}-${product}`, `${namespace}-${name}`, `${namespace}-${name}-${product}`]
  const free = candidates.find((candidate) => !taken.has(candidate)) ?? name
  taken.add(free)
  return free
}

function clusterPiece(
  manifest: Manifest,
  { product, service, options }: Cluster,
  { productNames }: Pick<Context, 'productNames'>,
): Piece {
  const { name, namespace, data } = manifest
  const key = productName(manifest, product, productNames)
  const spec = mapAt(data, 'spec')
  const annotated = mapAt(mapAt(data, 'metadata'), 'annotations')[urlAnnotation]
  const url = annotated ?? service(name, `${namespace}.svc.cluster.local`)
  const version = mapAt(spec, 'image')['productVersion']
  const extra = options?.(manifest)
  const definition = {
    product,
    ...(version === undefined ? {} : { version }),
    url,
    authentication: mapAt(spec, 'clusterConfig')['authentication'],
    ...extra?.data,
  }
  const at = ['products', key]
  return {
    data: { products: { [key]: definition } },
    places: [
      [
        [...at, 'version'],
        ['spec', 'image', 'productVersion'],
      ],
      [
        [...at, 'authentication'],
        ['spec', 'clusterConfig', 'authentication'],
      ],
      [[...at, 'url'], annotated === undefined ? ['metadata', 'name'] : ['metadata', 'annotations', urlAnnotation]],
      ...(extra?.places ?? []).map(([config, place]): [Path, Path] => [[...at, ...config], place]),
    ],
    problems:
      annotated === undefined
        ? [
            {
              path: ['metadata'],
              severity: 'warning',
              message: `has no address at which people open ${name}, so Gatehouse uses ${String(url)}: set the annotation ${urlAnnotation}`,
            },
          ]
        : [],
  }
}

function nifiOptions({ data }: Manifest): { data: DataMap; places: Piece['places'] } {
  const at = [
    'spec',
    'clusterConfig',
    'authorization',
    'standard',
    'accessPolicyProvider',
    'fileBased',
    'initialAdminUser',
  ]
  const initialAdmin = at.reduce<unknown>((found, key) => mapAt({ found }, 'found')[key], data)
  if (initialAdmin === undefined) return { data: {}, places: [] }
  return { data: { nifi: { initialAdmin } }, places: [[['nifi', 'initialAdmin'], at]] }
}
