/**
 * Kubernetes manifests as configuration: Stackable's AuthenticationClass, SecretClass and clusters, and the Secrets that they
 * name. Each becomes the equivalent piece of gatehouse.yaml; problems still point into the manifest.
 */
import { mapAt } from '../../maps.ts'
import type { Problem } from '../problem.ts'
import type { Source } from '../source.ts'
import { entriesOf, formWithoutClass } from './authentication-entries.ts'
import { classPiece } from './class-piece.ts'
import { clusterPiece, clusters } from './cluster-piece.ts'
import { type Context, type Manifest, manifestsOf, type Path, type Piece, type UnreadSetting } from './manifest.ts'
import { secretPiece } from './secret-piece.ts'
import { authorizationsOf } from './who-decides.ts'

export interface ReadManifests {
  /** Pieces of configuration, one for each manifest. */
  sources: Source[]
  /** Entries of `secrets` that SecretClasses stand for; a configured entry with the same name wins. */
  assumedSecrets: Record<string, unknown>
  problems: Problem[]
  /** Values that came from the environment. */
  filledIn: string[]
  /** What manifests say about sign-in and the configuration cannot. */
  unread: PlacedUnread[]
  /** Manifests that become nothing. */
  passedOver: PassedOver[]
}

export interface PlacedUnread extends UnreadSetting {
  file: string
  line: number
  column: number
  /** What the setting belongs to: `NifiCluster flow`. */
  of: string
}

export interface PassedOver {
  file: string
  kind: string
  name: string
  /**
   * Nothing about sign-in in it, as far as is known; a cluster without authentication; one with a form of it that is not read; a cluster that
   * has authentication, but of a kind for which there are no files.
   */
  reason: 'other' | 'no authentication' | 'unknown form' | 'no files'
  /** What decides who may do what in a cluster without authentication: `opa`. */
  decides?: readonly string[]
  /** What people are told who render the manifests as they are. */
  problem?: Problem
}

/** Whether a document is a manifest and not a configuration of ours. */
export function isManifest({ data }: Source): boolean {
  return typeof data['apiVersion'] === 'string' && typeof data['kind'] === 'string'
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
  const context: Context = {
    env,
    secrets: namedSecrets(manifests),
    classes: classesOf(manifests),
    productNames: new Set<string>(),
    filledIn: [],
  }
  const sources: Source[] = []
  const problems: Problem[] = []
  const unread: PlacedUnread[] = []
  const passedOver: PassedOver[] = []
  const assumedSecrets: Record<string, Record<string, string>> = {}
  for (const manifest of manifests) {
    const piece = pieceOf(manifest, context)
    if (!piece) {
      passedOver.push(passed(manifest))
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
    for (const setting of piece.unread ?? []) {
      const place = source.locate([...at, ...setting.path])
      unread.push({ ...setting, file: source.file, ...place, of: `${manifest.kind} ${manifest.name}` })
    }
    sources.push({
      file: source.file,
      data: piece.data,
      syntaxProblems: [],
      locate: (path) => source.locate([...at, ...placeOf(path, piece.places)]),
    })
  }
  return { sources, assumedSecrets, problems, unread, passedOver, filledIn: context.filledIn }
}

function placeOf(path: Path, places: Piece['places']): Path {
  const found = places
    .filter(([config]) => config.every((segment, index) => segment === path[index]))
    .sort(([a], [b]) => b.length - a.length)[0]
  return found ? [...found[1], ...path.slice(found[0].length)] : ['metadata', 'name']
}

function namedSecrets(manifests: readonly Manifest[]): Context['secrets'] {
  const clients = new Set<unknown>()
  const accounts = new Set<unknown>()
  for (const manifest of manifests) {
    for (const entry of entriesOf(manifest)) clients.add(mapAt(entry.data, 'oidc')['clientCredentialsSecret'])
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

function classesOf(manifests: readonly Manifest[]): Context['classes'] {
  return new Map(
    manifests
      .filter(({ kind }) => kind === 'AuthenticationClass')
      .map(({ name, data }) => [name, mapAt(mapAt(data, 'spec'), 'provider')]),
  )
}

function passed(manifest: Manifest): PassedOver {
  const { source, kind, name } = manifest
  const it = { file: source.file, kind, name }
  const form = formWithoutClass(manifest)
  if (entriesOf(manifest).length > 0) return { ...it, reason: 'no files', problem: unknownKind(manifest) }
  const isKnown = Object.hasOwn(clusters, kind)
  if (form && isKnown) return { ...it, reason: 'unknown form', problem: unknownForm(manifest, form) }
  if (form) return { ...it, reason: 'no files', problem: unknownKind(manifest) }
  const decides = isKnown ? authorizationsOf(manifest) : []
  return { ...it, reason: isKnown ? 'no authentication' : 'other', ...(decides.length > 0 ? { decides } : {}) }
}

function unknownKind(manifest: Manifest): Problem {
  const path = ['spec', 'clusterConfig', 'authentication']
  return warningAt(manifest, path, `is ignored: Gatehouse writes no files for ${manifest.kind} ${manifest.name}`)
}

function unknownForm(manifest: Manifest, path: Path): Problem {
  return warningAt(manifest, path, 'is ignored: it names no AuthenticationClass')
}

function warningAt({ source, at }: Manifest, path: Path, message: string): Problem {
  return {
    severity: 'warning',
    code: 'setting-ignored',
    file: source.file,
    ...source.locate([...at, ...path]),
    path: path.join('.'),
    message,
  }
}
