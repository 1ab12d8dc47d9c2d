/** What Dex has around its connectors and clients, with the names that Dex gives its settings (cmd/dex/config.go, 2.45). */
import * as z from 'zod'
import { line, port, secret, words } from '../primitives.ts'

const text = line.min(1)
const flag = z.boolean().optional()
const number = z.int().min(0).optional()

/** Dex has no form for a file of a secret: what is secret comes from its environment. */
export const dexVariable = secret(
  line.regex(
    /^\$\{env:[A-Za-z_][A-Za-z0-9_]*\}$/,
    'must be a reference such as ${env:NAME}: Dex takes it from the variable of that name in its environment',
  ),
)

const goDuration = line.regex(
  /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/,
  'must be a duration such as 30m, 24h or 1h30m, without days',
)
const listen = line.regex(/^[A-Za-z0-9.:[\]_-]*:\d+$/, 'must be an address and a port, such as 0.0.0.0:5556')

const tunables = {
  connectionTimeout: number.describe('Seconds until a connection counts as failed.'),
  maxOpenConns: number.describe('Connections at most; 5 when absent.'),
  maxIdleConns: number.describe('Idle connections at most; 5 when absent.'),
  connMaxLifetime: number.describe('Seconds for which a connection is used.'),
}

const databaseOf = (modes: [string, ...string[]], usual: string) => ({
  host: text.optional().describe('Where the database is.'),
  port: port.optional().describe('Its port.'),
  database: text.optional().describe('The name of the database.'),
  user: text.optional().describe('The account, or `${env:NAME}`.'),
  password: dexVariable.optional().describe('Its password: `${env:NAME}`, a variable in the environment of Dex.'),
  ssl: z
    .strictObject({
      mode: z.enum(modes).optional().describe(`How the connection is encrypted; \`${usual}\` when absent.`),
      caFile: text.optional().describe('A file with the certificate authority.'),
      keyFile: text.optional().describe('The file with the key of Dex.'),
      certFile: text.optional().describe('The file with the certificate of Dex.'),
    })
    .optional()
    .describe('TLS to the database.'),
  ...tunables,
})

/** Beside `storage`, the settings of the one that is chosen. */
export const dexStorages = () => ({
  kubernetes: z
    .strictObject({
      inCluster: flag.describe('Use the service account of the pod; true without `kubeConfigFile`.'),
      kubeConfigFile: text.optional().describe('A kubeconfig, where Dex reads it.'),
    })
    .optional()
    .describe('For the storage `kubernetes`.'),
  sqlite3: z
    .strictObject({ file: text.describe('The file; `/var/dex/dex.db` when absent.') })
    .optional()
    .describe('For the storage `sqlite3`.'),
  postgres: z
    .strictObject(databaseOf(['disable', 'require', 'verify-ca', 'verify-full'], 'verify-full'))
    .optional()
    .describe('For the storage `postgres`.'),
  mysql: z
    .strictObject({
      ...databaseOf(['false', 'true', 'skip-verify', 'custom'], 'true'),
    })
    .optional()
    .describe('For the storage `mysql`.'),
  etcd: z
    .strictObject({
      endpoints: words.min(1).describe('Addresses of etcd.'),
      namespace: text.optional().describe('The prefix of all keys, such as `dex/`.'),
      username: text.optional().describe('The account, or `${env:NAME}`.'),
      password: dexVariable.optional().describe('Its password: `${env:NAME}`, a variable in the environment of Dex.'),
      ssl: z
        .strictObject({
          serverName: text.optional().describe('The name in its certificate.'),
          caFile: text.optional().describe('A file with the certificate authority.'),
          keyFile: text.optional().describe('The file with the key of Dex.'),
          certFile: text.optional().describe('The file with the certificate of Dex.'),
        })
        .optional()
        .describe('TLS to etcd.'),
    })
    .optional()
    .describe('For the storage `etcd`.'),
})

const tlsVersion = z.enum(['1.2', '1.3']).optional()

