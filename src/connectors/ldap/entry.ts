import type { Entry } from 'ldapts'

/** One entry of a directory. Names of attributes are read in any letter case, as directories do (RFC 4512 section 2.5). */
export interface DirectoryEntry {
  dn: string
  /** The values that are texts, without empty ones. */
  texts(attribute: string): string[]
  first(attribute: string): string | undefined
  /** The only value, as it came; undefined when there is none, or several. */
  bytes(attribute: string): Buffer | undefined
}

/** Attributes whose values are no texts. */
export const binaryAttributes = ['objectGUID', 'GUID', 'objectSid']

export function entryOf(entry: Entry): DirectoryEntry {
  const values = new Map<string, (string | Buffer)[]>()
  for (const [name, value] of Object.entries(entry)) {
    // Active Directory writes the first part of a long list as `member;range=0-1499`.
    const key = keyOf(name.split(';range=')[0] ?? name)
    const more = Array.isArray(value) ? value : [value]
    values.set(key, [...(values.get(key) ?? []), ...more])
  }
  const texts = (attribute: string) =>
    (values.get(keyOf(attribute)) ?? []).filter((value) => typeof value === 'string' && value !== '') as string[]
  return {
    dn: entry.dn,
    texts,
    first: (attribute) => texts(attribute)[0],
    bytes: (attribute) => {
      const [only, ...others] = values.get(keyOf(attribute)) ?? []
      if (only === undefined || others.length > 0) return undefined
      return typeof only === 'string' ? Buffer.from(only, 'utf8') : only
    },
  }
}

function keyOf(attribute: string): string {
  return attribute.toLowerCase()
}
