import { mdCode, writeYaml, type YamlValue } from '../../formats.ts'
import type { ExpectedVariable, ProductDescription, ProductInput, ProductProblem, Rendering } from '../contract.ts'
import { type TreeSyntax, treeWith } from '../extra/files.ts'
import { groupsThatGetIn } from '../writing/groups-that-get-in.ts'
import { error, warning } from '../writing/problem.ts'
import { dexClient } from './client.ts'
import {
  connectorProblems,
  connectorVariables,
  type DexBroker,
  dexConnectors,
  dexStrangers,
  groupClaims,
  ownAuthorities,
} from './connectors.ts'
import { dexClientVariable, fixedSettings, headers, headersOverTls, storages } from './fixed-settings.ts'

const title = 'Dex'
type Client = ProductInput<'dex'>['options']['clients'][number]

/** Dex in front of providers: `dex.yaml`, with its applications as static clients. `url` is its issuer. */
export const dex: ProductDescription<'dex'> = {
  title,
  client: dexClient,
  accepts: {
    classes: {
      oidc: { most: Number.POSITIVE_INFINITY },
      ldap: { most: Number.POSITIVE_INFINITY },
      github: { most: Number.POSITIVE_INFINITY },
    },
    skipsVerification: ['oidc', 'ldap'],
  },
  ignores: {
    'ldapFieldNames.group': 'Dex looks for groups that list a person as `member`',
    redirectUris: 'the redirect URIs of applications are in dex.clients',
  },
  admission: {
    withoutGroups: (input) => (brokerOf(input).allowedGroups.length > 0 ? 'nobody gets in' : undefined),
    strangers: (input, someClass) => dexStrangers(someClass, brokerOf(input)),
  },
  problems,
  render,
}

function brokerOf(input: ProductInput<'dex'>): DexBroker {
  return {
    issuer: input.product.url,
    allowedGroups: groupsThatGetIn(input, input.options.allowedGroups),
  }
}

function clientsOf({ options }: ProductInput<'dex'>): readonly Client[] {
  return options.clients
}

function problems(input: ProductInput<'dex'>): ProductProblem[] {
  return [...connectorProblems(input, brokerOf(input), 'applications behind Dex often know'), ...clientProblems(input)]
}

function clientProblems(input: ProductInput<'dex'>): ProductProblem[] {
  const clients = clientsOf(input)
  const at = [...input.path, 'dex', 'clients']
  if (clients.length === 0) {
    return [warning(input.path, 'has no applications, so nobody signs in at this Dex: list them under dex.clients')]
  }
  const others = connectorVariables(input).map(({ name }) => name)
  return clients.flatMap((client, index) => {
    const here = [...at, index]
    const problems: ProductProblem[] = []
    const texts = [client.id, nameOf(client), ...client.redirectUris]
    // Dex replaces nothing else in a client.
    if (texts.some((text) => text.includes('{{'))) {
      problems.push(
        error(
          here,
          'the image of Dex runs gomplate over its file, which would read {{ as a template: write it without',
        ),
      )
    }
    const earlier = clients.slice(0, index)
    if (earlier.some(({ id }) => id === client.id)) {
      problems.push(error([...here, 'id'], `${JSON.stringify(client.id)} appears twice: give each client its own id`))
    } else if ([...earlier.map(dexClientVariable), ...others].includes(dexClientVariable(client)) && !client.public) {
      problems.push(
        error(
          [...here, 'id'],
          `the secret would come as ${dexClientVariable(client)}, which is already another secret: choose an id with other letters and digits`,
        ),
      )
    }
    return problems
  })
}

function nameOf({ id, name }: Client): string {
  return name ?? id
}

/** Values of `extra`: a text that begins with a dollar is a variable to Dex. */
const dexSyntax: TreeSyntax = {
  text: (text) => (text.includes('$') ? undefined : text),
  variable: (name) => `$${name}`,
}

