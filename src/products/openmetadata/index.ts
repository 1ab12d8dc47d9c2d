import { kindTitles } from '../../config/product-titles.ts'
import { type Comment, comment, type EnvEntry, envEntry, jsonLine, mdCode } from '../../formats.ts'
import type { VendorKind } from '../../vendors/contract.ts'
import type { ProductDescription, ProductInput, ProductProblem, Provider, Rendering } from '../contract.ts'
import { type VariableSyntax, variablesFile } from '../extra/files.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { error, warning } from '../writing/problem.ts'
import { nameForPeople, soleProvider } from '../writing/provider-facts.ts'
import { providerTexts, textProblems, titleTexts } from '../writing/replaced-texts.ts'
import { groupsByRole, unknownRoles } from '../writing/roles.ts'
import { isBefore } from '../writing/version.ts'
import { openmetadataClient, signsInByPage } from './client.ts'

const title = kindTitles.openmetadata

/** Values of `extra`: OpenMetadata fills them into a YAML file, in which it replaces `${NAME}`. */
const metadataSyntax: VariableSyntax = {
  text: (text) => (text.includes('${') ? undefined : text),
  variable: (name) => `\${${name}}`,
  list: (items) => jsonLine(items),
}

/** OpenMetadata: variables of the server, as a confidential client or, for `none`, as a public one. */
export const openmetadata: ProductDescription<'openmetadata'> = {
  title,
  client: openmetadataClient,
  people: {
    withoutEmail: 'is kept out',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in',
    singleGroup: 'no groups are read',
    refresh: 'needs a refresh token',
    // AuthenticationCodeFlowHandler: "No refresh token found against session".
    withoutRefreshToken: 'OpenMetadata signs people out when their token has expired; older releases let nobody in',
  },
  accepts: {
    classes: { oidc: { most: 1, why: 'OpenMetadata signs in at one OpenID Connect provider' } },
    skipsVerification: [],
  },
  ignores: { groupsClaim: 'OpenMetadata reads no groups at sign-in' },
  problems,
  render,
}

function problems(input: ProductInput<'openmetadata'>): ProductProblem[] {
  return [
    ...unknownRoles(input, (role) => role === 'Admin', 'Admin, with user names of administrators in place of groups'),
    ...textsOf(input),
    ...parameterProblems(input),
    ...input.providers.flatMap((provider) => addressProblems(input, provider)),
    ...adminProblems(input),
  ]
}

/** OpenMetadata fills in openmetadata.yaml as text and parses the YAML afterwards; it also fills in values inside values. */
function textsOf(input: ProductInput<'openmetadata'>): ProductProblem[] {
  const parameters = input.providers.flatMap(({ authorizationParameters, path }) =>
    Object.entries(authorizationParameters).flatMap(([key, value]) =>
      [key, value].map((text) => ({ what: 'authorization parameter', text, path })),
    ),
  )
  const admins = Object.keys(input.product.roles).map((text) => ({
    what: 'name',
    text,
    path: [...input.path, 'roles', text],
  }))
  return textProblems(
    [...input.providers.flatMap(providerTexts), ...input.classes.flatMap(titleTexts), ...parameters, ...admins],
    (text) => text.includes('${'),
    'contains a part that OpenMetadata would replace with an environment variable: write it without ${',
  )
}

/** OpenMetadata takes five parameters, as numbered pairs. */
function parameterProblems(input: ProductInput): ProductProblem[] {
  const { providers } = input
  if (signsInByPage(input)) {
    return providers
      .filter(({ authorizationParameters }) => Object.keys(authorizationParameters).length > 0)
      .map(({ path }) =>
        warning(
          [...path, 'oidc', 'authorizationParameters'],
          'is ignored: the page of OpenMetadata, which signs people in for a public client, has no setting for it',
        ),
      )
  }
  return providers
    .filter(({ authorizationParameters }) => Object.keys(authorizationParameters).length > 5)
    .map(({ path }) =>
      error([...path, 'oidc', 'authorizationParameters'], 'OpenMetadata sends five parameters at most: keep five'),
    )
}

