import { readManifests } from '../../config/kubernetes/manifests.ts'
import { parseSources } from '../../config/source.ts'
import type { Data } from '../../formats.ts'
import { isMap } from '../../maps.ts'
import { type Imported, type Importer, type ImportFile, type NotCarried, UnreadableImport } from '../contract.ts'

/**
 * Stackable's manifests. `render` reads them directly as well; import is for people who leave the manifests behind. Variables
 * keep the names that the operators give them.
 */
export const stackable: Importer = {
  source: 'stackable',
  title: 'manifests of Stackable (AuthenticationClass, Secret, TrinoCluster ...)',
  read,
}

function read(files: readonly ImportFile[]): Imported {
  const documents = files.flatMap(({ name, text }) => {
    const sources = parseSources(name, text)
    const broken = sources.flatMap(({ syntaxProblems }) => syntaxProblems)[0]
    if (broken) throw new UnreadableImport(name, `line ${broken.line}: ${broken.message}`)
    return sources
  })
  const { sources, assumedSecrets, problems, passedOver } = readManifests(documents, {})
  const config: Record<string, Record<string, Data>> = {}
  const twice: NotCarried[] = []
  for (const source of sources) {
    for (const [section, entries] of Object.entries(source.data)) {
      for (const [name, value] of Object.entries(entries as Record<string, Data>)) {
        const known = config[section] ?? {}
        if (Object.hasOwn(known, name)) {
          twice.push({
            where: `${source.file}: ${section}.${name}`,
            what: `a second ${name}`,
            why: 'Names are unique in gatehouse.yaml, regardless of namespace. Import it under another name by hand.',
          })
          continue
        }
        config[section] = { ...known, [name]: value }
      }
    }
  }
  if (Object.keys(config).length === 0) {
    throw new UnreadableImport(
      files[0]?.name ?? '',
      'has no AuthenticationClass, no cluster and no Secret that one of them names',
    )
  }
  const handedOut = namesOfHandedOut(documents, Object.keys(assumedSecrets))
  const secrets = { ...(assumedSecrets as Record<string, Data>), ...config['secrets'] }
  const { authenticationClasses, products } = config
  return {
    config: {
      ...(authenticationClasses && { authenticationClasses }),
      ...(products && { products }),
      ...(Object.keys(secrets).length > 0 && { secrets }),
    },
    comments: [
      {
        path: [],
        text: 'Imported from manifests of Stackable. Variables keep the names that its operators give them.',
      },
    ],
    notCarried: [
      ...problems.map(({ file, line, column, path, message }) => ({
        where: `${file}:${line}:${column} ${path}`,
        what: message,
        why: 'The manifest leaves it open. Look at the value in gatehouse.yaml and correct it.',
      })),
      ...twice,
      ...passedOver
        .filter((manifest) => isMissed(manifest, handedOut))
        .map(({ file, kind, name }) => ({
          where: file,
          what: `${kind} ${name}`,
          why: isCluster(kind)
            ? 'Not needed: it has no authentication, or none that Gatehouse writes files for. Add its product by hand if people sign in there.'
            : 'Not needed: no class or cluster names it. If you left out the file that names it, import both together.',
        })),
    ],
  }
}

/** SecretClasses, and the Secrets that they hand out: those carry the name of the class as a label, or have it themselves. */
function namesOfHandedOut(documents: readonly { data: unknown }[], secretClasses: readonly string[]): Set<unknown> {
  const labelled = documents
    .flatMap(({ data }) => manifestsOf(data))
    .map(({ metadata }) => (isMap(metadata) ? metadata : {}))
    .filter(({ labels }) => isMap(labels) && secretClasses.includes(String(labels['secrets.stackable.tech/class'])))
  return new Set([...secretClasses, ...labelled.map(({ name }) => name)])
}

function manifestsOf(data: unknown): Readonly<Record<string, unknown>>[] {
  if (!isMap(data)) return []
  const items: unknown = data['items']
  return String(data['kind']).endsWith('List') && Array.isArray(items) ? items.flatMap(manifestsOf) : [data]
}

function isCluster(kind: string): boolean {
  return kind.endsWith('Cluster')
}

/** Whether someone may miss it in the result; nobody misses a Deployment. */
function isMissed({ kind, name }: { kind: string; name: string }, handedOut: ReadonlySet<unknown>): boolean {
  return isCluster(kind) || (['Secret', 'SecretClass'].includes(kind) && !handedOut.has(name))
}
