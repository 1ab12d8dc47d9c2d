import { kindTitles } from '../../config/product-titles.ts'
import { type Data, mdCode, writeYaml, type YamlValue } from '../../formats.ts'
import type {
  ExpectedVariable,
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  Rendering,
  ResolvedClass,
} from '../contract.ts'
import { type TreeSyntax, treeWith } from '../extra/files.ts'
import { groupsThatGetIn } from '../writing/groups-that-get-in.ts'
import { error, warning } from '../writing/problem.ts'
import { dexClient } from './client.ts'
import { allConnectors, connectorSettingProblems, settingsOf } from './connector-settings.ts'
import {
  connectorProblems,
  connectorVariables,
  type DexBroker,
  dexStrangers,
  groupClaims,
  groupsLetIn,
  ownAuthorities,
} from './connectors.ts'
import { dexClientVariable, variableIn, variablesIn } from './names.ts'
import { oauth2Of, otherSections, serverProblems, storageOf, webOf } from './server-settings.ts'

const title = kindTitles.dex
type Client = ProductInput<'dex'>['options']['clients'][number]

/** Dex in front of providers: `dex.yaml`, with its applications as static clients. `url` is its issuer. */
export const dex: ProductDescription<'dex'> = {
  title,
  client: dexClient,
  people: {
    withoutEmail: 'is kept out',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'is kept out',
    withoutGroups: 'gets in',
    singleGroup: 'counts',
    refresh: 'unknown',
  },
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
    withoutGroups: (input, provider) =>
      groupsLetIn(provider, brokerOf(input)).length > 0 && !asksForGroups(input, provider)
        ? 'nobody gets in'
        : undefined,
    strangers: (input, someClass) => dexStrangers(someClass, brokerOf(input)),
  },
  problems,
  render,
}

function brokerOf(input: ProductInput<'dex'>): DexBroker {
  return {
    issuer: input.product.url,
    allowedGroups: groupsThatGetIn(input, input.options.allowedGroups),
    readsGroupsByApi: (provider) => asksForGroups(input, provider),
  }
}

function clientsOf({ options }: ProductInput<'dex'>): readonly Client[] {
  return options.clients
}

function problems(input: ProductInput<'dex'>): ProductProblem[] {
  const broker = brokerOf(input)
  return [
    ...connectorProblems(input, broker, 'applications behind Dex often know'),
    ...connectorSettingProblems(input, broker),
    ...serverProblems(input),
    ...clientProblems(input),
  ]
}

/** Dex's own connectors for vendors read groups by an API. */
function asksForGroups(input: ProductInput<'dex'>, provider: Provider): boolean {
  const type = settingsOf(input, provider)?.type
  return type !== undefined && type !== 'oidc'
}

