import { isNested } from '../../claim-path.ts'
import { kindTitles } from '../../config/product-titles.ts'
import type { ClientAuthenticationMethod } from '../../config/schema.ts'
import { type Comment, comment, type EnvEntry, envEntry, mdCode } from '../../formats.ts'
import type {
  ExpectedVariable,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  Rendering,
} from '../contract.ts'
import { environmentFile } from '../writing/environment-file.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { claimCode, claimName } from '../writing/groups-claim.ts'
import { codes } from '../writing/markdown.ts'
import { error } from '../writing/problem.ts'
import { soleProvider } from '../writing/provider-facts.ts'
import { oidcClient } from './client.ts'

const title = kindTitles.oidc

/** Any application that speaks OpenID Connect: its settings as variables, for a library to read. */
export const oidc: ProductDescription<'oidc'> = {
  title,
  client: oidcClient,
  people: {
    withoutEmail: 'unknown',
    unverifiedEmail: 'unknown',
    unsaidEmail: 'unknown',
    withoutGroups: 'unknown',
    singleGroup: 'unknown',
    refresh: 'unknown',
  },
  accepts: {
    classes: { oidc: { most: 1, why: 'client.env describes one provider' } },
    skipsVerification: ['oidc'],
  },
  ignores: { roles: 'your application reads the groups and decides itself' },
  problems,
  render,
}

function problems(input: ProductInput): ProductProblem[] {
  return redirectProblems(input)
}

function redirectProblems({ product, path }: ProductInput): ProductProblem[] {
  const problems: ProductProblem[] = []
  // A program with tokens of its own may be one that nobody signs in to.
  if (product.redirectUris.length === 0 && product.grantTypes.length === 0) {
    problems.push(
      error(path, 'needs redirectUris: the address to which people return, often url followed by /callback'),
    )
  }
  for (const key of ['redirectUris', 'postLogoutRedirectUris'] as const) {
    product[key].forEach((uri, index) => {
      if (!uri.includes('#')) return
      problems.push(
        error(
          [...path, key, index],
          'contains a fragment, which no redirect URI may have (RFC 6749): remove the part from # on',
        ),
      )
    })
  }
  return problems
}

function render(input: ProductInput): Rendering {
  const provider = soleProvider(input)
  const variables = clientEnv(input, provider)
  return {
    files: [environmentFile('client.env', variables)],
    variables: hasSecret(provider) ? clientVariables(input, provider) : idVariables(input, provider),
    notes: {
      // Gatehouse sends them whenever its scope is requested, with or without teams.
      claims:
        provider.wantsGroups || provider.scopes.includes('groups')
          ? [`${claimCode(provider.groupsClaim)} (a list of strings)`]
          : [],
      needsAudience: true,
      steps: steps(input, provider),
    },
  }
}

function hasSecret({ clientAuthenticationMethod: method }: Provider): boolean {
  return method.startsWith('client_secret_')
}

/** Without a secret: a public client, or one with a key. */
function idVariables(input: ProductInput, provider: Provider): ExpectedVariable[] {
  return clientVariables(input, provider).filter(({ name }) => name !== provider.secretVariable)
}

const openings: Readonly<Partial<Record<ClientAuthenticationMethod, string>>> = {
  none: 'Written by `gatehouse render`. The client is public: it has no secret, and needs PKCE with S256.',
  private_key_jwt:
    'Written by `gatehouse render`. The client has no secret: it proves itself with the private key that only it knows.',
}

function clientEnv({ product }: ProductInput, provider: Provider): (Comment | EnvEntry)[] {
  const method = provider.clientAuthenticationMethod
  const entries: (Comment | EnvEntry)[] = [
    comment(
      openings[method] ??
        'Written by `gatehouse render`, without secrets: OIDC_CLIENT_SECRET_VARIABLE names the variable that holds the client secret.',
    ),
    envEntry('OIDC_ISSUER', provider.issuer),
    envEntry('OIDC_DISCOVERY_URL', provider.discoveryUrl),
    envEntry('OIDC_CLIENT_ID', provider.clientId),
    ...(hasSecret(provider) ? [envEntry('OIDC_CLIENT_SECRET_VARIABLE', provider.secretVariable)] : []),
    envEntry('OIDC_CLIENT_AUTHENTICATION_METHOD', method),
    envEntry('OIDC_SCOPES', provider.scopes.join(' ')),
    envEntry('OIDC_PRINCIPAL_CLAIM', provider.principalClaim),
    envEntry('OIDC_GROUPS_CLAIM', claimName(provider.groupsClaim)),
    envEntry('OIDC_REDIRECT_URIS', product.redirectUris.join(' ')),
    envEntry('OIDC_POST_LOGOUT_REDIRECT_URIS', product.postLogoutRedirectUris.join(' ')),
  ]
  if (product.responseTypes) entries.push(envEntry('OIDC_RESPONSE_TYPES', product.responseTypes.join(', ')))
  const parameters = new URLSearchParams(provider.authorizationParameters).toString()
  if (parameters !== '') entries.push(envEntry('OIDC_AUTHORIZATION_PARAMETERS', parameters))
  const { endpoints } = provider
  if (!endpoints) return [...entries, comment('The endpoints are in the discovery document.')]
  return [
    ...entries,
    comment('For libraries that cannot read the discovery document.'),
    envEntry('OIDC_AUTHORIZATION_ENDPOINT', endpoints.authorization),
    envEntry('OIDC_TOKEN_ENDPOINT', endpoints.token),
    envEntry('OIDC_JWKS_URI', endpoints.jwks),
    envEntry('OIDC_USERINFO_ENDPOINT', endpoints.userinfo),
    ...(endpoints.endSession === undefined ? [] : [envEntry('OIDC_END_SESSION_ENDPOINT', endpoints.endSession)]),
  ]
}

function secretStep({ secretVariable, clientAuthenticationMethod: method }: Provider): string {
  const rest = 'use PKCE with `S256`, `state` and `nonce`.'
  if (method === 'none') return `Configure a public client, without a secret, and ${rest}`
  if (method === 'private_key_jwt')
    return `Give it the private key of which the provider has the public part, and ${rest}`
  return `Give it the client secret from the environment variable ${mdCode(secretVariable)}, and ${rest}`
}

function steps({ product }: ProductInput, provider: Provider): string[] {
  const list = [
    'Give the library of your application the values of `client.env`: for most the issuer is enough, because they read the rest from the discovery document.',
    secretStep(provider),
    `Take the user name from ${mdCode(provider.principalClaim)}, but identify a person by \`iss\` and \`sub\` together: names and e-mail addresses change hands.`,
  ]
  if (isNested(provider.groupsClaim)) {
    const [outer, inner] = [provider.groupsClaim.slice(0, -1), provider.groupsClaim.slice(-1)]
    list.push(
      `\`OIDC_GROUPS_CLAIM\` is a path: ${codes(inner)} inside of ${codes(outer)}, from the outside in. If the library knows claims of the token itself only, let the provider send the groups in a claim of their own.`,
    )
  }
  if (provider.tls.kind === 'own-ca') {
    list.push(`Make it trust the certificate authority (\`ca.crt\` of ${mdCode(provider.tls.secretClass)}, PEM).`)
  }
  if (provider.tls.kind === 'unverified') {
    list.push(
      '`client.env` does not say that the certificate is not checked: set that in your library, if it can do so.',
    )
  }
  list.push(`Open ${mdCode(product.url)} and sign in.`)
  return list
}
