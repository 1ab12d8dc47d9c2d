import * as z from 'zod'
import { lately } from '../lately.ts'
import { isEverybody, isNetwork } from '../networks.ts'
import { line, networkMessage, words } from '../primitives.ts'
import { ownKeys } from './oauth2-proxy-keys.ts'

/** As in Go: oauth2-proxy reads nothing else. `0s` turns something off. */
const goDuration = line.regex(
  /^(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+$/,
  'must be a duration such as 30s, 12h or 1h30m, in h, m, s or ms',
)

const upstream = lately(() =>
  z
    .strictObject({
      path: line
        .min(1)
        .describe('Where it answers: `/`, `/api/` with all below, or a regular expression such as `^/(app)/(.*)$`.'),
      uri: line
        .min(1)
        .optional()
        .describe('`http://HOST:PORT`, `https://`, `unix://` or `file://`. Absent: it answers itself.'),
      staticCode: z.int().min(100).max(599).optional().describe('The status that it answers itself, without `uri`.'),
      rewriteTarget: line.min(1).optional().describe('The path to call instead, with `$1` for groups of `path`.'),
      timeout: goDuration.optional().describe('How long an answer may take; 30s when absent.'),
      flushInterval: goDuration.optional().describe('How often streams are passed on; 1s when absent.'),
      passHostHeader: z
        .boolean()
        .optional()
        .describe('Whether it is called by the name that people use; true when absent.'),
      proxyWebSockets: z.boolean().optional().describe('Whether WebSockets are passed on; true when absent.'),
      insecureSkipTLSVerify: z.boolean().optional().describe('Whether its certificate is not checked.'),
      disableKeepAlives: z
        .boolean()
        .optional()
        .describe('Whether each request has its own connection (7.12 and later).'),
    })
    .refine(({ uri, staticCode }) => (uri === undefined) !== (staticCode === undefined), {
      error: 'must have exactly one of uri, staticCode',
    }),
)

const headerValue = lately(() =>
  z
    .strictObject({
      claim: line
        .min(1)
        .optional()
        .describe('A claim of the person; `access_token` and `id_token` are the tokens themselves.'),
      prefix: line.min(1).optional().describe('A text in front of the claim, such as `Bearer `.'),
      basicAuthPasswordFromEnv: line
        .min(1)
        .optional()
        .describe('Variable with a password: the header becomes HTTP Basic, with the claim as the user name.'),
      fromEnv: line.min(1).optional().describe('A variable of oauth2-proxy that holds the value.'),
      fromFile: line.min(1).optional().describe('A file of oauth2-proxy that holds the value.'),
    })
    .refine(
      ({ claim, fromEnv, fromFile }) =>
        [claim, fromEnv, fromFile].filter((source) => source !== undefined).length === 1,
      { error: 'must have exactly one of claim, fromEnv, fromFile' },
    )
    .refine(
      ({ claim, prefix, basicAuthPasswordFromEnv }) => claim !== undefined || !(prefix ?? basicAuthPasswordFromEnv),
      {
        error: 'must have a claim, or neither prefix nor basicAuthPasswordFromEnv',
      },
    ),
)

const headers = z.array(
  z.strictObject({
    name: line.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of a header').describe('Name of the header.'),
    values: z.array(headerValue).default([]).describe('What it holds. None: the header is only removed.'),
    preserveRequestValue: z.boolean().optional().describe('Whether what the browser sends in it is kept.'),
  }),
)

const emailAddress = line.regex(/^[^\s@",#]+@[^\s@",]+$/, 'must be an e-mail address, such as alice@example.com')

export const oauth2Proxy = lately(() =>
  z
    .strictObject({
      upstreams: z
        .array(z.union([line.min(1), upstream]))
        .default([])
        .describe(
          'What is behind it: `http://HOST:PORT/path/`, or with settings of its own (`alpha: true`). Absent: `static://202`, for forward-auth.',
        ),
      emailDomains: words
        .optional()
        .describe(
          'Domains of email addresses that get in; `*` means all. When absent all, or none if addresses are listed.',
        ),
      emails: z
        .array(emailAddress)
        .min(1)
        .optional()
        .describe(
          'Addresses that get in besides `emailDomains`. They are written into a file beside oauth2-proxy.cfg.',
        ),
      allowedGroups: words.default([]).describe('Only members of these groups get in; everyone when empty.'),
      skipAuthRoutes: words.default([]).describe('`METHOD=^/path` that need no sign-in.'),
      cookieDomains: words.default([]).describe('Domains that share the session, such as `.example.com`.'),
      whitelistDomains: words
        .default([])
        .describe('More hosts to which people may be sent after sign-in and sign-out, such as `.example.com`.'),
      trustedProxies: z
        .array(line.min(1).refine((text) => isNetwork(text) && !isEverybody([text]), networkMessage))
        .refine((networks) => !isEverybody(networks), 'must not be a good part of the internet together')
        .default([])
        .describe('Addresses or networks of the proxy in front, whose forwarded headers are trusted; all when empty.'),
      httpAddress: line
        .regex(
          /^(?:[A-Za-z0-9.:[\]-]*:\d+|unix:\/\/\/?[^\s]+|fd:\d+|-)$/,
          'must be an address and a port, such as 0.0.0.0:4180',
        )
        .default('127.0.0.1:4180')
        .describe('Where it listens; in a container `0.0.0.0:4180`. `-`: only at `httpsAddress`.'),
      alpha: z
        .boolean()
        .default(false)
        .describe('Write the structured (alpha) configuration, and the smaller oauth2-proxy.cfg that goes with it.'),
      injectRequestHeaders: headers
        .optional()
        .describe(
          'What applications behind it are told, in place of the usual `X-Forwarded-User`, `-Email`, `-Groups` and `-Preferred-Username`. With `alpha: true`.',
        ),
      injectResponseHeaders: headers
        .optional()
        .describe('What a proxy that asks is told, in place of the usual `X-Auth-Request-...`. With `alpha: true`.'),
      ...ownKeys({ duration: goDuration }),
    })
    .describe('Settings of oauth2-proxy. Those with the names of its own keys, in camel case, mean the same.'),
)
