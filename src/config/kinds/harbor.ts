import * as z from 'zod'
import { line } from '../primitives.ts'

export const harbor = z
  .strictObject({
    primaryAuthMode: z
      .boolean()
      .optional()
      .describe(
        'Send people to the provider at once, without the page that also asks for a password (`primary_auth_mode`).',
      ),
    groupFilter: line
      .min(1)
      .optional()
      .describe(
        'Regular expression: only groups that match it are taken over from the provider (`oidc_group_filter`).',
      ),
  })
  .describe('Settings of Harbor.')
