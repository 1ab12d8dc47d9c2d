import * as z from 'zod'
import { line } from '../primitives.ts'

export const kafka = z
  .strictObject({
    listener: line.min(1).default('client').describe('Name of the listener that accepts OAUTHBEARER.'),
    audience: line.min(1).optional().describe('The audience that tokens must have; the client id when absent.'),
    betweenBrokers: z
      .boolean()
      .optional()
      .describe(
        'Brokers reach each other over this listener too, each with a token of its own: with the client of this product.',
      ),
    allowedUrls: z
      .boolean()
      .optional()
      .describe('Write the JVM option that allows the addresses; depends on the version when absent.'),
  })
  .describe('Settings of Kafka brokers.')
