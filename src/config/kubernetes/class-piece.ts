/** An AuthenticationClass as an entry of `authenticationClasses`. */
import { isMap, mapAt, own } from '../../maps.ts'
import type { Context, Manifest, Path, Piece } from './manifest.ts'

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

export function classPiece({ name, data }: Manifest, { env, filledIn }: Pick<Context, 'env' | 'filledIn'>): Piece {
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
