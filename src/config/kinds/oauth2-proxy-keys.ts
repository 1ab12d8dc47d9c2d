/** Options that are keys of oauth2-proxy itself: each is written as it is, under its own name (`cookieExpire` is `cookie_expire`). */
import * as z from 'zod'
import { httpUrl, line, words } from '../primitives.ts'

type Shape = Readonly<Record<string, z.ZodType>>

const flag = z.boolean().optional()
const text = line.min(1).optional()
const list = words.optional()
const count = z.int().min(0).optional()
const address = httpUrl.optional()
const sameSite = z.enum(['lax', 'strict', 'none', '']).optional()

/** No user and no password: they come as OAUTH2_PROXY_REDIS_PASSWORD and `redisUsername`. */
const redisAddress = line.regex(
  /^(?:rediss?|unix):\/\/[^@\s]+$/,
  'must be an address such as redis://HOST:6379/0, without user name and password (redisUsername, OAUTH2_PROXY_REDIS_PASSWORD)',
)

const admission = () =>
  ({
    authenticatedEmailsFile: text.describe(
      'A file of addresses that get in besides `emailDomains`, one a line, kept by yourself; `emails` writes one.',
    ),
    htpasswdFile: text.describe(
      'A file of accounts (`htpasswd -B`) that get in with a password, without the provider.',
    ),
    htpasswdUserGroups: list.describe('Groups of those accounts.'),
    trustedIps: list.describe('Addresses and networks whose requests need no sign-in.'),
    githubTeam: text.describe('Only members of these teams of the organisation get in: `data,admins`. Class `github`.'),
    githubRepo: text.describe('Only people with access to this repository get in: `acme/data`. Class `github`.'),
    githubUsers: list.describe('People of GitHub who get in whatever their organisation. Class `github`.'),
    gitlabProjects: list.describe('Only members of these projects get in: `group/project=30`. GitLab.'),
    googleGroups: list.describe('Only members of these groups get in. Google; needs googleAdminEmail.'),
    googleAdminEmail: text.describe('The administrator in whose name Google is asked for groups.'),
    googleServiceAccountJson: text.describe('Path of the service account that asks Google for groups.'),
    googleUseApplicationDefaultCredentials: flag.describe('Whether the machine itself is that service account.'),
    googleTargetPrincipal: text.describe('The service account to become, with those credentials.'),
    googleUseOrganizationId: flag.describe('Whether the id of the organisation is the preferred user name.'),
    googleAdminApiUserScope: text.describe('The scope with which Google is asked for people.'),
    entraIdAllowedTenants: list.describe('Tenants that get in. Entra ID.'),
    entraIdFederatedTokenAuth: flag.describe('Whether it proves itself by a token of its workload. Entra ID.'),
    skipJwtBearerTokens: flag.describe(
      'Whether requests with a valid ID token as bearer token get in without a session.',
    ),
    bearerTokenLoginFallback: flag.describe('Whether an invalid one leads to the sign-in; true when absent.'),
    extraJwtIssuers: list.describe('More issuers of such tokens: `https://issuer=audience`.'),
    skipAuthPreflight: flag.describe('Whether OPTIONS requests need no sign-in.'),
    apiRoutes: list.describe('Regular expressions of paths that answer 401 in place of the sign-in page.'),
  }) as const satisfies Shape

const provider = () =>
  ({
    providerDisplayName: text.describe('The name of the provider on the sign-in page.'),
    useSystemTrustStore: flag.describe("Whether the system's authorities are trusted beside the one of the class."),
    skipOidcDiscovery: flag.describe('Whether the addresses below are used in place of the discovery document.'),
    loginUrl: text.describe('`authorization_endpoint`, for browsers.'),
    redeemUrl: address.describe('`token_endpoint`.'),
    oidcJwksUrl: address.describe('`jwks_uri`.'),
    profileUrl: address.describe('`userinfo_endpoint`.'),
    validateUrl: address.describe('Where access tokens are tried.'),
    backendLogoutUrl: text.describe(
      'Called at sign-out, with `{id_token}`. Absent: where the provider is known to allow it.',
    ),
    skipClaimsFromProfileUrl: flag.describe('Whether claims come from the ID token alone.'),
    authRequestResponseMode: text.describe('`response_mode`, such as `form_post`.'),
    resource: text.describe('`resource`, for the provider.'),
    oidcEmailClaim: text.describe('The claim with the email address, by which people get in; `email` when absent.'),
    oidcAudienceClaims: list.describe('Claims that hold the audience; `aud` when absent.'),
    oidcExtraAudiences: list.describe('Audiences that count besides the client id.'),
    oidcPublicKeyFiles: list.describe('Files with the keys of the provider, in place of `jwks_uri`.'),
    oidcEnabledSigningAlgs: list.describe('Algorithms of signatures that count.'),
    insecureOidcAllowUnverifiedEmail: flag.describe(
      'Whether people get in whose address the provider has not verified.',
    ),
    insecureOidcSkipIssuerVerification: flag.describe('Whether tokens of any issuer count.'),
    insecureOidcSkipNonce: flag.describe('Whether the nonce of ID tokens is not checked; false when absent.'),
  }) as const satisfies Shape

