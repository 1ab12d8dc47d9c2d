import { airliftVariable, type Comment, comment, mdCode, type Property, property, writeProperties } from '../formats.ts'
import { error, soleProvider, warning } from './checks.ts'
import type { ProductDescription, ProductInput, ProductProblem, Provider, Rendering } from './contract.ts'
import { clientVariables } from './secrets-example.ts'
import { isBefore } from './version.ts'

const title = 'Trino'
const versions = { oldest: '414', newest: '484', parts: 1 }
const oauth2 = 'http-server.authentication.oauth2'

/** Trino: `config.properties` of the coordinator, and from 480 on a group provider, because OAuth2 brings no groups any more. */
export const trino: ProductDescription = {
  kind: 'trino',
  title,
  versions,
  classes: { oidc: { most: 1, why: 'Trino signs in at one OpenID Connect provider' } },
  follows: ['extraScopes'],
  ignores: {
    roles:
      'Trino has no roles to give at sign-in; write its access control rules (etc/access-control.properties) for groups',
  },
  skipsVerification: [],
  redirectUris: ({ url }) => [`${url}/oauth2/callback`],
  postLogoutRedirectUris: ({ url }) => [`${url}/ui/logout/logout.html`],
  grantTypes: ['authorization_code'],
  clientAuthenticationMethods: ['client_secret_basic'],
  sendsPkce: false,
  problems,
  render,
}

function problems(input: ProductInput): ProductProblem[] {
  return [
    ...urlProblems(input),
    ...input.providers.flatMap((provider) => valueProblems(provider)),
    ...input.providers.flatMap((provider) => trapProblems(input, provider)),
  ]
}

function urlProblems({ product, path }: ProductInput): ProductProblem[] {
  const url = new URL(product.url)
  const at = [...path, 'url']
  const found: ProductProblem[] = []
  if (url.protocol !== 'https:') {
    found.push(
      error(
        at,
        `Trino signs people in over https only (over http it answers "Authentication over HTTP is not enabled"), but url is ${product.url}: write https, with TLS at a proxy or in Trino itself`,
      ),
    )
  }
  if (url.pathname !== '/') {
    found.push(
      error(at, `Trino answers at the root of a host, not below ${url.pathname}: give it a host name of its own`),
    )
  }
  return found
}

/** Airlift replaces `${word:...}` after it has read the file, and knows no escape for it. */
const expanded = /\$\{[a-zA-Z][a-zA-Z0-9_-]*:[^}]+\}/

function valueProblems(provider: Provider): ProductProblem[] {
  const found = [
    ['client id', provider.clientId],
    ['principalClaim', provider.principalClaim],
    ...provider.scopes.map((scope) => ['scope', scope]),
  ]
    .filter(([, text]) => text !== undefined && expanded.test(text))
    .map(([what, text]) =>
      error(
        provider.path,
        `Trino would replace a part of the ${what} ${JSON.stringify(text)}: write it without \${...:...}`,
      ),
    )
  for (const scope of provider.scopes.filter((text) => text.includes(','))) {
    found.push(
      error(
        provider.path,
        `Trino takes the scope ${JSON.stringify(scope)} for several: scopes cannot have commas there`,
      ),
    )
  }
  return found
}

function trapProblems(input: ProductInput, provider: Provider): ProductProblem[] {
  const { version } = input
  const found: ProductProblem[] = []
  // trinodb/trino#19844, mended by #20753: the releases of November 2023 to early 2024 die without end_session_endpoint, and the
  // documented end-session-url did not exist.
  if (!isBefore(version, '429') && isBefore(version, '440') && provider.kind === 'unknown') {
    found.push(
      warning(
        [...input.path, 'version'],
        `Trino 429 to 439 does not start when the discovery document has no end_session_endpoint (Google and Dex have none): look at ${provider.discoveryUrl}; if it is missing, take Trino 440 or later, or the class gatehouse`,
      ),
    )
  }
  if (provider.kind === 'unknown' && provider.issuer.endsWith('/')) {
    found.push(
      warning(
        provider.path,
        `the issuer is ${provider.issuer} with a slash at the end, because rootPath is empty, and Trino does not start when the provider writes it without: compare \`issuer\` in ${provider.discoveryUrl}; if it has no slash, give the product the class gatehouse`,
      ),
    )
  }
  if (provider.wantsGroups && !isBefore(version, '480')) {
    found.push(
      warning(
        provider.path,
        'Trino 480 and later takes no groups from a sign-in: group-provider.properties reads etc/groups.txt instead; REGISTER.md says how to write it',
      ),
    )
  }
  return found
}

