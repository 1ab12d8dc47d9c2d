import * as z from 'zod'
import { line, words } from '../primitives.ts'

export const trino = z
  .strictObject({
    userMappingPattern: line
      .min(1)
      .optional()
      .describe('Regular expression over the principal; its first group becomes the user. `(.*)` when absent.'),
    refreshTokens: z
      .boolean()
      .default(false)
      .describe('Keep people signed in with refresh tokens after the access token has expired.'),
    validateTokensLocally: z
      .boolean()
      .default(false)
      .describe(
        'Check tokens by signature instead of calling the userinfo endpoint for each; needed for tokens of services.',
      ),
    additionalAudiences: words
      .default([])
      .describe(
        'Audiences that tokens may have besides the client id (`additional-audiences`), such as those of services that call Trino.',
      ),
    groupsFrom: z
      .enum(['file', 'ldap'])
      .optional()
      .describe(
        'The group provider: a file, or the directory of an `ldap` class (Trino 476 and later). From Trino 480 on, Gatehouse writes one if the configuration asks for groups, because a sign-in brings none.',
      ),
  })
  .describe('Settings of Trino.')
