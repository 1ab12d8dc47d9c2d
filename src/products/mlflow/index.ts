import { kindTitles } from '../../config/product-titles.ts'
import { type Comment, comment, type EnvEntry, envEntry, mdCode } from '../../formats.ts'
import type {
  ExpectedVariable,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  Rendering,
} from '../contract.ts'
import { variablesFile } from '../extra/files.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { claimCode, claimName, nestedClaimProblems } from '../writing/groups-claim.ts'
import { isSlashGuessed } from '../writing/issuer-guess.ts'
import { error, warning } from '../writing/problem.ts'
import { nameForPeople, soleProvider } from '../writing/provider-facts.ts'
import { roleTexts, textProblems } from '../writing/replaced-texts.ts'
import {
  groupClaimProblems,
  groupsByRole,
  groupsWithRoles,
  hasRoles,
  isDecidedElsewhere,
  unknownRoles,
} from '../writing/roles.ts'
import { mlflowClient, secretVariable } from './client.ts'

const title = kindTitles.mlflow

/** MLflow with the plugin mlflow-oidc-auth, configured by variables. MLflow itself knows passwords only. */
export const mlflow: ProductDescription<'mlflow'> = {
  title,
  client: mlflowClient,
  people: {
    withoutEmail: 'unknown',
    unverifiedEmail: 'unknown',
    unsaidEmail: 'unknown',
    withoutGroups: 'is kept out',
    singleGroup: 'unknown',
    refresh: 'needs no token',
  },
  accepts: {
    classes: { oidc: { most: 1, why: 'MLflow signs in at one OpenID Connect provider' } },
    skipsVerification: [],
  },
  admission: {
    withoutGroups: () => 'nobody gets in',
    strangers: () => undefined,
  },
  problems,
  render,
}

function problems(input: ProductInput<'mlflow'>): ProductProblem[] {
  return [
    ...urlProblems(input),
    ...unknownRoles(input, (role) => role === 'admin' || role === 'user', 'admin or user'),
    ...roleProblems(input),
    // People who are in no group do not get in.
    ...groupClaimProblems(input, true),
    ...nestedClaimProblems(input.providers, { title }),
    ...input.providers.flatMap((provider) => providerProblems(input, provider)),
    ...input.providers.flatMap(listProblems),
  ]
}

function urlProblems({ product, path }: ProductInput<'mlflow'>): ProductProblem[] {
  const { pathname } = new URL(product.url)
  if (pathname === '/') return []
  return [
    warning(
      'path-needs-proxy',
      [...path, 'url'],
      `MLflow below a path needs a proxy that sends X-Forwarded-Prefix: ${pathname}; without it people land outside the path after the sign-in`,
    ),
  ]
}

function oidcAuth({ options }: ProductInput<'mlflow'>): number {
  return Number(options.oidcAuth)
}

/** The plugin splits lists at commas and trims blanks. */
function isListItem(text: string): boolean {
  return !text.includes(',') && text.trim() === text
}

function roleProblems(input: ProductInput<'mlflow'>): ProductProblem[] {
  const { path } = input
  const problems = textProblems(
    roleTexts(input),
    (text) => !isListItem(text),
    'contains a comma, or a blank at one end, where MLflow would cut it: rename the group',
  )
  if (isDecidedElsewhere(input)) return problems
  if (!hasRoles(input)) {
    problems.push(
      warning(
        'roles-missing',
        path,
        'has no roles: only members of the group mlflow get in, and those of mlflow-admin may do everything (defaults of the plugin). Add roles (team: [user], team: [admin])',
      ),
    )
  } else if (!groupsByRole(input).has('admin')) {
    problems.push(
      warning('admin-missing', [...path, 'roles'], 'makes nobody an administrator: add a group with the role admin'),
    )
  }
  return problems
}

function providerProblems(input: ProductInput<'mlflow'>, provider: Provider): ProductProblem[] {
  const { vendor, path, className } = provider
  const { idToken, userinfo } = vendor.groups.where
  const problems: ProductProblem[] = []
  if (idToken === 'never' && userinfo !== 'never' && oidcAuth(input) < 8) {
    problems.push(
      error(
        path,
        `mlflow-oidc-auth 7 reads groups from the ID token, where ${className} has none: use mlflow-oidc-auth 8 or later (mlflow.oidcAuth), or the class gatehouse`,
      ),
    )
  }
  return problems
}

function listProblems({ scopes, principalClaim, className, path }: Provider): ProductProblem[] {
  const problems = scopes
    .filter((scope) => scope.includes(','))
    .map((scope) =>
      error(path, `MLflow reads the scope ${JSON.stringify(scope)} as several: its scopes cannot contain commas`),
    )
  if (!isListItem(principalClaim)) {
    problems.push(
      error(
        ['authenticationClasses', className, 'oidc', 'principalClaim'],
        'MLflow reads it as a list: it cannot contain commas, or blanks at its ends',
      ),
    )
  }
  return problems
}

