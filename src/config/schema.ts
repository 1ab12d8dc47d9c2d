/**
 * The configuration, described once: types, messages, schema/config.schema.json and docs/reference/config.md come from here.
 * Field names of `authenticationClasses` and of `authentication` are those of Stackable's AuthenticationClass.
 */
import { isIP } from 'node:net'
import * as z from 'zod'

const name = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'must be lower-case letters, digits and inner hyphens, 63 characters at most',
  )
  .describe('A name: lower-case letters, digits and inner hyphens.')

const hostname = z
  .string()
  .regex(
    /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\.?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)$/,
    'must be a DNS name or an IP address, without scheme, port or path',
  )

const port = z.int().min(1, 'must be 1 to 65535').max(65535, 'must be 1 to 65535')

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text)
  return (
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === ''
  )
}

const httpUrl = z
  .string()
  .refine(isHttpUrl, { error: (issue) => `must be an http or https URL, but it is ${JSON.stringify(issue.input)}` })

/** An address people open: no query, no fragment, no trailing slash, so that paths can be appended. */
const baseUrl = httpUrl.refine((text) => !/[?#]/.test(text) && !text.endsWith('/'), {
  error: 'must have no query, no fragment and no trailing slash',
  abort: true,
})

/** `10.0.0.0/8` or an address; a prefix of 0 bits would be everybody. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= (version === 4 ? 32 : 128))
  )
}

/** No control characters: what is written into a file or a header must stay on its line. */
const line = z.string().regex(/^\P{Cc}*$/u, 'must not contain control characters or line breaks')
const words = z.array(line.min(1))

const secretText = line
  .min(1)
  .describe('A reference: `${env:NAME}` or `${file:/path}`. Relative files are looked up from the folder of this file.')

export const TlsVerification = z
  .strictObject({
    verification: z
      .strictObject({
        none: z.strictObject({}).optional().describe('TLS without checking the certificate. Most products refuse it.'),
        server: z
          .strictObject({
            caCert: z
              .strictObject({
                webPki: z.strictObject({}).optional().describe('The public certificate authorities.'),
                secretClass: line
                  .optional()
                  .describe('A name under `secrets` whose `ca.crt` holds the authority (PEM).'),
              })
              .refine((value) => (value.webPki === undefined) !== (value.secretClass === undefined), {
                error: 'must have exactly one of webPki, secretClass',
              })
              .describe('Which certificate authorities are believed.'),
          })
          .optional()
          .describe('The certificate of the server is checked.'),
      })
      .refine((value) => (value.none === undefined) !== (value.server === undefined), {
        error: 'must have exactly one of none, server',
      })
      .describe('How the certificate of the provider is checked.'),
  })
  .describe('TLS towards the provider. Absent: plain http, for loopback and tests.')

export const providerHints = ['Keycloak'] as const

