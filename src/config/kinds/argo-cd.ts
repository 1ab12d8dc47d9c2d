import * as z from 'zod'
import { duration, line } from '../primitives.ts'

export const argoCd = z
  .strictObject({
    adminEnabled: z
      .boolean()
      .optional()
      .describe(
        'Whether the built-in user `admin` may sign in with its password (`admin.enabled`); as it is in Argo CD when absent.',
      ),
    defaultRole: line
      .min(1)
      .optional()
      .describe(
        'The role of everybody who signs in (`policy.default`), such as `role:readonly`. Absent: nobody has one by default.',
      ),
    requestedIDTokenClaims: z
      .record(
        line.min(1),
        z.strictObject({
          essential: z.boolean().optional().describe('The sign-in cannot do without it.'),
          value: line.optional().describe('The value that it must have.'),
          values: z.array(line).optional().describe('Values of which it must have one.'),
        }),
      )
      .optional()
      .describe(
        'Claims to request by the parameter `claims` (OpenID Connect Core section 5.5), for providers that send them on request only.',
      ),
    refreshTokenThreshold: duration
      .optional()
      .describe('How long before its end a token is renewed with the refresh token, such as `2m`.'),
  })
  .describe('Settings of Argo CD.')