/** Whether the claim can be named in a list of `username:CLAIM`, which OpenMetadata splits at colons. */
function isMapped({ principalClaim }: Provider): boolean {
  return !principalClaim.includes(':')
}

/**
 * Who gets an address that OpenMetadata makes up, or does not get in. From 2.0 on it puts the claims that it maps into tokens of its own,
 * under the standard names only (open-metadata/OpenMetadata#32000).
 */
function addressProblems(input: ProductInput<'openmetadata'>, provider: Provider): ProductProblem[] {
  const { principalClaim, scopes, path, className } = provider
  const problems: ProductProblem[] = []
  if (!isMapped(provider)) {
    const domain = principalDomain(input)
    problems.push(
      warning(
        path,
        `OpenMetadata cannot read the user name from ${principalClaim}, with a colon in it, and the address from email at once: everybody gets the address NAME@${domain}, and mail to it goes nowhere. Write principalClaim: email in authenticationClasses.${className}.oidc, or openmetadata.principalDomain if that is the domain of all addresses`,
      ),
    )
  } else if (!isBefore(input.version, '2.0') && !standardNames.includes(principalClaim)) {
    problems.push(
      warning(
        path,
        `OpenMetadata 2.0 may refuse everybody whose user name comes from ${principalClaim} (open-metadata/OpenMetadata#32000): write principalClaim: preferred_username or email in authenticationClasses.${className}.oidc, or give the product the class gatehouse`,
      ),
    )
  }
  if (isMapped(provider) && !scopes.includes('email')) {
    problems.push(
      warning(
        path,
        'the scope email is not requested, and OpenMetadata lets nobody in without an e-mail address: add email',
      ),
    )
  }
  return problems
}

const standardNames = ['preferred_username', 'email', 'sub']

function adminProblems(input: ProductInput<'openmetadata'>): ProductProblem[] {
  const names = (groupsByRole(input).get('Admin') ?? []).join(', ')
  if (names === '' || input.options.principalDomain !== undefined) return []
  return [
    warning(
      [...input.path, 'openmetadata', 'principalDomain'],
      `is missing: OpenMetadata makes the accounts of its administrators (${names}) when it starts, with addresses that end in @${principalDomain(input)}, and refuses them at the sign-in if theirs end otherwise. Write the domain of their addresses`,
    ),
  ]
}