function render(input: ProductInput): Rendering {
  const provider = soleProvider(input)
  const files = [{ path: 'config.properties', content: writeProperties(configProperties(input, provider)) }]
  if (usesGroupFile(input, provider)) {
    files.push({ path: 'group-provider.properties', content: writeProperties(groupProviderProperties) })
  }
  return {
    files,
    variables: clientVariables(input, provider),
    notes: {
      claims: provider.wantsGroups ? ['`groups` (a list of texts)'] : [],
      needsAudience: true,
      steps: steps(input, provider),
    },
  }
}

function usesGroupFile({ version }: ProductInput, { wantsGroups }: Provider): boolean {
  return wantsGroups && !isBefore(version, '480')
}

function caFile({ className }: Provider): string {
  return `etc/${className}-ca.pem`
}

function configProperties(input: ProductInput, provider: Provider): (Comment | Property)[] {
  const entries = [
    comment(
      'Sign-in for the coordinator. Written by `gatehouse render`: add it to etc/config.properties (REGISTER.md).',
    ),
    comment('Without this line or http-server.https.enabled=true Trino lets anybody in under any name.'),
    property('http-server.process-forwarded', 'true'),
    property('http-server.authentication.type', 'OAUTH2'),
    property(`${oauth2}.issuer`, provider.issuer),
    property(`${oauth2}.client-id`, provider.clientId),
    property(`${oauth2}.client-secret`, airliftVariable(provider.secretVariable)),
    property(`${oauth2}.scopes`, provider.scopes.join(',')),
    property(`${oauth2}.principal-field`, provider.principalClaim),
  ]
  if (provider.wantsGroups && !usesGroupFile(input, provider)) {
    // Renamed in 408, removed in 480 (trinodb/trino#15669, #28646).
    entries.push(property(`deprecated.${oauth2}.groups-field`, 'groups'))
  }
  if (provider.tls.kind === 'own-ca')
    entries.push(property('oauth2-jwk.http-client.trust-store-path', caFile(provider)))
  entries.push(
    comment('The web UI keeps its own form login unless it is told otherwise.'),
    property('web-ui.authentication.type', 'OAUTH2'),
  )
  return entries
}

const groupProviderProperties = [
  comment(
    'Groups for access control. Written by `gatehouse render`: put it into etc/ beside etc/groups.txt (REGISTER.md).',
  ),
  property('group-provider.name', 'file'),
  property('file.group-file', 'etc/groups.txt'),
]

function steps(input: ProductInput, provider: Provider): string[] {
  const list = [
    'Append `config.properties` to the end of `etc/config.properties` of the coordinator; workers do not need it. (Of a key that stands there twice, Trino takes the last.) Your own part keeps `coordinator=true`, the ports and `internal-communication.shared-secret`, without which Trino does not start with authentication.',
    `TLS: \`http-server.process-forwarded=true\` is for a proxy in front that keeps \`Host\` and sets \`X-Forwarded-Proto: https\`. If Trino has its own certificate, add \`http-server.https.enabled=true\`, \`http-server.https.port\` and \`http-server.https.keystore.path\` to your own part; the line may stay. Nobody but the proxy and the workers may reach the plain http port. People must reach Trino at exactly ${mdCode(input.product.url)}.`,
    `Set the variables of \`secrets.env.example\` in the environment of the coordinator.`,
  ]
  if (provider.tls.kind === 'own-ca') {
    list.push(
      `Copy the certificate authority (\`ca.crt\` of ${mdCode(provider.tls.secretClass)}, PEM) to ${mdCode(caFile(provider))}. Trino does not start without the file.`,
    )
  }
  if (usesGroupFile(input, provider)) list.push(groupFileStep(input))
  list.push(
    'Start the provider first, then Trino: it reads the discovery document once, at start, and stops when it cannot. Wait for `SERVER STARTED` in the log; before that the web UI answers 500 `OAuth2 client not initialized`.',
    `Open ${mdCode(`${input.product.url}/ui/`)}, or run \`trino --server ${input.product.url} --external-authentication\`.`,
  )
  return list
}

function groupFileStep({ teams }: ProductInput): string {
  const examples = (teams.length > 0 ? teams : ['analysts']).map((team) => `${team}:alice,bob`)
  return [
    'Copy `group-provider.properties` to `etc/` and write `etc/groups.txt`, one line per group, its members by user name. Trino does not start without the file and reads changes within 5 seconds:',
    '```text',
    ...examples,
    '```',
  ].join('\n')
}
