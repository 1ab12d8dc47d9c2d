/** Terraform files: each rendered folder is a module, so that products do not share names. */
import {
  comment,
  type HclBlock,
  type HclBody,
  hclAttribute,
  hclBlock,
  hclReference,
  isHclText,
  writeHcl,
} from '../../formats.ts'
import type { VendorKind } from '../../vendors/contract.ts'
import type { Provider, RenderedFile } from '../contract.ts'
import type { Registration } from './contract.ts'
import { copyClientId, copySecret, fileName, hasSecret } from './registered-client.ts'

interface TerraformProvider {
  /** Its name in Terraform. */
  name: string
  source: string
  version: string
  /** How it is given its own credentials. */
  credentials: string
}

/** Vendors for which there is a file, in the order of their blocks. */
const providers: Readonly<Partial<Record<VendorKind, TerraformProvider>>> = {
  okta: {
    name: 'okta',
    source: 'okta/okta',
    version: '>= 4.0',
    credentials: '`OKTA_ORG_NAME`, `OKTA_BASE_URL` and `OKTA_API_TOKEN`',
  },
  auth0: {
    name: 'auth0',
    source: 'auth0/auth0',
    version: '>= 1.1',
    credentials:
      '`AUTH0_DOMAIN`, `AUTH0_CLIENT_ID` and `AUTH0_CLIENT_SECRET` of an application that may `create:clients`, `update:clients`, `create:client_credentials` and `read:client_credentials`',
  },
  entra: {
    name: 'azuread',
    source: 'hashicorp/azuread',
    version: '>= 3.0',
    credentials: '`az login`, or `ARM_TENANT_ID`, `ARM_CLIENT_ID` and `ARM_CLIENT_SECRET`',
  },
}

/** A name for the blocks of a registration: `portal_okta`. */
export function blockName({ input, provider }: Registration): string {
  const name = `${input.name}_${provider.className}`.replace(/[^A-Za-z0-9_]/g, '_')
  return /^[0-9]/.test(name) ? `_${name}` : name
}

/** What a registration gives out: the id, and the secret where there is one. Each an address such as `okta_app_oauth.x.client_id`. */
interface Outputs {
  clientId: string
  clientSecret: string
}

export function terraformFile(
  registration: Registration,
  { blocks, outputs }: { blocks: HclBody; outputs: Outputs },
): RenderedFile[] {
  const { provider } = registration
  // HCL would change such a text, so the claim is registered by hand.
  if (!provider.groupsClaim.every(isHclText)) return []
  const body: HclBody = [
    comment('Written by `gatehouse render`. This file contains no secret; Terraform keeps the secret in its state.'),
    ...requiredProviders(registration),
    ...blocks,
    comment(''),
    ...outputBlocks(registration, outputs),
  ]
  return [{ path: fileName(registration, provider.kind, 'tf'), content: writeHcl(body) }]
}

/** A module has one such block, so only the file of the first class has it. */
function requiredProviders({ input, provider }: Registration): HclBody {
  const kinds = input.providers.map(({ kind }) => kind).filter((kind) => kind in providers)
  if (firstIn(input.providers) !== provider.className) return []
  const needed = Object.entries(providers).filter(([kind]) => kinds.some((used) => used === kind))
  const entries = needed.map(([, { name, source, version }]) => hclAttribute(name, { source, version }))
  return [hclBlock('terraform', [], [hclBlock('required_providers', [], entries)]), comment('')]
}

function firstIn(all: readonly Provider[]): string | undefined {
  return all.find(({ kind, groupsClaim }) => kind in providers && groupsClaim.every(isHclText))?.className
}

/** `client_id_okta`: two classes have two outputs. */
function outputNames({ provider }: Registration): Outputs {
  const suffix = provider.className.replace(/[^A-Za-z0-9_]/g, '_')
  return { clientId: `client_id_${suffix}`, clientSecret: `client_secret_${suffix}` }
}

function outputBlocks(registration: Registration, { clientId, clientSecret }: Outputs): HclBody {
  const names = outputNames(registration)
  const id = hclBlock('output', [names.clientId], [hclAttribute('value', hclReference(clientId))])
  if (!hasSecret(registration)) return [id]
  return [id, comment(''), secretOutput(names.clientSecret, clientSecret)]
}

function secretOutput(name: string, address: string): HclBlock {
  return hclBlock('output', [name], [hclAttribute('value', hclReference(address)), hclAttribute('sensitive', true)])
}

export function terraformSteps(registration: Registration): string[] {
  const known = providers[registration.provider.kind]
  const { clientId, clientSecret } = outputsOfCaller(registration)
  return [
    [
      'Call this folder as a module from your own Terraform configuration, and keep its state safe, because it contains the secret:',
      '```hcl',
      ...caller(registration).trimEnd().split('\n'),
      '```',
    ].join('\n'),
    `\`terraform init\`, then \`terraform apply\`. The provider \`${known?.name}\` takes its own credentials from ${known?.credentials}.`,
    copyClientId(`\`terraform output -raw ${clientId}\``, registration),
    ...(hasSecret(registration) ? [copySecret(`\`terraform output -raw ${clientSecret}\``, registration)] : []),
  ]
}

/** One module for all classes of the product. */
function moduleName({ input }: Registration): string {
  const name = input.name.replaceAll('-', '_')
  return /^[0-9]/.test(name) ? `_${name}` : name
}

function outputsOfCaller(registration: Registration): Outputs {
  const { clientId, clientSecret } = outputNames(registration)
  const module = moduleName(registration)
  return { clientId: `${module}_${clientId}`, clientSecret: `${module}_${clientSecret}` }
}

function caller(registration: Registration): string {
  const inner = outputNames(registration)
  const outer = outputsOfCaller(registration)
  const module = moduleName(registration)
  const id = hclReference(`module.${module}.${inner.clientId}`)
  return writeHcl([
    hclBlock('module', [module], [hclAttribute('source', `./rendered/${registration.input.name}`)]),
    hclBlock('output', [outer.clientId], [hclAttribute('value', id)]),
    ...(hasSecret(registration) ? [secretOutput(outer.clientSecret, `module.${module}.${inner.clientSecret}`)] : []),
  ])
}
