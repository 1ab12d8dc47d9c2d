import { isNested } from '../../claim-path.ts'
import { kindTitles } from '../../config/product-titles.ts'
import { celText, type Data, mdCode, upperSnake, writeYaml, writeYamlDocuments, type YamlValue } from '../../formats.ts'
import type {
  ExpectedVariable,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  RenderedFile,
  Rendering,
} from '../contract.ts'
import { treeWith } from '../extra/files.ts'
import { environmentReference, fillScript } from '../writing/environment-reference.ts'
import { clientVariables } from '../writing/expected-variables.ts'
import { claimCode, claimName, nestedClaimProblems } from '../writing/groups-claim.ts'
import { idTokenOnlyProblems } from '../writing/id-token-only.ts'
import { error, warning } from '../writing/problem.ts'
import { hasRoles } from '../writing/roles.ts'
import { isBefore } from '../writing/version.ts'
import { kubernetesClient } from './client.ts'

const title = kindTitles.kubernetes

/**
 * The API server of Kubernetes: which tokens it trusts (`authentication-config.yaml`, or flags before 1.30), who may do what
 * (`rbac.yaml`), and how kubectl gets a token (`kubeconfig.yaml`). `url` is its address.
 */
export const kubernetes: ProductDescription<'kubernetes'> = {
  title,
  client: kubernetesClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'is kept out where the address is the user name',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in',
    singleGroup: 'counts',
    refresh: 'takes a refresh token where it gets one',
  },
  accepts: {
    classes: { oidc: { most: 64, why: 'Kubernetes takes 64 providers' } },
    skipsVerification: [],
  },
  problems,
  render,
}

/** Structured configuration is on from 1.30; before that, the API server has flags for one provider. */
function isStructured({ version }: ProductInput<'kubernetes'>): boolean {
  return !isBefore(version, '1.30')
}

function prefixesOf(input: ProductInput<'kubernetes'>, provider: Provider): { username: string; groups: string } {
  const { usernamePrefix, groupsPrefix } = input.options
  // Two providers must not name the same person.
  const own = input.providers.length > 1 ? `${provider.className}:` : ''
  return { username: `${usernamePrefix}${own}`, groups: `${groupsPrefix}${own}` }
}

function audiencesOf({ options }: ProductInput<'kubernetes'>, { clientId }: Provider): string[] {
  return [...new Set([clientId, ...options.audiences])]
}

function wantsGroups({ product }: ProductInput<'kubernetes'>, provider: Provider): boolean {
  return provider.wantsGroups || hasRoles({ product })
}

function problems(input: ProductInput<'kubernetes'>): ProductProblem[] {
  return [
    ...input.providers.flatMap((provider) => providerProblems(input, provider)),
    ...input.providers.flatMap(argumentProblems),
    ...flagProblems(input),
    ...prefixProblems(input),
    ...roleProblems(input),
  ]
}

function providerProblems(input: ProductInput<'kubernetes'>, provider: Provider): ProductProblem[] {
  const { issuer, className, path, vendor } = provider
  const problems: ProductProblem[] = []
  if (!issuer.startsWith('https:')) {
    const way = vendor.isOurs
      ? 'write https in `issuer`'
      : `add authenticationClasses.${className}.oidc.tls, and https there`
    problems.push(error(path, `Kubernetes trusts https issuers only, but this one is ${issuer}: ${way}`))
  }
  const inner = ['authenticationClasses', className, 'oidc', 'internalUrl']
  if (provider.innerIssuer?.startsWith('http:') && isStructured(input)) {
    problems.push(
      error(inner, `Kubernetes reads documents over https only, but this is ${provider.discoveryUrl}: give it TLS`),
    )
  }
  if (provider.innerIssuer !== undefined && !isStructured(input)) {
    problems.push(
      warning('setting-ignored', inner, 'is ignored: Kubernetes takes another address for the document from 1.30 on'),
    )
  }
  if (input.providers.some((other) => other !== provider && other.issuer === issuer)) {
    problems.push(
      error(path, `two classes have the issuer ${issuer}, and Kubernetes accepts each issuer once: keep one of them`),
    )
  }
  problems.push(...idTokenOnlyProblems(provider, { title, readsGroups: wantsGroups(input, provider) }))
  if (provider.clientIdVariable !== undefined) {
    problems.push(
      warning(
        'setting-ignored',
        path,
        `Kubernetes reads no variables, so the client id ${JSON.stringify(provider.clientId)} is in the files: clientIdVariable is ignored`,
      ),
    )
  }
  return problems
}

