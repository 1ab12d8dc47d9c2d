import { type Comment, comment, type EnvEntry, envEntry, mdCode, writeEnv } from '../formats.ts'
import { commonProblems, error, ignoredRoles, oneProvider, warning } from './checks.ts'
import type { ProductDescription, ProductInput, ProductProblem, Provider, RenderedFile } from './contract.ts'
import { registerFile } from './register.ts'
import { clientSecretVariable, secretsExample } from './secrets-example.ts'

const title = 'your application'

/** Any application that speaks OpenID Connect: the facts as variables, for a library to read. */
export const oidc: ProductDescription = {
  kind: 'oidc',
  title,
  versions: undefined,
  redirectUris: ({ redirectUris }) => redirectUris,
  postLogoutRedirectUris: ({ postLogoutRedirectUris }) => postLogoutRedirectUris,
  grantTypes: ['authorization_code', 'refresh_token'],
  tokenEndpointAuthMethod: undefined,
  sendsPkce: true,
  problems,
  render,
}

function problems(input: ProductInput): ProductProblem[] {
  return [
    ...commonProblems(input),
    ...oneProvider(input, 'client.env describes one provider'),
    ...redirectProblems(input),
    ...unverifiedProblems(input),
    ...ignoredRoles(input, 'your application reads the claim groups and decides itself'),
    ...ignoredVersion(input),
  ]
}

function redirectProblems({ product, path }: ProductInput): ProductProblem[] {
  const found: ProductProblem[] = []
  if (product.redirectUris.length === 0) {
    found.push(
      error(path, 'needs redirectUris: the address that your library returns to, often url with /callback behind it'),
    )
  }
  for (const key of ['redirectUris', 'postLogoutRedirectUris'] as const) {
    product[key].forEach((uri, index) => {
      if (!uri.includes('#')) return
      found.push(
        error(
          [...path, key, index],
          'has a fragment, which no redirect URI may have (RFC 6749): remove the part from # on',
        ),
      )
    })
  }
  return found
}

function unverifiedProblems({ providers }: ProductInput): ProductProblem[] {
  return providers
    .filter(({ tls }) => tls.kind === 'unverified')
    .map((provider) =>
      warning(
        provider.path,
        'client.env cannot say that certificates are not checked: name the certificate authority in tls.verification.server.caCert',
      ),
    )
}

function ignoredVersion({ product, path }: ProductInput): ProductProblem[] {
  if (product.version === undefined) return []
  return [warning([...path, 'version'], 'is ignored: the kind oidc has no versions')]
}

function render(input: ProductInput): RenderedFile[] {
  const [provider] = input.providers
  return [
    { path: 'client.env', content: writeEnv(clientEnv(input, provider)) },
    registerFile(input, {
      description: oidc,
      claims: provider.wantsGroups ? ['`groups` (a list of texts)'] : [],
      needsAudience: true,
      steps: steps(input, provider),
    }),
    secretsExample([clientSecretVariable(input, provider)]),
  ]
}

function clientEnv({ product }: ProductInput, provider: Provider): (Comment | EnvEntry)[] {
  const entries = [
    comment(
      'Written by `gatehouse render`. No secret is in here: OIDC_CLIENT_SECRET_VARIABLE names the variable that holds it.',
    ),
    envEntry('OIDC_ISSUER', provider.issuer),
    envEntry('OIDC_DISCOVERY_URL', provider.discoveryUrl),
    envEntry('OIDC_CLIENT_ID', provider.clientId),
    envEntry('OIDC_CLIENT_SECRET_VARIABLE', provider.secretVariable),
    envEntry('OIDC_CLIENT_AUTHENTICATION_METHOD', provider.clientAuthenticationMethod),
    envEntry('OIDC_SCOPES', provider.scopes.join(' ')),
    envEntry('OIDC_PRINCIPAL_CLAIM', provider.principalClaim),
    envEntry('OIDC_REDIRECT_URIS', product.redirectUris.join(' ')),
    envEntry('OIDC_POST_LOGOUT_REDIRECT_URIS', product.postLogoutRedirectUris.join(' ')),
  ]
  const { endpoints } = provider
  if (!endpoints) return [...entries, comment('The endpoints are in the discovery document.')]
  return [
    ...entries,
    comment('For libraries that cannot read the discovery document.'),
    envEntry('OIDC_AUTHORIZATION_ENDPOINT', endpoints.authorization),
    envEntry('OIDC_TOKEN_ENDPOINT', endpoints.token),
    envEntry('OIDC_JWKS_URI', endpoints.jwks),
    envEntry('OIDC_USERINFO_ENDPOINT', endpoints.userinfo),
    envEntry('OIDC_END_SESSION_ENDPOINT', endpoints.endSession),
  ]
}

function steps({ product }: ProductInput, provider: Provider): string[] {
  const list = [
    'Give the library of your application the values of `client.env`: the issuer is enough for most, they read the rest from the discovery document.',
    `Give it the client secret from the environment variable ${mdCode(provider.secretVariable)}, and use PKCE with \`S256\`, \`state\` and \`nonce\`.`,
    `Take the user name from ${mdCode(provider.principalClaim)}, but recognise a person by \`iss\` and \`sub\` together: names and e-mail addresses change hands.`,
  ]
  if (provider.tls.kind === 'own-ca') {
    list.push(`Let it trust the certificate authority (\`ca.crt\` of ${mdCode(provider.tls.secretClass)}, PEM).`)
  }
  list.push(`Open ${mdCode(product.url)} and sign in.`)
  return list
}
