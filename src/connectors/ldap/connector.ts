import { DN, EqualityFilter, type Filter, OrFilter, PresenceFilter } from 'ldapts'
import { AppError } from '../../errors.ts'
import type { CountAttempt, IdentityKey, PasswordLookup, UpstreamIdentity } from '../contract.ts'
import { refusalOf, refuseDisabled, stateAttributes } from './account-state.ts'
import { type Connection, type DirectoryServers, openDirectory } from './connection.ts'
import type { DirectoryEntry } from './entry.ts'
import { type GroupSettings, groupsOfPerson, membershipAttributes } from './groups.ts'
import { type AttributeNames, identityAttributes, identityOf, keyOfEntry, nameAttributes } from './identity.ts'
import { bindAsReader, type Reader } from './reader.ts'
import { type DirectoryFacts, readFacts } from './root.ts'
import { allOf, type Search, searchWith } from './search.ts'

export interface LdapConnectorOptions {
  name: string
  /** Of every identity of this directory. */
  issuer: string
  directory: DirectoryServers
  /** The account that searches; undefined: the person does. */
  reader: Reader | undefined
  searchBase: string
  filter: Filter | undefined
  names: AttributeNames
  identityAttribute: string | undefined
  groups: Pick<GroupSettings, 'searchBase' | 'filter' | 'nested' | 'name'>
}

/** What a sign-in knows of the directory. */
interface Asked {
  search: Search
  names: AttributeNames
  facts: DirectoryFacts
  base: string
}

/** A person whose password is to be tried. `entry` is undefined where only the person may read it. */
interface Candidate {
  dn: string
  key: IdentityKey
  entry: DirectoryEntry | undefined
}

