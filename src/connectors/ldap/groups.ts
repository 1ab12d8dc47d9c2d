/** Of which groups somebody is a member, by the ways of each kind of directory. */
import { EqualityFilter, ExtensibleFilter, type Filter, OrFilter, PresenceFilter } from 'ldapts'
import { AppError } from '../../errors.ts'
import type { ReceivedGroups } from '../contract.ts'
import type { DirectoryEntry } from './entry.ts'
import { allOf, type Search } from './search.ts'

export interface GroupSettings {
  /** Where groups are looked for by their members; undefined: those that the entry of the person names. */
  searchBase: string | undefined
  filter: Filter | undefined
  nested: boolean
  /** The attribute that names a group; undefined: its DN. */
  name: string | undefined
  /** The attribute of an entry that names its groups, such as `memberOf`. */
  ofEntry: string
  /** The attribute with the user name, which `memberUid` repeats. */
  uid: string
  /** Active Directory walks through nested groups itself. */
  isActiveDirectory: boolean
}

/** LDAP_MATCHING_RULE_IN_CHAIN (MS-ADTS section 3.1.1.3.4.4.3). */
const inChain = '1.2.840.113556.1.4.1941'

/** Groups of one person, groups in groups in groups, and groups that are asked for in one search. */
const mostGroups = 2_000
const deepest = 10
const atOnce = 50

/** A group that was found. `name` is undefined when nobody could read it. */
interface Found {
  dn: string
  name: string | undefined
}

/** Attributes of a person that groups are found by. */
export const membershipAttributes = ['gidNumber', 'primaryGroupID', 'objectSid']

/** The names of all groups. Reads as the account that searches. Throws `provider-unreachable`, `directory-search-failed`. */
export async function groupsOfPerson(
  search: Search,
  person: DirectoryEntry,
  settings: GroupSettings,
): Promise<{ groups: string[]; received: ReceivedGroups }> {
  const found = new Map<string, Found>()
  const isCut = { depth: false, count: false }
  if (settings.isActiveDirectory && settings.searchBase !== undefined) await ofActiveDirectory(settings.searchBase)
  else if (settings.searchBase !== undefined) await ofMembers(settings.searchBase)
  else await ofEntries()

  const all = [...found.values()]
  const names = all.flatMap(({ name }) => name ?? [])
  const unreadable = all.length - names.length
  const form = [
    all.length === 0 ? 'empty' : 'list',
    ...(unreadable > 0 ? [`of which ${unreadable} unreadable`] : []),
    ...(isCut.count ? [`cut at ${mostGroups}`] : []),
    ...(isCut.depth ? [`nested deeper than ${deepest}`] : []),
  ].join(', ')
  const claim = settings.searchBase === undefined ? settings.ofEntry : `members below ${settings.searchBase}`
  return { groups: [...new Set(names)], received: { claim, form } }

  async function ofActiveDirectory(base: string): Promise<void> {
    const isMember = (dn: string) =>
      settings.nested
        ? new ExtensibleFilter({ matchType: 'member', rule: inChain, value: dn })
        : new EqualityFilter({ attribute: 'member', value: dn })
    add(await groupsBelow(base, isMember(person.dn)))
    const primary = await groupsBelow(base, primaryGroup(person))
    add(primary)
    if (settings.nested) for (const { dn } of primary) add(await groupsBelow(base, isMember(dn)))
  }

  /** Every group that lists the person, then every group that lists one of these. */
  async function ofMembers(base: string): Promise<void> {
    let fresh = add(await groupsBelow(base, listsPerson(person, settings.uid)))
    for (let depth = 1; settings.nested && fresh.length > 0; depth++) {
      if (depth > deepest) {
        isCut.depth = true
        return
      }
      const next: Found[] = []
      for (let start = 0; start < fresh.length; start += atOnce) {
        const members = fresh.slice(start, start + atOnce).flatMap(({ dn }) => listsDn(dn))
        next.push(...add(await groupsBelow(base, new OrFilter({ filters: members }))))
      }
      fresh = next
    }
  }

  /** The groups that the entry of the person names, then those that the entries of these groups name. */
  async function ofEntries(): Promise<void> {
    let fresh = person.texts(settings.ofEntry)
    for (let depth = 0; fresh.length > 0; depth++) {
      if (depth > deepest) {
        isCut.depth = true
        return
      }
      const next: string[] = []
      for (const dn of fresh) {
        if (found.has(keyOfDn(dn))) continue
        const entry = settings.nested || settings.name !== undefined ? await groupAt(dn) : undefined
        const name = settings.name === undefined ? dn : entry?.first(settings.name)
        add([{ dn, name }])
        if (settings.nested) next.push(...(entry?.texts(settings.ofEntry) ?? []))
      }
      fresh = isCut.count ? [] : next
    }
  }

  /** Adds what is new, and returns it. */
  function add(groups: readonly Found[]): Found[] {
    return groups.filter((group) => {
      const key = keyOfDn(group.dn)
      if (found.has(key)) return false
      if (found.size >= mostGroups) {
        isCut.count = true
        return false
      }
      found.set(key, group)
      return true
    })
  }

  async function groupsBelow(base: string, filter: Filter | undefined): Promise<Found[]> {
    if (!filter) return []
    const entries = await search({
      base,
      filter: allOf(filter, settings.filter),
      attributes: settings.name === undefined ? ['1.1'] : [settings.name],
      atMost: mostGroups + 1,
    })
    return entries.map((entry) => ({
      dn: entry.dn,
      name: settings.name === undefined ? entry.dn : entry.first(settings.name),
    }))
  }

  /** A group that is named somewhere; undefined when it is not there, or not to be seen: it is a group all the same. */
  async function groupAt(dn: string): Promise<DirectoryEntry | undefined> {
    try {
      const attributes = [settings.ofEntry, ...(settings.name === undefined ? [] : [settings.name])]
      const [entry] = await search({
        base: dn,
        scope: 'base',
        filter: new PresenceFilter({ attribute: 'objectClass' }),
        attributes,
        atMost: 1,
      })
      return entry
    } catch (error) {
      if (error instanceof AppError && error.code === 'directory-search-failed') return undefined
      throw error
    }
  }
}

