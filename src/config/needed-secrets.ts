/** Secrets, and authorities, without which this server does not start, and whether they are here. `render` needs none of them. */
import { own } from '../maps.ts'
import { note, type PathProblem, warning } from './problem.ts'
import type { Config, SecretEntry } from './schema.ts'
import { parseSecretReference } from './secret-reference.ts'

interface NeededText {
  path: (string | number)[]
  text: string
}

/** What the machine has: variables, and files. */
export interface SecretPlaces {
  env: Readonly<Record<string, string | undefined>>
  /** The text of a file, relative to the folder of the configuration; undefined: there is none. Empty: it cannot be read by whoever asks. */
  textOf(path: string): string | undefined
}

const references = /\$\{(?:env|file):[^}]+\}/g

const namedAtMost = 5

/**
 * A note for each reference that leads nowhere, at its place, and a warning for a key that is none. Of a configuration from which no server runs the
 * variables of products are looked at: `render --with-secrets` reads them.
 */
export function missingSecrets(config: Config, places: SecretPlaces): PathProblem[] {
  const elsewhere = variablesOfProducts(config).filter((name) => !own(places.env, name))
  if (config.issuer === undefined) return elsewhere.length === 0 ? [] : [variablesNote('variable-missing', elsewhere)]
  const needed = neededTexts(config)
  const others = elsewhere.filter((name) => !needed.some(({ text }) => text.includes(`\${env:${name}}`)))
  return [
    ...needed.flatMap((each) => [...missingReferences(each, places), ...keyProblem(each, places)]),
    ...authoritiesFile(config, places),
    ...(others.length === 0 ? [] : [variablesNote('variable-elsewhere', others)]),
  ]
}

function missingReferences({ path, text }: NeededText, { env, textOf }: SecretPlaces): PathProblem[] {
  return (text.match(references) ?? []).flatMap((reference): PathProblem[] => {
    const source = parseSecretReference(reference)
    if (source.kind === 'env' && !own(env, source.name))
      return [note('variable-missing', path, `the variable ${source.name} is not set here, and serve needs it`)]
    if (source.kind === 'file' && textOf(source.path) === undefined)
      return [note('file-missing', path, `there is no file ${source.path} here, and serve needs it`)]
    return []
  })
}

function authoritiesFile({ network: { ca } }: Config, { textOf }: SecretPlaces): PathProblem[] {
  if (ca === undefined || textOf(ca) !== undefined) return []
  return [note('file-missing', ['network', 'ca'], `there is no file ${ca} here, and serve needs it`)]
}

function variablesNote(code: 'variable-missing' | 'variable-elsewhere', names: readonly string[]): PathProblem {
  const more = names.length > namedAtMost ? ` and ${names.length - namedAtMost} more` : ''
  const shown = `${names.slice(0, namedAtMost).join(', ')}${more}`
  return note(code, ['secrets'], `not set here: ${shown}. Products, \`doctor\` and \`render --with-secrets\` read them`)
}

/** The schema has looked at a key that is written in the file. */
function keyProblem({ path, text }: NeededText, { env, textOf }: SecretPlaces): PathProblem[] {
  const source = parseSecretReference(text)
  if (path[0] !== 'encryptionKey' || source.kind === 'literal') return []
  const value = source.kind === 'env' ? own(env, source.name) : textOf(source.path)
  if (!value || Buffer.from(value, 'base64').length === 32) return []
  const where = source.kind === 'env' ? `the variable ${source.name}` : `the file ${source.path}`
  const message = `${where} has no key of 32 bytes in base64. Create one: openssl rand -base64 32`
  return [warning('key-unusable', path, message)]
}

/** The variables that products read, as far as secrets name them. */
function variablesOfProducts({ products, authenticationClasses, secrets }: Config): string[] {
  const names = Object.values(products).flatMap(({ authentication, amundsen }) => [
    ...Object.values(amundsen?.clients ?? {}),
    ...authentication.flatMap(({ authenticationClass, oidc }) => {
      const { ldap, static: accounts } = own(authenticationClasses, authenticationClass) ?? {}
      return [oidc?.clientCredentialsSecret, ldap?.bindCredentials?.secretClass, accounts?.userCredentialsSecret.name]
    }),
  ])
  const entries = [...new Set(names)].flatMap((name) => (name === undefined ? [] : (own(secrets, name) ?? [])))
  const variables = entries.flatMap(textsOf).flatMap((text) => {
    const source = parseSecretReference(text)
    return source.kind === 'env' ? [source.name] : []
  })
  return [...new Set(variables)]
}

function textsOf({ clientSecret, user, password, users = {} }: SecretEntry): string[] {
  return [clientSecret, user, password, ...Object.values(users)].flatMap((text) => text ?? [])
}

function neededTexts(config: Config): NeededText[] {
  const { encryptionKey, store, network, secrets, mail } = config
  const names = new Set([...clientsOf(config), ...authoritiesOf(config), ...readersOf(config)])
  const ofEntries = [...names].flatMap((name) => {
    const entry = own(secrets, name) ?? {}
    const {
      clientSecret,
      privateKey,
      certificate: clientCertificate,
      'ca.crt': authority,
      'tls.crt': certificate,
      'tls.key': key,
      user,
      password,
    } = entry
    return [
      { path: ['secrets', name, 'user'], text: user },
      { path: ['secrets', name, 'password'], text: password },
      { path: ['secrets', name, 'clientSecret'], text: clientSecret },
      { path: ['secrets', name, 'privateKey'], text: privateKey },
      { path: ['secrets', name, 'certificate'], text: clientCertificate },
      { path: ['secrets', name, 'ca.crt'], text: authority },
      { path: ['secrets', name, 'tls.crt'], text: certificate },
      { path: ['secrets', name, 'tls.key'], text: key },
    ]
  })
  const all = [
    { path: ['store'], text: store },
    { path: ['encryptionKey'], text: encryptionKey },
    { path: ['network', 'proxy'], text: network.proxy },
    { path: ['mail', 'password'], text: mail?.password },
    ...ofEntries,
  ]
  return all.flatMap(({ path, text }) => (text === undefined ? [] : [{ path, text }]))
}

/** Entries of the clients that this server is, and of those that are its own. */
function clientsOf({ login, products }: Config): string[] {
  const own = Object.values(products).flatMap(({ authentication }) =>
    authentication.filter(({ authenticationClass }) => authenticationClass === 'gatehouse'),
  )
  const certificates = login.flatMap(({ clientCertificate }) => clientCertificate ?? [])
  return [...[...login, ...own].flatMap(({ oidc }) => oidc?.clientCredentialsSecret ?? []), ...certificates]
}

function authoritiesOf({ login, authenticationClasses }: Config): string[] {
  return login.flatMap(({ authenticationClass }) => {
    const { oidc, github, ldap } =
      authenticationClass === undefined ? {} : (own(authenticationClasses, authenticationClass) ?? {})
    const authority = (oidc ?? github ?? ldap)?.tls?.verification.server?.caCert
    return authority && 'secretClass' in authority && authority.secretClass ? [authority.secretClass] : []
  })
}

/** Entries of the accounts with which this server asks directories. */
function readersOf({ login, authenticationClasses }: Config): string[] {
  return login.flatMap(({ authenticationClass: name }) =>
    name === undefined ? [] : (own(authenticationClasses, name)?.ldap?.bindCredentials?.secretClass ?? []),
  )
}
