import { PresenceFilter } from 'ldapts'
import { AppError } from '../../errors.ts'
import type { Search } from './search.ts'

/** What a directory says of itself (RFC 4512 section 5.1). */
export interface DirectoryFacts {
  isActiveDirectory: boolean
  /** Its only, or its own, tree. */
  base: string | undefined
}

/** LDAP_CAP_ACTIVE_DIRECTORY_OID (MS-ADTS section 3.1.1.3.4.3.1); Samba has it too. */
const activeDirectory = '1.2.840.113556.1.4.800'

/** Reads the root. A directory that shows it to nobody is like any other. */
export async function readFacts(search: Search): Promise<DirectoryFacts> {
  try {
    const [root] = await search({
      base: '',
      scope: 'base',
      filter: new PresenceFilter({ attribute: 'objectClass' }),
      attributes: ['supportedCapabilities', 'defaultNamingContext', 'namingContexts'],
      atMost: 1,
    })
    const [only, ...others] = root?.texts('namingContexts') ?? []
    return {
      isActiveDirectory: root?.texts('supportedCapabilities').includes(activeDirectory) ?? false,
      base: root?.first('defaultNamingContext') ?? (others.length === 0 ? only : undefined),
    }
  } catch (error) {
    if (error instanceof AppError && error.code === 'directory-search-failed')
      return { isActiveDirectory: false, base: undefined }
    throw error
  }
}
