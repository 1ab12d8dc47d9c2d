import { kindTitles } from '../../config/product-titles.ts'
import {
  comment,
  mdCode,
  mdText,
  shellWord,
  type TomlBody,
  tomlKey,
  writeJson,
  writeToml,
  writeYaml,
  type YamlValue,
} from '../../formats.ts'
import type { ExpectedVariable, ProductDescription, ProductInput, ProductProblem, Rendering } from '../contract.ts'
import {
  caPath,
  connectorProblems,
  connectorVariables,
  type DexBroker,
  dexConnectors,
  dexStrangers,
  groupClaims,
  groupsLetIn,
  ownAuthorities,
} from '../dex/connectors.ts'
import { type TreeSyntax, tomlWith, treeWith } from '../extra/files.ts'
import { addressProblem } from '../writing/addresses.ts'
import { fillScript } from '../writing/environment-reference.ts'
import { groupsThatGetIn } from '../writing/groups-that-get-in.ts'
import { error, warning } from '../writing/problem.ts'
import { dexIssuer, kubeflowClient } from './client.ts'
import { extensionProvider, istioResources } from './istio.ts'

const title = kindTitles.kubeflow

/**
 * Kubeflow signs people in at oauth2-proxy, which asks Dex, which asks the providers. All files take the issuer of Dex from one
 * value. `oidc-connector.json` is for Charmed Kubeflow, whose charm writes the rest; the others are for the manifests.
 */
export const kubeflow: ProductDescription<'kubeflow'> = {
  title,
  client: kubeflowClient,
  people: {
    withoutEmail: 'is kept out',
    unverifiedEmail: 'is kept out',
    unsaidEmail: 'is kept out',
    withoutGroups: 'gets in',
    singleGroup: 'counts',
    joinsGroups: 'with commas',
    refresh: 'needs no token',
  },
  accepts: {
    classes: {
      oidc: { most: Number.POSITIVE_INFINITY },
      ldap: { most: Number.POSITIVE_INFINITY },
      github: { most: Number.POSITIVE_INFINITY },
    },
    skipsVerification: ['oidc', 'ldap'],
  },
  ignores: { 'ldapFieldNames.group': 'Dex looks for groups that list a person as `member`' },
  admission: {
    withoutGroups: (input, provider) =>
      groupsLetIn(provider, brokerOf(input)).length > 0 ? 'nobody gets in' : undefined,
    strangers: (input, someClass) => dexStrangers(someClass, brokerOf(input)),
  },
  problems,
  render,
}

/** Where the parts of one Kubeflow are. */
interface Addresses {
  /** The issuer of Dex, in every file. */
  issuer: string
  internal: string
  /** Whether people reach Dex under the host of Kubeflow. */
  sameHost: boolean
  /** `/dex` */
  path: string
}

function addressesOf(input: ProductInput<'kubeflow'>): Addresses {
  const { product, options } = input
  const issuer = dexIssuer(input)
  const { origin, pathname } = new URL(issuer)
  return {
    issuer,
    internal: options.dexInternalUrl,
    sameHost: origin === new URL(product.url).origin,
    path: pathname,
  }
}

function brokerOf(input: ProductInput<'kubeflow'>): DexBroker {
  return {
    issuer: addressesOf(input).issuer,
    allowedGroups: groupsThatGetIn(input, input.options.allowedGroups),
  }
}

function problems(input: ProductInput<'kubeflow'>): ProductProblem[] {
  return [
    ...addressProblems(input),
    ...cookieProblems(input),
    ...connectorProblems(input, brokerOf(input), 'Kubeflow knows'),
  ]
}

function addressProblems(input: ProductInput<'kubeflow'>): ProductProblem[] {
  const { product, path } = input
  const { issuer, internal, sameHost, path: dexPath } = addressesOf(input)
  const problems: ProductProblem[] = []
  const options = [...path, 'kubeflow']
  if (new URL(product.url).pathname !== '/') {
    return [error([...path, 'url'], 'Kubeflow answers at the root of a host only: give it its own host name')]
  }
  if (sameHost && dexPath !== '/dex') {
    problems.push(
      error(
        [...options, 'dexUrl'],
        `Kubeflow sends only requests below /dex/ to Dex: write ${product.url}/dex, or another host`,
      ),
    )
  }
  if (new URL(internal).pathname !== new URL(issuer).pathname) {
    problems.push(
      error(
        [...options, 'dexInternalUrl'],
        `Dex answers below the path of its issuer, ${dexPath}, inside the cluster too: write the same path in dexUrl and dexInternalUrl`,
      ),
    )
  }
  for (const [key, address] of [
    ['dexUrl', issuer],
    ['dexInternalUrl', internal],
  ] as const) {
    problems.push(...addressProblem([...options, key], address))
  }
  return problems
}

