/** Who an entry of a directory is. */
import { AppError } from '../../errors.ts'
import type { IdentityKey, UpstreamIdentity } from '../contract.ts'
import type { DirectoryEntry } from './entry.ts'

export interface AttributeNames {
  uid: string
  group: string
  givenName: string
  surname: string
  email: string
}

/** Attributes that the directory itself gives and nobody changes: OpenLDAP and others (RFC 4530), Active Directory, 389, FreeIPA, eDirectory. */
export const identityAttributes = ['entryUUID', 'objectGUID', 'nsUniqueId', 'ipaUniqueID', 'GUID']

/** What a display name is read from, the best first. */
export const nameAttributes = ['displayName', 'cn']

/**
 * The key of an entry. Without an attribute that never changes it is the DN: whoever is moved is then somebody new, and whoever gets
 * a DN again is taken for the one who had it before. Throws `principal-claim-missing` when `identityAttribute` names one that is not there.
 */
export function keyOfEntry(
  entry: DirectoryEntry,
  { issuer, identityAttribute }: { issuer: string; identityAttribute: string | undefined },
): IdentityKey {
  const wanted = identityAttribute === undefined ? identityAttributes : [identityAttribute]
  for (const attribute of wanted) {
    const subject = permanentValue(entry, attribute)
    if (subject !== undefined) return { issuer, subject }
  }
  if (identityAttribute !== undefined)
    throw new AppError('principal-claim-missing', { principalClaim: identityAttribute })
  return { issuer, subject: entry.dn }
}

function permanentValue(entry: DirectoryEntry, attribute: string): string | undefined {
  const name = attribute.toLowerCase()
  const bytes = entry.bytes(attribute)
  if (bytes === undefined || bytes.length === 0) return undefined
  if (name === 'objectguid') return bytes.length === 16 ? guidOf(bytes) : undefined
  if (name === 'guid' && bytes.length === 16) return dashed(bytes.toString('hex'))
  const text = entry.first(attribute)
  return name === 'entryuuid' ? text?.toLowerCase() : text
}

/** A GUID as Microsoft's tools write it: the first three parts are little-endian (MS-DTYP section 2.3.4). */
export function guidOf(bytes: Buffer): string {
  const parts = [bytes.subarray(0, 4), bytes.subarray(4, 6), bytes.subarray(6, 8)].map((part) =>
    Buffer.from(part).reverse(),
  )
  return dashed(Buffer.concat([...parts, bytes.subarray(8)]).toString('hex'))
}

function dashed(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** What an entry says of a person, without groups. Throws `principal-claim-missing`. */
export function identityOf(
  entry: DirectoryEntry,
  { key, names }: { key: IdentityKey; names: AttributeNames },
): Omit<UpstreamIdentity, 'groups' | 'received'> {
  const principal = entry.first(names.uid)
  if (principal === undefined) throw new AppError('principal-claim-missing', { principalClaim: names.uid })
  const givenName = shown(entry.first(names.givenName))
  const familyName = shown(entry.first(names.surname))
  const joined = [givenName, familyName].filter((part) => part !== undefined).join(' ')
  const [name] = nameAttributes.flatMap((attribute) => shown(entry.first(attribute)) ?? [])
  return {
    key,
    principal,
    email: shown(entry.first(names.email)),
    // In many directories people write it themselves.
    emailVerified: undefined,
    name: name ?? (joined === '' ? undefined : joined),
    givenName,
    familyName,
  }
}

function shown(text: string | undefined): string | undefined {
  const trimmed = text?.trim().slice(0, 500)
  return trimmed === '' ? undefined : trimmed
}
