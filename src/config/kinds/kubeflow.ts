import * as z from 'zod'
import { baseUrl, words } from '../primitives.ts'

export const kubeflow = z
  .strictObject({
    dexUrl: baseUrl.optional().describe('The issuer of Dex as people see it; `url` with `/dex` when absent.'),
    dexInternalUrl: baseUrl
      .default('http://dex.auth.svc.cluster.local:5556/dex')
      .describe('The address of Dex inside the cluster.'),
    staticPasswords: z
      .boolean()
      .default(false)
      .describe('Keep the password of one local user beside the providers (`DEX_USER_PASSWORD`).'),
    allowedGroups: words
      .default([])
      .describe('Only members of these groups get in, and other groups are not passed on; everyone when empty.'),
  })
  .describe('Settings of Kubeflow.')
