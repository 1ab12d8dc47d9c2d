import { type PlacedUnread, type ReadManifests, readManifests } from '../../config/kubernetes/manifests.ts'
import { hashOf } from '../../config/kubernetes/secret-piece.ts'
import type { Problem } from '../../config/problem.ts'
import { parseSources, type Source } from '../../config/source.ts'
import type { Data } from '../../formats.ts'
import { mapAt } from '../../maps.ts'
import {
  type ImportAnswers,
  type ImportComment,
  type Imported,
  type Importer,
  type ImportFile,
  type NotCarried,
  UnreadableImport,
} from '../contract.ts'
import { classOfIssuer, reference } from '../provider.ts'
import { shownValue } from '../shown-setting.ts'
import { passedOverEntries } from './passed-over.ts'
import { cleanClass, cleanProduct } from './unknown-keys.ts'

/**
 * Stackable's manifests. `render` reads them directly as well; import is for people who leave the manifests behind. Variables
 * keep the names that the operators give them.
 */
export const stackable: Importer = {
  source: 'stackable',
  title: 'manifests of Stackable (AuthenticationClass, Secret, TrinoCluster ...)',
  read,
}

type Section = Record<string, Data>
type Sections = Record<string, Section>

function read(files: readonly ImportFile[], answers: ImportAnswers = {}): Imported {
  const documents = files.flatMap(documentsOf)
  const found = readManifests(documents, {})
  const { config, twice } = joined(found.sources)
  if (Object.keys(config).length === 0) {
    throw new UnreadableImport(
      files[0]?.name ?? '',
      'has no AuthenticationClass, no cluster and no Secret that one of them names',
    )
  }
  const secrets = { ...(found.assumedSecrets as Section), ...config['secrets'] }
  const missing = addMissing({ ...config, secrets }, answers)
  const clean = cleaned(missing.config)
  const issuer = withAnsweredIssuer(clean.config, found.problems, answers)
  const addresses = withAnsweredUrl(issuer.config, issuer.problems, answers)
  const { authenticationClasses = {}, products = {}, secrets: allSecrets = {} } = addresses.config
  const named = { authenticationClasses, products, secrets: allSecrets }
  return {
    config: Object.fromEntries(Object.entries(named).filter(([, section]) => Object.keys(section).length > 0)),
    comments: [
      {
        path: [],
        text: 'Imported from manifests of Stackable. Variables keep the names that its operators give them.',
      },
      ...secretClassComments(found),
    ],
    notCarried: [
      ...found.unread.map(unreadEntry),
      ...missing.notCarried,
      ...clean.notCarried,
      ...addresses.problems.map(problemEntry),
      ...twice,
      ...passedOverEntries(documents, found),
    ],
  }
}

function documentsOf({ name, text }: ImportFile): Source[] {
  const sources = parseSources(name, text)
  const broken = sources.flatMap(({ syntaxProblems }) => syntaxProblems)[0]
  if (broken) throw new UnreadableImport(name, `line ${broken.line}: ${broken.message}`)
  return sources
}

/** The pieces of all manifests in one configuration. */
function joined(sources: readonly Source[]): { config: Sections; twice: NotCarried[] } {
  const config: Sections = {}
  const twice: NotCarried[] = []
  for (const source of sources) {
    for (const [section, entries] of Object.entries(source.data)) {
      for (const [name, value] of Object.entries(entries as Section)) {
        const known = config[section] ?? {}
        if (Object.hasOwn(known, name)) {
          twice.push({
            where: `${source.file}: ${section}.${name}`,
            what: `a second ${name}`,
            why: 'It is left out: names are unique in gatehouse.yaml, regardless of namespace. Import it under another name by hand.',
            effect: 'access',
          })
          continue
        }
        config[section] = { ...known, [name]: value }
      }
    }
  }
  return { config, twice }
}

function unreadEntry({ file, line, column, of, name, value, isHarmless, effect, why }: PlacedUnread): NotCarried {
  const harmless = new Set(isHarmless ? [name] : [])
  const shown = value === undefined || value === '' ? '' : ` = ${shownValue(name, value, { harmless })}`
  return { where: `${file}:${line}:${column} ${of}`, what: `${name}${shown}`, why, effect }
}

function problemEntry(problem: Problem): NotCarried {
  const { file, line, column, path, message } = problem
  return {
    where: `${file}:${line}:${column} ${path}`,
    what: message,
    why: isUnfilled(problem)
      ? 'The manifest is a template for envsubst. Fill it in before the import (envsubst < FILE), or write the value into gatehouse.yaml, where it stands as in the manifest.'
      : 'The manifest leaves it open. Look at the value in gatehouse.yaml and correct it.',
  }
}

/** Import has no environment: `hostname: $KEYCLOAK_HOSTNAME` stays as it is. */
function isUnfilled({ path, message }: Problem): boolean {
  return path.startsWith('spec.provider.') && message.includes('environment variable')
}

/** Their files exist nowhere but in the containers of Stackable. */
function secretClassComments({ assumedSecrets, sources }: ReadManifests): ImportComment[] {
  const own = new Set(sources.flatMap(({ data }) => Object.keys(mapAt(data, 'secrets'))))
  return Object.keys(assumedSecrets)
    .filter((name) => !own.has(name))
    .map((name) => ({
      path: ['secrets', name],
      text: 'Only the containers of Stackable have these files: elsewhere, write where yours are.',
    }))
}