/** What flags cannot express. */
function flagProblems(input: ProductInput<'kubernetes'>): ProductProblem[] {
  if (isStructured(input)) return []
  const problems = nestedClaimProblems(
    input.providers.filter((provider) => wantsGroups(input, provider)),
    { title, why: 'Kubernetes reads it from 1.30 on' },
  )
  // Rules that refuse such names are for structured configuration only.
  if (input.providers.some((provider) => ['', '-'].includes(prefixesOf(input, provider).username))) {
    problems.push(
      error(
        [...input.path, 'version'],
        'Kubernetes before 1.30 accepts every user name from the provider, even system:admin and those of service accounts: add kubernetes.usernamePrefix, such as oidc:',
      ),
    )
  }
  if (input.providers.some((provider) => prefixesOf(input, provider).groups === '' && wantsGroups(input, provider))) {
    problems.push(
      error(
        [...input.path, 'version'],
        'Kubernetes before 1.30 accepts every group from the provider, even system:masters, whose members may do everything: add kubernetes.groupsPrefix, such as oidc:',
      ),
    )
  }
  if (input.providers.length > 1) {
    problems.push(
      error(
        [...input.path, 'authentication'],
        'Kubernetes 1.30 and later accepts several providers: use a later version, or the class gatehouse, which combines them',
      ),
    )
  }
  if (input.options.audiences.length > 0) {
    problems.push(
      error(
        [...input.path, 'kubernetes', 'audiences'],
        'Kubernetes 1.30 and later accepts several audiences: remove the list, or use a later version',
      ),
    )
  }
  return problems
}

function prefixProblems({ options, path }: ProductInput<'kubernetes'>): ProductProblem[] {
  return (['usernamePrefix', 'groupsPrefix'] as const)
    .filter((key) => options[key].startsWith('system:'))
    .map((key) =>
      error(
        [...path, 'kubernetes', key],
        'begins with system:, which belongs to Kubernetes itself: choose another prefix, such as oidc:',
      ),
    )
}

function roleProblems({ product, options, providers, path }: ProductInput<'kubernetes'>): ProductProblem[] {
  const at = [...path, 'roles']
  const problems: ProductProblem[] = []
  for (const [group, roles] of Object.entries(product.roles)) {
    for (const role of roles) {
      if (!/[/%]/.test(role) && role !== '.' && role !== '..' && role.length < 200) continue
      problems.push(
        error(
          [...at, group],
          `${JSON.stringify(role)} is not the name of a ClusterRole: write one such as view, edit or cluster-admin`,
        ),
      )
    }
    if (group.startsWith('system:') && providers.length === 1 && options.groupsPrefix === '') {
      problems.push(
        error(
          at,
          `tokens with the group ${JSON.stringify(group)} are refused, because system: belongs to Kubernetes: add kubernetes.groupsPrefix`,
        ),
      )
    }
  }
  return problems
}

const configurationFile = 'authentication-config.yaml'

function render(input: ProductInput<'kubernetes'>): Rendering {
  return {
    files: [...serverFiles(input), ...roleFiles(input), kubeconfig(input)],
    variables: input.providers.flatMap((provider) => [
      ...secretVariables(input, provider),
      ...caVariables(input, provider),
    ]),
    notes: {
      claims: input.providers
        .filter((provider) => wantsGroups(input, provider))
        .map(({ groupsClaim }) => `${claimCode(groupsClaim)} (a list of strings)`),
      needsAudience: false,
      secretPlace: 'everybody who works with `kubectl`',
      steps: steps(input),
    },
  }
}

