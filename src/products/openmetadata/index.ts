import { type Comment, comment, type EnvEntry, envEntry, jsonLine, mdCode } from '../../formats.ts'
import type { VendorKind } from '../../vendors/contract.ts'
import type { ProductDescription, ProductInput, ProductProblem, Provider, Rendering } from '../contract.ts'
import { type VariableSyntax, variablesFile } from '../extra/files.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { error } from '../writing/problem.ts'
import { soleProvider } from '../writing/provider-facts.ts'
import { refreshTokenProblems } from '../writing/refresh-tokens.ts'
import { providerTexts, textProblems } from '../writing/replaced-texts.ts'
import { groupsByRole, unknownRoles } from '../writing/roles.ts'
import { openmetadataClient } from './client.ts'

const title = 'OpenMetadata'

/** Values of `extra`: OpenMetadata fills them into a YAML file, in which it replaces `${NAME}`. */
const metadataSyntax: VariableSyntax = {
  text: (text) => (text.includes('${') ? undefined : text),
  variable: (name) => `\${${name}}`,
  list: (items) => jsonLine(items),
}

/** OpenMetadata: variables of the server, as a confidential client. */
export const openmetadata: ProductDescription<'openmetadata'> = {
  title,
  client: openmetadataClient,
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
    ...input.providers.flatMap((provider) =>
      refreshTokenProblems(provider, {
        at: [...provider.path, 'oidc'],
        // AuthenticationCodeFlowHandler: "No refresh token found against session".
        without: 'OpenMetadata signs people out when their token has expired; older releases let nobody in',
      }),
    ),
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
    [...input.providers.flatMap(providerTexts), ...parameters, ...admins],
    (text) => text.includes('${'),
    'contains a part that OpenMetadata would replace with an environment variable: write it without ${',
  )
}

/** OpenMetadata takes five parameters, as numbered pairs. */
function parameterProblems({ providers }: ProductInput<'openmetadata'>): ProductProblem[] {
  return providers
    .filter(({ authorizationParameters }) => Object.keys(authorizationParameters).length > 5)
    .map(({ path }) =>
      error([...path, 'oidc', 'authorizationParameters'], 'OpenMetadata sends five parameters at most: keep five'),
    )
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
  return {
    files: [
      variablesFile(input, 'openmetadata.env', environment(input, provider), {
        syntax: metadataSyntax,
        expected: ['OIDC_CLIENT_SECRET'],
      }),
    ],
    variables: clientVariables(input, provider),
    notes: { claims: ['`email`, `name`'], needsAudience: false, steps: steps(input, provider) },
  }
}

function environment(input: ProductInput<'openmetadata'>, provider: Provider): (Comment | EnvEntry)[] {
  const { url } = input.product
  const { principalDomain } = input.options
  const name = providerNames[provider.kind] ?? 'custom-oidc'
  const tenant = provider.vendor.tenantOf?.(provider.issuer)
  const keys = [jwksOf(provider), `${url}/api/v1/system/config/jwks`].filter((key) => key !== undefined)
  const clientId =
    provider.clientIdVariable === undefined ? yaml(provider.clientId) : `\${${provider.clientIdVariable}}`
  return [
    comment(
      'Sign-in. Written by `gatehouse render`: set these in the environment of the OpenMetadata server (REGISTER.md).',
    ),
    comment('OpenMetadata fills them into a YAML file, so lists are YAML, and quotes are part of a value.'),
    envEntry('AUTHENTICATION_PROVIDER', name),
    ...(name === 'custom-oidc' ? [envEntry('CUSTOM_OIDC_AUTHENTICATION_PROVIDER_NAME', yaml(provider.className))] : []),
    envEntry('AUTHENTICATION_CLIENT_TYPE', 'confidential'),
    comment('The last one is for the bots of OpenMetadata itself.'),
    envEntry('AUTHENTICATION_PUBLIC_KEYS', jsonLine(keys)),
    envEntry('AUTHENTICATION_AUTHORITY', yaml(provider.issuer)),
    envEntry('AUTHENTICATION_CLIENT_ID', clientId),
    envEntry('AUTHENTICATION_CALLBACK_URL', yaml(`${url}/callback`)),
    envEntry('AUTHENTICATION_JWT_PRINCIPAL_CLAIMS', jsonLine(principalClaims(provider))),
    envEntry('AUTHENTICATION_ENABLE_SELF_SIGNUP', String(provider.entry.userRegistration ?? true)),
    ...adminEntries(input),
    ...(principalDomain === undefined ? [] : [envEntry('AUTHORIZER_PRINCIPAL_DOMAIN', principalDomain)]),
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
    'Set the variables of `openmetadata.env` and of `secrets.env.example` in the environment of the OpenMetadata server. A client secret with characters other than letters, digits, `_`, `.`, `~` and `-` needs double quotes inside the value, because OpenMetadata fills it into a YAML file.',
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
    'With several replicas, make the load balancer keep each person on one of them, or the sign-in ends with `Missing state parameter`.',
    `Open ${mdCode(url)} and sign in. The user name is the part of the claim before \`@\`.`,
  )
  return list
}
