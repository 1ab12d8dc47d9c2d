/**
 * The configuration, described once: types, messages, schema/config.schema.json and docs/reference/config.md come from here.
 * Field names of `authenticationClasses` and of `authentication` are those of Stackable's AuthenticationClass.
 */

import * as z from 'zod'
import { hidesPartingCharacters } from '../compatible-characters.ts'
import { milliseconds } from '../duration.ts'
import { issuerOfDocument } from '../issuer-text.ts'
import { isOddPath } from '../odd-path.ts'
import { AuthenticationClass, LoginClientOptions } from './authentication-class.ts'
import { Branding } from './branding.ts'
import { keptHeader, removedHeader, removesOneOf } from './header-names.ts'
import { LocalAccounts } from './local-accounts.ts'
import { MailSettings } from './mail.ts'
import { metricsAddress } from './metrics-address.ts'
import { isEverybody, isNetwork } from './networks.ts'
import {
  baseUrl,
  dnsName,
  duration,
  isHttpUrl,
  line,
  mailDomain,
  name,
  networkMessage,
  port,
  secret,
  secretText,
  words,
} from './primitives.ts'
import { Product } from './product.ts'
import { configuredStoreProblem } from './store-address.ts'
import { warningCodes } from './warning-codes.ts'

export * from './authentication-class.ts'
export * from './product.ts'

export const LoginEntry = z
  .strictObject({
    authenticationClass: line.optional().describe('Sign in at this provider.'),
    title: line
      .max(60)
      .optional()
      .describe(
        'What the button says after "Continue with", and a form after "With" where several ways in ask for a password. Absent: the name of the class.',
      ),
    oidc: LoginClientOptions.optional().describe('The client of Gatehouse at this provider.'),
    emailDomains: z
      .array(mailDomain)
      .optional()
      .describe(
        'Domains whose addresses this provider gives to nobody but their owners: it names people by them without `email_verified`, and no other provider can. A domain belongs to one way in.',
      ),
    clientCertificate: line
      .min(1)
      .optional()
      .describe(
        'A name under `secrets` with `tls.crt` and `tls.key`: the certificate that this server shows to the provider (mutual TLS).',
      ),
    auto: z
      .boolean()
      .optional()
      .describe(
        'Sends people straight to this provider, where it is the only way in. After a sign-out, a failure or a session that has ended the page with the way in is shown.',
      ),
    local: z.strictObject({}).optional().describe('Sign in with a username and password kept by Gatehouse.'),
    insecure: z
      .boolean()
      .optional()
      .describe('Lets the class be without `tls` off this machine, where secrets and tokens can be read on the way.'),
  })
  .refine((value) => (value.authenticationClass === undefined) !== (value.local === undefined), {
    error: 'must have exactly one of authenticationClass, local',
  })
  .describe('One way to sign in.')
export type LoginEntry = z.infer<typeof LoginEntry>

/** A path that every server reads in the same way; the gate compares it with paths of requests, which are held to the same. */
const path = line
  .regex(/^\/[^\s?#;%\\]*$/, 'must be a plain path beginning with a slash: no query, fragment, escapes or parameters')
  .refine((text) => !/\/\/|\/\.{1,2}(\/|$)/.test(text), {
    error: 'must have no dot segments and no `//`: servers disagree about what they mean',
  })

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
      z.array(line.regex(/^(team|user|client):.+$/, 'must be team:NAME, user:NAME or client:PRODUCT')).min(1),
    ])
    .describe(
      '`everyone` (no sign-in), `authenticated` (every person), or a list of `team:NAME`, `user:NAME` (the name that products see), `user:CLASS/NAME` (the name at that provider, or `local`) and `client:PRODUCT` (a program with a token of its own).',
    ),
})
export type Rule = z.infer<typeof Rule>

