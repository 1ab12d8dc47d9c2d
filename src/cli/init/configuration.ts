/** The text of a new gatehouse.yaml. Pure. */
import { upperSnake } from '../../formats/variable-name.ts'
import { writeYaml } from '../../formats.ts'
import { vendors } from '../../vendors/index.ts'
import { type Answers, bareHost, type ChosenProvider } from './answers.ts'
import { titleOf } from './providers.ts'

/** The environment variable that holds our secret at a provider. */
export function secretVariable({ name }: ChosenProvider): string {
  return `${upperSnake(name)}_CLIENT_SECRET`
}

/** The address without a slash at its end. */
export function plainAddress(url: URL): string {
  return url.href.replace(/\/+$/, '')
}

/** What stands for a client id that nobody has yet. */
export const clientIdToCome = 'gatehouse'

/**
 * A configuration with comments, which `check` finds fine, also when the examples in its comments are put to use.
 *
 * @param schemaFile the JSON Schema for editors, relative to the file; undefined: none is beside it
 */
export function configurationText(answers: Answers, { schemaFile }: { schemaFile: string | undefined }): string {
  const { issuer, provider } = answers
  const sections = [
    head(schemaFile),
    `# The address that people and products see, to the letter: no slash at its end.
issuer: ${yaml(plainAddress(issuer))}`,
    listen(issuer),
    `# Users, sessions and keys, relative to this file. The server must be able to write there: with a read-only folder, name another
# one, such as sqlite:/var/lib/gatehouse/gatehouse.db. For several servers: postgres://...
store: ${yaml(answers.store)}`,
    ...(provider ? [authenticationClass(provider)] : []),
    waysIn(provider),
    ...(provider ? [secrets(provider)] : []),
    teams(provider),
    services(issuer),
    products(issuer),
    ...(provider && isPublic(provider) ? [acknowledgement(provider)] : []),
  ]
  return `${sections.join('\n\n')}\n`
}

function yaml(value: string): string {
  return writeYaml(value).trimEnd()
}

function head(schemaFile: string | undefined): string {
  const hint = schemaFile === undefined ? '' : `# yaml-language-server: $schema=${schemaFile}\n`
  return `${hint}# The configuration of Gatehouse. \`gatehouse check\` names every mistake with its place.`
}

/** TLS ends at a proxy, whose word about the client is believed; on this machine people come directly. */
function listen({ protocol, port }: URL): string {
  if (protocol === 'http:')
    return `# Where the server listens: on this machine only, unless \`host\` says otherwise.\nlisten: { port: ${port || 80} }`
  return `# Where the server listens. A proxy in front of it has the certificate; trustedProxies are the addresses from which it connects.
listen: { port: 8080, trustedProxies: [127.0.0.1] }`
}

function gitHubClass({ name, address }: ChosenProvider): string {
  return `# Identity providers, each described once.
authenticationClasses:
  ${name}:
    github:
      hostname: ${yaml(bareHost(address))}${address.port === '' ? '' : `\n      port: ${address.port}`}
      # organizations: [acme] # only their members get in; without it everybody who has an account`
}

function authenticationClass({ name, template, address, ...rest }: ChosenProvider): string {
  if (template.isGitHub) return gitHubClass({ name, template, address, ...rest })
  const { principalClaim, vendor, groups } = template
  const { hint } = vendors[vendor]
  const tls = address.protocol === 'https:'
  const lines = [
    `hostname: ${yaml(bareHost(address))}`,
    ...(address.port === '' ? [] : [`port: ${address.port}`]),
    ...(address.pathname === '/' ? [] : [`rootPath: ${yaml(address.pathname)}`]),
    `principalClaim: ${yaml(principalClaim)} # the claim that becomes the user name`,
    ...(hint === undefined ? [] : [`providerHint: ${hint}`]),
    ...(groups?.at === 'class' ? [`# ${groups.line} # ${groups.when}`] : []),
    // Absent: unencrypted, on this machine.
    ...(tls ? ['tls: { verification: { server: { caCert: { webPki: {} } } } }'] : []),
  ]
  return `# Identity providers, each described once.
authenticationClasses:
  ${name}:
    oidc:
${lines.map((line) => `      ${line}`).join('\n')}`
}

