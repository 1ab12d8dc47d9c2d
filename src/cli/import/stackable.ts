import { readManifests } from '../../config/manifests.ts'
import { parseSources } from '../../config/source.ts'
import type { Data } from '../../formats.ts'
import { type Imported, type Importer, type ImportFile, type NotCarried, UnreadableImport } from './contract.ts'

/**
 * Stackable's manifests. `render` reads them as they are too; importing them is for who leaves the manifests behind. The names
 * of variables stay those of the operators.
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
            why: 'Names are unique in gatehouse.yaml, whatever the namespace. Import it under another name by hand.',
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
      'holds no AuthenticationClass, no cluster and no Secret that one names',
    )
  }
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
      ...passedOver.map(({ file, kind, name }) => ({
        where: file,
        what: `${kind} ${name}`,
        why: 'It says nothing about who signs people in, or nothing that names it was imported with it.',
      })),
    ],
  }
}