function serverFiles(input: ProductInput<'kubernetes'>): RenderedFile[] {
  if (!isStructured(input)) {
    return [
      {
        path: 'kubeadm-config.yaml',
        takesExtra: true,
        content: writeYaml(
          treeWith(input, 'kubeadm-config.yaml', {
            apiVersion: 'kubeadm.k8s.io/v1beta3',
            kind: 'ClusterConfiguration',
            apiServer: { extraArgs: flags(input) },
          }),
          {
            comment:
              'Written by `gatehouse render`: a part of the configuration of kubeadm. Each extraArgs is a flag of kube-apiserver (REGISTER.md).',
          },
        ),
      },
    ]
  }
  const file: RenderedFile = {
    path: configurationFile,
    takesExtra: true,
    content: writeYaml(
      treeWith(input, configurationFile, {
        apiVersion: `apiserver.config.k8s.io/${isBefore(input.version, '1.34') ? 'v1beta1' : 'v1'}`,
        kind: 'AuthenticationConfiguration',
        jwt: input.providers.map((provider) => authenticator(input, provider)),
      }),
      { comment: 'Written by `gatehouse render`: for --authentication-config of kube-apiserver (REGISTER.md).' },
    ),
  }
  if (!input.providers.some(({ tls }) => tls.kind === 'own-ca')) return [file]
  return [
    file,
    fillScript(configurationFile, {
      about:
        'kube-apiserver needs the certificate authority itself and reads no variables: prints authentication-config.yaml with it\nin place of $NAME (REGISTER.md). Run it in the folder of that file.',
      after: 'certificateAuthority: ',
    }),
  ]
}

function caVariableOf({ className }: Provider): string {
  return `GATEHOUSE_${upperSnake(className)}_CA`
}

function authenticator(input: ProductInput<'kubernetes'>, provider: Provider): Data {
  const prefixes = prefixesOf(input, provider)
  const audiences = audiencesOf(input, provider)
  return {
    issuer: {
      url: provider.issuer,
      ...(provider.innerIssuer === undefined ? {} : { discoveryURL: provider.discoveryUrl }),
      audiences,
      ...(audiences.length > 1 ? { audienceMatchPolicy: 'MatchAny' } : {}),
      ...(provider.tls.kind === 'own-ca' ? { certificateAuthority: environmentReference(caVariableOf(provider)) } : {}),
    },
    claimMappings: {
      username: { claim: provider.principalClaim, prefix: prefixes.username },
      ...(wantsGroups(input, provider) ? { groups: groupsMapping(provider, prefixes.groups) } : {}),
    },
    userValidationRules: [
      {
        expression: "!user.username.startsWith('system:')",
        message: 'names that begin with system: belong to Kubernetes',
      },
      {
        expression: "user.groups.all(group, !group.startsWith('system:'))",
        message: 'groups that begin with system: belong to Kubernetes',
      },
    ],
  }
}

/**
 * A claim inside of another is read by an expression, where `?` passes over what is absent. A single text is a list of one; a claim
 * of the token itself may be either by itself.
 */
function groupsMapping({ groupsClaim }: Provider, prefix: string): Data {
  if (!isNested(groupsClaim)) return { claim: claimName(groupsClaim), prefix }
  const claim = `claims${groupsClaim.map((name) => `[?${celText(name)}]`).join('')}.orValue([])`
  if (prefix === '') return { expression: claim }
  return { expression: `(type(${claim}) == string ? [${claim}] : ${claim}).map(group, ${celText(prefix)} + group)` }
}

function flags(input: ProductInput<'kubernetes'>): YamlValue {
  const [provider] = input.providers
  if (!provider) throw new Error(`${input.name} has no OpenID provider`)
  const prefixes = prefixesOf(input, provider)
  return {
    'oidc-issuer-url': provider.issuer,
    'oidc-client-id': provider.clientId,
    'oidc-username-claim': provider.principalClaim,
    'oidc-username-prefix': prefixes.username,
    ...(wantsGroups(input, provider)
      ? { 'oidc-groups-claim': claimName(provider.groupsClaim), 'oidc-groups-prefix': prefixes.groups }
      : {}),
    // Without it, RS256 only.
    ...(provider.vendor.isOurs ? { 'oidc-signing-algs': 'RS256,ES256' } : {}),
    ...(provider.tls.kind === 'own-ca' ? { 'oidc-ca-file': caPath(provider.tls.secretClass) } : {}),
  }
}

