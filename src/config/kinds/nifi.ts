import * as z from 'zod'
import { line, words } from '../primitives.ts'

export const nifi = z
  .strictObject({
    initialAdmin: line
      .min(1)
      .optional()
      .describe('The user who may do everything at first, exactly as NiFi sees the name.'),
    initialAdminGroup: line
      .min(1)
      .optional()
      .describe('The group whose members may do everything at first (NiFi 2.5 and later).'),
    proxyHosts: words.default([]).describe('Further `host:port` at which people reach it, besides the one of `url`.'),
    ldapUsers: z
      .boolean()
      .default(false)
      .describe('Take users and groups from the directory instead of keeping them in NiFi.'),
  })
  .describe('Settings of NiFi.')
