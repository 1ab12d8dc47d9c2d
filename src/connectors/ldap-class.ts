import { directoryAddresses, issuerOfDirectory, securityOf } from '../config/directory-address.ts'
import { routeTo } from '../config/network.ts'
import type { Config, LdapServer } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import { AppError } from '../errors.ts'
import { own } from '../maps.ts'
import { openDirectory } from './ldap/connection.ts'
import { createLdapConnector } from './ldap/connector.ts'
import { bindAsReader, type Reader } from './ldap/reader.ts'
import { readFacts } from './ldap/root.ts'
import { readFilter, searchWith } from './ldap/search.ts'
import type { ConnectorContext, ConnectorMaker } from './making.ts'

/** The connector of a class of type `ldap`. Throws `secret-not-found`, `config-invalid`. */
export const ldapConnector: ConnectorMaker<'ldap'> = (directory, context) => {
  const { name, config, entry } = context
  const { groups } = directory
  const filterAt = (key: string, text: string | undefined) =>
    filterOf(`authenticationClasses.${name}.ldap.${key}`, text)
  return createLdapConnector({
    name,
    issuer: issuerOfDirectory(name),
    directory: {
      servers: directoryAddresses(directory),
      security: securityOf(directory),
      tls: routeTo(config, { tls: directory.tls, clientCertificate: entry.clientCertificate }, context).tls ?? {},
    },
    reader: readerOf(directory, context),
    searchBase: directory.searchBase,
    filter: filterAt('searchFilter', directory.searchFilter),
    names: directory.ldapFieldNames,
    identityAttribute: directory.identityAttribute,
    groups: {
      searchBase: groups?.searchBase,
      filter: filterAt('groups.searchFilter', groups?.searchFilter),
      nested: groups?.nested ?? true,
      name: groups?.name,
    },
  })
}

/** The account that searches. Throws `secret-not-found` for one without a password, with which anybody would be let in. */
export function readerOf(
  { bindCredentials }: Pick<LdapServer, 'bindCredentials'>,
  { config, env, baseDir }: Pick<ConnectorContext, 'env' | 'baseDir'> & { config: Pick<Config, 'secrets'> },
): Reader | undefined {
  if (!bindCredentials) return undefined
  const { secretClass } = bindCredentials
  const entry = own(config.secrets, secretClass)
  const reveal = (key: 'user' | 'password') => {
    const value = entry?.[key] === undefined ? '' : resolveSecret(entry[key], { env, baseDir }).reveal()
    if (value.trim() === '') throw new AppError('secret-not-found', { path: `secrets.${secretClass}.${key}` })
    return value
  }
  return { dn: reveal('user'), password: reveal('password') }
}

function filterOf(at: string, text: string | undefined) {
  try {
    return readFilter(text ?? '')
  } catch (cause) {
    throw new AppError('config-invalid', { at, problem: 'is not a filter of LDAP (RFC 4515)' }, { cause })
  }
}

/**
 * Binds as the account that searches and reads `searchBase`, as a sign-in does, at the server that answers. What was seen, for people.
 * Throws what a sign-in would.
 */
export async function tryReader(
  directory: LdapServer,
  context: Pick<ConnectorContext, 'env' | 'baseDir' | 'entry'> & { config: Config },
): Promise<Record<string, string>> {
  const { config, entry } = context
  const reader = readerOf(directory, context)
  if (!reader) return { account: 'none: people bind as themselves' }
  const connection = await openDirectory({
    servers: directoryAddresses(directory),
    security: securityOf(directory),
    tls: routeTo(config, { tls: directory.tls, clientCertificate: entry.clientCertificate }, context).tls ?? {},
  })
  try {
    await bindAsReader(connection, reader)
    const search = searchWith(connection.client)
    const { isActiveDirectory, base = '' } = await readFacts(search)
    const places = [directory.searchBase === '' ? base : directory.searchBase, directory.groups?.searchBase]
    for (const place of places)
      if (place !== undefined) await search({ base: place, scope: 'base', attributes: ['1.1'], atMost: 1 })
    const kind = isActiveDirectory ? { kind: 'Active Directory' } : {}
    return { server: connection.server, account: 'is taken', read: places.filter(Boolean).join('; '), ...kind }
  } finally {
    connection.close()
  }
}
