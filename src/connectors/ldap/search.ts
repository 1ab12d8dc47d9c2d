/** Searches of a directory. Filters are objects and never texts, so what people type is a value and nothing else (RFC 4515 has no say in it). */
import { AndFilter, type Client, type Filter, FilterParser } from 'ldapts'
import { searchFailure } from './account-state.ts'
import { binaryAttributes, type DirectoryEntry, entryOf } from './entry.ts'

export interface Wanted {
  base: string
  scope?: 'base' | 'sub'
  filter?: Filter | undefined
  attributes: readonly string[]
  /** Entries; the directory cuts the answer there. */
  atMost: number
}

export type Search = (wanted: Wanted) => Promise<DirectoryEntry[]>

/** Referrals of the directory are not followed: they would take the password of the reader to wherever they lead. */
export function searchWith(client: Client): Search {
  return async ({ base, scope = 'sub', filter, attributes, atMost }) => {
    try {
      const { searchEntries } = await client.search(base, {
        scope,
        derefAliases: 'never',
        ...(filter === undefined ? {} : { filter }),
        attributes: [...attributes],
        explicitBufferAttributes: binaryAttributes,
        sizeLimit: atMost,
        timeLimit: 5,
        ...(atMost > pageSize ? { paged: { pageSize } } : {}),
      })
      return searchEntries.map(entryOf)
    } catch (error) {
      throw searchFailure(error, base)
    }
  }
}

/** Active Directory gives a thousand entries at once. */
const pageSize = 500

/** A filter of the configuration; undefined for an empty one. Throws Error. */
export function readFilter(text: string): Filter | undefined {
  const written = text.trim()
  return written === '' ? undefined : FilterParser.parseString(written)
}

export function allOf(...filters: (Filter | undefined)[]): Filter {
  const given = filters.filter((filter) => filter !== undefined)
  const [only] = given
  return given.length === 1 && only ? only : new AndFilter({ filters: given })
}
