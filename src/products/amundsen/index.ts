import { kindTitles } from '../../config/product-titles.ts'
import { mdCode, writeJson } from '../../formats.ts'
import type {
  ExpectedVariable,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  RenderedFile,
  Rendering,
} from '../contract.ts'
import { addressProblem } from '../writing/addresses.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { codes } from '../writing/markdown.ts'
import { error, warning } from '../writing/problem.ts'
import { soleProvider } from '../writing/provider-facts.ts'
import { amundsenClient, secretVariable } from './client.ts'
import {
  clientOf,
  clientSecretsFile,
  clientSecretsTemplate,
  environmentFiles,
  ownClients,
  services,
} from './environment.ts'
import { helmValues } from './helm.ts'
import { amundsenModule } from './module.ts'

const title = kindTitles.amundsen
const template = 'client_secrets.template.json'
const directoryScopes = {
  google: 'https://www.googleapis.com/auth/directory.readonly',
  okta: 'okta.users.read',
} as const

/** Amundsen with flaskoidc around its three services, and a module for what flaskoidc lacks. */
export const amundsen: ProductDescription<'amundsen'> = {
  title,
  client: amundsenClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'unknown',
    unsaidEmail: 'unknown',
    withoutGroups: 'gets in',
    singleGroup: 'no groups are read',
    refresh: 'unknown',
  },
  accepts: {
    classes: { oidc: { most: 1, why: 'flaskoidc signs in at one OpenID Connect provider' } },
    skipsVerification: [],
  },
  ignores: {
    roles: 'Amundsen has no roles: everybody who signs in may read and edit descriptions',
    groupsClaim: 'Amundsen does not look at groups',
  },
  problems,
  render,
}

function problems(input: ProductInput<'amundsen'>): ProductProblem[] {
  return [
    ...urlProblems(input),
    ...clientProblems(input),
    ...input.providers.flatMap((provider) => [
      ...(input.options.flaskoidc === '0' ? olderProblems(provider) : newerProblems(input)),
      ...profileProblems(input, provider),
    ]),
  ]
}

function urlProblems(input: ProductInput<'amundsen'>): ProductProblem[] {
  const { product, path } = input
  const { metadataUrl = '', searchUrl = '' } = input.options
  const others = Object.entries({ metadataUrl, searchUrl }).filter(([, url]) => url !== '')
  const problems = others.flatMap(([key, url]) => addressProblem([...path, 'amundsen', key], url))
  const { pathname } = new URL(product.url)
  if (pathname === '/') return problems
  return [
    ...problems,
    error([...path, 'url'], `Amundsen answers at the root of a host, not below ${pathname}: give it its own host name`),
  ]
}

function clientProblems(input: ProductInput<'amundsen'>): ProductProblem[] {
  const at = [...input.path, 'amundsen', 'clients']
  return ownClients(input).flatMap(([service, name]) => {
    if (input.providers.some(({ vendor }) => vendor.isOurs)) {
      return [
        error(
          [...at, service],
          'Gatehouse knows one client for each product: remove it, the three services share that client',
        ),
      ]
    }
    if (input.clientOf(name).secretIsConfigured) return []
    return [
      error([...at, service], `the entry ${name} under \`secrets\` is not a client: add clientId and clientSecret`),
    ]
  })
}

function newerProblems(input: ProductInput<'amundsen'>): ProductProblem[] {
  if (input.options.verifyTokens) return []
  return [
    warning(
      'tokens-unchecked',
      [...input.path, 'amundsen', 'verifyTokens'],
      'without it the metadata and search services accept any JSON text with a date in the future as a token (flaskoidc 1.x checks nothing else): let only the frontend reach them',
    ),
  ]
}

function olderProblems(provider: Provider): ProductProblem[] {
  const problems: ProductProblem[] = []
  const way = "use flaskoidc 1.x (amundsen.flaskoidc: '1'), or give the product the class gatehouse"
  if (!provider.endpoints) {
    problems.push(
      error(
        provider.path,
        `flaskoidc 0.x cannot read the discovery document of ${provider.className}: write authenticationClasses.${provider.className}.oidc.endpoints, or ${way}`,
      ),
    )
  }
  if (provider.vendor.introspection?.(provider.issuer, provider.endpoints) === undefined) {
    problems.push(
      error(
        provider.path,
        `flaskoidc 0.x asks the provider about the token on every request (RFC 7662), but the address for that at ${provider.className} is not known: ${way}`,
      ),
    )
  }
  if (provider.kind === 'okta' && !/^[A-Za-z0-9._-]+$/.test(provider.clientId)) {
    problems.push(
      error(
        provider.path,
        `the older chart puts the client id into JSON without escaping it, and ${JSON.stringify(provider.clientId)} would break it: write the id as Okta shows it`,
      ),
    )
  }
  for (const scope of provider.scopes.filter((text) => text.includes(','))) {
    problems.push(
      error(
        provider.path,
        `flaskoidc 0.x reads the scope ${JSON.stringify(scope)} as several: its scopes cannot contain commas`,
      ),
    )
  }
  if (Object.keys(provider.authorizationParameters).length > 0) {
    problems.push(
      warning(
        'setting-ignored',
        [...provider.path, 'oidc', 'authorizationParameters'],
        'is ignored: flaskoidc 0.x cannot send custom parameters to the authorization endpoint',
      ),
    )
  }
  return problems
}

