import {
  comment,
  mdCode,
  type PyStatement,
  type PyValue,
  pyAssign,
  pyDict,
  pyEnvironment,
  pyImport,
  pyName,
  writePython,
} from '../formats.ts'
import { error, soleProvider, warning } from './checks.ts'
import type { ProductDescription, ProductInput, ProductProblem, Provider, Rendering } from './contract.ts'
import { protocolBase } from './protocol-base.ts'
import { caFileVariable, caVariableName, clientVariables } from './secrets-example.ts'

const title = 'Superset'
const versions = { oldest: '4.0.0', newest: '6.1.0', parts: 2 }

/**
 * Flask-AppBuilder picks its parser by the NAME of the provider, and there is one for `keycloak` only: any other OpenID Connect
 * provider would need Python of its own. Gatehouse answers where that parser asks. The name is also part of the callback.
 */
const providerName = 'keycloak'

/** Superset: one Python file, complete as SUPERSET_CONFIG_PATH, or run after an operator's own. */
export const superset: ProductDescription = {
  kind: 'superset',
  title,
  versions,
  // Two names with that parser exist, but both would make the same account out of the same user name.
  classes: {
    oidc: { most: 1, why: 'Superset tells people of two providers apart by user name only, so it takes one' },
  },
  follows: ['roles', 'extraScopes'],
  skipsVerification: [],
  redirectUris: ({ url }) => [`${url}/oauth-authorized/${providerName}`],
  // /logout/ ends the session in Superset only.
  postLogoutRedirectUris: () => [],
  grantTypes: ['authorization_code'],
  clientAuthenticationMethods: ['client_secret_basic', 'client_secret_post'],
  sendsPkce: true,
  problems,
  render,
}

function problems(input: ProductInput): ProductProblem[] {
  return [
    ...input.providers.flatMap((provider) => providerProblems(input, provider)),
    ...roleProblems(input),
    ...urlProblems(input),
  ]
}

function providerProblems(input: ProductInput, provider: Provider): ProductProblem[] {
  const found: ProductProblem[] = []
  if (provider.principalClaim !== 'preferred_username') {
    found.push(
      error(
        provider.path,
        `Superset always takes the user name from preferred_username, but principalClaim of ${provider.className} is ${provider.principalClaim}: write preferred_username there (and let the provider send the wanted name under it), or give the product the class gatehouse`,
      ),
    )
  }
  if (provider.kind === 'unknown') {
    found.push(
      warning(
        provider.path,
        `Superset asks ${protocolBase(provider.issuer)}openid-connect/userinfo, which only a Keycloak and Gatehouse answer: write providerHint: Keycloak if ${provider.className} is one; else give the product the class gatehouse`,
      ),
    )
  }
  if (provider.kind !== 'gatehouse' && !provider.wantsGroups && hasRoles(input)) {
    found.push(
      warning(
        provider.path,
        'roles are given by the claim groups, but the scope groups is not asked for: add oidc.extraScopes: [groups], unless the provider sends the claim anyway',
      ),
    )
  }
  if (!provider.scopes.includes('profile')) {
    found.push(warning(provider.path, 'the scope profile is not asked for: preferred_username usually comes with it'))
  }
  return found
}

function hasRoles({ product }: ProductInput): boolean {
  return Object.keys(product.roles).length > 0
}

function roleProblems(input: ProductInput): ProductProblem[] {
  if (hasRoles(input)) return []
  return [
    warning(
      input.path,
      'has no roles: everybody who signs in gets the role Public, which sees nothing. Add roles (team: [Alpha]), or give roles in Superset by hand',
    ),
  ]
}

function urlProblems({ product, path }: ProductInput): ProductProblem[] {
  const { pathname } = new URL(product.url)
  if (pathname === '/') return []
  return [
    warning(
      [...path, 'url'],
      `Superset below a path needs a proxy that sends X-Forwarded-Prefix: ${pathname}; without it the redirect URI lacks the path`,
    ),
  ]
}

function render(input: ProductInput): Rendering {
  const provider = soleProvider(input)
  return {
    files: [{ path: 'superset_config.py', content: writePython(configModule(input, provider)) }],
    variables: [
      {
        name: 'SUPERSET_SECRET_KEY',
        note: 'Signs the session cookies; the same for every replica and every restart. Make one: openssl rand -base64 42',
      },
      ...clientVariables(input, provider),
      ...caFileVariable(provider),
    ],
    notes: {
      claims: [
        '`given_name`, `family_name`, `email`',
        ...(hasRoles(input) ? ['`groups` (a list of texts, for roles)'] : []),
      ],
      needsAudience: false,
      steps: steps(input, provider),
    },
  }
}

