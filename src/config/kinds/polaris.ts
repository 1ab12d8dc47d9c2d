import * as z from 'zod'

export const polaris = z
  .strictObject({
    authentication: z
      .enum(['external', 'mixed'])
      .default('external')
      .describe(
        'Whose tokens it takes: those of the provider only, or its own too (`mixed`; its own token endpoint stays open).',
      ),
  })
  .describe('Settings of Apache Polaris.')
