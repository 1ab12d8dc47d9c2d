/** Settings that only one kind of product has, under the name of the kind: `products.x.nifi.initialAdmin`. */
import * as z from 'zod'
import { baseUrl, httpUrl, isNetwork, line, words } from './primitives.ts'

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
    groupsFrom: z
      .enum(['file', 'ldap'])
      .optional()
      .describe(
        'The group provider: a file, or the directory of an `ldap` class (Trino 476 and later). From Trino 480 on one is written where groups are asked for, because a sign-in brings none.',
      ),
  })
  .describe('Settings of Trino.')

const nifi = z
  .strictObject({
    initialAdmin: line
      .min(1)
      .optional()
      .describe('The user who may do everything at first, exactly as NiFi sees the name.'),
    initialAdminGroup: line
      .min(1)
      .optional()
      .describe('The group whose members may do everything at first (NiFi 2.5 and later).'),
    proxyHosts: words.default([]).describe('Further `host:port` under which people reach it; that of `url` is known.'),
    ldapUsers: z
      .boolean()
      .default(false)
      .describe('Take users and groups from the directory instead of keeping them in NiFi.'),
  })
  .describe('Settings of NiFi.')

const allowedGroups = words.default([])

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
    allowedGroups: allowedGroups.describe(
      'Only members of these groups get in, and other groups are not passed on; everybody when empty.',
    ),
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
      .strictObject({ metadata: clientOf('metadata'), search: clientOf('search') })
      .prefault({})
      .describe('A client for each service behind the frontend, where one for all is not wanted.'),
    profiles: z
      .enum(['token', 'google', 'okta'])
      .default('token')
      .describe("Where the profile of a new user comes from: the token, Google's People API or Okta's Users API."),
    verifyTokens: z
      .boolean()
      .default(true)
      .describe(
        'Ask the provider about each token that metadata and search get; flaskoidc 1.x itself believes any JSON with a date in the future.',
      ),
    sessions: z
      .enum(['local', 'shared'])
      .default('local')
      .describe(
        'Where tokens of people are kept: `local` is a file per replica; `shared` a database, given by `SQLALCHEMY_DATABASE_URI`.',
      ),
  })
  .describe('Settings of Amundsen.')

const scimSecret = (what: string) =>
  line
    .regex(
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/[A-Za-z0-9._-]+$/,
      'must be the name of a Secret and a key in it, as name/key',
    )
    .optional()
    .describe(`Name of the Secret and its key with ${what}, as \`name/key\`.`)

const astronomer = z
  .strictObject({
    flow: z
      .enum(['implicit', 'code'])
      .default('code')
      .describe('The OAuth flow of Houston. Teams need `code`; its own default is `implicit`.'),
    provider: z
      .string()
      .regex(/^[a-z][a-zA-Z0-9]*$/, 'must be letters and digits that begin with a lower-case letter')
      .optional()
      .describe(
        'The name of the provider in the values: `okta`, `microsoft`, `auth0`, `cognito`, `google`, `adfs`, `custom` or one of your own. By `providerHint` when absent, else `custom`.',
      ),
    displayName: line
      .min(1)
      .max(60)
      .optional()
      .describe('What the button says, for `custom`; the name of the class when absent.'),
    clockTolerance: z.int().min(0).optional().describe('Seconds by which clocks may differ.'),
    localAccounts: z.boolean().default(false).describe('User names and passwords kept by Houston.'),
    github: z.boolean().default(false).describe("Sign-in with GitHub by Astronomer's own application."),
    google: z.boolean().default(false).describe("Sign-in with Google by Astronomer's own application."),
    httpsProxy: httpUrl
      .optional()
      .describe('The proxy for calls of Houston to providers (`GLOBAL_AGENT_HTTPS_PROXY`).'),
    importGroups: z.boolean().default(false).describe('Make Teams of the groups of the provider.'),
    scim: z
      .strictObject({ okta: scimSecret('`user:password`'), microsoft: scimSecret('the token') })
      .prefault({})
      .describe('Credentials with which providers push users.'),
  })
  .describe('Settings of Astronomer Software.')
export type AstronomerOptions = z.infer<typeof astronomer>

const oauth2Proxy = z
  .strictObject({
    upstreams: z
      .array(line.min(1))
      .default([])
      .describe('What stands behind it. Absent: `static://202`, for forward-auth.'),
    emailDomains: words.default(['*']).describe('Domains of e-mail addresses that get in; `*` is all.'),
    allowedGroups: allowedGroups.describe('Only members of these groups get in; everybody when empty.'),
    skipAuthRoutes: words.default([]).describe('`METHOD=^/path` that need no sign-in.'),
    cookieDomains: words.default([]).describe('Domains that share the session, such as `.example.com`.'),
    trustedProxies: z
      .array(line.min(1).refine(isNetwork, 'must be an IP address or a network such as 10.0.0.0/8, and not everybody'))
      .default([])
      .describe('Addresses or networks of the proxy in front, whose forwarded headers are believed; all when empty.'),
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
    storage: z
      .enum(['kubernetes', 'sqlite3', 'memory'])
      .default('kubernetes')
      .describe('Where sessions and keys are kept: custom resources, a file (`/var/dex/dex.db`), or nowhere.'),
    allowedGroups: allowedGroups.describe(
      'Only members of these groups get in, and other groups are not passed on; everybody when empty.',
    ),
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

const kafbat = z
  .strictObject({
    clusters: words.default([]).describe('Clusters that `roles` are given for, by their names in `kafka.clusters`.'),
    groupSearchBase: line
      .min(1)
      .optional()
      .describe('Where the groups of people are looked for in a directory, such as `ou=groups,dc=example,dc=com`.'),
  })
  .describe('Settings of Kafbat UI.')

const kubernetes = z
  .strictObject({
    usernamePrefix: line.default('').describe('Stands before every user name.'),
    groupsPrefix: line.default('').describe('Stands before every group.'),
    audiences: words.default([]).describe('Further audiences besides the client id.'),
  })
  .describe('Settings of the API server of Kubernetes.')

const jupyterhub = z
  .strictObject({
    oauthenticator: z
      .enum(['16', '17'])
      .default('17')
      .describe('The line of oauthenticator in the environment of the hub.'),
  })
  .describe('Settings of JupyterHub.')

const mlflow = z
  .strictObject({
    oidcAuth: z
      .enum(['7', '8', '9', '10', '11'])
      .default('11')
      .describe('The line of the plugin mlflow-oidc-auth; `7` is 7.18 and later.'),
  })
  .describe('Settings of MLflow.')

const minio = z
  .strictObject({
    enterprise: z
      .boolean()
      .default(false)
      .describe(
        'An edition whose console still signs people in (the community edition lost it in RELEASE.2025-05-24).',
      ),
    policies: words
      .default([])
      .describe('Policies for everybody who signs in; `roles` and the groups of people are not looked at then.'),
    groupSearchBase: line.min(1).optional().describe('Where groups of a directory are; `searchBase` when absent.'),
  })
  .describe('Settings of MinIO.')

export const productOptions = {
  trino: trino.optional(),
  nifi: nifi.optional(),
  kubeflow: kubeflow.optional(),
  amundsen: amundsen.optional(),
  astronomer: astronomer.optional(),
  'oauth2-proxy': oauth2Proxy.optional(),
  dex: dex.optional(),
  kafka: kafka.optional(),
  kafbat: kafbat.optional(),
  kubernetes: kubernetes.optional(),
  jupyterhub: jupyterhub.optional(),
  mlflow: mlflow.optional(),
  minio: minio.optional(),
}
