/** Identity providers, with the field names of Stackable's AuthenticationClass; what is ours is said so. */
import * as z from 'zod'
import { milliseconds } from '../duration.ts'
import { issuerOfDocument } from '../issuer-text.ts'
import { providerHints } from '../vendors/contract.ts'
import { baseUrl, dnsName, duration, hostname, httpUrl, line, mailDomain, port, words } from './primitives.ts'
import { publicKeys } from './public-keys.ts'

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
              .describe('Which certificate authorities are trusted.'),
          })
          .optional()
          .describe('Check the certificate of the server.'),
      })
      .refine((value) => (value.none === undefined) !== (value.server === undefined), {
        error: 'must have exactly one of none, server',
      })
      .describe('How the certificate of the provider is checked.'),
  })
  .describe('TLS to the provider. Absent: unencrypted, for loopback and tests.')
export type TlsVerification = z.infer<typeof TlsVerification>

const Endpoints = z
  .strictObject({
    authorization: httpUrl.describe('`authorization_endpoint`'),
    token: httpUrl.describe('`token_endpoint`'),
    jwks: httpUrl.describe('`jwks_uri`'),
    userinfo: httpUrl.describe('`userinfo_endpoint`'),
    endSession: httpUrl.optional().describe('`end_session_endpoint`, where there is one.'),
  })
  .describe(
    'Addresses from the discovery document, for products that cannot read it. Needed only when `providerHint` does not imply them.',
  )

/** What is wrong with a path that is more than the path of an issuer; undefined when nothing is. */
function notAPath(text: string): string | undefined {
  const path = text.replace(/^https?:\/\/[^/]*/i, '')
  const issuer = issuerOfDocument(path)
  if (issuer !== path)
    return `is the address of a document, not the path of an issuer: write ${issuer || '/'} (with a slash at its end if \`issuer\` in that document has one)`
  return path === text ? undefined : `must be the path alone: write ${path || '/'}`
}

/** Parameters of an authorization request that this server makes, or that other settings say. */
const ownParameters: ReadonlySet<string> = new Set([
  ...[
    'client_id',
    'redirect_uri',
    'state',
    'nonce',
    'code_challenge',
    'code_challenge_method',
    'request',
    'request_uri',
  ],
  ...['scope', 'response_mode'],
])
const whyOwn: Readonly<Record<string, string>> = {
  scope: 'is what `scopes` says: write them there',
}

