import * as z from 'zod'

/** A file that render writes, and keys of the product's own that it takes besides. */
export const Extra = z
  .record(z.string().min(1), z.record(z.string().min(1), z.json()))
  .describe(
    'Settings of the product itself that nothing here says, by the name of the rendered file that takes them: `extra: { config.properties: { query.max-memory: 50GB } }`. They are written with the rest; what render writes already is refused. `${env:NAME}` as a whole value is a variable of the product: secrets are written so.',
  )
export type Extra = z.infer<typeof Extra>
export type ExtraValue = z.core.util.JSONType