export const OidcProvider = z.strictObject({
  hostname: hostname.describe('Host name or IP address of the provider, without scheme and port.'),
  port: port.optional().describe('Port; 443 with `tls`, else 80.'),
  rootPath: z
    .string()
    .regex(/^[^\s?#]*$/, 'must be a path without query or fragment')
    .default('/')
    .describe('Path of the issuer, such as `/realms/data`. Trailing slashes are ignored.'),
  tls: TlsVerification.optional(),
  principalClaim: line.min(1).describe('The claim that becomes the user name, such as `preferred_username`.'),
  scopes: words.default(['openid', 'email', 'profile']).describe('Scopes to ask for.'),
  providerHint: z
    .enum(providerHints)
    .optional()
    .describe('What kind of provider it is, where that changes what is written.'),
})
export type OidcProvider = z.infer<typeof OidcProvider>

export const AuthenticationClass = z
  .strictObject({ oidc: OidcProvider.optional().describe('An OpenID Connect provider.') })
  .refine((value) => value.oidc !== undefined, { error: 'must describe a provider: oidc' })
  .describe('One identity provider.')
export type AuthenticationClass = z.infer<typeof AuthenticationClass>

export const clientAuthenticationMethods = ['client_secret_basic', 'client_secret_post'] as const

export const OidcClientOptions = z.strictObject({
  clientCredentialsSecret: line
    .min(1)
    .optional()
    .describe('A name under `secrets` with `clientId` and `clientSecret`.'),
  extraScopes: words.default([]).describe('Scopes asked for in addition to those of the class.'),
  clientAuthenticationMethod: z
    .enum(clientAuthenticationMethods)
    .default('client_secret_basic')
    .describe('How the client proves itself at the token endpoint.'),
})
export type OidcClientOptions = z.infer<typeof OidcClientOptions>

export const LoginEntry = z
  .strictObject({
    authenticationClass: line.optional().describe('Sign in at this provider.'),
    title: line
      .max(60)
      .optional()
      .describe('What the button says after "Continue with"; the name of the class otherwise.'),
    oidc: OidcClientOptions.optional().describe('The client that Gatehouse is at this provider.'),
    local: z.strictObject({}).optional().describe('Sign in with a user name and password kept by Gatehouse.'),
  })
  .refine((value) => (value.authenticationClass === undefined) !== (value.local === undefined), {
    error: 'must have exactly one of authenticationClass, local',
  })
  .describe('One way in.')
export type LoginEntry = z.infer<typeof LoginEntry>

export const ProductAuthentication = z.strictObject({
  authenticationClass: line.min(1).describe('The provider; `gatehouse` is this server itself.'),
  oidc: OidcClientOptions.optional().describe('The client that the product is at this provider.'),
})
export type ProductAuthentication = z.infer<typeof ProductAuthentication>

export const productKinds = ['trino', 'superset', 'oidc'] as const
export type ProductKind = (typeof productKinds)[number]

export const Product = z
  .strictObject({
    product: z
      .enum(productKinds)
      .describe('What it is. `oidc` is any application of your own that speaks OpenID Connect.'),
    version: z
      .string({ error: 'must be a text: put the version in quotes' })
      .regex(/^\d+(\.\d+)*$/, 'must be a version number in quotes, such as "476" or "6.1.0"')
      .optional()
      .describe('Version of the product, in quotes. The newest known one when absent.'),
    url: baseUrl.describe('The address under which people open it.'),
    authentication: z
      .array(ProductAuthentication)
      .min(1, 'must name at least one authenticationClass')
      .describe('Who signs people in.'),
    roles: z
      .record(line.min(1), words)
      .default({})
      .describe('Team (or group of the provider) to roles of the product, where the product has roles.'),
    redirectUris: z.array(httpUrl).default([]).describe('Addresses to return to, for the kind `oidc` only.'),
    postLogoutRedirectUris: z
      .array(httpUrl)
      .default([])
      .describe('Addresses to return to after sign-out, for the kind `oidc` only.'),
    consent: z
      .enum(['skip', 'ask'])
      .default('skip')
      .describe('Whether people are asked before their data goes to it. Your own products need not ask.'),
    idTokenSigningAlg: z
      .enum(['ES256', 'RS256'])
      .default('ES256')
      .describe(
        'How this server signs ID tokens for it. ES256 is faster; RS256 is for products that know nothing else.',
      ),
    title: line.max(60).optional().describe('Its name on the sign-in page; the key otherwise.'),
  })
  .describe('Something people log in to.')
export type Product = z.infer<typeof Product>

const path = z
  .string()
  .regex(/^\/[^\s?#;%\\]*$/, 'must be a plain path beginning with a slash: no query, fragment, escapes or parameters')

export const Rule = z.strictObject({
  path: path.describe('Everything at or below this path, by whole segments.'),
  methods: z
    .array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']))
    .optional()
    .describe('Only these methods; all when absent.'),
  allow: z
    .union([
      z.literal('everyone'),
      z.literal('authenticated'),
      z.array(line.regex(/^(team|user):.+$/, 'must be team:NAME or user:NAME')).min(1),
    ])
    .describe('`everyone` (no sign-in), `authenticated`, or a list of `team:NAME` and `user:NAME`.'),
})
export type Rule = z.infer<typeof Rule>

export const Service = z
  .strictObject({
    url: baseUrl
      .refine((text) => URL.parse(text)?.pathname === '/', 'must have no path: a service has a host name of its own')
      .describe('The address under which people open it.'),
    upstream: baseUrl
      .optional()
      .describe('Where it really listens. Absent: another proxy asks the gate (forward-auth).'),
    rules: z
      .array(Rule)
      .default([{ path: '/', allow: 'authenticated' }])
      .describe('Who may do what. The first rule that matches decides; no match is a refusal.'),
    title: line.max(60).optional().describe('Its name on the sign-in page; the key otherwise.'),
  })
  .describe('Something without a login of its own. The gate stands in front of it.')
export type Service = z.infer<typeof Service>

export const Team = z
  .strictObject({
    from: z
      .array(
        z.strictObject({
          authenticationClass: line.min(1).describe('The provider that knows the group.'),
          group: line.min(1).describe('The group, exactly as the provider writes it in the `groups` claim.'),
        }),
      )
      .default([])
      .describe('Groups whose members are in the team.'),
  })
  .describe('A team: people, whoever signed them in.')
export type Team = z.infer<typeof Team>

export const SecretEntry = z
  .strictObject({
    clientId: line.min(1).optional().describe('The client id.'),
    clientSecret: secretText.optional(),
    'ca.crt': secretText.optional().describe('A certificate authority (PEM), by reference.'),
  })
  .refine((value) => (value.clientId === undefined) === (value.clientSecret === undefined), {
    error: 'clientId and clientSecret belong together',
  })
  .describe('Client credentials or a certificate authority.')
export type SecretEntry = z.infer<typeof SecretEntry>

export const Config = z
  .strictObject({
    issuer: baseUrl
      .optional()
      .describe('The address that people and products see. It may carry a path. Needed by `serve`, not by `render`.'),
    listen: z
      .strictObject({
        host: line.default('127.0.0.1').describe('Address to listen on; `0.0.0.0` for all.'),
        port: port.default(8080).describe('Port to listen on.'),
        internalUrl: baseUrl.optional().describe('Address for products in the same cluster.'),
        trustedProxies: z
          .array(line.refine(isNetwork, 'must be an IP address or a network such as 10.0.0.0/8, and not everybody'))
          .default([])
          .describe(
            'Addresses or networks (10.0.0.0/8) of proxies whose forwarded headers are believed. Nobody by default.',
          ),
      })
      .prefault({})
      .describe('Where the server listens.'),
    store: z
      .string()
      .regex(/^sqlite:.+$/, 'must be sqlite:PATH')
      .default('sqlite:./gatehouse.db')
      .describe('Where users, sessions and keys are kept. Relative to this file.'),
    encryptionKey: secretText
      .optional()
      .describe(
        'The key that signing keys are stored under, 32 bytes in base64. Absent: made beside the store, mode 0600.',
      ),
    network: z
      .strictObject({
        proxy: httpUrl
          .or(z.string().regex(/^\$\{env:[^}]+\}$/))
          .optional()
          .describe('Proxy for calls to providers.'),
        noProxy: words.default([]).describe('Host names and suffixes that are called directly.'),
        ca: line.optional().describe('File with certificate authorities (PEM) to believe in addition.'),
      })
      .prefault({})
      .describe('How providers are called.'),
    authenticationClasses: z
      .record(name, AuthenticationClass)
      .default({})
      .describe('Identity providers, each described once.'),
    login: z
      .array(LoginEntry)
      .default([{ local: {} }])
      .describe('Ways in, in the order in which the page shows them.'),
    products: z.record(name, Product).default({}).describe('What people log in to.'),
    services: z.record(name, Service).default({}).describe('What the gate stands in front of.'),
    teams: z.record(name, Team).default({}).describe('Teams and where their members come from.'),
    secrets: z.record(name, SecretEntry).default({}).describe('Secrets, by reference.'),
  })
  .describe('Gatehouse configuration')
export type Config = z.infer<typeof Config>