/** Classes and Secrets that a cluster names and no file has: from the answers, or told. */
function addMissing(config: Sections, answers: ImportAnswers): { config: Sections; notCarried: NotCarried[] } {
  const { authenticationClasses = {}, products = {}, secrets = {} } = config
  const entries = Object.entries(products).flatMap(([product, definition]) =>
    entriesOf(definition).map((entry) => ({ product, entry })),
  )
  const classes = missingNames(
    entries.map(({ product, entry }) => [product, entry['authenticationClass']]),
    authenticationClasses,
  )
  const clients = missingNames(
    entries.map(({ product, entry }) => [product, mapAt(entry, 'oidc')['clientCredentialsSecret']]),
    secrets,
  )
  const [lostClass, ...otherClasses] = classes
  const made = otherClasses.length === 0 && lostClass && answers.issuer ? classFrom(answers.issuer) : undefined
  const [lostClient, ...otherClients] = clients
  const client =
    otherClients.length === 0 && lostClient && answers.clientId
      ? clientFrom(lostClient.name, answers.clientId)
      : undefined
  return {
    config: {
      ...config,
      authenticationClasses: { ...authenticationClasses, ...(made && lostClass ? { [lostClass.name]: made } : {}) },
      secrets: { ...secrets, ...(client && lostClient ? { [lostClient.name]: client } : {}) },
    },
    notCarried: [...(made ? [] : classes.map(missingClass)), ...(client ? [] : clients.map(missingClient))],
  }
}

interface Missing {
  name: string
  products: string[]
}

function missingNames(named: readonly (readonly [product: string, name: unknown])[], known: Section): Missing[] {
  const missing = new Map<string, string[]>()
  for (const [product, name] of named) {
    if (typeof name !== 'string' || Object.hasOwn(known, name)) continue
    missing.set(name, [...new Set([...(missing.get(name) ?? []), product])])
  }
  return [...missing].map(([name, products]) => ({ name, products }))
}

function missingClass({ name, products }: Missing): NotCarried {
  return {
    where: `products.${products.join(', ')}`,
    what: `AuthenticationClass ${name}`,
    why: `Nobody can sign in by it: it is in none of the files, and \`gatehouse check\` asks for it. Import the file that has it too (kubectl get authenticationclass ${name} -o yaml)${products.length > 0 ? ', or give --issuer if it is an OpenID Connect provider' : ''}.`,
    effect: 'access',
  }
}

function missingClient({ name, products }: Missing): NotCarried {
  return {
    where: `products.${products.join(', ')}`,
    what: `Secret ${name}`,
    why: `The client id at the provider is in none of the files, and \`gatehouse check\` asks for it. Import the Secret too (its secret is not copied), or give --client-id.`,
    effect: 'secret',
  }
}

function classFrom(issuer: string): Data | undefined {
  const made = classOfIssuer({ issuer, scopes: ['openid', 'email', 'profile'], principalClaim: 'preferred_username' })
  return made && { oidc: made.oidc as unknown as Data }
}

function clientFrom(name: string, clientId: string): Data {
  const prefix = `OIDC_${hashOf(name)}`
  return { clientId, clientIdVariable: `${prefix}_CLIENT_ID`, clientSecret: reference(`${prefix}_CLIENT_SECRET`) }
}

function entriesOf(definition: unknown): Readonly<Record<string, unknown>>[] {
  const list = mapAt({ definition }, 'definition')['authentication']
  return Array.isArray(list) ? list.map((entry: unknown) => mapAt({ entry }, 'entry')) : []
}

function cleaned(config: Sections): { config: Sections; notCarried: NotCarried[] } {
  const notCarried: NotCarried[] = []
  const each = (section: string, clean: typeof cleanClass): Section =>
    Object.fromEntries(
      Object.entries(config[section] ?? {}).map(([name, value]) => {
        const { data, lost } = clean(value)
        notCarried.push(...lost.map((entry) => ({ ...entry, where: `${section}.${name}` })))
        return [name, data]
      }),
    )
  return {
    config: {
      ...config,
      authenticationClasses: each('authenticationClasses', cleanClass),
      products: each('products', cleanProduct),
    },
    notCarried,
  }
}

/** The one class whose address envsubst would fill in has the answered one. */
function withAnsweredIssuer(
  config: Sections,
  problems: readonly Problem[],
  { issuer }: ImportAnswers,
): { config: Sections; problems: readonly Problem[] } {
  const open = Object.entries(config['authenticationClasses'] ?? {}).filter(([, definition]) =>
    String(mapAt(definition, 'oidc')['hostname']).startsWith('$'),
  )
  const [[name, definition] = ['', undefined], ...others] = open
  const made = issuer === undefined ? undefined : classOfIssuer({ issuer, scopes: [], principalClaim: 'sub' })
  if (!made || definition === undefined || others.length > 0) return { config, problems }
  const { hostname, port, rootPath } = made.oidc
  const { port: _, rootPath: __, ...rest } = mapAt(definition, 'oidc')
  const oidc = {
    ...rest,
    hostname,
    ...(port === undefined ? {} : { port }),
    ...(rootPath === undefined ? {} : { rootPath }),
  }
  const authenticationClasses = { ...config['authenticationClasses'], [name]: { oidc } as unknown as Data }
  return { config: { ...config, authenticationClasses }, problems: problems.filter((problem) => !isUnfilled(problem)) }
}

/** One product without an address of its own has the answered one. */
function withAnsweredUrl(
  config: Sections,
  problems: readonly Problem[],
  { url }: ImportAnswers,
): { config: Sections; problems: readonly Problem[] } {
  const [[name, definition] = ['', undefined], ...others] = Object.entries(config['products'] ?? {})
  const isOpen = (problem: Problem) => problem.path === 'metadata'
  if (url === undefined || definition === undefined || others.length > 0 || !problems.some(isOpen))
    return { config, problems }
  const product = { ...(definition as Section), url: url.replace(/\/+$/, '') }
  return {
    config: { ...config, products: { [name]: product } },
    problems: problems.filter((problem) => !isOpen(problem)),
  }
}
