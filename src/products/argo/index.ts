/** What the two Argo products have in common: a Secret of Kubernetes, which their files name, holds the client. */
import { mdCode, shellWord, writeYaml, type YamlValue } from '../../formats.ts'
import type {
  ExpectedVariable,
  GitHubProvider,
  ProductInput,
  ProductProblem,
  Provider,
  SecretOfProduct,
} from '../contract.ts'
import { treeWith } from '../extra/files.ts'
import type { RefusedKeys } from '../extra/values.ts'
import { clientSecretName } from '../writing/kubernetes-secret.ts'
import { error } from '../writing/problem.ts'
import { groupsAreAtUserinfo } from '../writing/provider-facts.ts'

type Client = Provider | GitHubProvider

/** The Secret that holds the client. */
export function secretNameOf({ name }: Pick<ProductInput, 'name'>, { secretName }: Client): string {
  return secretName ?? clientSecretName(name)
}

/** Names of Kubernetes (RFC 1123). */
export function isKubernetesName(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)
}

export function secretNameProblems(input: ProductInput, clients: readonly Client[]): ProductProblem[] {
  return clients
    .filter((client) => !isKubernetesName(secretNameOf(input, client)))
    .map((client) =>
      error(
        client.path,
        `a Secret of Kubernetes holds the client, and ${JSON.stringify(secretNameOf(input, client))} cannot be its name: use lower-case letters, digits, hyphens and dots`,
      ),
    )
}

const argoRefused: RefusedKeys = [
  [/^oidc\.tls\.insecure\.skip\.verify$/, 'is `tls.verification.none` of the class: write it there'],
  [/^admin\.enabled$/, 'is argo-cd.adminEnabled: write it there'],
  [/^policy\.default$/, 'is argo-cd.defaultRole: write it there'],
]

/** The entries of a ConfigMap, whose values are texts: a tree is a text of YAML. `extra` adds entries, and settings in the trees. */
export function dataOf(
  input: ProductInput,
  file: string,
  data: Readonly<Record<string, YamlValue>>,
): Map<string, string> {
  const all = treeWith(input, file, data, {
    refused: argoRefused,
    withoutVariable: 'put the value into a Secret of Kubernetes, and write $NAME-OF-SECRET:KEY',
  })
  const entries = all instanceof Map ? [...all] : Object.entries(all as Readonly<Record<string, YamlValue>>)
  return new Map(
    entries.map(([key, value]: [string, YamlValue]) => [
      key,
      typeof value === 'object' && value !== null ? writeYaml(value) : String(value),
    ]),
  )
}

/** The values of the Secret, as variables for the person who creates it. */
export function secretVariables(
  input: ProductInput,
  client: Client,
  place: Pick<SecretOfProduct, 'namespace' | 'labels'>,
): ExpectedVariable[] {
  const secretName = secretNameOf(input, client)
  const plain = client.clientIdVariable === undefined ? { clientId: client.clientId } : {}
  const source = client.secretIsDerived ? `gatehouse clients secret ${input.name}` : 'REGISTER.md says where to get it'
  return [
    ...(client.clientIdVariable === undefined
      ? []
      : [
          {
            name: client.clientIdVariable,
            note: `The client id at ${client.className}, for the Secret ${secretName}.`,
            from: { secretName, key: 'clientId' },
            readInSecret: place,
          },
        ]),
    {
      name: client.secretVariable,
      note: `The client secret at ${client.className}, for the Secret ${secretName}: ${source}.`,
      from: { secretName, key: 'clientSecret' },
      ...(client.secretIsDerived ? { derived: true as const } : {}),
      readInSecret: { ...place, plain },
    },
  ]
}

/** Commands that create the Secret. The secret itself comes from the variable when they run. */
export function secretStep(input: ProductInput, client: Client, namespace: string, label?: string): string {
  const name = secretNameOf(input, client)
  const clientId = client.clientIdVariable === undefined ? shellWord(client.clientId) : `"$${client.clientIdVariable}"`
  const lines = [
    `kubectl -n ${namespace} create secret generic ${name} --from-literal=clientId=${clientId} --from-literal=clientSecret="$${client.secretVariable}"`,
    ...(label === undefined ? [] : [`kubectl -n ${namespace} label secret ${name} ${label}`]),
  ]
  return [
    `Create the Secret ${mdCode(name)} with the keys \`clientId\` and \`clientSecret\` (unless it exists), with the variables of \`secrets.env.example\` set:`,
    '```sh',
    ...lines,
    '```',
  ].join('\n')
}

/** Where groups are at the userinfo endpoint only: its path below the issuer. */
export function userInfoPath(provider: Provider): string | undefined {
  const { issuer, innerIssuer = issuer, endpoints, wantsGroups } = provider
  if (!wantsGroups || !groupsAreAtUserinfo(provider)) return undefined
  const base = innerIssuer.replace(/\/+$/, '')
  return endpoints?.userinfo.startsWith(`${base}/`) ? endpoints.userinfo.slice(base.length) : undefined
}