export const Service = z
  .strictObject({
    url: baseUrl
      .refine((text) => URL.parse(text)?.pathname === '/', 'must have no path: a service has its own host name')
      .describe('The address at which people open it.'),
    upstream: baseUrl
      .optional()
      .describe('The address where the service listens. Absent: another proxy asks the gate (forward-auth).'),
    rules: z
      .array(Rule)
      .default([{ path: '/', allow: 'authenticated' }])
      .describe('Who may do what. The first rule that matches decides; no match is a refusal.'),
    title: line.max(60).optional().describe('Its name on the sign-in page; the key when absent.'),
    timeout: duration
      .optional()
      .describe(
        'How long the service may take until its answer begins, and how long an upload to it may stand still; `5m` when absent. What flows has no limit: uploads, downloads, event streams and websockets last as long as they like.',
      ),
    insecure: z
      .boolean()
      .optional()
      .describe('Lets `url` be http off this machine, where cookies of its sessions can be read on the way.'),
    removeHeaders: z
      .array(removedHeader)
      .optional()
      .describe(
        'Headers that the service believes and no client may send, besides those that the gate always removes: `X-Staff-Id`, or `X-Staff-*` for all that begin so. Behind another proxy, which would have to remove them, a request with one is refused.',
      ),
    keepHeaders: z
      .array(keptHeader)
      .optional()
      .describe(
        'Headers that clients may send although services elsewhere believe them, such as `X-Trino-User` where Trino itself authenticates.',
      ),
    allowOddHeaderNames: z
      .boolean()
      .optional()
      .describe(
        'Lets header names pass that have other characters than letters, digits and single `-`, `_` or `.` between them. Some servers read them as other headers.',
      ),
    allowedOrigins: z
      .array(
        baseUrl.refine(
          (text) => URL.parse(text)?.origin === text,
          'must be an origin: scheme, host and port, without a slash at the end',
        ),
      )
      .optional()
      .describe(
        'Origins of pages elsewhere whose scripts call this service: their preflights (OPTIONS, which browsers send without cookies) reach it without a sign-in, and they may read why a call was refused. Pages of other services and products of this file may read that too.',
      ),
    allowOddPaths: z
      .boolean()
      .optional()
      .describe(
        'Lets paths pass that Windows and some servers read as others (`/admin.`, `/admin%20`, `/admin::$DATA`, `/ADMINI~1`) also in segments that rules compare.',
      ),
  })
  .superRefine(({ rules, allowOddPaths }, context) => {
    for (const [index, { path: rulePath }] of rules.entries()) {
      if (hidesPartingCharacters(rulePath)) {
        const message = 'has a character that some servers read as a slash, a dot or the like: change it'
        context.addIssue({ code: 'custom', path: ['rules', index, 'path'], message, input: rulePath })
        continue
      }
      if (allowOddPaths || !isOddPath(rulePath.toWellFormed().replace(/[^!-~]+/g, encodeURIComponent))) continue
      const message = 'is a path that some servers read as another one: change it, or set allowOddPaths of the service'
      context.addIssue({ code: 'custom', path: ['rules', index, 'path'], message, input: rulePath })
    }
  })
  .refine(({ removeHeaders = [], keepHeaders = [] }) => !removesOneOf(keepHeaders, removeHeaders), {
    error: 'keeps a header that it also removes: choose one',
    path: ['keepHeaders'],
  })
  .describe('Something without its own login, behind the gate.')
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
  .describe('A team: people from any provider.')
export type Team = z.infer<typeof Team>

export const SecretEntry = secret(
  z
    .strictObject({
      clientId: line.min(1).optional().describe('The client id.'),
      clientIdVariable: line
        .min(1)
        .optional()
        .describe(
          'The environment variable from which products read the client id, instead of having it in their files.',
        ),
      clientSecret: secretText.optional(),
      privateKey: secretText
        .optional()
        .describe('The private key of the client (PEM or JSON Web Key), by reference, for `private_key_jwt`.'),
      keyId: line
        .min(1)
        .optional()
        .describe('The name of that key at the provider (`kid`), if the key does not say it.'),
      certificate: secretText
        .optional()
        .describe('The certificate of that key (PEM), by reference, for Entra ID and ADFS, which know the key by it.'),
      'ca.crt': secretText.optional().describe('A certificate authority (PEM), by reference.'),
      'tls.crt': secretText
        .optional()
        .describe('A certificate with its chain (PEM), by reference: who this server is to a provider.'),
      'tls.key': secretText.optional().describe('The key of `tls.crt` (PEM), by reference.'),
      user: line.min(1).optional().describe('Who binds to an LDAP directory (a DN), or a reference to it.'),
      password: secretText.optional().describe('The password of `user`, by reference.'),
      users: z
        .record(line.min(1), secretText)
        .optional()
        .describe('Accounts of a class `static`: user name to password, by reference.'),
    })
    .refine((value) => value.clientSecret === undefined || value.clientId !== undefined, {
      error: 'has a clientSecret but no clientId: they belong together',
    })
    .refine((value) => value.privateKey === undefined || value.clientId !== undefined, {
      error: 'has a privateKey but no clientId: they belong together',
    })
    .refine((value) => value.privateKey !== undefined || (value.keyId ?? value.certificate) === undefined, {
      error: 'names a key or a certificate, but has no privateKey',
    })
    .refine((value) => (value.user === undefined) === (value.password === undefined), {
      error: 'user and password belong together',
    })
    .refine((value) => (value['tls.crt'] === undefined) === (value['tls.key'] === undefined), {
      error: 'tls.crt and tls.key belong together',
    }),
).describe('Client credentials, a certificate authority, a certificate, credentials of a directory, or accounts.')
export type SecretEntry = z.infer<typeof SecretEntry>