/** What RE2 has and JavaScript too; the library that compiles it is not loaded for configurations without one. */
function isPattern(text: string): boolean {
  if (/\(\?(?:[=!]|<[=!])|\\[1-9]|\\k/.test(text)) return false
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}

const tenant = line.regex(
  /^(?:\*|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  'must be the id of a tenant in lower case, such as 3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31, or *',
)

export const OidcProvider = z
  .strictObject({
    hostname: hostname.describe('Host name or IP address of the provider, without scheme and port.'),
    port: port.nullish().describe('Port; 443 with `tls`, else 80.'),
    rootPath: z
      .string()
      .regex(/^[^\s?#]*$/, 'must be a path without query or fragment')
      .superRefine((text, context) => {
        const message = notAPath(text)
        if (message !== undefined) context.addIssue({ code: 'custom', message })
      })
      .default('/')
      .describe(
        'Path of the issuer, to the letter: `/realms/data`, or `/application/o/data/` with the slash that authentik writes. `/` or absent: at the root; `""`: at the root, and the issuer ends in no slash. Where `providerHint` or the address shows a vendor that never writes the slash, it is left out; with `providerHint: Authentik` it is added.',
      ),
    tls: TlsVerification.nullish(),
    principalClaim: line.min(1).describe('The claim that becomes the user name, such as `preferred_username`.'),
    scopes: words.default(['openid', 'email', 'profile']).describe('Scopes to request.'),
    providerHint: z
      .enum(Object.values(providerHints))
      .nullish()
      .describe('The kind of provider, where that changes what Gatehouse writes.'),
    groupsClaim: z
      .union([line.min(1), z.array(line.min(1)).min(1)])
      .optional()
      .describe(
        'The claim that holds the groups. Default: the one that the provider is known to use, otherwise `groups`. A claim inside of another is a list of names from the outside in, `[realm_access, roles]`, or a text, `realm_access.roles`, `resource_access["my-app"].roles`. In a text `\\.` is a dot in a name, and addresses are names as they are; other dots lead into objects with `providerHint: Keycloak`, which nests such claims, and are part of the name elsewhere.',
      ),
    allowedGroups: words
      .default([])
      .describe(
        'Only members of these groups get in, as the provider names them; everyone when empty. Gatehouse and Dex hold people to it, other products refuse it. Not from Stackable.',
      ),
    hostedDomains: words
      .default([])
      .describe(
        'Google only: nobody gets in but accounts of these organisations (the claim `hd`). Gatehouse and Dex hold people to it, other products refuse it. Not from Stackable.',
      ),
    allowedTenants: z
      .array(tenant)
      .min(1)
      .optional()
      .describe(
        'Microsoft Entra ID only: the ids of the tenants whose people get in. It lets `rootPath` be `/organizations/v2.0` or `/common/v2.0`, which stand for many; `*` is all of them. Gatehouse holds people to it, products refuse it. Not from Stackable.',
      ),
    allowedDomains: z
      .array(mailDomain)
      .min(1)
      .optional()
      .describe(
        'Nobody gets in but people with an address in one of these domains that is verified, or that this provider is trusted for (`emailTrustedFor`, `emailDomains`). Gatehouse holds people to it, products refuse it. Not from Stackable.',
      ),
    emailTrustedFor: z
      .array(mailDomain)
      .min(1)
      .optional()
      .describe(
        'Domains in which this provider gives addresses to nobody but their owners: an address there counts as verified where the provider says nothing about it (Entra ID, ADFS). Other ways in may have the domain too; `emailDomains` of a way in is for one alone. At the sign-in of Gatehouse. Not from Stackable.',
      ),
    groupsFilter: z
      .string()
      .min(1)
      .refine((text) => isPattern(text), { error: 'is no regular expression of RE2, such as ^data-' })
      .optional()
      .describe(
        'Only groups that match this regular expression (RE2) are taken from the provider, such as `^data-`; `allowedGroups` sees all of them. At the sign-in of Gatehouse. Not from Stackable.',
      ),
    groupsPrefix: line
      .min(1)
      .optional()
      .describe(
        'Written before each group of the provider that is taken: `teams` name them with it. At the sign-in of Gatehouse. Not from Stackable.',
      ),
    flow: z
      .enum(['code', 'implicit'])
      .optional()
      .describe(
        'How tokens come: by a code (absent), or with the browser, for clients that may do nothing else: an ID token (`id_token`), or what `response_type` under `authUrlParams` says (`id_token token`, and `token` at Cognito, which sends an ID token with it). At the sign-in of Gatehouse. Not from Stackable.',
      ),
    authUrlParams: z
      .record(line.min(1), line)
      .superRefine((parameters, context) => {
        for (const name of Object.keys(parameters).filter((each) => ownParameters.has(each)))
          context.addIssue({
            code: 'custom',
            path: [name],
            message: whyOwn[name] ?? 'is made by Gatehouse for each sign-in',
          })
      })
      .optional()
      .describe(
        'Extra parameters for the authorization endpoint, such as `audience`, `domain_hint`, `prompt` or `kc_idp_hint`. What a product asks for comes before them. At the sign-in of Gatehouse; products have `authorizationParameters`. Not from Stackable.',
      ),
    clockTolerance: z
      .int()
      .min(0)
      .max(600)
      .optional()
      .describe(
        'Seconds by which the clock of the provider may differ; 60 when absent. At the sign-in of Gatehouse. Not from Stackable.',
      ),
    endpoints: Endpoints.optional(),
    timeout: duration
      .refine((text) => milliseconds(text) > 0, 'must be more than nothing')
      .optional()
      .describe(
        'How long this provider may take for an answer to this server; absent: `network.timeout`. Products have times of their own. Not from Stackable.',
      ),
    internalUrl: baseUrl
      .optional()
      .describe(
        'Where products and this server reach the provider, if not at its public address: `http://keycloak.auth.svc:8080`, with a path where the issuer has another one there. Browsers go to the public one, tokens name it, and `token`, `userinfo`, `jwks` and the discovery document are called here. Not from Stackable.',
      ),
    insecure: z
      .boolean()
      .optional()
      .describe(
        'Clear text off this machine is meant, although secrets and tokens can be read on the way. Not from Stackable.',
      ),
  })
  .superRefine(({ flow, authUrlParams }, context) => {
    const responseType = authUrlParams?.['response_type']
    if (responseType === undefined) return
    const wanted = responseType.split(' ').sort().join(' ')
    const message =
      flow !== 'implicit'
        ? 'is for flow: implicit; otherwise Gatehouse asks for a code'
        : ['id_token', 'id_token token', 'token'].includes(wanted)
          ? undefined
          : 'must be id_token, id_token token or token'
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['authUrlParams', 'response_type'], message })
  })
  .describe('An OpenID Connect provider.')
export type OidcProvider = z.infer<typeof OidcProvider>

/** A name and perhaps a port; addresses of IPv6 in brackets. */
const replica = /^(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/
/** RFC 4512 section 1.4: a name, or the numbers of an object identifier. */
const attribute = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)$/
const attributeMessage = 'must be the name of an attribute'

export const LdapServer = z
  .strictObject({
    hostname: hostname.describe('Host name or IP address of the directory, without scheme and port.'),
    port: port.nullish().describe('Port; 636 with `tls`, else 389.'),
    searchBase: line.default('').describe('Where to look for people, such as `ou=people,dc=example,dc=com`.'),
    searchFilter: line
      .default('')
      .describe('An additional LDAP filter, such as `(memberOf=cn=data,ou=teams,dc=example,dc=com)`.'),
    ldapFieldNames: z
      .strictObject({
        uid: line.default('uid').describe('Attribute with the user name.'),
        group: line.default('memberof').describe('Attribute with the groups.'),
        givenName: line.default('givenName').describe('Attribute with the given name.'),
        surname: line.default('sn').describe('Attribute with the surname.'),
        email: line.default('mail').describe('Attribute with the email address.'),
      })
      .prefault({})
      .describe('Names of attributes.'),
    bindCredentials: z
      .strictObject({
        secretClass: line.min(1).describe('A name under `secrets` with `user` (a DN) and `password`.'),
        scope: z
          .strictObject({
            node: z.boolean().optional().describe('From Stackable; has no meaning here.'),
            pod: z.boolean().optional().describe('From Stackable; has no meaning here.'),
            services: z.array(line).optional().describe('From Stackable; has no meaning here.'),
            listenerVolumes: z.array(line).optional().describe('From Stackable; has no meaning here.'),
          })
          .optional()
          .describe('From Stackable; has no meaning here.'),
      })
      .optional()
      .describe(
        'The account that searches. Absent: none, and whoever signs people in binds as the person, here as `UID=NAME,SEARCHBASE`.',
      ),
    tls: TlsVerification.nullish(),
    startTls: z
      .boolean()
      .optional()
      .describe(
        'Begin in clear text and turn to TLS (StartTLS) before anything is said, at port 389; needs `tls`. For signing in here; products are given ldaps. Not from Stackable.',
      ),
    replicas: z
      .array(line.regex(replica, 'must be HOST or HOST:PORT'))
      .optional()
      .describe(
        'Further servers of the same directory, HOST or HOST:PORT, asked in this order when those before do not answer. For signing in here. Not from Stackable.',
      ),
    identityAttribute: line
      .regex(attribute, attributeMessage)
      .optional()
      .describe(
        'Attribute that never changes and by which a person is known again. Absent: `entryUUID`, `objectGUID`, `nsUniqueId`, `ipaUniqueID` or `GUID`, whichever the directory has, else the DN. For signing in here. Not from Stackable.',
      ),
    groups: z
      .strictObject({
        searchBase: line
          .min(1)
          .optional()
          .describe(
            'Where to look for groups, by their members: `member`, `uniqueMember`, `memberUid`, and the primary group of a POSIX account. Absent: the groups are those of `ldapFieldNames.group`; with Active Directory they are looked for in the whole domain.',
          ),
        searchFilter: line.default('').describe('An additional filter for the groups that are looked for.'),
        nested: z
          .boolean()
          .default(true)
          .describe('Whether members of a group that is in another one are members of that one too.'),
        name: line
          .regex(attribute, attributeMessage)
          .optional()
          .describe('Attribute that names a group, such as `cn`. Absent: its DN, which no other group can have.'),
      })
      .optional()
      .describe('How groups are found. For signing in here. Not from Stackable.'),
    insecure: z
      .boolean()
      .optional()
      .describe(
        'Clear text off this machine is meant, although secrets and tokens can be read on the way. Not from Stackable.',
      ),
  })
  .superRefine(({ startTls, tls }, context) => {
    if (startTls && !tls)
      context.addIssue({
        code: 'custom',
        path: ['startTls'],
        message: 'needs tls, which says whose certificate is believed',
      })
  })
  .describe('An LDAP directory.')
export type LdapServer = z.infer<typeof LdapServer>

/** What is wrong with a host at which GitHub answers, and where nobody signs in; undefined: nothing is known against it. */
function notGitHub(text: string): string | undefined {
  const host = text.toLowerCase().replace(/\.$/, '')
  const [, front] = /^(?:api|www|gist|uploads|raw)\.(github\.com|[^.]+\.ghe\.com)$/.exec(host) ?? []
  return front === undefined
    ? undefined
    : `is another part of GitHub, not the host where people sign in: write ${front}`
}

/** Dex can compare the names of teams too, in which there may be blanks. */
const team = /^[A-Za-z0-9][A-Za-z0-9-]*\/[^/:\p{Cc}]*[^/:\s\p{Cc}]$/u

export const GitHub = z
  .strictObject({
    hostname: hostname
      .superRefine((text, context) => {
        const message = notGitHub(text)
        if (message !== undefined) context.addIssue({ code: 'custom', message })
      })
      .default('github.com')
      .describe('Host name of a GitHub Enterprise Server, or of a company at GHE.com (`acme.ghe.com`).'),
    port: port.nullish().describe('Port of a GitHub Enterprise Server; 443 when absent.'),
    tls: TlsVerification.nullish().describe(
      'How the certificate of a GitHub Enterprise Server is checked. Absent: with the public certificate authorities; on this machine (`localhost`) nothing is encrypted, for tests.',
    ),
    principalClaim: z
      .enum(['login', 'email', 'id'])
      .default('login')
      .describe(
        'What becomes the user name where people sign in here: the `login`, which a person can change and others can take then (the account stays that of the number all the same); the primary `email`; or the number of the account, `id`.',
      ),
    organizations: words
      .default([])
      .describe(
        'Only members of these organisations get in, where the product can ask for that. This server holds people to it.',
      ),
    teams: z
      .array(line.regex(team, 'must be an organisation and the slug of a team, such as acme/data-platform'))
      .default([])
      .describe(
        'Teams whose members get in as well, where not everybody of their organisation does: `acme/data-platform`, by the slug. Products that cannot ask for them refuse them.',
      ),
  })
  .superRefine(({ organizations, teams }, context) => {
    for (const [index, team] of teams.entries()) {
      const [organization = ''] = team.split('/')
      if (!organizations.includes(organization)) continue
      const message = `everybody of ${organization} gets in already, because it is in organizations: take it out of one of the two`
      context.addIssue({ code: 'custom', path: ['teams', index], message })
    }
  })
  .describe('GitHub (OAuth 2.0; it does not speak OpenID Connect). Not from Stackable.')
export type GitHub = z.infer<typeof GitHub>

export const AuthenticationClass = z
  .strictObject({
    oidc: OidcProvider.optional(),
    ldap: LdapServer.optional(),
    static: z
      .strictObject({
        userCredentialsSecret: z
          .strictObject({ name: dnsName.describe('A name under `secrets` with `users`.') })
          .describe('Where the accounts are.'),
      })
      .optional()
      .describe('A fixed list of accounts.'),
    tls: z
      .strictObject({
        clientCertSecretClass: line
          .min(1)
          .nullish()
          .describe('A name under `secrets` whose `ca.crt` signs client certificates; absent: the one of the product.'),
      })
      .optional()
      .describe('Client certificates.'),
    kerberos: z
      .strictObject({
        kerberosSecretClass: line.min(1).describe('The SecretClass that hands out keytabs and krb5.conf.'),
      })
      .optional()
      .describe('Kerberos.'),
    github: GitHub.optional(),
  })
  .refine((value) => Object.values(value).filter((provider) => provider !== undefined).length === 1, {
    error: 'must describe exactly one provider: oidc, ldap, static, tls, kerberos or github',
  })
  .describe('One identity provider.')
export type AuthenticationClass = z.infer<typeof AuthenticationClass>

/** The kinds of provider that a class can describe. */
export type ClassType = 'oidc' | 'ldap' | 'static' | 'tls' | 'kerberos' | 'github'

/** The name of local accounts, where others are named by their class. No class that is a way in has it. */
export const localName = 'local'

/** Those at which this server can sign people in: each has a line in connectors/index.ts. */
export const signInTypes = ['oidc', 'github', 'ldap'] as const satisfies readonly ClassType[]
export type SignInType = (typeof signInTypes)[number]

/** RFC 7591 section 2, `token_endpoint_auth_method`. */
export const clientAuthenticationMethods = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'none',
] as const
export type ClientAuthenticationMethod = (typeof clientAuthenticationMethods)[number]

const clientOptions = {
  clientCredentialsSecret: line
    .min(1)
    .optional()
    .describe('A name under `secrets` with `clientId` and `clientSecret`.'),
  extraScopes: words.default([]).describe('Scopes to request in addition to those of the class.'),
}

/** The client that Gatehouse is at a provider. */
export const LoginClientOptions = z.strictObject({
  ...clientOptions,
  callbackPath: z
    .enum(['/v1/oauth/redirect/', '/v1/oauth/callback/'])
    .optional()
    .describe(
      'Where the provider sends people back to, below the issuer, for a client that is registered for Astronomer: one way in may have it. Absent: `/callback/CLASS`.',
    ),
  clientAuthenticationMethod: z
    .enum(clientAuthenticationMethods)
    .default('client_secret_basic')
    .describe(
      'How the client authenticates at the token endpoint. `private_key_jwt` needs `privateKey` in the entry under `secrets`; `none` is a client without a secret, which PKCE protects.',
    ),
})
export type LoginClientOptions = z.infer<typeof LoginClientOptions>

/** The client that a product is at a provider. */
export const OidcClientOptions = z.strictObject({
  ...clientOptions,
  clientAuthenticationMethod: z
    .enum(clientAuthenticationMethods)
    .optional()
    .describe(
      'How the client authenticates at the token endpoint; `client_secret_basic` when absent. `none` is a public client: an application in the browser or on a laptop, which can keep no secret.',
    ),
  jwks: publicKeys
    .optional()
    .describe(
      'The public keys of the client, as a JSON Web Key Set: for `private_key_jwt`, and for authorization requests that it signs. Class `gatehouse` only. Not from Stackable.',
    ),
  jwksUri: httpUrl
    .optional()
    .describe('The address at which the client publishes those keys, in place of `jwks`. Not from Stackable.'),
  authorizationParameters: z
    .record(line.min(1), line)
    .default({})
    .describe('Extra parameters for the authorization endpoint, such as `audience`. Not from Stackable.'),
})
export type OidcClientOptions = z.infer<typeof OidcClientOptions>