/** The settings of Dex that are the same for all connectors and clients. */
export const dexServer = () => ({
  web: z
    .strictObject({
      http: listen.optional().describe('Where it listens in clear text; `0.0.0.0:5556` without `https`.'),
      https: listen.optional().describe('Where it listens with TLS.'),
      tlsCert: text.optional().describe('The file with its certificate.'),
      tlsKey: text.optional().describe('The file with its key.'),
      tlsMinVersion: tlsVersion.describe('The oldest TLS.'),
      tlsMaxVersion: tlsVersion.describe('The newest TLS.'),
      allowedOrigins: words.optional().describe('Origins whose scripts may call Dex (CORS); `*` means all.'),
      allowedHeaders: words.optional().describe('Headers that those scripts may send.'),
      clientRemoteIP: z
        .strictObject({
          header: text.optional().describe('The header with the address of the browser.'),
          trustedProxies: words.optional().describe('Networks that may say it.'),
        })
        .optional()
        .describe('Whose word counts for the address of a browser.'),
      headers: z
        .strictObject({
          'Content-Security-Policy': text.optional().describe('As sent; none when absent.'),
          'X-Frame-Options': text.optional().describe('As sent; `DENY` when absent.'),
          'X-Content-Type-Options': text.optional().describe('As sent; `nosniff` when absent.'),
          'X-XSS-Protection': text.optional().describe('As sent; none when absent.'),
          'Strict-Transport-Security': text.optional().describe('As sent; a year when absent and `url` has https.'),
        })
        .optional()
        .describe('Headers of every page.'),
    })
    .optional()
    .describe('Where and how Dex listens.'),
  oauth2: z
    .strictObject({
      grantTypes: words
        .optional()
        .describe(
          'The grants that Dex has; `authorization_code` and `refresh_token` when absent. Empty: all that Dex knows, with device codes and token exchange.',
        ),
      responseTypes: z
        .array(z.enum(['code', 'token', 'id_token']))
        .optional()
        .describe('What clients may ask for; `code` when absent.'),
      skipApprovalScreen: flag.describe(
        'Let people through without asking whether the application may know them; true when absent.',
      ),
      alwaysShowLoginScreen: flag.describe('Show the list of connectors even if there is only one.'),
      passwordConnector: text
        .optional()
        .describe(
          'The id of the connector that takes passwords from clients (grant `password`); `local`: the accounts of Dex.',
        ),
    })
    .optional()
    .describe('Flows of OAuth 2.0.'),
  expiry: z
    .strictObject({
      idTokens: goDuration.optional().describe('Lifetime of ID tokens.'),
      signingKeys: goDuration.optional().describe('How long a key signs.'),
      authRequests: goDuration.optional().describe('How long a sign-in may take.'),
      deviceRequests: goDuration.optional().describe('How long a device waits.'),
      refreshTokens: z
        .strictObject({
          disableRotation: flag.describe('Keep a refresh token when it is used.'),
          reuseInterval: goDuration.optional().describe('How long a used one still counts.'),
          validIfNotUsedFor: goDuration.optional().describe('How long an unused one counts.'),
          absoluteLifetime: goDuration.optional().describe('How long any counts.'),
        })
        .optional()
        .describe('Refresh tokens.'),
    })
    .optional()
    .describe('Lifetimes; those of Dex when absent.'),
  logger: z
    .strictObject({
      level: z
        .string()
        .regex(/^(?:debug|info|warn|error)$/i, 'must be debug, info, warn or error')
        .optional()
        .describe('How much: debug, info, warn or error.'),
      format: z.enum(['text', 'json']).optional().describe('In which form.'),
    })
    .optional()
    .describe('The log.'),
  telemetry: z
    .strictObject({
      http: listen.optional().describe('Where metrics and health are.'),
      enableProfiling: flag.describe('Profiles there too.'),
    })
    .optional()
    .describe('Metrics.'),
  grpc: z
    .strictObject({
      addr: listen.describe(
        'Where it listens. Without `tlsClientCA` whoever reaches it can add clients and connectors.',
      ),
      tlsCert: text.optional().describe('The file with its certificate.'),
      tlsKey: text.optional().describe('The file with its key.'),
      tlsClientCA: text.optional().describe('The file with the authority of callers.'),
      tlsMinVersion: tlsVersion.describe('The oldest TLS.'),
      tlsMaxVersion: tlsVersion.describe('The newest TLS.'),
      reflection: flag.describe('Say what it offers.'),
    })
    .optional()
    .describe('The API of Dex.'),
  frontend: z
    .strictObject({
      issuer: text.optional().describe('The name of this sign-in on its pages.'),
      logoURL: text.optional().describe('The picture on its pages.'),
      dir: text.optional().describe('A folder with other pages.'),
      theme: text.optional().describe('`light`, `dark`, or a folder in `dir`.'),
      extra: z.record(text, line).optional().describe('Texts for those pages.'),
    })
    .optional()
    .describe('What people see.'),
})

/** An account that Dex keeps itself. */
export const dexAccount = z.strictObject({
  email: text.describe('What the person types.'),
  hash: dexVariable.describe(
    'The bcrypt hash of the password, by reference: `${env:NAME}`, a variable in the environment of Dex (`htpasswd -bnBC 10 "" PASSWORD | tr -d ":"`).',
  ),
  userID: text.optional().describe('The id of the person, a part of `sub`.'),
  username: text.optional().describe('`name` in tokens.'),
  name: text.optional().describe('`name` in tokens, in place of `username` (from Dex 2.45).'),
  preferredUsername: text.optional().describe('`preferred_username` in tokens (from Dex 2.45).'),
  emailVerified: flag.describe('Whether the address counts as verified; true when absent (from Dex 2.45).'),
  groups: words.optional().describe('The groups of the person (from Dex 2.45).'),
})
