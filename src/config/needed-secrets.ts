/** Secrets without which this server does not start, and whether they are here. `render` needs none of them. */
import { own } from '../maps.ts'
import type { PathProblem } from './problem.ts'
import type { Config } from './schema.ts'
import { parseSecretReference } from './secret-reference.ts'

interface NeededText {
  path: (string | number)[]
  text: string
}

/** What the machine has: variables, and files. */
export interface SecretPlaces {
  env: Readonly<Record<string, string | undefined>>
  /** Whether a file is there, relative to the folder of the configuration. */
  hasFile(path: string): boolean
}

const references = /\$\{(?:env|file):[^}]+\}/g

/** A warning for each reference that leads nowhere, and for a key that is none, at its place. Only if the configuration is one of a server. */
export function missingSecrets(config: Config, { env, hasFile }: SecretPlaces): PathProblem[] {
  if (config.issuer === undefined) return []
  return neededTexts(config).flatMap(({ path, text }) => [
    ...(text.match(references) ?? []).flatMap((reference): PathProblem[] => {
      const source = parseSecretReference(reference)
      if (source.kind === 'env' && !own(env, source.name))
        return [warning(path, `the variable ${source.name} is not set here, and serve needs it`)]
      if (source.kind === 'file' && !hasFile(source.path))
        return [warning(path, `there is no file ${source.path} here, and serve needs it`)]
      return []
    }),
    ...(path[0] === 'encryptionKey' ? keyProblem(text, env) : []),
  ])
}

function keyProblem(text: string, env: SecretPlaces['env']): PathProblem[] {
  const source = parseSecretReference(text)
  const value = source.kind === 'env' ? own(env, source.name) : undefined
  if (!value || Buffer.from(value, 'base64').length === 32) return []
  const message = `the variable ${source.kind === 'env' ? source.name : ''} has no key of 32 bytes in base64. Create one: openssl rand -base64 32`
  return [warning(['encryptionKey'], message)]
}

function warning(path: PathProblem['path'], message: string): PathProblem {
  return { severity: 'warning', path, message }
}

function neededTexts(config: Config): NeededText[] {
  const { encryptionKey, store, network, secrets } = config
  const names = new Set([...clientsOf(config), ...authoritiesOf(config)])
  const ofEntries = [...names].flatMap((name) => {
    const { clientSecret, 'ca.crt': authority } = own(secrets, name) ?? {}
    return [
      { path: ['secrets', name, 'clientSecret'], text: clientSecret },
      { path: ['secrets', name, 'ca.crt'], text: authority },
    ]
  })
  const all = [
    { path: ['store'], text: store },
    { path: ['encryptionKey'], text: encryptionKey },
    { path: ['network', 'proxy'], text: network.proxy },
    ...ofEntries,
  ]
  return all.flatMap(({ path, text }) => (text === undefined ? [] : [{ path, text }]))
}

/** Entries of the clients that this server is, and of those that are its own. */
function clientsOf({ login, products }: Config): string[] {
  const own = Object.values(products).flatMap(({ authentication }) =>
    authentication.filter(({ authenticationClass }) => authenticationClass === 'gatehouse'),
  )
  return [...login, ...own].flatMap(({ oidc }) => oidc?.clientCredentialsSecret ?? [])
}

function authoritiesOf({ login, authenticationClasses }: Config): string[] {
  return login.flatMap(({ authenticationClass }) => {
    const provider =
      authenticationClass === undefined ? undefined : own(authenticationClasses, authenticationClass)?.oidc
    const authority = provider?.tls?.verification.server?.caCert
    return authority && 'secretClass' in authority && authority.secretClass ? [authority.secretClass] : []
  })
}
