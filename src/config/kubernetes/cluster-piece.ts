/** A cluster of Stackable as an entry of `products`. */
import { type DataMap, isMap, mapAt } from '../../maps.ts'
import { type AuthenticationEntry, entriesOf, valueAt } from './authentication-entries.ts'
import type { Context, Manifest, Path, Piece, UnreadSetting } from './manifest.ts'
import { overridesOf } from './overrides.ts'
import { signInOverrides } from './sign-in/index.ts'
import { whoDecides } from './who-decides.ts'

export interface Cluster {
  product: string
  title: string
  /** The address inside the cluster, unless the manifest gives another. */
  service: (name: string, domain: string) => string
}

/** The kinds of cluster for which there are files. */
export const clusters: Readonly<Record<string, Cluster>> = {
  TrinoCluster: {
    product: 'trino',
    title: 'Trino',
    service: (name, domain) => `https://${name}-coordinator.${domain}:8443`,
  },
  SupersetCluster: {
    product: 'superset',
    title: 'Superset',
    service: (name, domain) => `http://${name}-node.${domain}:8088`,
  },
  AirflowCluster: {
    product: 'airflow',
    title: 'Airflow',
    service: (name, domain) => `http://${name}-webserver.${domain}:8080`,
  },
  DruidCluster: {
    product: 'druid',
    title: 'Druid',
    service: (name, domain) => `https://${name}-router.${domain}:9088`,
  },
  KafkaCluster: {
    product: 'kafka',
    title: 'Kafka',
    service: (name, domain) => `https://${name}-broker-default.${domain}:9093`,
  },
  NifiCluster: { product: 'nifi', title: 'NiFi', service: (name, domain) => `https://${name}-node.${domain}:8443` },
}

const urlAnnotation = 'gatehouse/url'

/** Clusters of different kinds or namespaces may share a name; products may not, nor have dots in it. */
function productName({ name: given, namespace }: Manifest, product: string, taken: Set<string>): string {
  const name = given.replaceAll('.', '-')
  const candidates = [name, `${name}-${product}`, `${namespace}-${name}`, `${namespace}-${name}-${product}`]
  const free = candidates.find((candidate) => !taken.has(candidate)) ?? name
  taken.add(free)
  return free
}

/** What a part of the manifest adds to the product. */
interface Addition {
  at: Path
  value: unknown
  place: Path
}

export function clusterPiece(manifest: Manifest, cluster: Cluster, context: Context): Piece {
  const { name, namespace, data } = manifest
  const { product, service } = cluster
  const key = productName(manifest, product, context.productNames)
  const spec = mapAt(data, 'spec')
  const annotated = mapAt(mapAt(data, 'metadata'), 'annotations')[urlAnnotation]
  const entries = entriesOf(manifest)
  const overrides = signInOverrides(product, overridesOf(manifest), {
    entries: entries.map((entry) => entry.data),
    classes: entries.map((entry) => context.classes.get(String(entry.data['authenticationClass']))),
  })
  const decided = whoDecides(manifest, cluster, { entries, classes: context.classes, overrides })
  const base = baseAddress(overrides.set)
  const url = annotated ?? base?.value ?? service(name, `${namespace}.svc.cluster.local`)
  const version = mapAt(spec, 'image')['productVersion']
  const definition = {
    product,
    ...(version === undefined ? {} : { version }),
    url,
    authentication: authenticationOf(manifest, entries),
  }
  const isElsewhere = decided.set.some(({ at }) => at[0] === 'authorization')
  const useless = isElsewhere ? overrides.set.filter(({ at }) => at[0] === 'roles') : []
  const additions: Addition[] = [
    ...decided.set,
    ...overrides.set.filter((addition) => addition !== base && !useless.includes(addition)),
  ]
  const at = ['products', key]
  return {
    data: { products: { [key]: additions.reduce(withAddition, definition) } },
    places: [
      [
        [...at, 'version'],
        ['spec', 'image', 'productVersion'],
      ],
      ...placesOfEntries(entries).map(([config, place]): [Path, Path] => [[...at, 'authentication', ...config], place]),
      [
        [...at, 'url'],
        annotated === undefined ? (base?.place ?? ['metadata', 'name']) : ['metadata', 'annotations', urlAnnotation],
      ],
      ...additions.map((addition): [Path, Path] => [[...at, ...addition.at], addition.place]),
    ],
    problems:
      annotated === undefined && base === undefined
        ? [
            {
              path: ['metadata'],
              severity: 'warning',
              code: 'address-assumed',
              message: `has no address at which people open ${name}, so Gatehouse uses ${String(url)}: set the annotation ${urlAnnotation}`,
            },
          ]
        : [],
    unread: [...decided.unread, ...useless.map(({ place }) => uselessRoles(place)), ...overrides.unread],
  }
}

/** A mapping of groups beside an engine that gives roles: the engine wins. */
function uselessRoles(path: Path): UnreadSetting {
  return {
    path,
    name: String(path.at(-1)),
    value: undefined,
    isHarmless: true,
    effect: 'setting',
    why: 'It has no effect while something else decides who has which role, so it is left out. Write roles in place of `authorization: elsewhere` if it is to count.',
  }
}

/** The list as it stands, so that what is wrong in it is a problem; an older form as a list of one. */
function authenticationOf({ data }: Manifest, entries: readonly AuthenticationEntry[]): unknown {
  const list = valueAt(data, ['spec', 'clusterConfig', 'authentication'])
  if (!Array.isArray(list)) return entries.map((entry) => entry.data)
  const today = new Map(entries.map(({ path, data: entry }) => [path.at(-1), entry]))
  return list.map((entry: unknown, index) => today.get(index) ?? entry)
}

function placesOfEntries(entries: readonly AuthenticationEntry[]): [Path, Path][] {
  const list = entries[0]?.path.slice(0, -1) ?? []
  return [[[], list], ...entries.map(({ path }, index): [Path, Path] => [[index], path])]
}

/** The public address, which Airflow is told in a variable. */
function baseAddress(additions: readonly Addition[]): Addition | undefined {
  return additions.find(({ at }) => at.length === 1 && at[0] === 'url')
}

/** The definition with a value at a path; an override wins over what stands there. */
function withAddition(definition: DataMap, { at, value }: Addition): DataMap {
  return withValue(definition, at, value) as DataMap
}

function withValue(data: unknown, [first, ...rest]: Path, value: unknown): unknown {
  if (first === undefined) return value
  if (Array.isArray(data))
    return data.map((item: unknown, index) => (index === first ? withValue(item, rest, value) : item))
  const map = isMap(data) ? data : {}
  return { ...map, [first]: withValue(map[first], rest, value) }
}