function clientProblems(input: ProductInput<'dex'>): ProductProblem[] {
  const clients = clientsOf(input)
  const at = [...input.path, 'dex', 'clients']
  if (clients.length === 0) {
    return [
      warning(
        'clients-missing',
        input.path,
        'has no applications, so nobody signs in at this Dex: list them under dex.clients',
      ),
    ]
  }
  const others = connectorVariables(input).map(({ name }) => name)
  return clients.flatMap((client, index) => {
    const here = [...at, index]
    const problems: ProductProblem[] = []
    const texts = [client.id, nameOf(client), client.logoURL ?? '', ...client.redirectUris]
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

/** What people see, where the id is one that only Dex knows. */
function nameOf({ id, name }: Client): string {
  return name ?? variableIn(id) ?? id
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
    variables: [...connectorVariables(input), ...ownVariables(input), ...clientVariablesOf(input)],
    notes: {
      claims: ['`email`', ...groupClaims(input).map((claim) => `${claim} (a list of strings)`)],
      needsAudience: false,
      steps: steps(input),
    },
  }
}

function configuration(input: ProductInput<'dex'>): Record<string, YamlValue> {
  const { options, product } = input
  return {
    issuer: product.url,
    storage: storageOf(input),
    web: webOf(input),
    oauth2: oauth2Of(input),
    ...otherSections(input),
    connectors: allConnectors(input, brokerOf(input)),
    enablePasswordDB: options.enablePasswordDB,
    ...(options.staticPasswords.length === 0
      ? {}
      : {
          staticPasswords: options.staticPasswords.map(({ hash, ...account }) => ({
            ...(account as Record<string, Data>),
            hashFromEnv: variableIn(hash) ?? '',
          })),
        }),
    staticClients: clientsOf(input).map(staticClient),
  }
}

function staticClient(client: Client): Data {
  const { id, redirectUris, trustedPeers, logoURL } = client
  const variable = variableIn(id)
  return {
    ...(variable === undefined ? { id } : { idEnv: variable }),
    name: nameOf(client),
    ...(redirectUris.length === 0 ? {} : { redirectURIs: redirectUris }),
    ...(client.public ? { public: true } : {}),
    ...(client.public && client.secret === undefined ? {} : { secretEnv: dexClientVariable(client) }),
    ...(trustedPeers === undefined ? {} : { trustedPeers }),
    ...(logoURL === undefined ? {} : { logoURL }),
  }
}

/** The variables that the settings of this Dex name themselves. */
function ownVariables({ options }: ProductInput<'dex'>): ExpectedVariable[] {
  const { storage, staticPasswords, connectors } = options
  const hashes = staticPasswords.map(({ email, hash }) => ({
    name: variableIn(hash) ?? '',
    note: `The bcrypt hash of the password of ${email}: htpasswd -bnBC 10 "" PASSWORD | tr -d ":\\n"`,
  }))
  const inStorage = storage === 'memory' ? [] : variablesIn(options[storage])
  return [
    ...hashes,
    ...inStorage.map((name) => ({ name, note: `Of the storage of Dex, ${storage}.` })),
    ...Object.entries(connectors).flatMap(([key, connector]) =>
      variablesIn(connector).map((name) => ({ name, note: `Of the connector ${key} of Dex.` })),
    ),
  ]
}

function clientVariablesOf(input: ProductInput<'dex'>): ExpectedVariable[] {
  return clientsOf(input).flatMap((client) => {
    const id = variableIn(client.id)
    const secret = {
      name: dexClientVariable(client),
      note: `The client secret of ${nameInSteps(client)}; never empty, or Dex requires none. Make one: openssl rand -hex 32`,
    }
    return [
      ...(id === undefined ? [] : [{ name: id, note: `The client id of ${nameOf(client)}.` }]),
      ...(client.public && client.secret === undefined ? [] : [secret]),
    ]
  })
}

/** What Dex's own connectors for vendors need beyond a client. */
function vendorSteps(input: ProductInput<'dex'>): string[] {
  return input.providers.flatMap((provider) => {
    const { type, settings } = settingsOf(input, provider) ?? {}
    const name = mdCode(provider.className)
    if (type === 'microsoft') {
      return [
        `Dex reads the groups of ${name} from Microsoft Graph: give its application there the delegated permission \`Directory.Read.All\`, with the consent of an administrator.`,
      ]
    }
    const file = settings?.['serviceAccountFilePath']
    if (type !== 'google' || typeof file !== 'string') return []
    return [
      `Dex reads the groups of ${name} by a service account of Google: mount its key as ${mdCode(file)}, and let it act for the whole domain with the scope \`https://www.googleapis.com/auth/admin.directory.group.readonly\`.`,
    ]
  })
}

/** Without the classes whose authorities are in files that the configuration names itself. */
function withoutOwnFiles(input: ProductInput<'dex'>): ProductInput<'dex'> {
  const hasOwn = (someClass: ResolvedClass) => {
    const settings = settingsOf(input, someClass)?.settings
    return ['rootCAs', 'rootCA', 'rootCAData'].some((key) => settings?.[key] !== undefined)
  }
  return { ...input, classes: input.classes.filter((someClass) => !hasOwn(someClass)) }
}

function nameInSteps({ id }: Pick<Client, 'id'>): string {
  return variableIn(id) ?? id
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
  list.push(...vendorSteps(input))
  for (const name of ownAuthorities(withoutOwnFiles(input))) {
    list.push(
      `Mount the certificate authority ${mdCode(name)} (its \`ca.crt\`, PEM) into the folder ${mdCode(`/etc/dex/ca/${name}`)} of Dex. It does not start without the file.`,
    )
  }
  for (const client of clientsOf(input)) {
    const id = nameInSteps(client)
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