function profileProblems(input: ProductInput<'amundsen'>, provider: Provider): ProductProblem[] {
  const { profiles } = input.options
  const at = [...input.path, 'amundsen', 'profiles']
  if (profiles === 'token') return userinfoProblems(provider)
  if (provider.kind !== profiles) {
    return [
      error(
        at,
        `${profiles} needs tokens of ${profiles === 'google' ? 'Google' : 'Okta'}, but people sign in at ${provider.className}: write profiles: token, or a class with that providerHint`,
      ),
    ]
  }
  const problems: ProductProblem[] = []
  if (!provider.scopes.includes(directoryScopes[profiles])) {
    problems.push(
      error(
        at,
        `${profiles} needs the scope ${directoryScopes[profiles]}, which is not requested: add it to oidc.extraScopes`,
      ),
    )
  }
  if (profiles === 'okta' && new URL(provider.issuer).pathname !== '/') {
    problems.push(
      error(
        at,
        `Okta's Users API accepts tokens of the org server only, but the issuer is ${provider.issuer}: remove rootPath, or write profiles: token`,
      ),
    )
  }
  return problems
}

function userinfoProblems({ vendor, kind, path, principalClaim, className }: Provider): ProductProblem[] {
  const { userinfoClaims: claims, title } = vendor
  if (!claims || claims.includes(principalClaim)) return []
  const consequence = 'so users are shown without names and are not created'
  return [
    warning(
      'principal-claim-unused',
      path,
      kind === 'entra'
        ? `Microsoft's userinfo endpoint does not return ${principalClaim}, ${consequence}: write principalClaim: email for ${className} and add the optional claim email to the ID token`
        : `the userinfo endpoint of ${title} returns ${claims.join(', ')} and nothing else, ${consequence}: give the product the class gatehouse`,
    ),
  ]
}

function render(input: ProductInput<'amundsen'>): Rendering {
  const provider = soleProvider(input)
  return {
    files: [...environmentFiles(input), ...templateFiles(input), moduleFile(input, provider), helmValues(input)],
    variables: expectedVariables(input, provider),
    notes: {
      claims: [
        `${mdCode(provider.principalClaim)} must be in the ID token itself: flaskoidc looks nowhere else`,
        '`email`, `given_name`, `family_name`, `name` (for the profile)',
      ],
      needsAudience: false,
      steps: steps(input, provider),
    },
  }
}

function templateFiles(input: ProductInput<'amundsen'>): RenderedFile[] {
  const content = clientSecretsTemplate(input)
  return content === undefined ? [] : [{ path: template, content: writeJson(content) }]
}

function moduleFile(input: ProductInput<'amundsen'>, provider: Provider): RenderedFile {
  const { flaskoidc, profiles, verifyTokens } = input.options
  const content = amundsenModule({
    flaskoidc,
    discoveryUrl: provider.discoveryUrl,
    userIdClaim: provider.principalClaim,
    clientIdVariable: provider.clientIdVariable ?? null,
    clientAuthenticationMethod: provider.clientAuthenticationMethod,
    authorizationParameters: provider.authorizationParameters,
    profiles,
    oktaUrl: profiles === 'okta' ? new URL(provider.issuer).origin : null,
    verifyTokens: verifyTokens && flaskoidc === '1',
    secureCookies: input.product.url.startsWith('https:'),
  })
  return { path: 'gatehouse_amundsen.py', content }
}

function expectedVariables(input: ProductInput<'amundsen'>, provider: Provider): ExpectedVariable[] {
  const { flaskoidc, sessions } = input.options
  return [
    {
      name: 'FLASK_OIDC_SECRET_KEY',
      note: 'Signs the session cookies; the same for every replica and every restart. Make one: openssl rand -base64 42',
    },
    ...services.flatMap((service) =>
      clientVariables(input, { ...provider, ...clientOf(input, service) }).map((variable) =>
        service === 'frontend' || input.options.clients[service] === undefined
          ? variable
          : { ...variable, note: `${variable.note} For the ${service} service.` },
      ),
    ),
    ...(sessions === 'shared'
      ? [
          {
            name: 'SQLALCHEMY_DATABASE_URI',
            note: 'The database of the sessions, with its password; one for each service. SQLAlchemy 1.3: mysql://..., postgresql://...',
          },
        ]
      : []),
    ...authorityVariables(provider, flaskoidc),
  ]
}

