import * as z from 'zod'
import { line } from '../primitives.ts'

export const kafka = z
  .strictObject({
    listener: line.min(1).default('client').describe('Name of the listener that takes OAUTHBEARER.'),
    audience: line.min(1).optional().describe('What tokens must be for; the client id when absent.'),
    allowedUrls: z
      .boolean()
      .optional()
      .describe('Write the JVM option that allows the addresses; by version when absent.'),
  })
  .describe('Settings of Kafka brokers.')
