import * as z from 'zod'
import { line, words } from '../primitives.ts'

export const minio = z
  .strictObject({
    enterprise: z
      .boolean()
      .default(false)
      .describe(
        'An edition whose console still signs people in (the community edition lost it in RELEASE.2025-05-24).',
      ),
    policies: words
      .default([])
      .describe('Policies for everyone who signs in; `roles` and the groups of people are then ignored.'),
    groupSearchBase: line.min(1).optional().describe('Where groups of a directory are; `searchBase` when absent.'),
  })
  .describe('Settings of MinIO.')
