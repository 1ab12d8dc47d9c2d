import * as z from 'zod'
import { line, words } from '../primitives.ts'

export const kafbat = z
  .strictObject({
    clusters: words.default([]).describe('Clusters that `roles` apply to, by their names in `kafka.clusters`.'),
    groupSearchBase: line
      .min(1)
      .optional()
      .describe('Where to look for the groups of people in a directory, such as `ou=groups,dc=example,dc=com`.'),
  })
  .describe('Settings of Kafbat UI.')
