import { kindTitles } from '../../config/product-titles.ts'
import { csvLine, type Data, jsonLine, mdCode, mdText, writeYaml, type YamlValue } from '../../formats.ts'
import { dataOf, secretNameOf, secretNameProblems, secretStep, secretVariables, userInfoPath } from '../argo/index.ts'
import type {
  GitHubProvider,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  RenderedFile,
  Rendering,
} from '../contract.ts'
import { connectorsIn, emailProblems } from '../dex/connectors.ts'
import { claimName, nestedClaimProblems } from '../writing/groups-claim.ts'
import { error, warning } from '../writing/problem.ts'
import { nameForPeople } from '../writing/provider-facts.ts'
import { clientTexts, type NamedText, providerTexts, textProblems, titleTexts } from '../writing/replaced-texts.ts'
import { groupClaimProblems, groupsClaims, hasRoles, severalProviderProblems, unknownRoles } from '../writing/roles.ts'
import { argoCdClient, usesDex } from './client.ts'

const title = kindTitles['argo-cd']

/** Argo CD: patches of its ConfigMaps. One OpenID provider directly; GitHub, or several, through its own Dex. */
export const argoCd: ProductDescription<'argo-cd'> = {
  title,
  client: argoCdClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in without a role',
    singleGroup: 'counts',
    refresh: 'needs no token',
  },
  accepts: {
    classes: { oidc: { most: 9 }, github: { most: 9 } },
    skipsVerification: ['oidc'],
  },
  problems,
  render,
}

type Client = Provider | GitHubProvider

function clientsOf({ classes }: ProductInput<'argo-cd'>): Client[] {
  return classes.filter((someClass) => someClass.type === 'oidc' || someClass.type === 'github')
}

function problems(input: ProductInput<'argo-cd'>): ProductProblem[] {
  return [
    ...secretNameProblems(input, clientsOf(input)),
    ...groupClaimProblems(input),
    ...(hasRoles(input)
      ? nestedClaimProblems(input.providers, { title: usesDex(input.product) ? 'its Dex' : title })
      : []),
    ...unknownRoles(input, isRole, 'role:admin, role:readonly or another role:NAME of policy.csv'),
    ...replacedProblems(input),
    ...optionProblems(input),
    ...claimProblems(input),
    ...severalProviderProblems(input, { readsGroups: hasRoles(input) }),
    ...(usesDex(input.product) ? emailProblems(input) : []),
  ]
}

/** A text that begins with `$` is looked up in Secrets; Dex replaces `$NAME` inside of texts too. */
function replacedProblems(input: ProductInput<'argo-cd'>): ProductProblem[] {
  const texts: NamedText[] = clientsOf(input).flatMap((client) =>
    client.type === 'oidc'
      ? providerTexts(client)
      : [
          ...clientTexts(client),
          ...client.organizations.map((text) => ({ what: 'organization', text, path: client.path })),
        ],
  )
  return textProblems(
    [...texts, ...input.classes.flatMap(titleTexts)],
    (text) => text.includes('$'),
    'contains a $, after which Argo CD expects the name of a secret: choose one without it',
  )
}

function optionProblems(input: ProductInput<'argo-cd'>): ProductProblem[] {
  const { options, product, path } = input
  const at = (key: string) => [...path, 'argo-cd', key]
  const { adminEnabled, defaultRole } = options
  const problems: ProductProblem[] = []
  if (defaultRole !== undefined && !isRole(defaultRole)) {
    problems.push(
      error(
        at('defaultRole'),
        `${JSON.stringify(defaultRole)} is no role: write role:readonly, role:admin or another role:NAME`,
      ),
    )
  }
  if (defaultRole === 'role:admin') {
    problems.push(
      warning(
        'role-for-all',
        at('defaultRole'),
        'makes everybody who can sign in an administrator: write role:readonly',
      ),
    )
  }
  const administers =
    defaultRole === 'role:admin' || Object.values(product.roles).some((roles) => roles.includes('role:admin'))
  if (adminEnabled === false && !administers) {
    problems.push(
      warning(
        'admin-missing',
        at('adminEnabled'),
        'leaves nobody who may administer Argo CD: give a group role:admin under roles first',
      ),
    )
  }
  if (!usesDex(product)) return problems
  for (const key of ['requestedIDTokenClaims', 'refreshTokenThreshold'] as const) {
    if (options[key] === undefined) continue
    problems.push(
      warning('setting-ignored', at(key), 'is ignored: people sign in at the Dex of Argo CD, which asks the providers'),
    )
  }
  return problems
}

function isRole(role: string): boolean {
  return /^(?:role|proj):./.test(role)
}

