import * as z from 'zod'

export const druid = z
  .strictObject({
    technicalUsers: z
      .boolean()
      .default(false)
      .describe(
        'Programs also get in with a user name and password that Druid keeps: an authenticator `TechnicalUsers` before the one for people.',
      ),
  })
  .describe('Settings of Druid.')