/** `APP_SECURE_COOKIES` of the web apps is true unless somebody changes it. */
function cookieProblems({ product, path }: ProductInput<'kubeflow'>): ProductProblem[] {
  if (product.url.startsWith('https:')) return []
  const message =
    'is http, and the web apps of Kubeflow set their CSRF cookie for https only: most browsers do not send it back, and creating a notebook ends with "Could not find CSRF cookie XSRF-TOKEN". Put TLS in front of the gateway, or set APP_SECURE_COOKIES=false in the web apps, for tests only'
  return [warning('cookie-needs-https', [...path, 'url'], message)]
}

const connectorFile = 'oidc-connector.json'

/** Values of `extra`: a text that begins with a dollar is a variable to Dex. */
const dexSyntax: TreeSyntax = {
  text: (text) => (text.includes('$') ? undefined : text),
  variable: (name) => `$${name}`,
}

function render(input: ProductInput<'kubeflow'>): Rendering {
  const addresses = addressesOf(input)
  const connectors = dexConnectors(input, brokerOf(input))
  return {
    files: [
      { path: connectorFile, content: writeJson(connectors) },
      fillScript(connectorFile, {
        about:
          'Charmed Kubeflow: prints oidc-connector.json with secrets from the environment in place of $NAME, for\n`juju config` (REGISTER.md). Run it in the folder of that file.',
        refuse: {
          pattern: '[$]|[{][{]',
          reason: 'contains $ or {{, which Dex would replace: create another secret at the provider',
        },
      }),
      {
        path: 'dex.yaml',
        takesExtra: true,
        content: writeYaml(treeWith(input, 'dex.yaml', dexConfiguration(input, addresses, connectors), dexSyntax), {
          comment:
            'Written by `gatehouse render`: config.yaml of the ConfigMap dex (REGISTER.md). It contains no secret: Dex takes\ntexts that begin with $, and variables named by idEnv, secretEnv and hashFromEnv, from its environment.',
        }),
      },
      {
        path: 'oauth2-proxy.cfg',
        content: writeToml(tomlWith(input, 'oauth2-proxy.cfg', proxyConfiguration(input, addresses))),
        takesExtra: true,
      },
      { path: 'istio.yaml', content: istioResources(addresses), manifest: 'object' },
      { path: 'istiod-values.yaml', content: extensionProvider(), manifest: 'values' },
    ],
    variables: variablesOf(input),
    notes: {
      claims: [
        '`email` (Kubeflow identifies people by it: `kubeflow-userid`, and the owner of a Profile)',
        ...groupClaims(input).map((claim) => `${claim} (a list of strings: \`kubeflow-groups\`)`),
      ],
      needsAudience: false,
      steps: steps(input, addresses),
    },
  }
}

function dexConfiguration(input: ProductInput<'kubeflow'>, { issuer }: Addresses, connectors: YamlValue): YamlValue {
  const password = input.options.staticPasswords
  return {
    issuer,
    storage: { type: 'kubernetes', config: { inCluster: true } },
    web: { http: '0.0.0.0:5556' },
    oauth2: { skipApprovalScreen: true },
    connectors,
    enablePasswordDB: password,
    ...(password
      ? {
          staticPasswords: [
            {
              email: 'user@example.com',
              hashFromEnv: 'DEX_USER_PASSWORD',
              username: 'user',
              userID: '15841185641784',
            },
          ],
        }
      : {}),
    staticClients: [
      {
        idEnv: 'OIDC_CLIENT_ID',
        secretEnv: 'OIDC_CLIENT_SECRET',
        name: 'Kubeflow',
        redirectURIs: ['/oauth2/callback'],
      },
    ],
  }
}