function render(input: ProductInput<'mlflow'>): Rendering {
  const provider = soleProvider(input)
  return {
    files: [
      variablesFile(input, 'mlflow.env', environment(input, provider), {
        expected: ['SECRET_KEY', 'OIDC_CLIENT_SECRET'],
      }),
    ],
    variables: [
      {
        name: 'SECRET_KEY',
        note: 'Signs the sessions; the same for every replica and every restart. Make one: openssl rand -hex 32',
      },
      ...clientVariables(input, provider),
      ...audienceVariables(provider),
      ...(provider.tls.kind === 'own-ca'
        ? [
            {
              name: 'SSL_CERT_FILE',
              note: `Path of a file (PEM) with the certificate authority of ${provider.className} and all others that MLflow needs.`,
            },
          ]
        : []),
    ],
    notes: {
      claims: [`${claimCode(provider.groupsClaim)} (a list of strings, in the ID token)`, '`sub`, `name`'],
      needsAudience: false,
      steps: steps(input, provider),
    },
  }
}

function environment(input: ProductInput<'mlflow'>, provider: Provider): (Comment | EnvEntry)[] {
  const { product } = input
  return [
    comment('Written by `gatehouse render`: for `mlflow server --app-name oidc-auth`, with secrets.env (REGISTER.md).'),
    envEntry('OIDC_PROVIDER_DISPLAY_NAME', `Sign in with ${nameForPeople(provider)}`),
    envEntry('OIDC_DISCOVERY_URL', provider.discoveryUrl),
    ...clientIdEntries(provider),
    envEntry('OIDC_REDIRECT_URI', `${product.url}/callback`),
    envEntry('OIDC_SCOPE', provider.scopes.join(' ')),
    envEntry('OIDC_CODE_CHALLENGE', 'S256'),
    ...issuerEntries(provider),
    envEntry('OIDC_USERNAME_FIELD', provider.principalClaim),
    envEntry('OIDC_GROUPS_ATTRIBUTE', claimName(provider.groupsClaim)),
    ...userinfoEntries(input, provider),
    ...groupEntries(input),
    ...(product.url.startsWith('https:') ? [envEntry('SESSION_COOKIE_SECURE', 'true')] : []),
  ]
}

/** A file of variables cannot refer to others, so an id from a variable comes under the plugin's names. */
function clientIdEntries({ clientId, clientIdVariable }: Provider): EnvEntry[] {
  if (clientIdVariable !== undefined) return []
  return [envEntry('OIDC_CLIENT_ID', clientId), envEntry('OIDC_AUDIENCE', clientId)]
}

function audienceVariables({ clientIdVariable, secretName }: Provider): ExpectedVariable[] {
  if (clientIdVariable === undefined) return []
  const from = secretName === undefined ? {} : { from: { secretName, key: 'clientId' } }
  return [
    {
      name: 'OIDC_AUDIENCE',
      note: 'The client id again: tokens in requests must be for MLflow.',
      ...from,
    },
  ]
}

/** The plugin compares it with the provider's answer, and an issuer at the root of a host may or may not end in a slash. */
function issuerEntries(provider: Provider): (Comment | EnvEntry)[] {
  if (!isSlashGuessed(provider)) return [envEntry('OIDC_ISSUER', provider.issuer)]
  return [
    comment(
      'Add OIDC_ISSUER exactly as in the discovery document: Gatehouse does not know whether it ends in a slash.',
    ),
  ]
}

function userinfoEntries(input: ProductInput<'mlflow'>, { vendor }: Provider): (Comment | EnvEntry)[] {
  if (vendor.groups.where.idToken === 'always' || oidcAuth(input) < 8) return []
  return [
    comment('The ID tokens of this provider may have no groups; then the plugin asks its userinfo endpoint.'),
    envEntry('OIDC_USERINFO_GROUPS', 'true'),
  ]
}

/** Always both variables: the default of a missing one would let others in. */
function groupEntries(input: ProductInput<'mlflow'>): (Comment | EnvEntry)[] {
  if (!hasRoles(input)) return []
  return [
    comment('Who may sign in, and who may do everything.'),
    envEntry('OIDC_GROUP_NAME', groupsWithRoles(input).join(',')),
    envEntry('OIDC_ADMIN_GROUP_NAME', (groupsByRole(input).get('admin') ?? []).join(',')),
  ]
}

function steps(input: ProductInput<'mlflow'>, provider: Provider): string[] {
  const { product } = input
  const list = [
    `Install the plugin into the environment of MLflow, with Python 3.12 or later: ${mdCode(`pip install 'mlflow-oidc-auth==${oidcAuth(input)}.*'`)}.`,
    `Set the variables of \`mlflow.env\` and of \`secrets.env.example\` in the environment of MLflow, the same for every replica. The plugin reads the client secret from ${mdCode(secretVariable)} and nowhere else.`,
  ]
  if (provider.tls.kind === 'own-ca') {
    list.push(
      `Add the certificate authority (\`ca.crt\` of ${mdCode(provider.tls.secretClass)}, PEM) to a copy of the public ones and put the path of that file into \`SSL_CERT_FILE\`; or install it into the trust store of the operating system.`,
    )
  }
  if (product.url.startsWith('https:')) {
    list.push(
      'The proxy in front must set `X-Forwarded-Proto: https` and `X-Forwarded-Host`; set `TRUSTED_PROXIES` to its address, because otherwise the plugin trusts everybody.',
    )
  }
  list.push(
    'Set `OIDC_USERS_DB_URI` to a persistent database (default: `sqlite:///auth.db` in the working directory), and start `mlflow server --app-name oidc-auth` with your other options.',
    `Open ${mdCode(product.url)} and click the button.`,
  )
  return list
}
