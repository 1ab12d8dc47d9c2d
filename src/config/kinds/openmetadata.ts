import * as z from 'zod'

export const openmetadata = z
  .strictObject({
    principalDomain: z
      .string()
      .regex(/^[^\s@:/]+\.[^\s@:/]+$/, 'must be a domain, such as example.com, without @')
      .optional()
      .describe(
        'The domain of the e-mail addresses of your people. OpenMetadata makes an account for each administrator of `roles` when it starts, with the address NAME@DOMAIN, and lets nobody else in by that name. When absent the host of `url`, so that no address is that of somebody else.',
      ),
  })
  .describe('Settings of OpenMetadata.')