function waysIn(provider: ChosenProvider | undefined): string {
  const heading = '# Ways to sign in, in the order in which the page shows them.\nlogin:'
  if (!provider) return `${heading}\n  - { local: {} } # accounts kept here`
  const { name, template, emailDomains } = provider
  const { vendor, groups, extraScopes = [], isGitHub } = template
  const domains =
    emailDomains.length > 0
      ? `    emailDomains: [${emailDomains.map(yaml).join(', ')}] # whose addresses this provider gives to nobody but their owners`
      : '    # emailDomains: [example.com] # domains whose addresses this provider gives to nobody but their owners'
  return [
    heading,
    `  - authenticationClass: ${name}`,
    ...(vendor === 'unknown' && !isGitHub ? [] : [`    title: ${yaml(titleOf(template))}`]),
    '    oidc:',
    `      clientCredentialsSecret: gatehouse-at-${name}`,
    ...(extraScopes.length > 0 ? [`      extraScopes: [${extraScopes.join(', ')}]`] : []),
    ...(groups?.at === 'client' ? [`      # ${groups.line} # ${groups.when}`] : []),
    ...(isGitHub ? [] : [domains]),
    '  - { local: {} } # accounts kept here, for days on which the provider is down',
  ].join('\n')
}

function secrets(provider: ChosenProvider): string {
  const { name, template, clientId } = provider
  const toCome = clientId === undefined ? ` # write the id that ${titleOf(template)} shows` : ''
  return `# Secrets are references: \${env:NAME}, or \${file:/run/secrets/name}.
secrets:
  gatehouse-at-${name}:
    clientId: ${yaml(clientId ?? clientIdToCome)}${toCome}
    clientSecret: "\${env:${secretVariable(provider)}}"`
}

function teams(provider: ChosenProvider | undefined): string {
  const from =
    provider && sendsGroups(provider)
      ? `{ from: [{ authenticationClass: ${provider.name}, group: ${yaml(provider.template.group)} }] }`
      : '{}'
  return `# Teams: what rules and products name, whichever way people came in.
# teams:
#   analysts: ${from}`
}

/** Where the vendor sends none, people are put into teams by hand. */
function sendsGroups({ template: { vendor, groups } }: ChosenProvider): boolean {
  return groups !== undefined || vendors[vendor].groups.where.userinfo !== 'never'
}

function isPublic({ template: { vendor }, address }: ChosenProvider): boolean {
  return vendors[vendor].hasPublicAccounts?.(address.href) === true
}

/** `check` warns as soon as something is open to whoever is signed in. */
function acknowledgement({ template: { vendor } }: ChosenProvider): string {
  const { title, restriction } = vendors[vendor]
  return `# Everybody in the world can have an account at ${title}, and \`check\` warns where something is open to whoever is signed in. Let rules and roles name
# teams, or ${restriction}. Once it is so, say it:
# acknowledge:
#   - { code: strangers, at: login.0, why: ${yaml(`only our organisation gets in at ${title}`)} }`
}

function services(issuer: URL): string {
  return `# Services without a login of their own. The gate stands in front of each, and tells it who people are.
# services:
#   metadata:
#     url: ${yaml(exampleUrl(issuer, 'metadata'))}
#     upstream: http://127.0.0.1:5002
#     rules:
#       - { path: /healthcheck, allow: everyone }
#       - { path: /, allow: authenticated }`
}

function products(issuer: URL): string {
  return `# Products with a login of their own. \`gatehouse render\` writes their files, and what to register.
# products:
#   superset:
#     product: superset
#     url: ${yaml(issuer.protocol === 'http:' ? 'http://localhost:8088' : exampleUrl(issuer, 'superset'))}
#     authentication: [{ authenticationClass: gatehouse }]
#     roles: { analysts: [Alpha] }`
}

/** `https://metadata.example.com` beside `https://id.example.com`. */
function exampleUrl({ protocol, hostname, port }: URL, name: string): string {
  const domain = protocol === 'http:' ? 'localhost' : hostname.split('.').slice(1).join('.')
  return `${protocol}//${name}.${domain.includes('.') || protocol === 'http:' ? domain : 'example.com'}${port === '' ? '' : `:${port}`}`
}
