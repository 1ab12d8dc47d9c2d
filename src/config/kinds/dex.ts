import * as z from 'zod'
import { line, redirectUri, words } from '../primitives.ts'

export const dex = z
  .strictObject({
    clients: z
      .array(
        z.strictObject({
          id: line.min(1).describe('The client id.'),
          name: line.min(1).optional().describe('What people see; the id when absent.'),
          redirectUris: z.array(redirectUri).min(1).describe('Addresses to return to.'),
          public: z.boolean().default(false).describe('A client without a secret.'),
        }),
      )
      .default([])
      .describe('Applications that sign in at this Dex. Secrets come from the environment.'),
    storage: z
      .enum(['kubernetes', 'sqlite3', 'memory'])
      .default('kubernetes')
      .describe('Where to keep sessions and keys: custom resources, a file (`/var/dex/dex.db`), or nowhere.'),
    allowedGroups: words
      .default([])
      .describe('Only members of these groups get in, and other groups are not passed on; everyone when empty.'),
  })
  .describe('Settings of Dex.')