function render(input: ProductInput<'dex'>): Rendering {
  return {
    files: [
      {
        path: 'dex.yaml',
        takesExtra: true,
        content: writeYaml(treeWith(input, 'dex.yaml', configuration(input), dexSyntax), {
          comment:
            'Written by `gatehouse render` (REGISTER.md), without secrets: Dex takes texts that begin with $, and variables named by secretEnv, from its environment.',
        }),
      },
    ],
    variables: [...connectorVariables(input), ...clientVariablesOf(input)],
    notes: {
      claims: ['`email`', ...groupClaims(input).map((claim) => `${claim} (a list of strings)`)],
      needsAudience: false,
      steps: steps(input),
    },
  }
}

function configuration(input: ProductInput<'dex'>): YamlValue {
  const { url } = input.product
  return {
    issuer: url,
    storage: storages[input.options.storage],
    web: {
      http: fixedSettings['web.http'],
      headers: url.startsWith('https:') ? headersOverTls : headers,
    },
    oauth2: {
      grantTypes: fixedSettings['oauth2.grantTypes'],
      responseTypes: fixedSettings['oauth2.responseTypes'],
      skipApprovalScreen: fixedSettings['oauth2.skipApprovalScreen'],
    },
    connectors: dexConnectors(input, brokerOf(input)),
    enablePasswordDB: fixedSettings.enablePasswordDB,
    staticClients: clientsOf(input).map((client) => ({
      id: client.id,
      name: nameOf(client),
      redirectURIs: client.redirectUris,
      ...(client.public ? { public: true } : { secretEnv: dexClientVariable(client) }),
    })),
  }
}

function clientVariablesOf(input: ProductInput<'dex'>): ExpectedVariable[] {
  return clientsOf(input)
    .filter((client) => !client.public)
    .map((client) => ({
      name: dexClientVariable(client),
      note: `The client secret of ${client.id}; never empty, or Dex requires none. Make one: openssl rand -hex 32`,
    }))
}

function steps(input: ProductInput<'dex'>): string[] {
  const list = [
    'Put `dex.yaml` where Dex reads it: `dex serve dex.yaml`, or with the image `dex serve /etc/dex/config.yaml`.',
    'Set every variable of `secrets.env.example` in the environment of Dex before it starts. **If a variable that `secretEnv` names is not set, Dex takes an empty secret and then asks the application for none**: in Kubernetes write each as `env` with `valueFrom.secretKeyRef`, not optional, so that the container does not start without it.',
    ...(input.options.storage === 'kubernetes'
      ? [
          'Its storage is Kubernetes: the service account of Dex must be allowed to create CustomResourceDefinitions and to use those of `dex.coreos.com`.',
        ]
      : []),
    'With Dex 2.41 the secret of a connector must contain neither `"` nor `\\`; later versions accept any text.',
  ]
  for (const name of ownAuthorities(input)) {
    list.push(
      `Mount the certificate authority ${mdCode(name)} (its \`ca.crt\`, PEM) into the folder ${mdCode(`/etc/dex/ca/${name}`)} of Dex. It does not start without the file.`,
    )
  }
  for (const client of clientsOf(input)) {
    const { id } = client
    const secret = client.public ? 'no secret' : `the secret of ${mdCode(dexClientVariable(client))}`
    list.push(
      `Give the application ${mdCode(id)} the issuer ${mdCode(input.product.url)}, the client id ${mdCode(id)} and ${secret}. It must request the scopes \`openid email profile groups\`: without \`groups\` Dex sends no groups.`,
    )
  }
  list.push(
    `Open ${mdCode(`${input.product.url}/.well-known/openid-configuration`)}: \`issuer\` must be exactly ${mdCode(input.product.url)}. Dex is up when its log says \`listening on\` with \`server=http\`; only the log says why a sign-in failed (\`failed to authenticate\`).`,
  )
  return list
}