function cookiesAndSessions(duration: z.ZodString) {
  return {
    cookieName: line
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/, 'must be the name of a cookie')
      .optional()
      .describe('Name of the cookie; `_oauth2_proxy` when absent.'),
    cookiePath: text.describe('Path of the cookie; `/` when absent.'),
    cookieExpire: duration.optional().describe('How long a session lasts; 168h when absent.'),
    cookieRefresh: duration.optional().describe('After what time tokens are refreshed; never when absent.'),
    cookieSamesite: sameSite.describe('`SameSite` of the cookie; `lax` when absent, `""` writes none.'),
    cookieHttponly: flag.describe('Whether scripts cannot read the cookie; true when absent.'),
    cookieSecretFile: text.describe('A file with the cookie key, in place of OAUTH2_PROXY_COOKIE_SECRET.'),
    cookieCsrfPerRequest: flag.describe('Whether several tabs can sign in at once.'),
    cookieCsrfPerRequestLimit: count.describe('How many sign-ins one browser may have begun.'),
    cookieCsrfExpire: duration.optional().describe('How long a sign-in may take; 15m when absent.'),
    cookieCsrfSamesite: sameSite.describe('`SameSite` of the cookie of a sign-in.'),
    sessionStoreType: z.enum(['cookie', 'redis']).optional().describe('Where sessions are kept; `cookie` when absent.'),
    sessionCookieMinimal: flag.describe('Whether cookies hold no tokens.'),
    redisConnectionUrl: redisAddress
      .optional()
      .describe('Address of Redis; the password comes as OAUTH2_PROXY_REDIS_PASSWORD.'),
    redisUsername: text.describe('User name at Redis.'),
    redisUseSentinel: flag.describe(
      'Whether Redis is found by Sentinels; their password comes as OAUTH2_PROXY_REDIS_SENTINEL_PASSWORD.',
    ),
    redisSentinelMasterName: text.describe('Name of the master.'),
    redisSentinelConnectionUrls: z.array(redisAddress).optional().describe('Addresses of the Sentinels.'),
    redisUseCluster: flag.describe('Whether Redis is a cluster.'),
    redisClusterConnectionUrls: z.array(redisAddress).optional().describe('Addresses of the cluster.'),
    redisCaPath: text.describe('File of the authority of Redis.'),
    redisInsecureSkipTlsVerify: flag.describe('Whether the certificate of Redis is not checked.'),
    redisConnectionIdleTimeout: count.describe('Seconds after which an unused connection ends.'),
  } as const satisfies Shape
}

const passedOn = () =>
  ({
    passUserHeaders: flag.describe(
      'Whether applications get `X-Forwarded-User`, `-Email` and so on; true when absent.',
    ),
    passAccessToken: flag.describe('Whether they get `X-Forwarded-Access-Token`.'),
    passAuthorizationHeader: flag.describe('Whether they get the ID token in `Authorization`.'),
    passBasicAuth: flag.describe(
      'Whether they get HTTP Basic with the user name, and the password of OAUTH2_PROXY_BASIC_AUTH_PASSWORD. false with passUserHeaders: false passes on nobody.',
    ),
    setXauthrequest: flag.describe('Whether a proxy that asks gets `X-Auth-Request-User` and so on; true when absent.'),
    setAuthorizationHeader: flag.describe('Whether it gets the ID token in `Authorization`.'),
    setBasicAuth: flag.describe('Whether it gets HTTP Basic, as in passBasicAuth.'),
    preferEmailToUser: flag.describe('Whether `X-Forwarded-User` holds the email address.'),
    skipAuthStripHeaders: flag.describe(
      'Whether such headers of the browser are removed where no sign-in is needed; true when absent.',
    ),
  }) as const satisfies Shape