/** kubeadm mounts this folder into the API server. */
function caPath(secretClass: string): string {
  return `/etc/kubernetes/pki/${secretClass}.crt`
}

/** One binding for each role, with all groups that have it. */
function roleFiles(input: ProductInput<'kubernetes'>): RenderedFile[] {
  const { product, name } = input
  const groups = Map.groupBy(
    Object.entries(product.roles).flatMap(([group, roles]) => roles.map((role) => ({ group, role }))),
    ({ role }) => role,
  )
  if (groups.size === 0) return []
  const documents = [...groups].map(([role, members], index) => ({
    ...(index === 0 ? { comment: 'Written by `gatehouse render`: kubectl apply -f rbac.yaml (REGISTER.md).' } : {}),
    value: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `gatehouse:${name}:${role}`, labels: { 'app.kubernetes.io/managed-by': 'gatehouse' } },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: input.providers.flatMap((provider) =>
        [...new Set(members.map(({ group }) => group))].map((group) => ({
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'Group',
          name: `${prefixesOf(input, provider).groups}${group}`,
        })),
      ),
    },
  }))
  return [{ path: 'rbac.yaml', content: writeYamlDocuments(documents), manifest: 'object' }]
}

/** Whether kubectl must send a client secret. */
function hasSecret({ clientAuthenticationMethod }: Provider): boolean {
  return clientAuthenticationMethod !== 'none'
}

function secretVariables(input: ProductInput<'kubernetes'>, provider: Provider): ExpectedVariable[] {
  return hasSecret(provider) ? clientVariables(input, { ...provider, clientIdVariable: undefined }) : []
}

function caVariables(input: ProductInput<'kubernetes'>, provider: Provider): ExpectedVariable[] {
  if (provider.tls.kind !== 'own-ca' || !isStructured(input)) return []
  const { secretClass } = provider.tls
  return [
    {
      name: caVariableOf(provider),
      note: `The certificate authority of ${provider.className} itself (PEM), for authentication-config.sh.`,
      from: { secretName: secretClass, key: 'ca.crt' },
    },
  ]
}

/** A person's part of a kubeconfig: how kubectl gets a token. */
function kubeconfig(input: ProductInput<'kubernetes'>): RenderedFile {
  return {
    path: 'kubeconfig.yaml',
    content: writeYaml(
      {
        apiVersion: 'v1',
        kind: 'Config',
        users: input.providers.map((provider) => ({
          name: userOf(input, provider),
          user: {
            exec: {
              apiVersion: 'client.authentication.k8s.io/v1',
              interactiveMode: 'IfAvailable',
              ...tokenCommand(provider),
              installHint: 'kubectl krew install oidc-login',
            },
          },
        })),
      },
      {
        comment:
          'Written by `gatehouse render`: for everybody who works with kubectl (REGISTER.md). The secret is not in this file: it comes from the environment.',
      },
    ),
    manifest: 'object',
  }
}

function userOf(input: ProductInput<'kubernetes'>, { className }: Provider): string {
  return input.providers.length > 1 ? `${input.name}-${className}` : input.name
}

/** kubelogin takes a secret as an argument only. The first argument after `sh` is the name of the variable. */
const withSecret =
  'secret=$(printenv "$1") || { echo "$1 is not set" >&2; exit 1; }; shift; exec kubectl oidc-login get-token "$@" "--oidc-client-secret=$secret"'