/** As the server reads it: base64 or base64url. */
function isKey(text: string): boolean {
  return Buffer.from(text, 'base64').length === 32
}

/** YAML reads `on` as text. */
const onOrOff = z.union([z.boolean(), z.enum(['on', 'off'])])

const AccessLines = z
  .strictObject({
    gate: onOrOff.optional().describe('Requests to services, and the questions of proxies.'),
    provider: onOrOff.optional().describe('Requests of products: `/authorize`, `/token` and the like.'),
    login: onOrOff.optional().describe('Sign-ins.'),
    page: onOrOff.optional().describe('Every other page.'),
    health: onOrOff.optional().describe('Probes. Not written unless this is on.'),
  })
  .describe('Which parts have lines; those that are not named have them, but for `health`.')

const LogSettings = z.strictObject({
  level: z
    .enum(['error', 'warn', 'info', 'debug'])
    .default('info')
    .describe('The least serious lines that are written. `debug` adds the place in the code to every fault.'),
  format: z
    .enum(['json', 'text'])
    .optional()
    .describe('`json`: a line of JSON each. `text`: words for people. Absent: text; `serve --json` is always JSON.'),
  access: z
    .union([...onOrOff.options, AccessLines])
    .default(true)
    .describe(
      'A line for each request, of level info: `on`, `off`, or on and off for the parts `gate`, `provider`, `login`, `page` and `health` (off by itself).',
    ),
  auditDays: z
    .int()
    .min(1)
    .max(3_650)
    .default(365)
    .describe('Days for which the audit log keeps changes, sign-ins and sign-outs; those that failed 30 days at most.'),
})

export const Acknowledgement = z
  .strictObject({
    code: line
      .regex(/^[a-z][a-z-]*$/, 'must be a code as `check` prints it behind a warning, such as rule-unreachable')
      .meta({ examples: warningCodes })
      .describe('The code of the warning, as `check` prints it at the end of its line.'),
    at: line
      .min(1)
      .describe('The place of the warning, as `check` prints it before the message: `services.app.rules.1`.'),
    why: line.min(1).describe('Why it may be as it is, for the next reader.'),
  })
  .describe('One warning that may be as it is.')
export type Acknowledgement = z.infer<typeof Acknowledgement>

