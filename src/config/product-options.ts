/** Settings that only one kind of product has, under the name of the kind: `products.x.nifi.initialAdmin`. */
import * as z from 'zod'
import { baseUrl, httpUrl, line, words } from './primitives.ts'

const trino = z
  .strictObject({
    userMappingPattern: line
      .min(1)
      .optional()
      .describe('Regular expression over the principal; its first group becomes the user. `(.*)` when absent.'),
    refreshTokens: z
      .boolean()
      .default(false)
      .describe('Keep people signed in with refresh tokens after the access token has expired.'),
    validateTokensLocally: z
      .boolean()
      .default(false)
      .describe(
        'Check tokens by signature instead of asking the userinfo endpoint for each; needed for tokens of services.',
      ),
  })
  .describe('Settings of Trino.')

const nifi = z
  .strictObject({
    initialAdmin: line
      .min(1)
      .optional()
      .describe('The user who may do everything at first, exactly as NiFi sees the name.'),
    proxyHosts: words.default([]).describe('Further `host:port` under which people reach it; that of `url` is known.'),
  })
  .describe('Settings of NiFi.')

const kubeflow = z
  .strictObject({
    dexUrl: baseUrl.optional().describe('The issuer of Dex as people see it; `url` with `/dex` when absent.'),
    dexInternalUrl: baseUrl
      .default('http://dex.auth.svc.cluster.local:5556/dex')
      .describe('Dex inside of the cluster.'),
    staticPasswords: z
      .boolean()
      .default(false)
      .describe('Keep the password of one local user beside the providers (`DEX_USER_PASSWORD`).'),
  })
  .describe('Settings of Kubeflow.')

const clientOf = (service: string) =>
  line
    .min(1)
    .optional()
    .describe(`A name under \`secrets\` with the client of the ${service} service; that of the entry when absent.`)

const amundsen = z
  .strictObject({
    flaskoidc: z
      .enum(['0', '1'])
      .default('1')
      .describe('The line of flaskoidc in the images: `1` for 1.x (Authlib), `0` for 0.x (flask-oidc).'),
    metadataUrl: baseUrl.optional().describe('The metadata service, as the frontend reaches it.'),
    searchUrl: baseUrl.optional().describe('The search service, as the frontend reaches it.'),
    clients: z
      .strictObject({ frontend: clientOf('frontend'), metadata: clientOf('metadata'), search: clientOf('search') })
      .prefault({})
      .describe('A client for each service, where one for all is not wanted.'),
    profiles: z
      .enum(['token', 'google', 'okta'])
      .default('token')
      .describe("Where the profile of a new user comes from: the token, Google's People API or Okta's Users API."),
  })
  .describe('Settings of Amundsen.')

const astronomer = z
  .strictObject({
    flow: z
      .enum(['implicit', 'code'])
      .default('code')
      .describe('The OAuth flow of Houston. Teams need `code`; its own default is `implicit`.'),
    clockTolerance: z.int().min(0).optional().describe('Seconds by which clocks may differ.'),
    localAccounts: z.boolean().default(false).describe('User names and passwords kept by Houston.'),
    github: z.boolean().default(false).describe("Sign-in with GitHub by Astronomer's own application."),
    google: z.boolean().default(false).describe("Sign-in with Google by Astronomer's own application."),
    httpsProxy: httpUrl
      .optional()
      .describe('The proxy for calls of Houston to providers (`GLOBAL_AGENT_HTTPS_PROXY`).'),
    importGroups: z.boolean().default(false).describe('Make Teams of the groups of the provider.'),
    scim: z
      .strictObject({
        okta: line.min(1).optional().describe('Name of the Secret and its key with `user:password`, as `name/key`.'),
        microsoft: line.min(1).optional().describe('Name of the Secret and its key with the token, as `name/key`.'),
      })
      .prefault({})
      .describe('Credentials with which providers push users.'),
  })
  .describe('Settings of Astronomer Software.')

const oauth2Proxy = z
  .strictObject({
    upstreams: z
      .array(line.min(1))
      .default([])
      .describe('What stands behind it. Absent: `static://202`, for forward-auth.'),
    emailDomains: words.default(['*']).describe('Domains of e-mail addresses that get in; `*` is all.'),
    allowedGroups: words.default([]).describe('Only members of these groups get in; everybody when empty.'),
    skipAuthRoutes: words.default([]).describe('`METHOD=^/path` that need no sign-in.'),
    cookieDomains: words.default([]).describe('Domains that share the session, such as `.example.com`.'),
    alpha: z.boolean().default(false).describe('Write the structured (alpha) configuration too.'),
  })
  .describe('Settings of oauth2-proxy.')

const dex = z
  .strictObject({
    clients: z
      .array(
        z.strictObject({
          id: line.min(1).describe('The client id.'),
          name: line.min(1).optional().describe('What people see; the id when absent.'),
          redirectUris: z.array(httpUrl).min(1).describe('Addresses to return to.'),
          public: z.boolean().default(false).describe('A client without a secret.'),
        }),
      )
      .default([])
      .describe('Applications that sign in at this Dex. Secrets come from the environment.'),
  })
  .describe('Settings of Dex.')

const kafka = z
  .strictObject({
    listener: line.min(1).default('client').describe('Name of the listener that takes OAUTHBEARER.'),
    audience: line.min(1).optional().describe('What tokens must be for; the client id when absent.'),
    allowedUrls: z
      .boolean()
      .optional()
      .describe('Write the JVM option that allows the addresses; by version when absent.'),
  })
  .describe('Settings of Kafka brokers.')

const kubernetes = z
  .strictObject({
    usernamePrefix: line.default('').describe('Stands before every user name.'),
    groupsPrefix: line.default('').describe('Stands before every group.'),
    audiences: words.default([]).describe('Further audiences besides the client id.'),
  })
  .describe('Settings of the API server of Kubernetes.')

export const productOptions = {
  trino: trino.optional(),
  nifi: nifi.optional(),
  kubeflow: kubeflow.optional(),
  amundsen: amundsen.optional(),
  astronomer: astronomer.optional(),
  'oauth2-proxy': oauth2Proxy.optional(),
  dex: dex.optional(),
  kafka: kafka.optional(),
  kubernetes: kubernetes.optional(),
}