function proxyConfiguration(
  { product }: ProductInput<'kubeflow'>,
  { issuer, internal, sameHost, path }: Addresses,
): TomlBody {
  return [
    comment(
      'Written by `gatehouse render`: oauth2_proxy.cfg of the ConfigMap oauth2-proxy (REGISTER.md). The client and the key of the\ncookie come as OAUTH2_PROXY_CLIENT_ID, OAUTH2_PROXY_CLIENT_SECRET and OAUTH2_PROXY_COOKIE_SECRET.',
    ),
    tomlKey('provider', 'oidc'),
    tomlKey('provider_display_name', 'Dex'),
    tomlKey('oidc_issuer_url', issuer),
    comment('Without discovery the proxy can start before Dex, and calls it inside the cluster.'),
    tomlKey('skip_oidc_discovery', true),
    tomlKey('login_url', sameHost ? `${path}/auth` : `${issuer}/auth`),
    tomlKey('redeem_url', `${internal}/token`),
    tomlKey('oidc_jwks_url', `${internal}/keys`),
    comment('Dex sends groups only on request.'),
    tomlKey('scope', 'openid profile email groups'),
    tomlKey('code_challenge_method', 'S256'),
    tomlKey('insecure_oidc_skip_nonce', false),
    comment('Dex would ask for approval each time (`force`), and a Dex with sessions would refuse `prompt = "none"`.'),
    tomlKey('approval_prompt', 'auto'),
    comment('Relative, so that one Kubeflow can answer under several host names.'),
    tomlKey('redirect_url', '/oauth2/callback'),
    tomlKey('relative_redirect_url', true),
    tomlKey('email_domains', ['*']),
    comment('Istio asks about each request and uses only the answer.'),
    tomlKey('upstreams', ['static://200']),
    ...(sameHost ? [tomlKey('skip_auth_routes', [`^${path}/`])] : []),
    comment('These get 401 instead of a redirect: each background request would begin a sign-in.'),
    tomlKey('api_routes', ['/api/', '/apis/', '^/ml_metadata']),
    tomlKey('skip_provider_button', false),
    comment('Istio gets the ID token of Dex, and takes the e-mail address and the groups from it.'),
    tomlKey('set_authorization_header', true),
    tomlKey('set_xauthrequest', true),
    tomlKey('cookie_name', 'oauth2_proxy_kubeflow'),
    comment('As long as ID tokens of Dex are valid.'),
    tomlKey('cookie_expire', '24h'),
    tomlKey('cookie_refresh', 0),
    tomlKey('cookie_secure', product.url.startsWith('https:')),
    tomlKey('cookie_httponly', true),
    tomlKey('cookie_samesite', 'lax'),
  ]
}

function variablesOf(input: ProductInput<'kubeflow'>): ExpectedVariable[] {
  return [
    ...connectorVariables(input),
    {
      name: 'OIDC_CLIENT_ID',
      note: 'Dex: the client of oauth2-proxy, kubeflow-oidc-authservice unless you changed it.',
    },
    {
      name: 'OIDC_CLIENT_SECRET',
      note: 'Dex: the secret of that client; never empty, or Dex requires none. Make one: openssl rand -hex 32',
    },
    ...(input.options.staticPasswords
      ? [
          {
            name: 'DEX_USER_PASSWORD',
            note: 'Dex: the password of user@example.com, as bcrypt. Make one: htpasswd -nBC 12 user | cut -d: -f2',
          },
        ]
      : []),
    { name: 'OAUTH2_PROXY_CLIENT_ID', note: 'oauth2-proxy: the same as OIDC_CLIENT_ID.' },
    { name: 'OAUTH2_PROXY_CLIENT_SECRET', note: 'oauth2-proxy: the same as OIDC_CLIENT_SECRET.' },
    {
      name: 'OAUTH2_PROXY_COOKIE_SECRET',
      note: "oauth2-proxy: the key of its cookies, 32 bytes. Make one: openssl rand -base64 32 | tr -- '+/' '-_' | tr -d '\\n'",
    },
  ]
}

/** A block of commands; each word is quoted for a shell. */
function commands(...lines: readonly string[]): string {
  return ['```sh', ...lines, '```'].join('\n')
}

function steps(input: ProductInput<'kubeflow'>, addresses: Addresses): string[] {
  const names = connectorVariables(input).map(({ name }) => name)
  return [charmedStep(input, addresses, names), ...manifestSteps(input, addresses, names), ...lastSteps(input)]
}

