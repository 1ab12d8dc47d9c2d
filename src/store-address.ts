/** The address of a store, as it stands in the configuration: `sqlite:PATH` or `postgres://user:password@host/database`. */
import { AppError } from './errors.ts'

export type StoreAddress = SqliteAddress | PostgresAddress

export interface SqliteAddress {
  kind: 'sqlite'
  /** As it was written: relative to the folder of the configuration. */
  path: string
}

export interface PostgresAddress {
  kind: 'postgres'
  /** A host name, an address, or the folder of a Unix socket. */
  host: string
  port: number
  database: string
  user: string | undefined
  password: string | undefined
  /** libpq's words. `prefer`: encrypted where the server can, and unchecked. */
  sslMode: SslMode
  /** File with the authorities that may sign the certificate of the server. */
  sslRootCert: string | undefined
  /** Connections at most, besides the two that hear of revocations. */
  poolSize: number
}

const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
export type SslMode = (typeof sslModes)[number]

const parameters = ['host', 'pool_size', 'sslmode', 'sslrootcert']
const maxPoolSize = 200

/** What is wrong with an address, or undefined. Never repeats it: it may hold a password. */
export function storeAddressProblem(text: string): string | undefined {
  const parsed = parse(text)
  return typeof parsed === 'string' ? parsed : undefined
}

/** Throws AppError `config-invalid` for what is no address of a store. */
export function parseStoreAddress(text: string): StoreAddress {
  const parsed = parse(text)
  if (typeof parsed === 'string') throw new AppError('config-invalid', { at: 'store', problem: parsed })
  return parsed
}

/** Where a PostgreSQL is, as errors may show it: without user and password. */
export function shownPostgres({ host, port, database }: PostgresAddress): string {
  return `postgres://${host.includes(':') ? `[${host}]` : host}:${port}/${database}`
}

function parse(text: string): StoreAddress | string {
  const path = /^sqlite:(.+)$/s.exec(text)?.[1] ?? ''
  if (path.trim() !== '') return { kind: 'sqlite', path }
  if (!/^postgres(ql)?:\/\//.test(text)) return 'must be sqlite:PATH or postgres://user:password@host/database'
  const url = URL.parse(text)
  // After a `?` in a password the rest of it, and the host, are taken for a parameter.
  if (url?.hash !== '' || url.search.includes('@'))
    return 'is no address: write special characters of the user and the password as %XX'
  const unknown = [...url.searchParams.keys()].find((name) => !parameters.includes(name))
  if (unknown !== undefined)
    return `has an unknown parameter${isShort(unknown) ? ` ${JSON.stringify(unknown)}` : ''}; known: ${parameters.join(', ')}`
  try {
    return postgresAddress(url)
  } catch (error) {
    return error instanceof URIError ? 'has a % that is not followed by two hexadecimal digits' : 'is no address'
  }
}

function postgresAddress({
  hostname,
  port,
  username,
  password,
  pathname,
  searchParams,
}: URL): PostgresAddress | string {
  const host = searchParams.get('host') ?? decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1')
  const database = decodeURIComponent(pathname.slice(1))
  const sslMode = searchParams.get('sslmode') ?? 'prefer'
  const poolSize = Number(searchParams.get('pool_size') ?? 10)
  if (host === '') return 'names no host'
  if (host.includes(',')) return 'must name one host'
  if (database === '' || database.includes('/')) return 'must name one database after the host'
  if (!isSslMode(sslMode))
    return `has ${isShort(sslMode) ? `sslmode=${sslMode}` : 'an unknown sslmode'}; known: ${sslModes.join(', ')}`
  if (!Number.isInteger(poolSize) || poolSize < 2 || poolSize > maxPoolSize) {
    return `has a pool_size that is not 2 to ${maxPoolSize}`
  }
  return {
    kind: 'postgres',
    host,
    port: port === '' ? 5432 : Number(port),
    database,
    user: username === '' ? undefined : decodeURIComponent(username),
    password: password === '' ? undefined : decodeURIComponent(password),
    sslMode,
    sslRootCert: searchParams.get('sslrootcert') ?? undefined,
    poolSize,
  }
}

/** Whether a word can be a slip of the pen in a parameter. Anything else may be the rest of a password. */
function isShort(word: string): boolean {
  return /^[a-z_-]{1,12}$/.test(word)
}

function isSslMode(text: string): text is SslMode {
  return sslModes.some((mode) => mode === text)
}