function claimProblems(input: ProductInput<'argo-cd'>): ProductProblem[] {
  if (usesDex(input.product)) return []
  return input.providers
    .filter(({ principalClaim }) => !['sub', 'email', 'preferred_username'].includes(principalClaim))
    .map(({ principalClaim, path }) =>
      warning(
        'principal-claim-unused',
        path,
        `principalClaim ${principalClaim} is ignored: Argo CD shows the e-mail address, else sub, and assigns roles by group. Give roles to groups, not to user names`,
      ),
    )
}

function render(input: ProductInput<'argo-cd'>): Rendering {
  const clients = clientsOf(input)
  const files: RenderedFile[] = [
    {
      path: 'argocd-cm.yaml',
      manifest: 'object',
      takesExtra: true,
      content: writeYaml(configMap('argocd-cm', dataOf(input, 'argocd-cm.yaml', settings(input, clients))), {
        comment: 'Sign-in. Written by `gatehouse render`: a patch of the ConfigMap argocd-cm (REGISTER.md).',
      }),
    },
  ]
  if (hasRoles(input) || input.options.defaultRole !== undefined) {
    files.push({
      path: 'argocd-rbac-cm.yaml',
      manifest: 'object',
      takesExtra: true,
      content: writeYaml(configMap('argocd-rbac-cm', dataOf(input, 'argocd-rbac-cm.yaml', policy(input))), {
        comment: 'Who has which role. Written by `gatehouse render`: a patch of the ConfigMap argocd-rbac-cm.',
      }),
    })
  }
  return {
    files,
    variables: clients.flatMap((client) =>
      secretVariables(input, client, {
        namespace: 'argocd',
        labels: { 'app.kubernetes.io/part-of': 'argocd' },
      }),
    ),
    notes: {
      claims: [
        '`email`, `name`',
        ...groupsClaims(input).map((claim) => `${mdCode(claim)} (a list of strings, for roles)`),
      ],
      needsAudience: false,
      secretPlace: 'the shell in which you create the Secret of Kubernetes',
      steps: steps(input, clients),
    },
  }
}

function configMap(name: string, data: ReadonlyMap<string, string>): YamlValue {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'argocd' } },
    data,
  }
}

function settings(input: ProductInput<'argo-cd'>, clients: readonly Client[]): Record<string, YamlValue> {
  const [client] = clients
  const skips = input.providers.some(({ tls }) => tls.kind === 'unverified')
  const { adminEnabled } = input.options
  return {
    url: input.product.url,
    ...(adminEnabled === undefined ? {} : { 'admin.enabled': String(adminEnabled) }),
    ...(clients.length === 1 && client?.type === 'oidc'
      ? { 'oidc.config': oidcConfig(input, client) }
      : { 'dex.config': { connectors: dexConnectors(input) } }),
    ...(skips && clients.length === 1 ? { 'oidc.tls.insecure.skip.verify': 'true' } : {}),
  }
}

/** `$secret:key`, which Argo CD replaces by the value of that key. */
function reference(input: ProductInput<'argo-cd'>, client: Client, key: string): string {
  return `$${secretNameOf(input, client)}:${key}`
}

function clientOf(input: ProductInput<'argo-cd'>, client: Client): { clientID: string; clientSecret: string } {
  return {
    clientID: client.clientIdVariable === undefined ? client.clientId : reference(input, client, 'clientId'),
    clientSecret: reference(input, client, 'clientSecret'),
  }
}

function oidcConfig(input: ProductInput<'argo-cd'>, provider: Provider): YamlValue {
  const path = userInfoPath(provider)
  const { refreshTokenThreshold } = input.options
  return {
    name: nameForPeople(provider),
    issuer: provider.issuer,
    ...clientOf(input, provider),
    requestedScopes: provider.scopes,
    ...requestedClaims(input, provider),
    ...(refreshTokenThreshold === undefined ? {} : { refreshTokenThreshold }),
    ...(path === undefined ? {} : { enableUserInfoGroups: true, userInfoPath: path, userInfoCacheExpiration: '5m' }),
    ...(provider.endpoints?.endSession === undefined ? {} : { logoutURL: logoutUrl(provider.endpoints.endSession) }),
    ...(provider.tls.kind === 'own-ca' ? { rootCA: `$${provider.tls.secretClass}:ca.crt` } : {}),
  }
}

/** Groups by themselves only where they come no other way: other providers would refuse or ignore the parameter. */
function requestedClaims(input: ProductInput<'argo-cd'>, provider: Provider): { [key: string]: YamlValue } {
  const groups =
    provider.wantsGroups && provider.vendor.groups.byClaimsParameter
      ? [[claimName(provider.groupsClaim), { essential: true }] as const]
      : []
  const asked = Object.entries(input.options.requestedIDTokenClaims ?? {}).map(
    ([claim, { essential, value, values }]) =>
      [
        claim,
        {
          ...(essential === undefined ? {} : { essential }),
          ...(value === undefined ? {} : { value }),
          ...(values === undefined ? {} : { values }),
        },
      ] as const,
  )
  const claims = new Map<string, YamlValue>([...groups, ...asked])
  return claims.size === 0 ? {} : { requestedIDTokenClaims: claims }
}

