import * as z from 'zod'
import { hostname } from '../primitives.ts'

export const openmetadata = z
  .strictObject({
    principalDomain: hostname
      .optional()
      .describe(
        'The domain of the addresses that OpenMetadata makes of user names (`AUTHORIZER_PRINCIPAL_DOMAIN`); `open-metadata.org` when absent.',
      ),
  })
  .describe('Settings of OpenMetadata.')
