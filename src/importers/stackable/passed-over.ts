/** Manifests that become nothing, as few lines as they deserve. */
import type { PassedOver, ReadManifests } from '../../config/kubernetes/manifests.ts'
import type { Source } from '../../config/source.ts'
import { isMap, mapAt } from '../../maps.ts'
import type { NotCarried } from '../contract.ts'

export function passedOverEntries(
  documents: readonly Source[],
  { passedOver, assumedSecrets }: ReadManifests,
): NotCarried[] {
  const handedOut = namesOfHandedOut(documents, Object.keys(assumedSecrets))
  const isHandedOut = ({ kind, name }: PassedOver) => isSecret(kind) && handedOut.has(name)
  const withReason = (reason: PassedOver['reason']) => passedOver.filter((manifest) => manifest.reason === reason)
  const others = withReason('other').filter((manifest) => !isHandedOut(manifest))
  return [
    ...withReason('unknown form').map((manifest) => ({
      ...placed(manifest),
      why: 'Its authentication names no AuthenticationClass, so nothing of it is read: this is the form of an older operator, or of a product that has its own. Write the product into gatehouse.yaml by hand.',
      effect: 'access' as const,
    })),
    ...inOneLine(withReason('no files'), {
      why: 'It has authentication, and Gatehouse writes no files for such a product: it is not in gatehouse.yaml. Keep its sign-in as it is.',
      effect: 'access',
    }),
    ...userInfoEntries(documents),
    ...withReason('no authentication').flatMap((manifest) =>
      (manifest.decides ?? []).map((key) => ({
        where: manifest.file,
        what: `${manifest.kind} ${manifest.name}: authorization.${key}`,
        why: 'It decides who may do what in a product that no class signs people in to, so that nothing of it is in gatehouse.yaml. Keep it as it is.',
        effect: 'access' as const,
      })),
    ),
    ...inOneLine(withReason('no authentication'), {
      why: 'Not needed: it has no authentication, so people have accounts of the product itself. Add it by hand if they are to sign in.',
    }),
    ...inOneLine(
      others.filter(({ kind }) => kind.endsWith('Cluster')),
      { why: 'Gatehouse knows no product of this kind and writes nothing for it.' },
    ),
    ...inOneLine(
      others.filter(({ kind }) => isSecret(kind)),
      {
        why: 'Not needed: no class or cluster names it. If you left out the file that names it, import both together.',
      },
    ),
    ...counted(others.filter(({ kind }) => !kind.endsWith('Cluster') && !isSecret(kind))),
  ]
}

function isSecret(kind: string): boolean {
  return kind === 'Secret' || kind === 'SecretClass'
}

function placed({ file, kind, name }: PassedOver): Pick<NotCarried, 'where' | 'what'> {
  return { where: file, what: `${kind} ${name}` }
}

function inOneLine(manifests: readonly PassedOver[], said: Pick<NotCarried, 'why' | 'effect'>): NotCarried[] {
  if (manifests.length === 0) return []
  const names = manifests.map(({ kind, name }) => `${kind} ${name}`)
  return [{ where: filesOf(manifests), what: [...new Set(names)].join(', '), ...said }]
}

/** Nobody misses a Deployment, but somebody may wonder. */
function counted(manifests: readonly PassedOver[]): NotCarried[] {
  if (manifests.length === 0) return []
  const kinds = [...Map.groupBy(manifests, ({ kind }) => kind)]
  return [
    {
      where: filesOf(manifests),
      what: kinds.map(([kind, { length }]) => (length === 1 ? kind : `${length} ${kind}`)).join(', '),
      why: 'Nothing is read from manifests of other kinds.',
    },
  ]
}

function filesOf(manifests: readonly PassedOver[]): string {
  return [...new Set(manifests.map(({ file }) => file))].join(', ')
}

/** Open Policy Agent may ask a directory for the groups of people, which no product knows then. */
function userInfoEntries(documents: readonly Source[]): NotCarried[] {
  return documents.flatMap(({ file, data }) =>
    manifestsOf(data).flatMap((manifest) => {
      const config = mapAt(mapAt(manifest, 'spec'), 'clusterConfig')
      const [backend] = Object.keys(mapAt(mapAt(config, 'userInfo'), 'backend'))
      if (manifest['kind'] !== 'OpaCluster' || backend === undefined) return []
      return [
        {
          where: file,
          what: `OpaCluster ${String(mapAt(manifest, 'metadata')['name'])}: userInfo.backend.${backend}`,
          why: 'Rules of Open Policy Agent get the groups of people from there, and gatehouse.yaml has nothing of it. Leave it, as long as those rules decide.',
          effect: 'access' as const,
        },
      ]
    }),
  )
}

/** SecretClasses, and the Secrets that they hand out: those carry the name of the class as a label, or have it themselves. */
function namesOfHandedOut(documents: readonly Source[], secretClasses: readonly string[]): Set<unknown> {
  const labelled = documents
    .flatMap(({ data }) => manifestsOf(data))
    .map((manifest) => mapAt(manifest, 'metadata'))
    .filter((metadata) => secretClasses.includes(String(mapAt(metadata, 'labels')['secrets.stackable.tech/class'])))
  return new Set([...secretClasses, ...labelled.map(({ name }) => name)])
}

function manifestsOf(data: unknown): Readonly<Record<string, unknown>>[] {
  if (!isMap(data)) return []
  const items: unknown = data['items']
  return String(data['kind']).endsWith('List') && Array.isArray(items) ? items.flatMap(manifestsOf) : [data]
}