/** The words in braces are replaced by Argo CD. */
function logoutUrl(endSession: string): string {
  const separator = endSession.includes('?') ? '&' : '?'
  return `${endSession}${separator}id_token_hint={{token}}&post_logout_redirect_uri={{logoutRedirectURL}}`
}

/** Argo CD gives its Dex the redirect URI, and replaces references to Secrets there too. */
function dexConnectors(input: ProductInput<'argo-cd'>): Data[] {
  return connectorsIn(input, {
    allowedGroups: [],
    redirectUri: undefined,
    client: (client) => clientOf(input, client),
    caPath: dexCaFile,
  })
}

function dexCaFile(secretClass: string): string {
  return `/shared/ca/${secretClass}.pem`
}

function policy(input: ProductInput<'argo-cd'>): Record<string, string> {
  const lines = Object.entries(input.product.roles).flatMap(([group, roles]) =>
    roles.map((role) => csvLine(['g', group, role])),
  )
  const [provider] = input.providers
  const claim = provider && !usesDex(input.product) ? claimName(provider.groupsClaim) : 'groups'
  const { defaultRole } = input.options
  return {
    ...(defaultRole === undefined ? {} : { 'policy.default': defaultRole }),
    ...(hasRoles(input) ? { 'policy.csv': `${lines.join('\n')}\n`, scopes: jsonLine([claim]) } : {}),
  }
}

function steps(input: ProductInput<'argo-cd'>, clients: readonly Client[]): string[] {
  const list = clients.map((client) => secretStep(input, client, 'argocd', 'app.kubernetes.io/part-of=argocd'))
  list.push('Without that label Argo CD does not see a Secret, and sends the reference itself as the client secret.')
  for (const { tls } of input.providers) {
    if (tls.kind !== 'own-ca') continue
    list.push(
      usesDex(input.product)
        ? `Mount the certificate authority (\`ca.crt\` of ${mdCode(tls.secretClass)}, PEM) into the Dex pod as ${mdCode(dexCaFile(tls.secretClass))}.`
        : `Put the certificate authority (PEM) into the Secret ${mdCode(tls.secretClass)} in the namespace of Argo CD, under \`ca.crt\`, with the same label.`,
    )
  }
  for (const client of clients) {
    if (client.type !== 'github') continue
    list.push(
      `At GitHub, the authorization callback URL of the OAuth App is ${mdCode(`${input.product.url}/api/dex/callback`)}. A team is the group \`organisation:team\`.`,
    )
  }
  list.push(
    'Patch the ConfigMaps; their other keys stay: `kubectl -n argocd patch configmap argocd-cm --patch-file argocd-cm.yaml`' +
      (hasRoles(input) || input.options.defaultRole !== undefined
        ? ', and the same with `argocd-rbac-cm` (its `policy.csv` is replaced; keep your own lines in `policy.mine.csv`).'
        : '.'),
    ...(usesDex(input.product) || clients.some(({ type }) => type === 'github')
      ? ['`kubectl -n argocd rollout restart deployment argocd-dex-server`']
      : []),
    `Open ${mdCode(input.product.url)} and click **Log in via ${mdText(buttonOf(clients))}**. \`argocd account get-user-info\` shows the groups that Argo CD sees.`,
    commandLineStep(clients),
  )
  return list
}

function buttonOf([client]: readonly Client[]): string {
  return client ? nameForPeople(client) : ''
}

/** The command line sends no secret to the token endpoint (argoproj/argo-cd#24367), so it cannot use this client. */
function commandLineStep(clients: readonly Client[]): string {
  const [client] = clients
  if (clients.length > 1 || client?.type === 'github') {
    return '`argocd login --sso` signs in at Dex, which already has a client for it.'
  }
  return client?.vendor.isOurs
    ? '`argocd login --sso` sends no client secret. Add a second product for it to `gatehouse.yaml`: `product: oidc`, `clientAuthenticationMethod: none` and `redirectUris: [http://localhost:8085/auth/callback]`, and add its name as `cliClientID` to `oidc.config`, again after each patch.'
    : '`argocd login --sso` sends no client secret. Register a second client for it: a public one with PKCE and the redirect URI `http://localhost:8085/auth/callback`, and add its id as `cliClientID` to `oidc.config`, again after each patch.'
}