function tokenCommand(provider: Provider): { command: string; args: string[] } {
  const args = [
    `--oidc-issuer-url=${provider.issuer}`,
    `--oidc-client-id=${provider.clientId}`,
    // kubelogin requests openid itself.
    ...provider.scopes.filter((scope) => scope !== 'openid').map((scope) => `--oidc-extra-scope=${scope}`),
    '--oidc-pkce-method=S256',
    ...Object.entries(provider.authorizationParameters).map(
      ([key, value]) => `--oidc-auth-request-extra-params=${key}=${value}`,
    ),
  ]
  return hasSecret(provider)
    ? { command: 'sh', args: ['-c', withSecret, 'sh', provider.secretVariable, ...args] }
    : { command: 'kubectl', args: ['oidc-login', 'get-token', ...args] }
}

/** kubelogin splits lists at commas and quotes, and parameters at the first `=`. */
function argumentProblems({ scopes, authorizationParameters, path }: Provider): ProductProblem[] {
  const texts = [...scopes, ...Object.entries(authorizationParameters).flat()]
  const odd = texts.filter((text) => /[,"]/.test(text))
  const keys = Object.keys(authorizationParameters).filter((key) => key.includes('='))
  return [...odd, ...keys].map((text) =>
    error(
      path,
      `kubectl oidc-login would split ${JSON.stringify(text)}: write it without commas, quotes and, in names, =`,
    ),
  )
}

function steps(input: ProductInput<'kubernetes'>): string[] {
  const [provider] = input.providers
  const list = isStructured(input) ? structuredSteps(input) : flagSteps(input)
  if (Object.values(input.product.roles).some((roles) => roles.length > 0)) {
    list.push(
      '`kubectl apply -f rbac.yaml`, as somebody who may grant those roles. A binding that you remove from the configuration stays in the cluster: delete it with `kubectl delete clusterrolebinding` and its name.',
    )
  }
  if (provider) {
    list.push(
      `Everybody who works with kubectl installs the plugin ([kubelogin](https://github.com/int128/kubelogin), \`kubectl krew install oidc-login\`), adds \`kubeconfig.yaml\` to their own (\`export KUBECONFIG="$HOME/.kube/config:$PWD/kubeconfig.yaml"\`) and selects the user: \`kubectl config set-context --current --user=${userOf(input, provider)}\`.${input.providers.some(hasSecret) ? ' The client secret must be in their environment, so they can all read it: a public client with PKCE (`clientAuthenticationMethod: none`) is better if the provider has them.' : ''}`,
    )
  }
  list.push('`kubectl auth whoami` shows the name and the groups that the API server sees.')
  return list
}

function structuredSteps(input: ProductInput<'kubernetes'>): string[] {
  const own = input.providers.filter(({ tls }) => tls.kind === 'own-ca')
  const copy =
    own.length === 0
      ? `Copy ${mdCode(configurationFile)} to \`/etc/kubernetes/authentication-config.yaml\` of every control plane node.`
      : [
          `The API server needs the certificate authority itself in its file. Fill it in, and copy the file to every control plane node:`,
          '```sh',
          ...own.map((provider) => `export ${caVariableOf(provider)}="$(cat ca.crt)"`),
          'sh authentication-config.sh > new.yaml && cp new.yaml /etc/kubernetes/authentication-config.yaml',
          '```',
        ].join('\n')
  return [
    copy,
    'Mount the file into the pod of kube-apiserver (`/etc/kubernetes/manifests/kube-apiserver.yaml`: `volumes` and `volumeMounts`, type `File`) and add `--authentication-config=/etc/kubernetes/authentication-config.yaml`. Remove every `--oidc-...` flag: the server refuses both at once. It reads later changes of the file without a restart.',
  ]
}

function flagSteps(input: ProductInput<'kubernetes'>): string[] {
  const list = [
    'Put `apiServer.extraArgs` of `kubeadm-config.yaml` into your configuration of kubeadm and run `kubeadm init phase control-plane apiserver --config FILE` on every control plane node; without kubeadm give kube-apiserver each of them as a flag (`--oidc-issuer-url=...`).',
  ]
  for (const { tls } of input.providers) {
    if (tls.kind !== 'own-ca') continue
    list.push(
      `Copy the certificate authority (\`ca.crt\` of ${mdCode(tls.secretClass)}, PEM) to ${mdCode(caPath(tls.secretClass))} of every control plane node.`,
    )
  }
  return list
}
