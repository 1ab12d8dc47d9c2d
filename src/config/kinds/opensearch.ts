import * as z from 'zod'
import { words } from '../primitives.ts'

export const opensearch = z
  .strictObject({
    passwordsToo: z
      .boolean()
      .default(false)
      .describe(
        'Dashboards also asks for user names and passwords of OpenSearch itself, beside the provider (`multiple_auth_enabled`).',
      ),
    anonymousAccess: z
      .boolean()
      .default(false)
      .describe(
        'People who have not signed in get in too, with the backend role `opendistro_security_anonymous_backendrole`.',
      ),
    skipUsers: words
      .default([])
      .describe(
        'User names for which no roles are looked up in the directory (`skip_users`), such as those of the cluster itself.',
      ),
  })
  .describe('Settings of OpenSearch.')