function upstreamKeys(duration: z.ZodString) {
  return {
    upstreamTimeout: duration.optional().describe('How long an answer of an upstream may take; 30s when absent.'),
    flushInterval: duration.optional().describe('How often streams are passed on; 1s when absent.'),
    passHostHeader: flag.describe('Whether upstreams are called by the name that people use; true when absent.'),
    proxyWebsockets: flag.describe('Whether WebSockets are passed on; true when absent.'),
    sslUpstreamInsecureSkipVerify: flag.describe('Whether certificates of upstreams are not checked.'),
    proxyRawPath: flag.describe('Whether paths are passed on as they came, `%2F` and all. With `alpha: true`.'),
    disableKeepAlives: flag.describe('Whether each request to an upstream has its own connection.'),
  } as const satisfies Shape
}

const serving = () =>
  ({
    reverseProxy: flag.describe(
      'Whether it stands behind another proxy, whose `X-Forwarded-...` it believes; true when absent.',
    ),
    realClientIpHeader: text.describe('The header with the address of the client; `X-Real-IP` when absent.'),
    forceHttps: flag.describe('Whether http is redirected to https.'),
    forceJsonErrors: flag.describe('Whether errors are JSON, not pages.'),
    encodeState: flag.describe('Whether `state` is written in base64.'),
    allowQuerySemicolons: flag.describe('Whether `;` is allowed in queries.'),
    gcpHealthchecks: flag.describe('Whether the health checks of Google Cloud are answered.'),
    pingPath: text.describe('`/ping` when absent.'),
    pingUserAgent: text.describe('A User-Agent that is answered as `/ping` is.'),
    readyPath: text.describe('`/ready` when absent.'),
    httpsAddress: text.describe('Where it listens with TLS, such as `0.0.0.0:4443`.'),
    tlsCertFile: text.describe('File of its certificate.'),
    tlsKeyFile: text.describe('File of its key.'),
    tlsMinVersion: text.describe('`TLS1.2` or `TLS1.3`.'),
    tlsCipherSuites: list.describe('Cipher suites of TLS 1.2 that count.'),
    metricsAddress: text.describe('Where it serves metrics, such as `0.0.0.0:44180`.'),
    metricsSecureAddress: text.describe('Where it serves metrics with TLS.'),
    metricsTlsCertFile: text.describe('File of the certificate for metrics.'),
    metricsTlsKeyFile: text.describe('File of the key for metrics.'),
  }) as const satisfies Shape

const pages = () =>
  ({
    skipProviderButton: flag.describe(
      'Whether people go to the provider without a page of oauth2-proxy; true when absent.',
    ),
    banner: text.describe('Text above the sign-in button; `-`: none.'),
    footer: text.describe('Text below it; `-`: none.'),
    customTemplatesDir: text.describe('Folder with `sign_in.html` and `error.html`.'),
    customSignInLogo: text.describe('File or address of the logo; `-`: none.'),
    displayHtpasswdForm: flag.describe('Whether the page asks for a password, with `htpasswdFile`; true when absent.'),
    showDebugOnError: flag.describe('Whether error pages show the whole error.'),
  }) as const satisfies Shape

const logging = () =>
  ({
    authLogging: flag.describe('Whether sign-ins are logged; true when absent.'),
    authLoggingFormat: text.describe('A line of it, as a Go template.'),
    requestLogging: flag.describe('Whether requests are logged; true when absent.'),
    requestLoggingFormat: text.describe('A line of it, as a Go template.'),
    standardLogging: flag.describe('Whether anything else is logged; true when absent.'),
    standardLoggingFormat: text.describe('A line of it, as a Go template.'),
    errorsToInfoLog: flag.describe('Whether errors go to standard output.'),
    excludeLoggingPaths: list.describe('Paths whose requests are not logged.'),
    loggingLocalTime: flag.describe('Whether times are local; true when absent.'),
    silencePingLogging: flag.describe('Whether health checks are not logged.'),
    requestIdHeader: text.describe('Header with the id of a request; `X-Request-Id` when absent.'),
    loggingFilename: text.describe('A file to log to, in place of standard output.'),
    loggingMaxSize: count.describe('Megabytes after which it is replaced.'),
    loggingMaxAge: count.describe('Days for which old ones are kept.'),
    loggingMaxBackups: count.describe('How many old ones are kept.'),
    loggingCompress: flag.describe('Whether old ones are compressed.'),
  }) as const satisfies Shape

/** All of them, in the order in which they are written. */
export function ownKeys({ duration }: { duration: z.ZodString }) {
  return {
    ...admission(),
    ...provider(),
    ...passedOn(),
    ...upstreamKeys(duration),
    ...cookiesAndSessions(duration),
    ...serving(),
    ...pages(),
    ...logging(),
  }
}
