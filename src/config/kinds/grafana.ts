import * as z from 'zod'
import { line } from '../primitives.ts'

export const grafana = z
  .strictObject({
    fallbackRole: z
      .enum(['Viewer', 'Editor', 'None'])
      .optional()
      .describe(
        'The role of people whom no group under `roles` gives one. Absent: the one that Grafana gives by default.',
      ),
    emailPath: line
      .min(1)
      .optional()
      .describe(
        'JMESPath to the e-mail address in what the provider says (`email_attribute_path`), such as `upn` or `emails[0]`; `email` when absent.',
      ),
  })
  .describe('Settings of Grafana.')