export const Config = z
  .strictObject({
    issuer: baseUrl
      .superRefine((text, context) => {
        const message = `is the address of a document, not the issuer: write ${issuerOfDocument(text)}`
        if (issuerOfDocument(text) !== text) context.addIssue({ code: 'custom', message })
      })
      .optional()
      .describe('The address that people and products see. It may have a path. Needed by `serve`, not by `render`.'),
    listen: z
      .strictObject({
        host: line.default('127.0.0.1').describe('Address to listen on; `0.0.0.0` for all.'),
        port: port.default(8080).describe('Port to listen on.'),
        internalUrl: baseUrl.optional().describe('Address for products in the same cluster.'),
        trustedProxies: z
          .array(line.refine(isNetwork, networkMessage))
          .default([])
          .describe(
            'Addresses or networks (10.0.0.0/8) of proxies whose forwarded headers are trusted. None by default.',
          ),
        metrics: z
          .union([port, line])
          .refine((written) => metricsAddress(written, '') !== undefined, 'must be a port, or HOST:PORT')
          .optional()
          .describe(
            'Where Prometheus reads metrics (`/metrics`): a port of its own, at `host`, or `127.0.0.1:9464`. Absent: nowhere.',
          ),
        drain: duration
          .optional()
          .describe(
            'How long new connections are still taken after SIGTERM, while `/readyz` says 503, so that balancers can hear of it: `10s`. Absent: 3s, and nothing where nobody has asked `/readyz` in the last minute.',
          ),
        drainDeadline: duration
          .default('25s')
          .describe(
            'How long after SIGTERM what is under way (requests, uploads, websockets) may take to end. Less than the time after which a supervisor kills.',
          ),
        insecure: z
          .boolean()
          .optional()
          .describe(
            'Lets the issuer be http off this machine, and `trustedProxies` be everyone: passwords, cookies and tokens can be read on the way.',
          ),
      })
      .superRefine(({ host, port: own, metrics }, context) => {
        if (metrics === undefined || metricsAddress(metrics, host)?.port !== own) return
        context.addIssue({ code: 'custom', path: ['metrics'], message: 'must be another port than `port`' })
      })
      .superRefine(({ drain, drainDeadline }, context) => {
        if (drain === undefined || milliseconds(drain) <= milliseconds(drainDeadline)) return
        const message = 'is longer than drainDeadline, which is counted from the same moment'
        context.addIssue({ code: 'custom', path: ['drain'], message })
      })
      .superRefine(({ trustedProxies, insecure }, context) => {
        trustedProxies.forEach((network, index) => {
          if (insecure || !isEverybody([network])) return
          context.addIssue({ code: 'custom', path: ['trustedProxies', index], message: networkMessage })
        })
      })
      .prefault({})
      .describe('Where the server listens.'),
    reload: z
      .strictObject({
        watch: z
          .boolean()
          .default(true)
          .describe(
            'Whether a changed file (this configuration, `${file:...}`, certificates) takes effect by itself. SIGHUP reloads in any case.',
          ),
      })
      .prefault({})
      .describe('How a running server gets a new configuration.'),
    store: secret(
      z.string().superRefine((text, context) => {
        const message = configuredStoreProblem(text)
        if (message !== undefined) context.addIssue({ code: 'custom', message })
      }),
    )
      .meta({ pattern: '^(sqlite:.+|postgres(ql)?://.+|\\$\\{(env|file):[^}]+\\})$' })
      .default('sqlite:./gatehouse.db')
      .describe(
        'Where users, sessions and keys are kept: `sqlite:PATH`, relative to this file, or `postgres://user:${env:NAME}@host/database` for many servers.',
      ),
    log: LogSettings.prefault({}).describe('What the server writes to its log, and how long the audit log is kept.'),
    encryptionKey: secret(
      secretText.superRefine((text, context) => {
        if (/^\$\{|^\{\{/.test(text) || isKey(text)) return
        const message =
          'must be 32 bytes in base64, or a reference such as ${env:NAME}. Create one: openssl rand -base64 32'
        context.addIssue({ code: 'custom', message })
      }),
    )
      .optional()
      .describe(
        'The key that encrypts the stored signing keys, 32 bytes in base64, by reference (`${env:NAME}`, `${file:/path}`). Absent: created beside the store, mode 0600; required with PostgreSQL.',
      ),
    network: z
      .strictObject({
        proxy: secret(
          z.string().refine((text) => isHttpUrl(text) || /^\$\{(?:env|file):[^}]+\}$/.test(text), {
            error:
              'must be an http or https URL without user name and password, or ${env:NAME} or ${file:/path} for one that has them',
          }),
        )
          .optional()
          .describe(
            'The HTTP proxy for calls to providers (CONNECT), `http://proxy.example.com:3128`; by reference where it has a user name and a password. Absent: that of the environment, as curl reads it (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`), `GLOBAL_AGENT_HTTPS_PROXY` before them.',
          ),
        noProxy: words
          .default([])
          .describe(
            'What is called directly, as in `NO_PROXY`, in place of which it stands: host names with all below them, addresses, networks (`10.0.0.0/8`), each with a port or without, `*` for everything. This machine always is.',
          ),
        ca: line
          .optional()
          .describe(
            'File with certificate authorities (PEM) to trust at providers and at the upstreams of services, besides the public ones or that of the class.',
          ),
        timeout: duration
          .refine((text) => milliseconds(text) > 0, 'must be more than nothing')
          .default('10s')
          .describe('How long a provider may take for an answer; its class may say another time.'),
      })
      .prefault({})
      .describe('How providers are called.'),
    authenticationClasses: z
      .record(dnsName, AuthenticationClass)
      .default({})
      .describe('Identity providers, each described once.'),
    login: z
      .array(LoginEntry)
      .default([{ local: {} }])
      .describe('Ways to sign in, in the order in which the page shows them.'),
    localAccounts: LocalAccounts,
    branding: Branding.optional(),
    mail: MailSettings.optional(),
    names: z
      .strictObject({
        from: line
          .min(1)
          .describe('The provider under `login` whose people have plain names; `local`: only the accounts kept here.'),
      })
      .optional()
      .describe(
        'Whose people are called `alice`. Those of every other provider are `alice@CLASS`, whoever comes first. Absent: those of the first provider under `login`.',
      ),
    products: z.record(name, Product).default({}).describe('What people log in to.'),
    services: z.record(name, Service).default({}).describe('The services behind the gate.'),
    teams: z.record(name, Team).default({}).describe('Teams and where their members come from.'),
    secrets: z.record(dnsName, SecretEntry).default({}).describe('Secrets, by reference.'),
    acknowledge: z
      .array(Acknowledgement)
      .default([])
      .describe('Warnings that somebody has looked at: `check`, `render` and `serve` do not repeat them.'),
  })
  .describe('Gatehouse configuration')
export type Config = z.infer<typeof Config>