/** Any LDAP directory: finds the entry of a name, and binds as it with the password. */
export function createLdapConnector(options: LdapConnectorOptions): PasswordLookup {
  const { name, issuer, directory, reader, identityAttribute } = options

  return {
    kind: 'lookup',
    name,
    // Nobody binds: an account whose password is wrong would be locked by it.
    look: async (signal) => {
      const connection = await openDirectory(directory)
      connection.close()
      signal.throwIfAborted()
    },
    verify: async ({ username, password }, count) => {
      const typed = readTypedName(username)
      if (typed === undefined || isNoPassword(password)) {
        await count(undefined, async () => false)
        throw new AppError('invalid-credentials')
      }
      return reader === undefined
        ? asThemselves({ typed, password }, count)
        : withReader(reader, { typed, password }, count)
    },
  }

  async function withReader(
    account: Reader,
    { typed, password }: { typed: string; password: string },
    count: CountAttempt,
  ): Promise<UpstreamIdentity> {
    const connection = await openDirectory(directory)
    try {
      await bindAsReader(connection, account)
      const asked = await prepare(connection)
      const entry = await entryNamed(asked, typed)
      const candidate = entry && { dn: entry.dn, key: keyOfEntry(entry, { issuer, identityAttribute }), entry }
      await tryPassword(candidate, password, count)
      if (!candidate) throw new AppError('invalid-credentials')
      return await identified(asked, candidate.entry, candidate.key)
    } finally {
      connection.close()
    }
  }

  /** Without an account that searches: the person has one place where their entry can be. */
  async function asThemselves(
    { typed, password }: { typed: string; password: string },
    count: CountAttempt,
  ): Promise<UpstreamIdentity> {
    const dn = `${new DN().addPairRDN(options.names.uid, typed)},${options.searchBase}`
    const key = { issuer, subject: dn.toLowerCase() }
    let connection: Connection | undefined
    try {
      await tryPassword({ dn, key, entry: undefined }, password, count, (opened) => {
        connection = opened
      })
      if (!connection) throw new AppError('invalid-credentials')
      const asked = await prepare(connection)
      const [entry] = await asked.search({
        base: dn,
        scope: 'base',
        filter: allOf(new PresenceFilter({ attribute: 'objectClass' }), options.filter),
        attributes: attributesOf(asked.names),
        atMost: 1,
      })
      // Left out by the filter, which is no more than a wrong name to whoever asks.
      if (!entry) throw new AppError('invalid-credentials')
      return await identified(asked, entry, keyOfEntry(entry, { issuer, identityAttribute }))
    } finally {
      connection?.close()
    }
  }

  async function prepare({ client }: Connection): Promise<Asked> {
    const search = searchWith(client)
    const facts = await readFacts(search)
    const base = options.searchBase === '' ? facts.base : options.searchBase
    if (base === undefined)
      throw new AppError('directory-search-failed', { asked: 'where people are', reason: 'searchBase is not set' })
    // Nobody has `uid` there, and Stackable's default is `uid`.
    const isDefault = options.names.uid.toLowerCase() === 'uid'
    const names = facts.isActiveDirectory && isDefault ? { ...options.names, uid: 'sAMAccountName' } : options.names
    return { search, names, facts, base }
  }

  /** The one entry with this name, or with this e-mail address. Throws `directory-name-ambiguous`. */
  async function entryNamed(asked: Asked, typed: string): Promise<DirectoryEntry | undefined> {
    const byName = await onlyOne(asked, nameFilter(typed, asked))
    if (byName || !typed.includes('@')) return byName
    return onlyOne(asked, new EqualityFilter({ attribute: asked.names.email, value: typed }))
  }

  async function onlyOne({ search, base, names }: Asked, who: Filter): Promise<DirectoryEntry | undefined> {
    const filter = allOf(who, options.filter)
    const found = await search({ base, filter, attributes: attributesOf(names), atMost: 2 })
    // Nobody is the root: a bind without a name succeeds in some directories.
    const [entry, another] = found.filter(({ dn }) => dn.includes('='))
    if (another) throw new AppError('directory-name-ambiguous', { attribute: names.uid, base })
    return entry
  }

  /** Binds as the person, on a connection of its own: nothing that a reader may do is done as somebody else. */
  async function tryPassword(
    candidate: Candidate | undefined,
    password: string,
    count: CountAttempt,
    keep: (connection: Connection) => void = (connection) => connection.close(),
  ): Promise<void> {
    let refused: AppError | undefined
    const isRight = await count(candidate?.key, async () => {
      if (!candidate) return false
      const connection = await openDirectory(directory)
      try {
        await connection.client.bind(candidate.dn, password)
        keep(connection)
        return true
      } catch (error) {
        connection.close()
        const refusal = refusalOf(error, candidate.entry)
        if (refusal !== 'wrong') refused = refusal
        return false
      }
    })
    if (refused) throw refused
    if (!isRight) throw new AppError('invalid-credentials')
  }

  async function identified(
    { search, names, facts, base }: Asked,
    entry: DirectoryEntry,
    key: IdentityKey,
  ): Promise<UpstreamIdentity> {
    refuseDisabled(entry)
    const { searchBase } = options.groups
    const { groups, received } = await groupsOfPerson(search, entry, {
      ...options.groups,
      searchBase: searchBase ?? (facts.isActiveDirectory ? (facts.base ?? base) : undefined),
      ofEntry: names.group,
      uid: names.uid,
      isActiveDirectory: facts.isActiveDirectory,
    })
    return { ...identityOf(entry, { key, names }), groups, received }
  }

  function attributesOf({ uid, group, givenName, surname, email }: AttributeNames): string[] {
    const own = [uid, group, givenName, surname, email]
    const ids = identityAttribute === undefined ? identityAttributes : [identityAttribute]
    return [...new Set([...own, ...nameAttributes, ...ids, ...stateAttributes, ...membershipAttributes])]
  }
}

/** Active Directory knows people by two names, and Windows writes one of them as `DOMAIN\name`. */
function nameFilter(typed: string, { names: { uid }, facts }: Pick<Asked, 'names' | 'facts'>): Filter {
  const own = new EqualityFilter({ attribute: uid, value: typed })
  if (!facts.isActiveDirectory) return own
  const account = typed.replace(/^[^\\@]+\\/, '')
  return new OrFilter({
    filters: [
      own,
      new EqualityFilter({ attribute: 'sAMAccountName', value: account }),
      new EqualityFilter({ attribute: 'userPrincipalName', value: typed }),
    ],
  })
}

/** Characters. The form takes a hundred. */
const longestName = 256
/** Characters, as for accounts that are kept here. */
const longestPassword = 1024

/** What was typed, without the blanks that phones add; undefined when it can be no name: directories drop some of these characters. */
function readTypedName(text: string): string | undefined {
  const name = text.trim()
  return name === '' || name.length > longestName || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name) ? undefined : name
}

/**
 * A bind with an empty password succeeds and proves nothing (RFC 4513 section 5.1.2), and directories written in C end a text at a NUL.
 * What they prepare (RFC 4518) may be empty when nothing can be seen.
 */
export function isNoPassword(password: string): boolean {
  if (password.length > longestPassword || password.includes('\0')) return true
  return /^[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]*$/u.test(password)
}