/** The part after the @ of addresses that OpenMetadata makes: never its own default, which belongs to somebody. */
function principalDomain({ options, product }: ProductInput<'openmetadata'>): string {
  const { hostname } = new URL(product.url)
  // OpenMetadata wants a dot in it; `.invalid` is nobody's (RFC 2606).
  const own = /^[^.:[]+\..*[a-z]$/i.test(hostname) ? hostname : 'openmetadata.invalid'
  return options.principalDomain ?? own
}

/** How OpenMetadata names providers. */
const providerNames: Readonly<Partial<Record<VendorKind, string>>> = {
  entra: 'azure',
  okta: 'okta',
  auth0: 'auth0',
  cognito: 'aws-cognito',
  google: 'google',
}

function render(input: ProductInput<'openmetadata'>): Rendering {
  const provider = soleProvider(input)
  const variables = clientVariables(input, provider)
  return {
    files: [
      variablesFile(input, 'openmetadata.env', environment(input, provider), {
        syntax: metadataSyntax,
        expected: ['OIDC_CLIENT_SECRET'],
      }),
    ],
    variables: signsInByPage(input) ? variables.filter(({ name }) => name !== provider.secretVariable) : variables,
    notes: { claims: ['`email`, `name`'], needsAudience: false, steps: steps(input, provider) },
  }
}

function environment(input: ProductInput<'openmetadata'>, provider: Provider): (Comment | EnvEntry)[] {
  const { url } = input.product
  const name = providerNames[provider.kind] ?? 'custom-oidc'
  const keys = [jwksOf(provider), `${url}/api/v1/system/config/jwks`].filter((key) => key !== undefined)
  const clientId =
    provider.clientIdVariable === undefined ? yaml(provider.clientId) : `\${${provider.clientIdVariable}}`
  return [
    comment(
      'Sign-in. Written by `gatehouse render`: set these in the environment of the OpenMetadata server (REGISTER.md).',
    ),
    comment('OpenMetadata fills them into a YAML file, so lists are YAML, and quotes are part of a value.'),
    envEntry('AUTHENTICATION_PROVIDER', name),
    ...(name === 'custom-oidc'
      ? [envEntry('CUSTOM_OIDC_AUTHENTICATION_PROVIDER_NAME', yaml(nameForPeople(provider)))]
      : []),
    ...typeEntries(input),
    comment('The last one is for the bots of OpenMetadata itself.'),
    envEntry('AUTHENTICATION_PUBLIC_KEYS', jsonLine(keys)),
    envEntry('AUTHENTICATION_AUTHORITY', yaml(provider.issuer)),
    envEntry('AUTHENTICATION_CLIENT_ID', clientId),
    envEntry('AUTHENTICATION_CALLBACK_URL', yaml(`${url}/callback`)),
    envEntry('AUTHENTICATION_JWT_PRINCIPAL_CLAIMS', jsonLine(principalClaims(provider))),
    ...mappingEntries(provider),
    envEntry('AUTHENTICATION_ENABLE_SELF_SIGNUP', String(provider.entry.userRegistration ?? true)),
    envEntry('AUTHORIZER_PRINCIPAL_DOMAIN', yaml(principalDomain(input))),
    ...adminEntries(input),
    ...(signsInByPage(input) ? [] : serverEntries(input, provider, clientId)),
  ]
}

/** A public client: a code with PKCE. Without the second line it would be the implicit flow, with tokens in addresses. */
function typeEntries(input: ProductInput): EnvEntry[] {
  return signsInByPage(input)
    ? [envEntry('AUTHENTICATION_CLIENT_TYPE', 'public'), envEntry('AUTHENTICATION_RESPONSE_TYPE', 'code')]
    : [envEntry('AUTHENTICATION_CLIENT_TYPE', 'confidential')]
}

/** Without it the address is made of the user name: NAME@ and the domain below. */
function mappingEntries(provider: Provider): EnvEntry[] {
  if (!isMapped(provider)) return []
  return [
    envEntry(
      'AUTHENTICATION_JWT_PRINCIPAL_CLAIMS_MAPPING',
      jsonLine([`username:${provider.principalClaim}`, 'email:email']),
    ),
  ]
}

/** What the server needs to sign people in itself. */
function serverEntries({ product: { url } }: ProductInput, provider: Provider, clientId: string): EnvEntry[] {
  const name = providerNames[provider.kind]
  const tenant = provider.vendor.tenantOf?.(provider.issuer)
  return [
    envEntry('OIDC_CLIENT_ID', clientId),
    envEntry('OIDC_TYPE', name === 'azure' || name === 'google' ? name : 'custom'),
    envEntry('OIDC_SCOPE', yaml(provider.scopes.join(' '))),
    envEntry('OIDC_DISCOVERY_URI', yaml(provider.discoveryUrl)),
    envEntry('OIDC_USE_NONCE', 'true'),
    envEntry('OIDC_PREFERRED_JWS', 'RS256'),
    envEntry('OIDC_RESPONSE_TYPE', 'code'),
    envEntry('OIDC_CALLBACK', yaml(`${url}/callback`)),
    envEntry('OIDC_SERVER_URL', yaml(url)),
    envEntry('OIDC_CLIENT_AUTH_METHOD', provider.clientAuthenticationMethod),
    ...(tenant?.id === undefined ? [] : [envEntry('OIDC_TENANT', yaml(tenant.id))]),
    ...parameterEntries(provider),
  ]
}

/** Where the keys of the provider are. */
function jwksOf({ endpoints, issuer, vendor }: Provider): string | undefined {
  return endpoints?.jwks ?? vendor.jwks?.(issuer)
}

/** A YAML string: plain where every parser reads it as a string, else in double quotes. */
function yaml(text: string): string {
  return /^(?:https?:\/\/[A-Za-z0-9_./~%?=&-]+(?::\d+[A-Za-z0-9_./~%?=&-]*)?|[a-z][a-z0-9_-]{5,})$/.test(text)
    ? text
    : jsonLine(text)
}

function principalClaims({ principalClaim }: Provider): string[] {
  return [...new Set([principalClaim, 'email', 'preferred_username', 'sub'])]
}

/** Here `roles` names people: OpenMetadata lists administrators by user name. */
function adminEntries(input: ProductInput<'openmetadata'>): EnvEntry[] {
  const admins = groupsByRole(input).get('Admin')
  return admins === undefined ? [] : [envEntry('AUTHORIZER_ADMIN_PRINCIPALS', jsonLine(admins))]
}

function parameterEntries({ authorizationParameters }: Provider): EnvEntry[] {
  const pairs = Object.entries(authorizationParameters)
  if (pairs.length === 0) return []
  const parameters = new Map(
    pairs.flatMap(([key, value], index): [string, string][] => [
      [`customParamKey${index + 1}`, key],
      [`customParamValue${index + 1}`, value],
    ]),
  )
  return [envEntry('OIDC_CUSTOM_PARAMS', jsonLine(parameters))]
}

function steps(input: ProductInput<'openmetadata'>, provider: Provider): string[] {
  const { url } = input.product
  const list = [
    signsInByPage(input)
      ? 'Set the variables of `openmetadata.env` in the environment of the OpenMetadata server. The client is public: its page signs people in and fetches tokens from the provider itself, which must allow its origin (CORS). It asks for `openid email profile`, whatever the class says.'
      : 'Set the variables of `openmetadata.env` and of `secrets.env.example` in the environment of the OpenMetadata server. A client secret with characters other than letters, digits, `_`, `.`, `~` and `-` needs double quotes inside the value, because OpenMetadata fills it into a YAML file.',
    'Do this before the first sign-in: newer releases keep these settings in their database once somebody has changed them under **Settings → SSO**, and then ignore the variables.',
  ]
  if (provider.tls.kind === 'own-ca') {
    list.push(
      `Put the certificate authority (\`ca.crt\` of ${mdCode(provider.tls.secretClass)}, PEM) into a Java trust store, together with the public authorities, and start the server with \`OPENMETADATA_OPTS=-Djavax.net.ssl.trustStore=/path/truststore.p12\`.`,
    )
  }
  if (jwksOf(provider) === undefined) {
    list.push(
      `Put \`jwks_uri\` of ${mdCode(provider.discoveryUrl)} first into \`AUTHENTICATION_PUBLIC_KEYS\`, or write \`endpoints\` into the class and render again.`,
    )
  }
  list.push(
    `The server must reach ${mdCode(`${url}/api/v1/system/config/jwks`)} itself: otherwise it refuses its bots.`,
    'Replace the key pair that OpenMetadata ships with (`RSA_PUBLIC_KEY_FILE_PATH`, `RSA_PRIVATE_KEY_FILE_PATH`) and delete the account `admin` of basic authentication: everybody knows both.',
    ...(signsInByPage(input)
      ? []
      : [
          'With several replicas, make the load balancer keep each person on one of them, or the sign-in ends with `Missing state parameter`.',
        ]),
    'If people have signed in before: OpenMetadata keeps the address of the first sign-in, and refuses another one (`User with given name exists but is not associated with the provided email`). Delete accounts with addresses that were made up; their owners get a new one at the next sign-in.',
    `Open ${mdCode(url)} and sign in. The user name is the part of the claim before \`@\`.`,
  )
  return list
}
