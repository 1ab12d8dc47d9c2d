import * as z from 'zod'
import { words } from '../primitives.ts'

export const jupyterhub = z
  .strictObject({
    oauthenticator: z
      .enum(['16', '17'])
      .default('17')
      .describe('The line of oauthenticator in the environment of the hub.'),
    adminUsers: words
      .default([])
      .describe(
        'People who administer the hub, by their user names (`admin_users`), besides groups with the role admin.',
      ),
    allowedUsers: words
      .default([])
      .describe(
        'People who get in, by their user names (`allowed_users`), besides groups under `roles`. With a list, nobody else gets in.',
      ),
    enableAuthState: z
      .boolean()
      .default(false)
      .describe(
        'Keep the tokens of people encrypted in the database of the hub, for spawners that need them (`enable_auth_state`).',
      ),
    userdataFromIdToken: z
      .boolean()
      .optional()
      .describe(
        'Read what is known about a person from the ID token, not from the userinfo endpoint (`userdata_from_id_token`). By the provider when absent.',
      ),
  })
  .describe('Settings of JupyterHub.')
