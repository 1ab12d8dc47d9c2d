/** Who signs people in to a cluster: the list of today, and the forms that older operators had. */
import { type DataMap, isMap, mapAt } from '../../maps.ts'
import type { Manifest, Path } from './manifest.ts'

export interface AuthenticationEntry {
  /** In the manifest. */
  path: Path
  /** In the form of today. */
  data: DataMap
}

/** `clusterConfig.authentication` is a list since 23.11; before, one entry stood there or below `authenticationConfig`, and before that in `spec` itself. */
const places: readonly Path[] = [
  ['spec', 'clusterConfig', 'authentication'],
  ['spec', 'clusterConfig', 'authenticationConfig'],
  ['spec', 'authentication'],
  ['spec', 'authenticationConfig'],
  ['spec', 'config', 'authentication'],
]

/** The entries of a cluster of any kind, wherever they stand. */
export function entriesOf({ data }: Manifest): AuthenticationEntry[] {
  for (const path of places) {
    const found = valueAt(data, path)
    const entries = Array.isArray(found) ? listed(found, path) : oldEntries(found, path)
    if (entries.length > 0) return entries
  }
  return []
}

/** Elsewhere than in the place of today a list may be of something else. */
function listed(found: readonly unknown[], path: Path): AuthenticationEntry[] {
  return found.flatMap((entry, index) =>
    isMap(entry) && (path === places[0] || typeof entry['authenticationClass'] === 'string')
      ? [{ path: [...path, index], data: inTodaysForm(entry) }]
      : [],
  )
}

/** `authentication: { authenticationClass: ldap }`, or one level down: `method: { authenticationClass: ldap }`. */
function oldEntries(found: unknown, path: Path): AuthenticationEntry[] {
  if (!isMap(found)) return []
  if (typeof found['authenticationClass'] === 'string') return [{ path, data: inTodaysForm(found) }]
  return Object.entries(found).flatMap(([key, inner]) => oldEntries(inner, [...path, key]))
}

/** The client beside the class, as the first design of Stackable had it, is below `oidc` today. */
function inTodaysForm(entry: DataMap): DataMap {
  const { clientCredentialsSecret, extraScopes, ...rest } = entry
  if (clientCredentialsSecret === undefined || isMap(entry['oidc'])) return entry
  return { ...rest, oidc: { clientCredentialsSecret, ...(extraScopes === undefined ? {} : { extraScopes }) } }
}

/** What a cluster says of accounts in a form that has no class; undefined where it has none. */
export function formWithoutClass(manifest: Manifest): Path | undefined {
  if (!isOfStackable(manifest) || entriesOf(manifest).length > 0) return undefined
  return places.find((path) => {
    const found = valueAt(manifest.data, path)
    return isMap(found) && Object.keys(found).length > 0
  })
}

function isOfStackable({ kind, data }: Manifest): boolean {
  return kind.endsWith('Cluster') && String(data['apiVersion']).includes('.stackable.tech/')
}

export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (found, key) => (Array.isArray(found) ? found[Number(key)] : mapAt({ found }, 'found')[key]),
    data,
  )
}