function configModule(input: ProductInput, provider: Provider): PyStatement[] {
  return [
    comment(
      'Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.',
    ),
    pyImport('os'),
    comment(''),
    pyImport('AUTH_OAUTH', 'flask_appbuilder.security.manager'),
    comment(''),
    comment('No default on purpose: a known key lets anybody sign a session (CVE-2023-27524).'),
    pyAssign('SECRET_KEY', pyEnvironment('SUPERSET_SECRET_KEY')),
    comment(''),
    pyAssign('AUTH_TYPE', pyName('AUTH_OAUTH')),
    pyAssign('AUTH_USER_REGISTRATION', true),
    comment('Everybody has this role, in addition to those of AUTH_ROLES_MAPPING.'),
    pyAssign('AUTH_USER_REGISTRATION_ROLE', 'Public'),
    ...roleStatements(input),
    comment(''),
    pyAssign('OAUTH_PROVIDERS', [oauthProvider(provider)]),
    ...proxyStatements(input),
  ]
}

function roleStatements(input: ProductInput): PyStatement[] {
  if (!hasRoles(input)) {
    return [
      comment(
        'No roles in the Gatehouse configuration: True would take away, at each sign-in, what was given by hand.',
      ),
      pyAssign('AUTH_ROLES_SYNC_AT_LOGIN', false),
    ]
  }
  return [
    pyAssign('AUTH_ROLES_SYNC_AT_LOGIN', true),
    comment('Group as the provider writes it -> roles of Superset, always a list.'),
    pyAssign('AUTH_ROLES_MAPPING', pyDict(Object.entries(input.product.roles))),
  ]
}

function oauthProvider(provider: Provider): PyValue {
  const client: [string, PyValue][] = [
    ['scope', provider.scopes.join(' ')],
    ['code_challenge_method', 'S256'],
    ['token_endpoint_auth_method', provider.clientAuthenticationMethod],
  ]
  if (provider.tls.kind === 'own-ca') client.push(['verify', pyEnvironment(caVariableName(provider.className))])
  return pyDict([
    ['name', providerName],
    ['icon', 'fa-key'],
    ['token_key', 'access_token'],
    [
      'remote_app',
      pyDict([
        ['client_id', provider.clientId],
        ['client_secret', pyEnvironment(provider.secretVariable)],
        ['server_metadata_url', provider.discoveryUrl],
        ['api_base_url', protocolBase(provider.issuer)],
        ['client_kwargs', pyDict(client)],
      ]),
    ],
  ])
}

function proxyStatements({ product }: ProductInput): PyStatement[] {
  if (!product.url.startsWith('https:')) return []
  return [
    comment(''),
    comment('TLS ends at a proxy: without this the redirect URI would begin with http.'),
    pyAssign('ENABLE_PROXY_FIX', true),
    pyAssign('SESSION_COOKIE_SECURE', true),
  ]
}

function steps(input: ProductInput, provider: Provider): string[] {
  const list = [
    'Install `Authlib` into the environment of Superset (`pip install authlib`); most images lack it.',
    'Set `SUPERSET_CONFIG_PATH` to the absolute path of `superset_config.py`. If you have a configuration of your own, keep it and end it with `exec(open("/path/to/rendered/superset_config.py").read())`; do not set `SECRET_KEY`, `AUTH_TYPE`, `AUTH_ROLES_...` or `OAUTH_PROVIDERS` elsewhere.',
    'Set the variables of `secrets.env.example` in the environment of Superset, the same for every replica. With two different values of `SUPERSET_SECRET_KEY` a sign-in ends with `mismatching_state`. A Superset that had another key needs `superset re-encrypt-secrets`.',
  ]
  if (provider.tls.kind === 'own-ca') {
    list.push(
      `Copy the certificate authority (\`ca.crt\` of ${mdCode(provider.tls.secretClass)}, PEM) to the machine and put its path into ${mdCode(caVariableName(provider.className))}.`,
    )
  }
  if (input.product.url.startsWith('https:')) {
    list.push(
      'The proxy in front must set `X-Forwarded-For`, `X-Forwarded-Proto: https` and `X-Forwarded-Host`; an `X-Forwarded-Port` must be the public one. Nobody may reach Superset around it.',
    )
  }
  list.push(
    'Run `superset db upgrade` and `superset init` once (it makes the roles Admin, Alpha, Gamma and sql_lab), then start it and wait until `/health` answers `OK`.',
    `Open ${mdCode(`${input.product.url}/login/`)} and take the button. The first person who needs Admin must be in a group that \`roles\` gives Admin.`,
  )
  return list
}
