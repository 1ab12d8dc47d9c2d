import * as z from 'zod'
import { isEverybody, isNetwork } from '../networks.ts'
import { line, networkMessage, words } from '../primitives.ts'

export const oauth2Proxy = z
  .strictObject({
    upstreams: z
      .array(line.min(1))
      .default([])
      .describe('What is behind it. Absent: `static://202`, for forward-auth.'),
    emailDomains: words.default(['*']).describe('Domains of email addresses that get in; `*` means all.'),
    allowedGroups: words.default([]).describe('Only members of these groups get in; everyone when empty.'),
    skipAuthRoutes: words.default([]).describe('`METHOD=^/path` that need no sign-in.'),
    cookieDomains: words.default([]).describe('Domains that share the session, such as `.example.com`.'),
    trustedProxies: z
      .array(line.min(1).refine((text) => isNetwork(text) && !isEverybody([text]), networkMessage))
      .refine((networks) => !isEverybody(networks), 'must not be a good part of the internet together')
      .default([])
      .describe('Addresses or networks of the proxy in front, whose forwarded headers are trusted; all when empty.'),
    httpAddress: line
      .regex(/^[A-Za-z0-9.:[\]-]*:\d+$/, 'must be an address and a port, such as 0.0.0.0:4180')
      .default('127.0.0.1:4180')
      .describe('Where it listens; in a container `0.0.0.0:4180`.'),
    alpha: z
      .boolean()
      .default(false)
      .describe('Write the structured (alpha) configuration, and the smaller oauth2-proxy.cfg that goes with it.'),
  })
  .describe('Settings of oauth2-proxy.')