/** groupOfNames, groupOfUniqueNames and posixGroup (RFC 2307), the primary group of a POSIX account too. */
function listsPerson(person: DirectoryEntry, uidAttribute: string): Filter {
  const gid = person.first('gidNumber')
  return new OrFilter({
    filters: [
      ...listsDn(person.dn),
      ...person.texts(uidAttribute).map((value) => new EqualityFilter({ attribute: 'memberUid', value })),
      ...(gid !== undefined && /^\d+$/.test(gid)
        ? [
            allOf(
              new EqualityFilter({ attribute: 'objectClass', value: 'posixGroup' }),
              new EqualityFilter({ attribute: 'gidNumber', value: gid }),
            ),
          ]
        : []),
    ],
  })
}

function listsDn(value: string): Filter[] {
  return ['member', 'uniqueMember'].map((attribute) => new EqualityFilter({ attribute, value }))
}

/** The group that Active Directory keeps out of `memberOf`: the identifier of the domain with another last number (MS-DTYP section 2.4.2.2). */
function primaryGroup(person: DirectoryEntry): Filter | undefined {
  const sid = person.bytes('objectSid')
  const number = Number(person.first('primaryGroupID'))
  if (!sid || sid.length < 12 || !Number.isInteger(number) || number < 0 || number > 0xff_ff_ff_ff) return undefined
  const value = Buffer.from(sid)
  value.writeUInt32LE(number, value.length - 4)
  return new EqualityFilter({ attribute: 'objectSid', value })
}

/** One form for the spellings of a DN that differ in letter case and blanks only. */
function keyOfDn(dn: string): string {
  return dn
    .toLowerCase()
    .split(/([,=+])/)
    .map((part) => part.trim())
    .join('')
}