/** Where the HTTP libraries of both lines look for certificate authorities. */
function authorityVariables({ tls, className }: Provider, flaskoidc: '0' | '1'): ExpectedVariable[] {
  if (tls.kind !== 'own-ca') return []
  const note = `Path of a file (PEM) with the certificate authority of ${className}`
  return [
    { name: 'REQUESTS_CA_BUNDLE', note: `${note}; it replaces the public ones.` },
    ...(flaskoidc === '0' ? [{ name: 'HTTPLIB2_CA_CERTS', note: `${note}, for flaskoidc itself.` }] : []),
  ]
}

function steps(input: ProductInput<'amundsen'>, provider: Provider): string[] {
  const { flaskoidc, sessions, profiles } = input.options
  const { url } = input.product
  return [
    `Install flaskoidc ${flaskoidc === '1' ? '1.x' : '0.2.x'} in the images of all three services (\`pip install 'flaskoidc${flaskoidc === '1' ? '>=1.1.2,<2' : '==0.2.3'}'\`; the build target \`oidc-release\` of Amundsen has 1.x) and \`gatehouse_amundsen.py\` beside it, in a folder that \`PYTHONPATH\` names: \`COPY gatehouse_amundsen.py /opt/gatehouse/\` and \`ENV PYTHONPATH=/opt/gatehouse\` in a Dockerfile.`,
    'Give each service its file: `frontend.env`, `metadata.env`, `search.env`; or install the chart with `-f values.yaml`. If you have your own configuration class, inherit the one here first: `class Mine(gatehouse_amundsen.MetadataSignIn, AtlasConfig)`.',
    'Set the variables of `secrets.env.example` in all three. `FLASK_OIDC_SECRET_KEY` has a public default, with which anybody could sign in as anybody: without the variable a service does not start.',
    helmSecretStep(input),
    ...(flaskoidc === '0'
      ? [
          `In each container, before the service starts: \`python /opt/gatehouse/gatehouse_amundsen.py ${template} ${clientSecretsFile}\` writes the client secret into the file that flaskoidc 0.x reads, mode 0600. The provider must take \`client_secret_post\`.`,
        ]
      : []),
    ...ownClientSteps(input),
    sessions === 'local'
      ? 'Run one replica of the frontend: its tokens are in a file of the container, and a second replica would send people to sign in again and again. For more replicas set `amundsen.sessions: shared`.'
      : 'Create the database of the sessions, one for each service; flaskoidc creates its table.',
    ...(provider.tls.kind === 'own-ca'
      ? [
          `Copy the certificate authority (\`ca.crt\` of ${mdCode(provider.tls.secretClass)}, PEM) to the containers and put its path into ${codes(authorityVariables(provider, flaskoidc).map(({ name }) => name))}.`,
        ]
      : []),
    ...directorySteps(profiles),
    flaskoidc === '1'
      ? "Let only the frontend reach the metadata and search services (a NetworkPolicy). With the chart this is the only protection of the search service: the chart cannot give it a class other than flaskoidc's own, which accepts any JSON text with a date in the future as a token."
      : 'Let only the frontend reach the metadata and search services (a NetworkPolicy).',
    'For profile pages build the frontend with `indexUsers: { enabled: true }` in `config-custom.ts`.',
    `Open ${mdCode(url)} and sign in. ${mdCode(`${url}/api/auth_user`)} then shows who you are.`,
  ]
}

function helmSecretStep(input: ProductInput<'amundsen'>): string {
  if (input.options.flaskoidc === '0') {
    return `With the chart: where \`createOidcSecret\` is true, \`helm upgrade --install ... --set OIDC_CLIENT_SECRET="$${secretVariable}"\` (from chart 1.0.0 on \`frontEnd.OIDC_CLIENT_SECRET\`); where it is false, create the Secret \`oidc-config\` with the finished \`client_secrets.json\` and, as \`OIDC_CLIENT_SECRET\`, the random text for \`FLASK_OIDC_SECRET_KEY\`, which the chart reads there.`
  }
  return 'With the chart, which cannot refer to a Secret: `kubectl create secret generic amundsen-sign-in --from-env-file=secrets.env`, then `kubectl set env deployment/RELEASE-amundsen-frontend --from=secret/amundsen-sign-in`, the same for metadata and search (`kubectl get deployments` names them). It survives upgrades.'
}

function ownClientSteps(input: ProductInput<'amundsen'>): string[] {
  return ownClients(input).map(([service, name]) => {
    const { clientId, secretVariable: own } = input.clientOf(name)
    return `Register the client ${mdCode(clientId)} of the ${service} service as well, and give that service its secret (${mdCode(own)} in \`secrets.env.example\`) as ${mdCode(secretVariable)}.`
  })
}

function directorySteps(profiles: 'token' | 'google' | 'okta'): string[] {
  if (profiles === 'google') {
    return [
      'In the Google Cloud project of the client: **APIs & Services → Library → People API → Enable**. In the Admin console: **Directory → Directory settings → Sharing settings → Contact sharing** on.',
    ]
  }
  if (profiles === 'okta') {
    return [
      'In the Okta application: **Okta API Scopes → okta.users.read → Grant** (and `okta.users.read.self`). Without it Okta ends the sign-in with `access_denied`.',
    ]
  }
  return []
}