function charmedStep(input: ProductInput<'kubeflow'>, { issuer }: Addresses, names: readonly string[]): string {
  const authorities = ownAuthorities(input)
  return [
    `**Charmed Kubeflow** takes only ${mdCode(connectorFile)}. Its Dex has no variables, so ${names.map(mdCode).join(', ') || 'no variable'} must be in the environment of your shell: \`oidc-connector.sh\` prints the file with them. Juju then stores them in its configuration in clear text. The script refuses a secret with \`$\`, because Dex 2.41 would replace a part of it.`,
    commands(
      'connectors=$(sh oidc-connector.sh) &&',
      `  juju config dex-auth issuer-url=${shellWord(issuer)} connectors="$connectors"`,
    ),
    'If Dex cannot reach a connector, it stops: `kubectl -n kubeflow logs` of the dex-auth pod says which one. To disable the password of the charm: `juju config dex-auth enable-password-db=false`.',
    ...(authorities.length === 0
      ? []
      : [
          `Its Dex reads certificate authorities only from ${authorities.map((name) => mdCode(caPath(name))).join(', ')}, which the charm cannot mount: give the provider a certificate from a public authority.`,
        ]),
  ].join('\n\n')
}

function manifestSteps(input: ProductInput<'kubeflow'>, { issuer }: Addresses, names: readonly string[]): string[] {
  const list = [
    `**Kubeflow manifests**, from here on. Give the container of Dex ${names.map(mdCode).join(', ') || 'nothing more'} besides the variables of the Secrets \`dex-oidc-client\` and \`dex-passwords\`, each as \`env\` with \`valueFrom.secretKeyRef\`, not optional. Then the container does not start without them; a Dex without \`OIDC_CLIENT_SECRET\` lets its client in without a secret. Change the public defaults of \`OIDC_CLIENT_SECRET\` and of the Secret \`oauth2-proxy\` (\`client-secret\`, \`cookie-secret\`).`,
  ]
  for (const name of ownAuthorities(input)) {
    list.push(
      `Mount the certificate authority ${mdCode(name)} (its \`ca.crt\`, PEM) into the folder ${mdCode(`/etc/dex/ca/${name}`)} of Dex. It does not start without the file.`,
    )
  }
  list.push(
    [
      'Replace the two configurations and the rules of Istio:',
      commands(
        'kubectl -n auth create configmap dex --from-file=config.yaml=dex.yaml --dry-run=client -o yaml | kubectl apply -f -',
        'kubectl -n oauth2-proxy create configmap oauth2-proxy --from-file=oauth2_proxy.cfg=oauth2-proxy.cfg --dry-run=client -o yaml | kubectl apply -f -',
        'kubectl apply -f istio.yaml',
        'kubectl -n auth rollout restart deployment dex',
        'kubectl -n oauth2-proxy rollout restart deployment oauth2-proxy',
      ),
      'In a checkout of the manifests they replace `common/dex/overlays/oauth2-proxy/config-map.yaml` (its `config.yaml`), `common/oauth2-proxy/base/oauth2_proxy.cfg` and `common/oauth2-proxy/components/istio-external-auth/`.',
    ].join('\n\n'),
    'The ConfigMap `oauth2-proxy-parameters` overrides `oauth2-proxy.cfg`: write `FORCE_HTTPS=true` if people use https, and `ALLOW_SELF_SIGNED_ISSUER=false`.',
    '`istiod-values.yaml` tells Istio about oauth2-proxy. The overlay `oauth2-proxy` of the manifests already contains it; with Helm: `helm upgrade istiod istio/istiod -n istio-system --reuse-values -f istiod-values.yaml`.',
    `The issuer ${mdCode(issuer)} is now in \`dex.yaml\`, \`oauth2-proxy.cfg\`, \`istio.yaml\` and every \`redirectURI\`. If you named it in a \`RequestAuthentication\` of your own or in \`EXTRA_JWT_ISSUERS\`, change it there too.`,
  )
  return list
}

function lastSteps({ product, classes }: ProductInput<'kubeflow'>): string[] {
  return [
    'Each person needs a `Profile` whose `spec.owner.name` is their e-mail address, exactly as the provider writes it.',
    `Open ${mdCode(product.url)}, sign in${classes.length > 1 ? ' (Dex lets you choose)' : ` at ${classes.map(({ className }) => mdText(className)).join()}`}, and look at the name in the corner. Only the log of Dex says why a sign-in failed: \`kubectl -n auth logs deploy/dex\`, \`failed to authenticate\`.`,
  ]
}
